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
from collections import Counter
import time

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import numpy as np
import pytest
import rclpy
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import Bool

from softq_ros.bridge.driver import COMMAND_TYPES
from softq_ros.nodes import qos
from test.support.gate_graph import INTERFACES, values

POSITIONS = ('position', 'position_increment', 'trajectory')


def at_rest(g, interface: str):
    return g.position if interface in POSITIONS else np.zeros(g.size)


@pytest.mark.parametrize('interface', INTERFACES)
def test_nothing_is_said_before_arming_then_from_the_measured_pose_at_the_output_rate(
        arm, interface):
    with arm(interface) as g:
        half = np.full(g.size, -0.5, np.float32)
        g.run(0.4, half)
        assert g.probe.executed and all(e.why == 'not armed' for e in g.probe.executed)
        assert not g.probe.commands and g.probe.status.why == 'not armed'
        g.position = g.position + 0.1  # moved by hand while disarmed
        g.armed()
        g.run(0.3)
        assert g.probe.commands
        for msg in g.probe.commands:
            assert np.allclose(values(msg), at_rest(g, interface), atol=1e-8)
        before, began = len(g.probe.commands), time.monotonic()
        g.run(1.0, half)
        rate = (len(g.probe.commands) - before) / (time.monotonic() - began)
        assert 0.5 < rate / g.contract.output_rate < 1.25
        moved = [np.abs(values(m) - at_rest(g, interface)).max() for m in g.probe.commands]
        assert moved[before + 2] < max(moved) and max(moved) > 0.0


@pytest.mark.parametrize('latched', [True, False])
def test_ready_is_needed_heard_from_both_kinds_of_publisher_and_not_regained_alone(arm, latched):
    with arm(ready_topics=['fine']) as g:
        profile = qos.LATCHED if latched else QoSProfile(depth=1)
        g.run(0.1)
        assert g.call(g.probe.arm).message == 'not ready: fine was not heard'
        says = g.probe.create_publisher(Bool, 'fine', profile)
        g.tell(says, Bool(data=False),
               lambda: g.call(g.probe.arm).message == 'not ready: fine said false')
        says.publish(Bool(data=True))
        g.armed()
        g.run(0.8, np.full(7, 0.5, np.float32))
        assert not g.probe.executed[-1].holding
        says.publish(Bool(data=False))
        says.publish(Bool(data=True))
        g.run(0.3, np.full(7, 0.5, np.float32))
        status = g.status(lambda s: not s.armed)
        assert g.probe.executed[-1].holding and not values(g.probe.commands[-1]).any()
        assert status.why.startswith('not ready: fine')
        g.armed()


def test_ready_said_before_the_gate_came_is_heard(ros_environment, arm):
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=int(ros_environment))
    driver = Node('driver', context=context)
    driver.create_publisher(Bool, 'fine', qos.LATCHED).publish(Bool(data=True))
    with arm(ready_topics=['fine']) as g:
        g.armed()
    driver.destroy_node()
    context.shutdown()


def test_arming_is_refused_in_words(arm, tmp_path):
    stop = tmp_path / 'stop'
    stop.mkdir()  # it exists and cannot be removed as a file
    with arm(parameters={'stop_file': str(stop)}.items()) as g:
        assert g.call(g.probe.arm).message == 'no observation'
        where, g.position = g.position, g.position + [0, 9, 0, 0, 0, 0, 0]
        g.run(0.1)
        assert g.call(g.probe.arm).message.startswith('outside its limits: right_j1 at 7.823; acc')
        g.position = where
        g.run(0.1)
        other = g.probe.create_publisher(COMMAND_TYPES[g.contract.command_type],
                                         g.contract.command_topic, qos.DRIVER)
        g.until(lambda: g.gate.count_publishers(g.contract.command_topic) == 2)
        g.run(0.1)
        assert g.call(g.probe.arm).message == 'second publisher'
        g.probe.destroy_publisher(other)
        g.until(lambda: g.gate.count_publishers(g.contract.command_topic) == 1)
        g.run(0.1)
        assert g.call(g.probe.arm).message.startswith('the stop file stays: ')
        assert g.probe.status.stopped and not g.probe.commands


@pytest.mark.parametrize('interface', ['velocity', 'position_increment'])
def test_the_hold_of_a_disarmed_arm_is_its_last_word(arm, interface):
    with arm(interface) as g:
        g.armed()
        g.run(0.8, np.full(7, 0.5, np.float32))
        assert g.call(g.probe.stop).success
        g.run(1.8, np.full(7, 0.5, np.float32))
        before, last = len(g.probe.commands), values(g.probe.commands[-1])
        g.run(0.5, np.full(7, 0.5, np.float32))
        g.position = g.position + 0.05
        g.run(0.3)
        assert len(g.probe.commands) == before
        if interface == 'velocity':
            assert not last.any()
        g.armed()
        g.run(0.2)
        assert np.allclose(values(g.probe.commands[-1]), at_rest(g, interface), atol=1e-8)


def test_ten_refused_commands_in_a_second_disarm(arm):
    with arm() as g:
        g.armed()
        g.run(0.4, np.full(7, np.nan, np.float32))
        g.run(1.2)
        g.run(0.4, np.full(7, np.nan, np.float32))
        assert g.status(lambda s: s.rejected > 10).armed
        g.run(0.6, np.full(7, np.nan, np.float32))
        status = g.status(lambda s: not s.armed and s.rejected >= 10)
        assert status.why == 'refused commands' and status.accepted == 0
        assert status.received == status.rejected
        assert np.isfinite([values(m) for m in g.probe.commands]).all()


