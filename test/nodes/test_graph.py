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
"""The whole graph as real processes over real DDS: what is killed comes back, nothing is lost."""
import csv
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from softq_ros.learning.ring import row_type
from softq_ros.training.run import read_run
from softq_ros.training.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_SEC = 60.0
WARMUP = load_settings('sql', 'multigoal', {}).warmup_steps


class Graph:
    """A training of the multi-goal problem under ``softq launch``."""

    def __init__(self, folder: Path, *words: str) -> None:
        """Start it in a process group of its own."""
        self.runs = folder / 'runs'
        self.log = open(folder / f'launch-{time.monotonic_ns()}.log', 'w+')
        self.process = subprocess.Popen(
            [sys.executable, '-m', 'softq_ros.cli', 'launch', 'train', 'task:=multigoal',
             f'runs:={self.runs}', 'examine:=false', *words],
            cwd=ROOT, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True)

    def text(self) -> str:
        """Return what the processes printed."""
        return Path(self.log.name).read_text()

    def wait(self, condition, what: str, deadline: float = DEADLINE_SEC) -> None:
        """Poll a condition until it holds."""
        end = time.monotonic() + deadline
        while not condition():
            assert time.monotonic() < end, f'waited for {what}:\n{self.text()[-3000:]}'
            assert self.process.poll() is None or condition(), self.text()[-3000:]
            time.sleep(0.05)

    def rows(self) -> np.ndarray:
        """Return the rows committed to the replay."""
        found = list(self.runs.glob('*/replay/transitions.bin'))
        if not found or found[0].stat().st_size < 4096:
            return np.zeros(0, row_type(2, 2))
        total = int(np.fromfile(found[0], '<u8', 1, offset=32)[0])
        return np.fromfile(found[0], row_type(2, 2), total, offset=4096)

    def children(self) -> dict[str, int]:
        """Return the process ids of the nodes by module name."""
        found = {}
        for entry in Path('/proc').glob('[0-9]*'):
            try:
                words = (entry / 'cmdline').read_bytes().split(b'\0')
                parent = int((entry / 'stat').read_text().rsplit(')', 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            if parent == self.process.pid and b'-m' in words:
                module = words[words.index(b'-m') + 1].decode()
                found[module.rsplit('.', 1)[1]] = int(entry.name)
        return found

    def end(self, number: int = signal.SIGINT) -> float:
        """Signal the launcher and return how long it took to end [s]."""
        nodes = self.children()
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(DEADLINE_SEC)
        took = time.monotonic() - began
        assert not [n for n, pid in nodes.items() if os.path.exists(f'/proc/{pid}')]
        return took


@pytest.fixture
def graph(tmp_path, ros_environment):
    """Start trainings that are taken down whatever happens."""
    started = []

    def start(*words: str) -> Graph:
        started.append(Graph(tmp_path, *words))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.end(signal.SIGTERM)


def check_rows(rows: np.ndarray) -> None:
    """Each boot's sequence has neither gap nor double, and no row crosses two episodes."""
    for boot in np.unique(rows['boot_id']):
        mine = rows[rows['boot_id'] == boot]
        assert (np.diff(mine['sequence'].astype(np.int64)) == 1).all()
    same = (np.diff(rows['episode'].astype(np.int64)) == 0) & (
        np.diff(rows['boot_id'].astype(np.int64)) == 0)
    assert (np.diff(rows['step'].astype(np.int64))[same] == 1).all()
    values = rows['values']
    assert np.array_equal(values[:-1, -2:][same], values[1:, :2][same])


def test_a_training_through_the_graph_ends_by_itself(graph):
    one = graph(f'steps:={WARMUP + 160}')
    one.process.wait(DEADLINE_SEC)
    assert one.process.returncode == 0, one.text()[-3000:]
    rows = one.rows()
    assert len(rows) >= WARMUP + 160
    check_rows(rows)
    run = next(one.runs.glob('multigoal-*'))
    assert (run / 'policy' / 'policy.yaml').exists()
    assert f'steps:={WARMUP + 160} until:=reached' in read_run(run).facts['command']
    with open(run / 'metrics.csv') as file:
        assert float(list(csv.DictReader(file))[-1]['updates']) >= 100


def test_a_second_graph_in_the_domain_is_refused_and_the_first_goes_on(graph, tmp_path):
    one = graph('until:=budget')
    one.wait(lambda: len(one.rows()) > 50, 'the first steps')
    (tmp_path / 'second').mkdir()
    second = Graph(tmp_path / 'second')
    assert second.process.wait(DEADLINE_SEC) == 2, second.text()
    assert 'accepted: another ROS_DOMAIN_ID' in second.text()
    count = len(one.rows())
    one.wait(lambda: len(one.rows()) > count + 50, 'more steps')
    one.end()
    check_rows(one.rows())
    assert len(np.unique(one.rows()['boot_id'])) == 1


@pytest.mark.parametrize('victim', ['sim_node', 'policy_node', 'gate_node', 'learner_node'])
def test_a_killed_process_comes_back_and_nothing_acknowledged_is_lost(graph, victim):
    one = graph('steps:=100000')
    one.wait(lambda: len(one.rows()) > WARMUP + 30, 'the first updates')
    before = one.rows()
    os.kill(one.children()[victim], signal.SIGKILL)
    one.wait(lambda: len(one.rows()) > len(before) + 60, f'life after the death of {victim}')
    after = one.rows()
    assert np.array_equal(after[:len(before)], before)
    check_rows(after)
    assert one.end() < 5.0


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_and_resume_goes_on(graph, number):
    one = graph('steps:=100000')
    one.wait(lambda: len(one.rows()) > WARMUP + 30, 'the first updates')
    assert one.end(number) < 2.0
    before = one.rows()
    again = graph('steps:=100000', 'resume:=true')
    again.wait(lambda: len(again.rows()) > len(before) + 40, 'life after resuming')
    again.end()
    after = again.rows()
    assert np.array_equal(after[:len(before)], before)
    assert after['episode'][len(before)] > before['episode'][-1]
    manifests = sorted(next(again.runs.glob('multigoal-*')).glob('checkpoints/*/checkpoint.json'))
    assert json.loads(manifests[-1].read_text())['counts']['steps'] > len(before)


def test_both_paths_store_the_same_transitions(graph, tmp_path):
    steps = WARMUP + 60
    one = graph(f'steps:={steps}', 'governor:=strict')
    one.process.wait(DEADLINE_SEC)
    subprocess.run([sys.executable, '-m', 'softq_ros.cli', 'train', '--task', 'multigoal',
                    '--steps', str(steps), '--no-curve', '--runs', str(tmp_path / 'local')],
                   cwd=ROOT, check=True, capture_output=True, timeout=DEADLINE_SEC)
    path = next((tmp_path / 'local').glob('*/replay/transitions.bin'))
    local = np.fromfile(path, row_type(2, 2), steps, offset=4096)
    through_graph = one.rows()[:steps]
    for name in ('values', 'episode', 'step', 'sequence', 'last', 'source', 'policy_version'):
        assert np.array_equal(local[name], through_graph[name]), name
    assert local['policy_version'][-1] > 1


@pytest.mark.parametrize(('words', 'says'), [
    (['task:=nonsense'], 'sawyer_reach, sawyer_stack'),
    (['robot:=nonsense'], 'point, sawyer, sim_'),
    (['stepping:=sometimes'], 'lockstep'),
    (['tsak:=multigoal'], 'task'),
    (['seed:=-1'], 'seed'),
    (['seed:=many'], 'int')])
def test_a_bad_argument_is_refused_in_one_line(tmp_path, ros_environment, words, says):
    arguments = ['task:=multigoal', f'runs:={tmp_path}', 'examine:=false']
    kept = [a for a in arguments if a.split(':=')[0] != words[0].split(':=')[0]]
    done = subprocess.run([sys.executable, '-m', 'softq_ros.cli', 'launch', 'train', *kept,
                           *words], cwd=ROOT, capture_output=True, text=True,
                          timeout=DEADLINE_SEC)
    assert done.returncode == 2, done.stdout + done.stderr
    assert 'Traceback' not in done.stdout + done.stderr
    assert says in done.stdout + done.stderr
