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
"""The gate over real DDS: one Executed for each Command, and a hold for everything else."""
from contextlib import contextmanager
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float64MultiArray
from std_srvs.srv import Trigger

from softq_ros.bridge.conversions import sensors_to_joint_state
from softq_ros.bridge.experience import command_message
from softq_ros.errors import ConfigurationError
from softq_ros.msg import Command, Executed, GateStatus
from softq_ros.nodes import qos
from softq_ros.nodes.gate_node import GateNode
from softq_ros.paths import share
from softq_ros.records import Sensors
from softq_ros.robot.contract import load_contract

SAWYER = load_contract('sim_sawyer')
HALF = np.full(7, 0.5, np.float32)
DEADLINE_SEC = 10.0


class Probe(Node):
    """Plays simulator, policy and operator; keeps what the gate says."""

    def __init__(self, context, stepping: str) -> None:
        super().__init__('probe', context=context)
        self.executed, self.commands, self.status = [], [], None
        self.joints = self.create_publisher(JointState, 'joint_states', qos.STATE)
        self.asks = self.create_publisher(Command, 'policy/command', qos.command(stepping))
        self.estop = self.create_publisher(Bool, 'estop', qos.LATCHED)
        self.create_subscription(Executed, 'gate/executed', self.executed.append, qos.EXECUTED)
        self.create_subscription(Float64MultiArray, SAWYER.command_topic, self.commands.append,
                                 qos.STATE)
        self.create_subscription(GateStatus, 'gate/status', self._on_status, qos.LATCHED)
        self.arm = self.create_client(Trigger, 'gate/arm')
        self.stop = self.create_client(Trigger, 'gate/stop')

    def _on_status(self, msg: GateStatus) -> None:
        self.status = msg


class Graph:
    """A probe and, unless it runs in another process, a gate; one executor."""

    def __init__(self, context, stepping: str, inside: bool = True, **parameters) -> None:
        overrides = [Parameter(name, value=value)
                     for name, value in {'stepping': stepping, **parameters}.items()]
        self._executor = SingleThreadedExecutor(context=context)
        self.gate = None
        if inside:
            self.gate = GateNode(context=context, parameter_overrides=overrides)
            self._executor.add_node(self.gate)
        self.probe = Probe(context, stepping)
        self._executor.add_node(self.probe)
        self.until(lambda: self.probe.arm.service_is_ready() and self.probe.status
                   and self.probe.asks.get_subscription_count()
                   and self.probe.joints.get_subscription_count()
                   and self.probe.count_publishers('gate/executed'))

    def until(self, condition) -> None:
        deadline = time.monotonic() + DEADLINE_SEC
        while not condition():
            assert time.monotonic() < deadline, 'nothing came'
            self.spin()

    def spin(self) -> None:
        self._executor.spin_once(timeout_sec=0.05)

    def observe(self, stamp: int, position=SAWYER.reset_pose) -> None:
        zero = np.zeros(7)
        self.probe.joints.publish(sensors_to_joint_state(
            Sensors(stamp, SAWYER.joints, position, zero, zero)))

    def command(self, action, stamp: int, sequence: int = 1, episode: int = 0) -> None:
        self.probe.asks.publish(command_message(np.asarray(action), stamp, 'sim', 1, sequence,
                                                episode, 0, 'policy'))

    def step(self, action, stamp: int, **names) -> Executed:
        """Publish an observation and the command that answers it; return the gate's answer."""
        before = len(self.probe.executed)
        self.observe(stamp)
        self.command(action, stamp, **names)
        self.until(lambda: len(self.probe.executed) > before)
        return self.probe.executed[-1]

    def call(self, client) -> Trigger.Response:
        future = client.call_async(Trigger.Request())
        self.until(future.done)
        return future.result()

    def status(self, condition) -> GateStatus:
        self.until(lambda: condition(self.probe.status))
        return self.probe.status

    def close(self) -> None:
        self._executor.shutdown()
        for node in filter(None, (self.gate, self.probe)):
            node.destroy_node()