def test_commands_faster_than_the_control_rate_are_refused(arm):
    with arm() as g:
        g.armed()
        g.run(1.0, np.full(7, 0.5, np.float32), rate=60.0)
        status = g.status(lambda s: 'command' in s.reasons)
        assert status.why == 'refused commands' and not status.armed


def test_positions_between_two_commands_lie_on_the_way(arm):
    with arm('position_increment', ramp_sec=0.02) as g:
        g.armed()
        g.run(0.5, np.ones(7, np.float32))
        places = np.array([values(m) for m in g.probe.commands])
        steps = np.diff(places, axis=0)
        assert (steps >= -1e-12).all()
        most = g.contract.velocity_limit / g.contract.output_rate
        assert (steps <= most + 1e-9).all()
        moving = steps[steps[:, 0] > 1e-6]
        assert len(moving) > 20 and len(np.unique(places[:, 0])) > 20


def test_a_second_publisher_holds_and_disarms_at_once(arm):
    with arm() as g:
        g.armed()
        g.run(0.8, np.full(7, 0.5, np.float32))
        g.probe.create_publisher(COMMAND_TYPES[g.contract.command_type],
                                 g.contract.command_topic, qos.DRIVER)
        g.run(0.6, np.full(7, 0.5, np.float32))
        assert not g.probe.status.armed and g.probe.status.why == 'second publisher'
        assert np.abs(values(g.probe.commands[-1])).max() < 1e-8


@pytest.mark.parametrize('interface', INTERFACES)
def test_arming_again_says_nothing_that_was_not_meant(arm, interface):
    with arm(interface) as g:
        half = np.full(g.size, 0.5, np.float32)
        for _ in range(3):
            g.armed()
            g.run(0.15, half)
        assert len(g.probe.commands) > 3
        assert all(values(m).shape == (g.size,) and np.isfinite(values(m)).all()
                   for m in g.probe.commands)


def test_a_person_stays_a_person(arm):
    with arm() as g:
        g.run(0.1)
        stamp = time.time_ns()
        g.observe(stamp)
        g.command(np.zeros(7, np.float32), stamp, source='human')
        g.until(lambda: g.probe.executed)
        assert g.probe.executed[-1].source == 'human'


def test_who_comes_late_hears_no_old_command(arm):
    with arm() as g:
        g.armed()
        g.run(0.4, np.full(7, 0.5, np.float32))
        g.call(g.probe.stop)
        g.run(1.6)
        heard = []
        latched = QoSProfile(depth=10, durability=DurabilityPolicy.VOLATILE)
        g.probe.create_subscription(COMMAND_TYPES[g.contract.command_type],
                                    g.contract.command_topic, heard.append, latched)
        g.run(0.5)
        assert not heard
        info, = g.probe.get_publishers_info_by_topic(g.contract.command_topic)
        assert info.qos_profile.durability == DurabilityPolicy.VOLATILE


def test_diagnostics_say_what_a_person_can_act_on(arm):
    with arm() as g:
        told = []
        g.probe.create_subscription(DiagnosticArray, '/diagnostics',
                                    lambda msg: told.extend(msg.status), 10)
        g.until(lambda: told)
        first = told[-1]
        assert (first.name, first.hardware_id) == ('/gate: robot', 'standin_sawyer')
        assert (first.level, first.message) == (DiagnosticStatus.WARN, 'not armed')
        g.armed()
        g.run(0.8, np.full(7, 0.5, np.float32))
        assert (told[-1].level, told[-1].message) == (DiagnosticStatus.OK, 'armed')
        g.call(g.probe.stop)
        g.until(lambda: told[-1].level == DiagnosticStatus.ERROR)
        assert told[-1].message == 'gate/stop'
        assert Counter(v.key for v in told[-1].values)['received'] == 1


def test_five_exceptions_in_ten_seconds_end_the_process_after_a_hold(arm):
    with arm() as g:
        g.armed()

        def broken(*_):
            raise RuntimeError('again')
        for count in range(5):
            assert not g.gate.done
            g.gate._guarded(broken)(None)
        assert g.gate.done and g.gate.exit_code == 1
        assert not g.probe.status.armed or g.status(lambda s: not s.armed)


@pytest.mark.parametrize('interface', ['velocity', 'position_increment'])
def test_where_the_rules_themselves_fail_the_last_word_is_still_a_hold(arm, interface):
    with arm(interface) as g:
        g.armed()
        g.run(0.8, np.full(7, 0.5, np.float32))
        before = values(g.probe.commands[-1])

        def broken(*_):
            raise RuntimeError('rules')
        g.gate._judge._gate.hold = broken
        g.run(0.4)
        assert g.gate.done and not g.gate._arming.armed
        g.gate.on_shutdown()
        g.run(0.1)
        last = values(g.probe.commands[-1])
        if interface == 'velocity':
            assert before.any() and not last.any()
        else:
            assert np.abs(last - before).max() <= 0.02


def test_a_gate_that_was_never_armed_ends_without_a_word(arm):
    with arm() as g:
        g.run(0.2, np.full(7, 0.5, np.float32))
        g.gate.on_shutdown()
        g.run(0.2)
        assert g.probe.executed and not g.probe.commands
