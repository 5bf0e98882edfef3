# Copyright 2026 The softq_ros authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.
"""A robot that walks goes through the graph with odom and imu, and nothing is lost on the way."""
from pathlib import Path
import subprocess
import sys

import numpy as np

from softq_ros.learning.replay import row_type
from softq_ros.tasks.catalogue import load_task

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_SEC = 120.0
STEPS = 130  # two episodes and the beginning of a third
OPTIONS = {'horizon': 50, 'terrain': 'blocks', 'terrain_size': 0.03, 'latency_sec': 0.02,
           'sensor_noise': 0.01}


def rows(runs: Path) -> np.ndarray:
    """Return the rows of the one training below a folder."""
    task = load_task('minitaur_walk', OPTIONS)
    kind = row_type(task.observation_spec.size, task.action_spec.size)
    return np.fromfile(next(runs.glob('*/replay/transitions.bin')), kind, STEPS, offset=4096)


def test_both_paths_store_the_same_transitions(tmp_path, ros_environment):
    words = [f'{name}={value}' for name, value in OPTIONS.items()]
    flags = [part for word in words for part in ('--option', word)]
    softq = [sys.executable, '-m', 'softq_ros.cli']
    for command in (
            [*softq, 'train', '--task', 'minitaur_walk', '--steps', str(STEPS), '--no-curve',
             '--runs', str(tmp_path / 'local'), *flags],
            [*softq, 'launch', 'train', 'task:=minitaur_walk', f'steps:={STEPS}',
             'governor:=strict', 'examine:=false', f'runs:={tmp_path / "graph"}',
             f'options:={" ".join(words)}']):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True,
                              timeout=DEADLINE_SEC)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    local, through_graph = rows(tmp_path / 'local'), rows(tmp_path / 'graph')
    assert local['values'].any(1).all()
    for name in ('values', 'episode', 'step', 'sequence', 'last', 'source'):
        assert np.array_equal(local[name], through_graph[name]), name
