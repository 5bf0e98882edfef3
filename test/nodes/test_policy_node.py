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
"""The policy's parameters while it flies: switched between ticks, refused with the reason."""
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from rcl_interfaces.srv import SetParameters
import rclpy
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter

from softq_ros.action import ResetEpisode
from softq_ros.msg import Episode, PolicyStatus
from softq_ros.nodes import qos
from softq_ros.policies.bundle import Bundle, Manifest, save_bundle
from softq_ros.tasks.catalogue import load_task

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_SEC = 40.0


def random_bundle(folder: Path, name: str, task_name: str) -> None:
    """Save a bundle of random weights that fits a task."""
    task, rng = load_task(task_name), np.random.default_rng(0)
    inputs, outputs = task.observation_spec.size, task.action_spec.size

    def layers(prefix: str, last: int) -> dict:
        sizes = (inputs + outputs, 16, last)
        return {f'{prefix}.{i}.{part}': value.astype(np.float32)
                for i in range(2) for part, value in (
                    ('weight', rng.normal(size=(sizes[i + 1], sizes[i]))),
                    ('bias', np.zeros(sizes[i + 1])))}

    weights = layers('sampler', outputs) | layers('q.0', 1) | layers('q.1', 1)
    save_bundle(folder / name, Bundle(Manifest.of(task, 'sql', 1.0, 0.99, {}), weights))


class Pilot:
    """A person at the command line: sets parameters and reads the status."""

    def __init__(self, domain: str) -> None:
        """Join the domain."""
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=int(domain))
        self._node = rclpy.create_node('pilot', context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self.status = PolicyStatus()
        self._node.create_subscription(PolicyStatus, 'policy/status', self._on_status, qos.LATCHED)
        self._client = self._node.create_client(SetParameters, 'policy/set_parameters')
        self.episodes: list[Episode] = []
        self._node.create_subscription(Episode, 'episodes', self.episodes.append, qos.EPISODES)
        self._resets = ActionClient(self._node, ResetEpisode, 'episode/reset')

    def _on_status(self, msg: PolicyStatus) -> None:
        self.status = msg

    def wait(self, condition, what: str) -> None:
        """Spin until a condition holds."""
        end = time.monotonic() + DEADLINE_SEC
        while not condition():
            assert time.monotonic() < end, f'waited for {what}; status {self.status}'
            self._executor.spin_once(timeout_sec=0.05)

    def set(self, name: str, value) -> tuple[bool, str]:
        """Set one parameter; return whether it was accepted and the reason."""
        self.wait(self._client.service_is_ready, 'set_parameters')
        request = SetParameters.Request(
            parameters=[Parameter(name, value=value).to_parameter_msg()])
        future = self._client.call_async(request)
        self.wait(future.done, f'{name} to be set')
        result = future.result().results[0]
        return result.successful, result.reason

    def reset(self, seed: int) -> ResetEpisode.Result:
        """Ask for a new episode and return what became of it."""
        self.wait(self._resets.server_is_ready, 'episode/reset')
        asked = self._resets.send_goal_async(ResetEpisode.Goal(seed=seed))
        self.wait(asked.done, 'the goal to be taken')
        result = asked.result().get_result_async()
        self.wait(result.done, 'the episode to begin')
        return result.result().result

    def close(self) -> None:
        """Leave the domain."""
        self._resets.destroy()
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)


@pytest.fixture
def pilot(tmp_path, ros_environment, request):
    """Fly the point at random, with two good bundles and two bad ones at hand."""
    stepping = getattr(request, 'param', 'lockstep')
    for name, task in (('one', 'multigoal'), ('two', 'multigoal'), ('arm', 'sawyer_reach')):
        random_bundle(tmp_path / 'policies', name, task)
    random_bundle(tmp_path / 'policies', 'torn', 'multigoal')
    path = tmp_path / 'policies' / 'torn' / 'sampler.safetensors'
    path.write_bytes(path.read_bytes()[:-3])
    process = subprocess.Popen(
        [sys.executable, '-m', 'softq_ros.cli', 'launch', 'play', 'task:=multigoal',
         'policy:=one', f'policies:={tmp_path / "policies"}',
         f'stepping:={stepping}', f'runs:={tmp_path}'], cwd=ROOT, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    one = Pilot(ros_environment)
    yield one
    one.close()
    process.send_signal(signal.SIGINT)
    process.wait(DEADLINE_SEC)
    assert not os.path.exists(f'/proc/{process.pid}')


def test_policies_are_switched_and_refused_while_it_flies(pilot):
    pilot.wait(lambda: pilot.status.policy == 'one' and pilot.status.sequence > 20, 'flight')
    assert pilot.set('policy', 'two') == (True, '')
    pilot.wait(lambda: pilot.status.policy == 'two', 'the switch')
    for value, says in (('missing', 'arm, one, torn, two'), ('torn', 'digest'),
                        ('arm', 'accepted: 2'), ('../one', 'arm, one'), (3, 'a string'),
                        (True, 'a string'), (['one', 'two'], 'a string')):
        accepted, reason = pilot.set('policy', value)
        assert not accepted and says in reason, (value, reason)
        assert '\n' not in reason
    before = pilot.status.sequence
    pilot.wait(lambda: pilot.status.sequence > before + 50, 'the old skill to fly on')
    assert pilot.status.policy == 'two'
    assert pilot.set('seed', 4)[0] is False
    assert pilot.set('sampling', 'best_of_32') == (True, '')
    assert 'stochastic' in pilot.set('sampling', 'sometimes')[1]
    pilot.wait(lambda: pilot.status.sampling == 'best_of_32', 'the mode')
    assert pilot.set('paused', True)[0]
    pilot.wait(lambda: pilot.status.state == 'paused', 'the pause')
    assert pilot.set('paused', False)[0]
    before = pilot.status.sequence
    pilot.wait(lambda: pilot.status.sequence > before + 20, 'the flight to go on')


def test_an_episode_begins_when_asked_for(pilot):
    pilot.wait(lambda: pilot.status.sequence > 20, 'flight')
    result = pilot.reset(seed=7)
    assert result.success
    pilot.wait(lambda: any(e.cause == 'stopped' for e in pilot.episodes), 'the end of the old one')
    stopped = next(e for e in pilot.episodes if e.cause == 'stopped')
    assert result.episode == stopped.episode + 1 and not stopped.success
    pilot.wait(lambda: pilot.status.episode > result.episode, 'the episodes to go on')


@pytest.mark.parametrize('pilot', ['realtime'], indirect=True)
def test_in_realtime_it_acts_at_the_control_rate(pilot):
    pilot.wait(lambda: pilot.status.sequence > 10, 'flight')
    began, before = time.monotonic(), pilot.status.sequence
    pilot.wait(lambda: pilot.status.sequence >= before + 30, 'three seconds of it')
    rate = (pilot.status.sequence - before) / (time.monotonic() - began)
    wanted = load_task('multigoal').contract.control_rate
    assert 0.6 * wanted < rate < 1.2 * wanted
    assert all(e.cause != 'fault' for e in pilot.episodes)
