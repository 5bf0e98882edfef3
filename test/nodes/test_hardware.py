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
"""Hardware mode against the stand-in driver, from launch to a seated brick, with hands on."""
from pathlib import Path
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import rclpy
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.parameter_client import AsyncParameterClient
from sensor_msgs.msg import Joy
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import Trigger

from softq_ros.action import ResetEpisode
from softq_ros.learning.ring import row_type
from softq_ros.msg import Episode, GateStatus, LearnerStatus, PolicyStatus
from softq_ros.nodes import qos
from softq_ros.nodes.pad import load_pad
from softq_ros.robot.contract import load_contract
from softq_ros.tasks.catalogue import load_task
from test.support.asked import Asked

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = ROOT / 'test' / 'standin' / 'standin_sawyer.yaml'
DEADLINE_SEC = 60.0
PAD = load_pad('game_controller')


class Operator:
    """A person beside the arm: sees every status, arms, resets, holds the game pad."""

    def __init__(self, domain: str) -> None:
        """Join the domain."""
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=int(domain))
        self._node = node = rclpy.create_node('operator', context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(node)
        self.policy, self.gate, self.learner = PolicyStatus(), GateStatus(), LearnerStatus()
        self.episodes: list[Episode] = []
        self.commands: list[list[float]] = []
        for kind, topic, name in ((PolicyStatus, 'policy/status', 'policy'),
                                  (GateStatus, 'gate/status', 'gate'),
                                  (LearnerStatus, 'learner/status', 'learner')):
            node.create_subscription(kind, topic, lambda m, name=name: setattr(self, name, m),
                                     qos.LATCHED)
        node.create_subscription(Episode, 'episodes', self.episodes.append, qos.EPISODES)
        node.create_subscription(Float64MultiArray, load_contract(CONTRACT).command_topic,
                                 lambda m: self.commands.append(list(m.data)), qos.DRIVER)
        self._joy = node.create_publisher(Joy, 'joy', qos.STATE)
        self._resets = ActionClient(node, ResetEpisode, 'episode/reset')
        self.feedback: list[float] = []

    def spin(self, seconds: float) -> None:
        """Listen for a time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._executor.spin_once(timeout_sec=0.02)

    def wait(self, condition, what: str, deadline: float = DEADLINE_SEC) -> None:
        """Spin until a condition holds."""
        end = time.monotonic() + deadline
        while not condition():
            assert time.monotonic() < end, f'waited for {what}: {self.policy} {self.gate}'
            self._executor.spin_once(timeout_sec=0.02)

    def call(self, service: str) -> Trigger.Response:
        """Call a service that takes nothing."""
        client = self._node.create_client(Trigger, service)
        self.wait(client.service_is_ready, service)
        asked = Asked(client, Trigger.Request())
        self.wait(asked.done, service)
        return asked.result()

    def press(self, *buttons: int, axes=(), seconds: float = 0.0) -> None:
        """Send the pad at 20 Hz for a time, at least twice, then once with all let go."""
        end = time.monotonic() + seconds
        while True:
            self._joy.publish(Joy(axes=[*axes, *[0.0] * (8 - len(axes))],
                                  buttons=[int(i in buttons) for i in range(20)]))
            self.spin(0.05)
            if time.monotonic() >= end:
                break
        self._joy.publish(Joy(axes=[0.0] * 8, buttons=[0] * 20))

    def reset(self, timeout_sec: float) -> ResetEpisode.Result:
        """Ask for a new episode and return what became of it."""
        self.wait(self._resets.server_is_ready, 'episode/reset')
        asked = self._resets.send_goal_async(
            ResetEpisode.Goal(seed=3, timeout_sec=timeout_sec),
            feedback_callback=lambda m: self.feedback.append(m.feedback.distance))
        self.wait(asked.done, 'the goal to be answered')
        if not asked.result().accepted:
            return ResetEpisode.Result(message='rejected')
        result = asked.result().get_result_async()
        self.wait(result.done, 'the outcome')
        return result.result().result

    def allow_chance(self) -> None:
        """Let the policy move at random before there is one."""
        client = AsyncParameterClient(self._node, 'policy')
        done = client.set_parameters([Parameter('exploration', value=True)])
        self.wait(done.done, 'the parameter to be answered')
        assert done.result().results[0].successful

    def close(self) -> None:
        """Leave the domain."""
        self._resets.destroy()
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)


def launch(tmp_path: Path, file: str, *words: str) -> subprocess.Popen:
    """Start a launch file in robot mode."""
    return subprocess.Popen(
        [sys.executable, '-m', 'softq_ros.cli', 'launch', file, 'task:=sawyer_stack',
         'mode:=robot', f'robot:={CONTRACT}', f'runs:={tmp_path}', *words], cwd=ROOT,
        stdout=(tmp_path / 'launch.log').open('w'), stderr=subprocess.STDOUT,
        start_new_session=True)


def end(process: subprocess.Popen) -> None:
    """End a process as Ctrl-C does."""
    process.send_signal(signal.SIGINT)
    process.wait(DEADLINE_SEC)


def lead(arm: Operator, tries: int = 10) -> Episode:
    """Steer the tool until an episode ends by a person's word; one may end just before."""
    def judged() -> list[Episode]:
        return [e for e in arm.episodes if e.cause == 'person' and e.human > 5]
    for _ in range(tries):
        arm.wait(lambda: arm.policy.state == 'running', 'an episode')
        arm.press(PAD.takeover_button, axes=[0.0, 1.0], seconds=1.5)
        arm.press(PAD.success_button)
        arm.spin(1.0)
        if judged():
            return judged()[0]
    raise AssertionError(f'no episode was led and judged: {arm.episodes} {arm.policy}')


@pytest.fixture
def arm(ros_environment):
    """Let the stand-in run, and an operator look on."""
    driver = subprocess.Popen([sys.executable, str(ROOT / 'test' / 'standin' / 'standin.py'),
                               '--controller', 'forward_velocity', '--timeout', '0.2'])
    operator = Operator(ros_environment)
    yield operator
    operator.close()
    driver.terminate()
    driver.wait(DEADLINE_SEC)


def test_from_launch_to_a_seated_brick(arm, tmp_path):
    process = launch(tmp_path, 'play')
    try:
        arm.wait(lambda: arm.policy.state == 'waiting_gate', 'the policy to ask for the gate')
        arm.spin(1.0)
        assert not arm.gate.armed and not arm.commands, 'a cold start commands nothing'
        arm.wait(lambda: arm.call('gate/arm').success, 'the gate to arm')
        arm.wait(lambda: arm.policy.state == 'resetting', 'the way to the start')
        arm.wait(lambda: arm.policy.state == 'running', 'the start')
        arm.wait(lambda: any(e.success for e in arm.episodes), 'a seated brick', 120.0)
        assert arm.call('gate/stop').success
        arm.wait(lambda: arm.policy.state == 'waiting_gate', 'the stop')
        arm.spin(0.5)
        assert arm.gate.stopped and not np.any(arm.commands[-1])
        before = len(arm.episodes)
        arm.spin(1.0)
        assert len(arm.episodes) == before and not np.any(arm.commands[-1])
    finally:
        end(process)
    assert process.returncode in (0, -signal.SIGINT, 130)


def test_resets_wait_for_a_person_fail_and_say_how_far_they_are(arm, tmp_path):
    process = launch(tmp_path, 'play', 'resets:=confirmed')
    try:
        arm.wait(lambda: arm.call('gate/arm').success, 'the gate to arm')
        arm.wait(lambda: arm.policy.state == 'waiting_person', 'the start')
        assert 'episode/confirm' in arm.policy.reason
        arm.press(PAD.success_button)  # before anything runs: no verdict on what comes
        arm.spin(1.0)
        assert arm.policy.state == 'waiting_person' and not arm.episodes
        assert arm.call('gate/stop').success
        arm.wait(lambda: arm.policy.state == 'waiting_gate', 'the stop')
        assert not arm.call('episode/confirm').success, 'somebody may have moved the arm'
        arm.wait(lambda: arm.call('gate/arm').success, 'the gate to arm again')
        arm.wait(lambda: arm.policy.state == 'waiting_person', 'the way to the start, once more')
        assert arm.call('episode/confirm').success
        arm.wait(lambda: arm.policy.state == 'running', 'the episode')
        arm.spin(0.5)
        assert arm.policy.state == 'running' and not arm.episodes
        assert 'running' in arm.call('episode/confirm').message
        assert arm.reset(timeout_sec=-1.0).message == 'rejected'
        failed = arm.reset(timeout_sec=0.4)
        assert not failed.success and failed.message
        assert np.isfinite(arm.feedback).any()
        arm.wait(lambda: arm.policy.state == 'waiting_person', 'the failure to be shown')
        assert arm.call('episode/confirm').success
        arm.wait(lambda: arm.policy.state == 'waiting_person', 'another try')
    finally:
        end(process)


def test_it_learns_on_the_arm_and_a_person_takes_over(arm, tmp_path):
    process = launch(tmp_path, 'train', 'run:=arm', 'steps:=5000')
    size = load_task('sawyer_stack').observation_spec.size
    path = tmp_path / 'arm' / 'replay' / 'transitions.bin'

    def rows() -> np.ndarray:
        total = int(np.fromfile(path, '<u8', 1, offset=32)[0]) if path.exists() else 0
        return np.fromfile(path, row_type(size, 7), total, offset=4096)

    try:
        arm.wait(lambda: arm.call('gate/arm').success, 'the gate to arm')
        arm.wait(lambda: arm.policy.state == 'waiting_policy', 'word that there is none')
        arm.spin(1.0)
        assert not arm.learner.steps, 'before somebody allows it nothing moves at random'
        arm.allow_chance()
        arm.wait(lambda: arm.learner.steps > 20, 'transitions', 90.0)
        judged = lead(arm)
        assert judged.success
        arm.wait(lambda: arm.policy.human_share > 0, 'the person to be counted')
        arm.wait(lambda: arm.learner.steps >= judged.steps, 'its rows')
        assert arm.learner.rejected == 0
    finally:
        end(process)
    stored = rows()
    human = stored[stored['source'] == b'human']
    assert len(human) > 5 and np.isfinite(human['values']).all()
    assert (np.diff(stored['sequence'].astype(int)) == 1).all()


def test_a_mode_that_does_not_fit_its_contract_is_refused(tmp_path, ros_environment):
    for words, says in ((['mode:=robot'], 'simulated: true'),
                        ([f'robot:={CONTRACT}', 'stepping:=realtime'], 'simulated: false'),
                        (['mode:=robot', 'robot:=nothing'], 'unknown robot')):
        done = subprocess.run(
            [sys.executable, '-m', 'softq_ros.cli', 'launch', 'play', *words,
             f'runs:={tmp_path}'], cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE_SEC)
        assert done.returncode and says in done.stdout + done.stderr, (words, done)
