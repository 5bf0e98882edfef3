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
"""The monitor's report: of the whole run, with the weights that ended it."""
import time

import numpy as np
import pytest
import rclpy

from softq_ros.bridge.experience import weights_to_message
from softq_ros.msg import Episode, GateStatus, LearnerStatus, PolicyStatus, PolicyWeights
from softq_ros.nodes.monitor_node import MonitorNode
from softq_ros.policies.bundle import load_bundle, save_bundle
from softq_ros.records import EpisodeSummary
from softq_ros.training import examiner as examiner_module
from softq_ros.training import report as report_module
from softq_ros.training import video
from softq_ros.training.evaluation import Evaluation
from softq_ros.training.run import open_run
from softq_ros.training.settings import load_settings

SETTINGS = load_settings('sql', 'multigoal', {'evaluate_every': 100})
DEADLINE_SEC = 40.0


def weights(value: float) -> PolicyWeights:
    """Return weights that one number tells apart."""
    def layers(prefix: str, outputs: int) -> dict:
        shapes = {'0.weight': (1, 4), '0.bias': (1,), '1.weight': (outputs, 1),
                  '1.bias': (outputs,)}
        return {f'{prefix}.{n}': np.full(s, value, np.float32) for n, s in shapes.items()}

    return weights_to_message(
        layers('sampler', 2) | layers('q.0', 1) | layers('q.1', 1), run='r', task='multigoal',
        algorithm='sql', version=int(value), updates=int(10 * value), temperature=1.0)


@pytest.fixture
def monitor(tmp_path, ros_environment, monkeypatch):
    """Start monitors of one run, each the part after the one before; every evaluation passes."""
    def evaluate(actor, task, episodes, seed, block='test', first=0, sampling='stochastic',
                 stopped=lambda: False) -> Evaluation:
        good = EpisodeSummary(0, 3, -1.0, True, True, 0.1, 'terminal')
        return Evaluation([good] * episodes, [None] * episodes, (), sampling, seed)

    monkeypatch.setattr(examiner_module, 'evaluate', evaluate)
    monkeypatch.setattr(report_module, 'evaluate', evaluate)
    monkeypatch.setattr(video, 'film', lambda *_, **__: None)
    run = open_run(tmp_path, 'a', 'multigoal', 'sql', 0, SETTINGS, command='as typed')
    started = []

    def start() -> Part:
        context = rclpy.Context()
        rclpy.init(args=['--ros-args', '-p', 'task:=multigoal'], context=context,
                   domain_id=int(ros_environment))
        started.append(Part(MonitorNode(context=context), context, run.path))
        return started[-1]

    yield start
    for part in started:
        part.end()


class Part:
    """A monitor whose callbacks the test calls."""

    def __init__(self, node: MonitorNode, context: rclpy.Context, folder) -> None:
        """Take the node and the directory of its run."""
        self.node, self.folder, self._context = node, folder, context

    def hear(self, steps: int, value: float, state: str = 'learning') -> None:
        """Hear of a learner with these weights after so many steps, and let the monitor act."""
        self.node._on_learner(LearnerStatus(
            task='multigoal', algorithm='sql', directory=str(self.folder), run='r',
            steps=steps, budget=5000, updates=steps, state=state))
        self.node._on_weights(weights(value))
        self.node._on_timer()
        end = time.monotonic() + DEADLINE_SEC
        while self.node._thread and self.node._thread.is_alive():
            assert time.monotonic() < end
            time.sleep(0.01)

    def end(self) -> None:
        """Stop as the process would."""
        if self._context.ok():
            self.node.on_shutdown()
            self.node.destroy_node()
            self._context.shutdown()


def first_weight(folder) -> float:
    """Return the number that tells a bundle apart."""
    return float(load_bundle(folder).weights['sampler.0.weight'][0, 0])


def test_the_policy_is_what_passed_though_the_learner_went_on(monitor):
    part = monitor()
    part.hear(10, 1.0)
    part.hear(100, 1.0)
    assert first_weight(part.folder / 'reached') == 1.0
    part.hear(380, 4.0)
    assert part.node._finish_future is not None
    part.hear(400, 5.0)
    save_bundle(part.folder / 'policy', part.node._bundle(weights(5.0), 400))
    part.hear(400, 5.0, 'finished')
    assert first_weight(part.folder / 'policy') == 1.0
    assert load_bundle(part.folder / 'policy').manifest.trained['steps'] == 100
    text = (part.folder / 'summary.md').read_text()
    assert 'The weights of step 100, which passed the check' in text and '`as typed`' in text


def test_a_report_after_a_resume_tells_the_whole_run(monitor):
    one = monitor()
    one.hear(60, 1.0)
    one.node._on_episode(Episode(episode=1, steps=30, success=True, success_ever=True))
    one.hear(100, 1.0)
    one.end()
    again = monitor()
    again.hear(130, 3.0)
    again.node._on_episode(Episode(episode=2, steps=30, success=True, success_ever=True))
    again.hear(140, 3.0, 'finished')
    text = (again.folder / 'summary.md').read_text()
    assert 'first success, robot time | 0.1 min (60 steps;' in text
    assert '90 % reached, robot time | 0.2 min (100 steps;' in text
    assert again.node._progress.episodes == 2
    assert first_weight(again.folder / 'policy') == 1.0


@pytest.mark.parametrize('fails, code', [(False, 0), (True, 1)])
def test_a_report_that_cannot_be_written_ends_with_1(monitor, monkeypatch, fails, code):
    if fails:
        def full(*_, **__):
            raise OSError(28, 'No space left on device')
        monkeypatch.setattr('softq_ros.nodes.monitor_node.write_report', full)
    part = monitor()
    part.hear(10, 1.0)
    part.hear(20, 2.0, 'finished')
    part.hear(20, 2.0, 'finished')
    assert part.node.done and part.node.exit_code == code


def test_what_one_node_asks_for_stands_until_that_node_is_content(monitor):
    part = monitor()
    node = part.node
    node._on_gate(GateStatus(armed=False, why='not armed'))
    node._on_policy(PolicyStatus(state='waiting_policy'))
    part.hear(10, 1.0)
    assert 'not armed' in node._progress.note and 'exploration' in node._progress.note
    node._on_gate(GateStatus(armed=True))
    assert 'not armed' not in node._progress.note and 'exploration' in node._progress.note
    node._on_policy(PolicyStatus(state='running'))
    assert node._progress.note == ''
