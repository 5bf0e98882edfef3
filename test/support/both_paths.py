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
"""One training of a task in one process, and one through the graph."""
from pathlib import Path
import subprocess
import sys

import numpy as np

from softq_ros.learning.ring import row_type
from softq_ros.tasks.task import Task

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_SEC = 120.0
SAME = ('values', 'episode', 'step', 'sequence', 'last', 'source')


def _stored(runs: Path, task: Task, steps: int) -> np.ndarray:
    kind = row_type(task.observation_spec.size, task.action_spec.size)
    return np.fromfile(next(runs.glob('*/replay/transitions.bin')), kind, steps, offset=4096)


def train_both(folder: Path, task: Task, options: dict, steps: int) -> list[np.ndarray]:
    """Return the rows that each path stored: in one process, through the graph."""
    words = [f'{name}={str(value).lower()}' for name, value in options.items()]
    flags = [part for word in words for part in ('--option', word)]
    softq = [sys.executable, '-m', 'softq_ros.cli']
    for command in (
            [*softq, 'train', '--task', task.name, '--steps', str(steps), '--no-curve',
             '--runs', str(folder / 'local'), *flags],
            [*softq, 'launch', 'train', f'task:={task.name}', f'steps:={steps}',
             'governor:=strict', 'examine:=false', f'runs:={folder / "graph"}',
             f'options:={" ".join(words)}']):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True,
                              timeout=DEADLINE_SEC)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return [_stored(folder / path, task, steps) for path in ('local', 'graph')]
