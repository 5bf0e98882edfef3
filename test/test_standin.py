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
"""The stand-in driver is as trusting as the drivers it stands for."""
import ast
from contextlib import contextmanager
import math
from pathlib import Path
import time

import numpy as np
import pytest
from rcl_interfaces.srv import GetParameters
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from test.standin.controllers import Forward, Trajectory
from test.standin.links import Link
from test.standin.running import JOINTS, Running

FOLDER = Path(__file__).parent / 'standin'
DRIVER = ('standin.py', 'arm.py', 'controllers.py', 'links.py')
TOPICS = {'forward_velocity': 'forward_velocity_controller/commands',
          'forward_position': 'forward_position_controller/commands',
          'forward_effort': 'forward_effort_controller/commands',
          'trajectory': 'joint_trajectory_controller/joint_trajectory'}
SLOW = [0.1] * 7


@contextmanager
def standin(controller: str, *words: str):
    one = Running(TOPICS[controller], '--controller', controller, *words)
    try:
        yield one
    finally:
        one.log = one.close()


@pytest.mark.parametrize('name', DRIVER)
def test_it_shares_nothing_with_what_it_tests(name):
    for node in ast.walk(ast.parse((FOLDER / name).read_text(encoding='utf-8'))):
        names = ([alias.name for alias in node.names] if isinstance(node, ast.Import)
                 else [node.module] if isinstance(node, ast.ImportFrom) else [])
        assert not [n for n in names if n.startswith('softq_ros') and n != 'softq_ros.srv']


def test_a_forward_controller_repeats_its_last_command_whatever_it_is():
    one = Forward(2)
    assert one.sample(0.0) is None
    assert not one.command([math.nan, 1e308], 1.0)
    for now in (1.0, 2.0, 1e9):
        np.testing.assert_array_equal(one.sample(now), [math.nan, 1e308])
    assert 'passed over' in one.command([1.0], 2.0)
    np.testing.assert_array_equal(one.sample(3.0), [math.nan, 1e308])


def test_a_time_out_writes_zeros_until_the_next_command():
    one = Forward(1, timeout=0.2)
    one.command([3.0], 1.0)
    assert one.sample(1.2) == [3.0] and one.sample(1.21) == [0.0]
    one.command([4.0], 2.0)
    assert one.sample(2.1) == [4.0]


def test_a_trajectory_goes_from_the_present_to_each_point_in_turn():
    one = Trajectory(['a', 'b'], np.array([0.0, 10.0]))
    assert not one.command(['b', 'a'], [(1.0, [11.0, 2.0], []), (3.0, [11.0, 6.0], [])], 5.0, 5.0)
    for now, expected in [(5.0, [0, 10]), (5.25, [0.5, 10.25]), (6.0, [2, 11]), (7.0, [4, 11]),
                          (8.0, [6, 11]), (1e9, [6, 11])]:
        assert one.sample(now).tolist() == expected
    assert not one.command(['a', 'b'], [(1.0, [0.0, 11.0], [])], 7.0, 7.0)  # replaced on the way
    assert one.sample(7.5).tolist() == [2.0, 11.0]
    assert not one.command(['a', 'b'], [(0.1, [math.nan, 0.0], [0.0, 0.0])], 8.0, 8.0)
    np.testing.assert_array_equal(one.sample(9.0), [math.nan, 0.0])


@pytest.mark.parametrize('joints, points, start', [
    (['a'], [(1.0, [1.0], [])], 5.0),
    (['a', 'c'], [(1.0, [1.0, 1.0], [])], 5.0),
    (['a', 'b'], [], 5.0),
    (['a', 'b'], [(1.0, [1.0], [])], 5.0),
    (['a', 'b'], [(1.0, [1.0, 1.0], []), (1.0, [2.0, 2.0], [])], 5.0),
    (['a', 'b'], [(1.0, [1.0, 1.0], [])], 3.9),
    (['a', 'b'], [(1.0, [1.0, 1.0], [0.0, 0.1])], 5.0)])
def test_a_trajectory_that_does_not_fit_is_passed_over(joints, points, start):
    one = Trajectory(['a', 'b'], np.zeros(2))
    assert 'passed over' in one.command(joints, points, 5.0, start)
    assert one.sample(10.0).tolist() == [0.0, 0.0]


def test_a_link_delays_keeps_the_order_and_drops_its_share():
    link, arrived = Link(0.02, 0.03, 0.1, seed=1), []
    for i in range(10_000):
        now = i * 0.01
        link.send((i, now), now)
        arrived += [(*item, now - item[1]) for item in link.receive(now)]
    arrived += [(*item, 0.05) for item in link.receive(1e9)]
    numbers, _, delays = np.array(arrived).T
    assert (np.diff(numbers) > 0).all()
    assert delays.min() >= 0.02 - 1e-9 and delays.max() <= 0.05 + 0.01 + 1e-9
    assert 900 < link.dropped < 1100 and len(arrived) + link.dropped == link.sent == 10_000