DOMAIN = (os.getpid() * 7 + 31) % 101


@contextmanager
def graph(stepping='lockstep', **parameters):
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=DOMAIN)
    built = None
    try:
        built = Graph(context, stepping, **parameters)
        yield built
    finally:
        if built:
            built.close()
        context.shutdown()


def test_a_command_is_answered_once_and_published_in_units():
    with graph() as g:
        answer = g.step(HALF, 100, sequence=7)
        assert answer.sequence == 7 and answer.header.stamp.nanosec == 100
        assert answer.action == answer.asked and not answer.limited and not answer.holding
        assert list(answer.command) == (0.5 * SAWYER.action_scale).tolist()
        g.until(lambda: g.probe.commands)
        assert g.probe.commands[-1].data == answer.command


def test_a_command_waits_for_the_joint_states_it_answers():
    with graph() as g:
        g.observe(100)
        g.command(HALF, 200)
        g.status(lambda s: s.header.stamp.nanosec == 100)
        assert not g.probe.executed
        g.observe(200)
        g.until(lambda: g.probe.executed)


def test_a_repeated_command_gets_the_same_bits_and_moves_nothing():
    with graph() as g:
        first = g.step(HALF, 100)
        again = g.step(HALF, 100)
        assert again == first
        status = g.status(lambda s: s.repeated == 1)
        assert status.received == status.accepted == 1
        assert len(g.probe.commands) == 1


@pytest.mark.parametrize('action', [np.full(7, np.nan, np.float32), HALF[:6]])
def test_a_bad_command_is_refused_whole_counted_and_held(action):
    with graph() as g:
        answer = g.step(action, 100)
        assert answer.holding and answer.why == 'refused' and not any(answer.command)
        status = g.status(lambda s: s.rejected == 1)
        assert status.received == 1 and list(status.reasons) == ['command']


def test_an_old_command_is_refused():
    with graph() as g:
        g.step(HALF, 200)
        g.command(HALF, 100, sequence=2)
        g.until(lambda: len(g.probe.executed) == 2)
        assert g.probe.executed[-1].holding


def test_bad_joint_states_are_counted_and_change_nothing():
    with graph() as g:
        g.observe(100, position=np.full(7, np.nan))
        status = g.status(lambda s: 'joint_states' in s.reasons)
        assert list(status.counts) == [1]
        assert not g.step(HALF, 200).holding


def test_a_stop_holds_at_once_and_only_arming_clears_it(tmp_path):
    with graph(stop_file=str(tmp_path / 'stop')) as g:
        g.step(HALF, 100)
        assert g.call(g.probe.stop).success
        answer = g.step(HALF, 200, sequence=2, episode=1)
        assert answer.holding and answer.why == 'gate/stop'
        assert g.status(lambda s: s.stopped).armed is False
        assert g.call(g.probe.arm).success
        assert not g.step(HALF, 300, sequence=3, episode=1).holding


def test_a_stop_outlives_the_node(tmp_path):
    file = str(tmp_path / 'stop')
    with graph(stop_file=file) as g:
        assert g.call(g.probe.stop).success
    with graph(stop_file=file) as g:
        assert g.status(lambda s: s.stopped).why == 'stopped'
        assert g.step(HALF, 100).holding


def test_estop_true_stops_and_false_does_not_clear():
    with graph() as g:
        g.probe.estop.publish(Bool(data=True))
        g.status(lambda s: s.stopped)
        g.probe.estop.publish(Bool(data=False))
        assert g.step(HALF, 100).why == 'estop'


def test_a_second_publisher_disarms_until_it_is_gone():
    with graph() as g:
        intruder = g.probe.create_publisher(Float64MultiArray, SAWYER.command_topic, qos.DRIVER)
        g.status(lambda s: s.why == 'second publisher' and not s.armed)
        assert g.step(HALF, 100, episode=1).holding
        assert not g.call(g.probe.arm).success
        g.probe.destroy_publisher(intruder)
        g.until(lambda: g.gate.count_publishers(SAWYER.command_topic) == 1)
        g.until(lambda: g.call(g.probe.arm).success)
        assert not g.step(HALF, 200, sequence=2, episode=1).holding


