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
"""The learner killed under a launched graph, and what the launch refuses before it learns."""
import os
from pathlib import Path
import signal
import subprocess
import sys
from test.standin.processes import node_under
import time

import numpy as np
import pytest

from softq_ros.learning.ring import row_type

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_SEC = 60.0


def command(runs: Path, *words: str) -> list[str]:
    """Return the words that train the multi-goal problem."""
    return [sys.executable, '-m', 'softq_ros.cli', 'launch', 'train', 'task:=multigoal',
            f'runs:={runs}', 'examine:=false', *words]


def rows(runs: Path) -> np.ndarray:
    """Return the rows committed to the replay of the only run."""
    found = list(runs.glob('*/replay/transitions.bin'))
    if not found or found[0].stat().st_size < 4096:
        return np.zeros(0, row_type(2, 2))
    total = int(np.fromfile(found[0], '<u8', 1, offset=32)[0])
    return np.fromfile(found[0], row_type(2, 2), total, offset=4096)


def wait(condition, what: str):
    """Poll until a condition holds and return what it gave."""
    end = time.monotonic() + DEADLINE_SEC
    while not (found := condition()):
        assert time.monotonic() < end, f'waited for {what}'
        time.sleep(0.05)
    return found


@pytest.fixture
def launched(tmp_path, ros_environment):
    """Launch a training in a process group of its own and take it down whatever happens."""
    with open(tmp_path / 'launch.log', 'w') as log:
        process = subprocess.Popen(command(tmp_path / 'runs', 'steps:=100000'), cwd=ROOT,
                                   stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    yield process
    process.send_signal(signal.SIGTERM)
    process.wait(DEADLINE_SEC)


def test_versions_never_go_back_through_kills_before_the_first_checkpoint(launched, tmp_path):
    runs = tmp_path / 'runs'
    wait(lambda: rows(runs)['policy_version'].max(initial=0) > 8, 'some versions')
    for _ in range(2):
        stored = len(rows(runs))
        learner = wait(lambda: node_under(launched.pid, 'learner_node'), 'a learner')
        os.kill(learner, signal.SIGKILL)
        wait(lambda: len(rows(runs)) > stored + 60, 'life after the kill')
    assert not list(runs.glob('*/checkpoints/checkpoint-*'))
    versions = rows(runs)['policy_version'].astype(np.int64)
    assert (np.diff(versions) >= 0).all() and versions[-1] > 100


@pytest.mark.parametrize(('words', 'says'), [
    (['run:=a/b'], "got 'a/b'; accepted: "), (['run:=..'], "got '..'; accepted: "),
    (['run:=a b'], "got 'a b'; accepted: "), (['steps:=-1'], 'steps'),
    ([f'seed:={2**63}'], 'seed'),
    (['run:=broken', 'resume:=true'], 'no run')])
def test_an_odd_run_is_refused_in_one_line(tmp_path, ros_environment, words, says):
    (tmp_path / 'broken').mkdir()
    (tmp_path / 'broken' / 'run.yaml').write_bytes(b'\xff\x00')
    done = subprocess.run(command(tmp_path, *words), cwd=ROOT, capture_output=True, text=True,
                          timeout=DEADLINE_SEC)
    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    assert 'Traceback' not in said and says in said
