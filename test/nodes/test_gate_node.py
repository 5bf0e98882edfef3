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
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from std_msgs.msg import Bool, Float64MultiArray

from softq_ros.errors import ConfigurationError
from softq_ros.nodes import qos
from softq_ros.robot.contract import load_contract
from test.support.gate_graph import DOMAIN, graph

SAWYER = load_contract('sim_sawyer')
HALF = np.full(7, 0.5, np.float32)


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


def test_a_stop_is_latched_even_where_the_rules_of_holding_fail():
    with graph() as g:
        def broken(*_):
            raise RuntimeError('rules')
        g.step(HALF, 100)
        g.gate._judge._gate.hold = broken
        g.gate._guarded(g.gate._on_estop)(Bool(data=True))
        assert g.gate._arming.stopped and g.gate._arming.why == 'estop'


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
        late = g.gate._judge.observation_late  # the command may overtake its observation
        g.until(lambda: g.gate._judge.sensors and late(time.monotonic_ns()))
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


def test_lockstep_is_refused_on_hardware():
    with pytest.raises(ConfigurationError, match='stepping: got lockstep'):
        with graph(contract='ur5e'):
            pass