def test_an_exception_in_any_callback_is_counted_and_held():
    names = ('_on_joints', '_on_command', '_on_estop', '_on_arm', '_on_stop', '_on_status_timer')
    with graph() as g:
        for count, name in enumerate(names, 1):
            def broken(*_):
                raise RuntimeError(name)
            broken.__name__ = name
            g.gate._guarded(broken)(None)
            status = g.status(lambda s: s.reasons and sum(s.counts) == count)
            assert status.holding and not status.armed
        assert not g.step(HALF, 100, episode=1).holding  # simulated: the next episode arms


def test_time_that_goes_back_disarms_until_the_next_episode():
    with graph() as g:
        g.step(HALF, 1000)
        g.observe(500)
        g.status(lambda s: 'time went back' in s.reasons)
        assert g.step(HALF, 600, sequence=2).holding
        assert not g.step(HALF, 700, sequence=3, episode=1).holding


def test_in_realtime_silence_of_the_policy_becomes_a_hold():
    with graph('realtime') as g:
        assert not g.step(HALF, 100).holding
        g.status(lambda s: not s.holding)
        last, stamp = time.monotonic(), 100
        while not g.probe.status.holding:
            assert time.monotonic() < last + 1.0
            stamp += 1
            g.observe(stamp)
            g.spin()
        assert g.probe.status.why == 'no command' and not any(g.probe.commands[-1].data)


def test_in_realtime_silence_of_the_driver_becomes_a_hold():
    with graph('realtime') as g:
        g.step(HALF, 100)
        ages = g.gate._ages  # the command may overtake its observation; wait for that to age
        g.until(lambda: ages._observed and ages.observation_late(time.monotonic_ns()))
        g.status(lambda s: s.holding and s.why == 'no observation')
        g.command(HALF, 100, sequence=2)
        g.until(lambda: len(g.probe.executed) == 2)
        assert g.probe.executed[-1].why == 'no observation'


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_zero_as_the_last_command(number):
    gate = subprocess.Popen([sys.executable, '-m', 'softq_ros.nodes.gate_node'],
                            env=os.environ | {'ROS_DOMAIN_ID': str(DOMAIN)})
    try:
        with graph(inside=False) as g:
            assert not g.step(HALF, 100).holding
            g.until(lambda: g.probe.commands)
            assert all(g.probe.commands[-1].data)
            gate.send_signal(number)
            g.until(lambda: not any(g.probe.commands[-1].data))
            assert gate.wait(timeout=2.0) == 0
    finally:
        gate.kill()
        gate.wait()


def test_the_last_word_is_zero():
    with graph() as g:
        g.step(HALF, 100)
        g.gate.on_shutdown()
        g.until(lambda: len(g.probe.commands) == 3)
        assert not any(g.probe.commands[-1].data)


@pytest.mark.parametrize('parameters, match', [
    ({'contract': 'r2d2'}, 'unknown robot'),
    ({'stepping': 'fast'}, 'stepping: .*lockstep'),
    ({'limits': 1}, 'unknown parameter')])
def test_a_bad_parameter_is_refused_by_name(parameters, match):
    with pytest.raises(ConfigurationError, match=match):
        with graph(**{'stepping': 'lockstep'} | parameters):
            pass


def test_lockstep_is_refused_on_hardware(tmp_path):
    text = share('config', 'robots', 'sim_sawyer.yaml').read_text()
    path = tmp_path / 'arm.yaml'
    path.write_text(text.replace('simulated: true', 'simulated: false')
                    .replace('arm_on_start: true', 'arm_on_start: false')
                    + '\ndownstream_timeout_sec: 0.1\n')
    with pytest.raises(ConfigurationError, match='stepping: got lockstep'):
        with graph(contract=str(path)):
            pass