def test_velocity_commands_last_for_ever_and_nan_reaches_the_drives(ros_environment):
    with standin('forward_velocity') as one:
        assert one.states[-1][1].name == ['head_pan', *JOINTS[::-1]]
        start, began = one.column('position'), time.monotonic()
        one.command(*SLOW)
        one.until(lambda: one.written and one.written[-1][1] == SLOW)
        one.states.clear()
        one.spin(2.0)
        assert one.written[-1][1] == SLOW
        assert 100 < len(one.states) < 210  # 100 a second, less what the machine had no time for
        moved, took = one.column('position') - start, time.monotonic() - began
        assert moved.min() > 0.04 * took and moved.max() < 0.11 * took
        one.command(*SLOW[:6])
        one.spin(0.3)
        assert one.written[-1][1] == SLOW
        one.command(math.nan, *[0.0] * 6)
        one.until(lambda: math.isnan(one.written[-1][1][0]))
    assert 'command of 6 values for 7 interfaces' in one.log


def test_its_parameters_say_which_joints_and_which_interface(ros_environment):
    with standin('forward_velocity') as one:
        client = one.node.create_client(GetParameters,
                                        'forward_velocity_controller/get_parameters')
        joints, interface = one.call(client, GetParameters.Request(
            names=['joints', 'interface_name'])).values
        assert joints.string_array_value == JOINTS and interface.string_value == 'velocity'


def test_a_protective_stop_stops_until_it_is_released(ros_environment):
    with standin('forward_velocity') as one:
        assert one.ready is True
        one.command(*SLOW)
        one.until(lambda: one.column('velocity').min() > 0.05)
        one.protective_stop(True)
        one.until(lambda: one.ready is False)
        one.until(lambda: abs(one.column('velocity')).max() < 1e-3, 1.0)
        one.command(*SLOW)
        one.spin(0.3)
        assert abs(one.column('velocity')).max() < 1e-3
        one.protective_stop(False)
        one.until(lambda: one.ready is True)
        one.spin(0.3)
        assert abs(one.column('velocity')).max() < 1e-3  # the old command is forgotten
        one.command(*SLOW)
        one.until(lambda: one.column('velocity').min() > 0.05)


def test_joint_states_can_fall_silent_freeze_and_bear_wrong_stamps(ros_environment):
    with standin('forward_velocity') as one:
        one.command(*SLOW)
        one.until(lambda: one.column('velocity').min() > 0.05)
        assert one.perturb('silent', 0.5)
        one.spin(0.1)
        one.states.clear()
        one.spin(0.2)
        assert not one.states
        one.until(lambda: len(one.states) > 2)
        assert one.perturb('frozen', 0.5)
        one.spin(0.1)
        one.states.clear()
        one.spin(0.2)
        assert len({(*m.position, *m.velocity) for _, m in one.states}) == 1 < len(one.states)
        assert len({m.header.stamp.nanosec for _, m in one.states}) == len(one.states)
        one.spin(0.5)
        assert one.perturb('shifted', 0.5, [5.0])
        one.until(lambda: one.states[-1][1].header.stamp.sec > time.time() + 3)
        one.until(lambda: one.states[-1][1].header.stamp.sec < time.time() + 1)
        assert not one.perturb('unheard of', 0.5)


def test_a_push_moves_the_arm(ros_environment):
    with standin('forward_velocity') as one:
        one.spin(0.2)
        assert abs(one.column('velocity')).max() < 1e-3
        assert one.perturb('wrench', 0.3, [0.0, 0.0, -60.0, 0.0, 0.0, 0.0], 'right_l6')
        one.until(lambda: abs(one.column('velocity')).max() > 0.05)
        one.until(lambda: abs(one.column('velocity')).max() < 1e-3)


def test_latency_and_drops_are_those_asked_for(ros_environment):
    with standin('forward_velocity', '--latency', '0.1', '--jitter', '0.02', '--drop', '0.3',
                 '--seed', '3') as one:
        one.spin(0.5)
        one.states.clear()
        one.spin(3.0)
        ages = [arrival - m.header.stamp.sec - m.header.stamp.nanosec * 1e-9
                for arrival, m in one.states]
        assert min(ages) >= 0.1 and 0.1 < np.median(ages) < 0.15
        assert 0.55 < len(one.states) / 300 < 0.8
        sent = time.time()
        while not any(values == SLOW for _, values in one.written):
            one.command(*SLOW)
            one.spin(0.02)
        assert one.written[-1][0] - sent >= 0.1


def test_positions_and_trajectories_are_reached_and_kept(ros_environment):
    for controller in ('forward_position', 'trajectory'):
        with standin(controller) as one:
            goal = one.column('position') + 0.1
            if controller == 'trajectory':
                point = JointTrajectoryPoint(positions=goal[::-1].tolist())
                point.time_from_start.nanosec = 500_000_000
                one.commands.publish(JointTrajectory(joint_names=JOINTS[::-1], points=[point]))
            else:
                one.command(*goal)
            one.until(lambda: abs(one.column('position') - goal).max() < 5e-3)
            one.spin(0.5)
            assert abs(one.column('position') - goal).max() < 5e-3
            assert abs(one.column('velocity')).max() < 0.02


def test_torques_accelerate_the_arm(ros_environment):
    with standin('forward_effort') as one:
        one.spin(0.2)
        assert abs(one.column('velocity')).max() < 1e-3  # gravity is compensated
        one.command(0, 0, 0, 0, 0, 0, 0.5)
        one.until(lambda: one.column('velocity')[6] > 0.3)
        assert one.column('effort')[6] == 0.5
