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
"""What the gate makes of actions whatever the interface, by hand on a planar arm at 10 Hz."""
import numpy as np
import pytest

from softq_ros.robot.gate import Gate
from softq_ros.robot.kinematics import Chain, Segment
from test.support.arms import at, BENT, contract, followed, INTERFACES, PLANAR

ONE = np.ones(3, np.float32)
TARGETS = ('position', 'position_increment', 'trajectory')
QUICK = {'acceleration_limit': np.full(3, 100.0)}  # the full range of speeds in a period


@pytest.mark.parametrize('interface', INTERFACES)
def test_authority_grows_over_the_ramp_after_arming_and_after_each_hold(interface):
    wide = {'lead_limit': np.full(3, 9.0)} if interface in TARGETS else {}
    arm = contract(interface, ramp_sec=0.4, **QUICK, **wide)
    gate, position = Gate(arm), np.zeros(3)
    action = np.full(len(arm.action_scale), 0.1, np.float32)

    def shares(count: int) -> list[float]:
        found, at_rest = [], np.zeros(3)
        for _ in range(count):
            executed = gate.filter(action, at(at_rest), 0)
            found.append(float(executed.action[0] / 0.1))
            assert executed.why == ('ramp' if len(found) < 5 else '')
        return found

    expected = [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]
    if interface == 'position':  # each step goes a share of the way that is left
        expected = [0.0, 0.25, 0.625, 0.90625, 1.0, 1.0]
    assert shares(6) == pytest.approx(expected, abs=1e-5)
    for _ in range(9):
        gate.hold(at(position), 0, 'stopped')
    assert shares(6) == pytest.approx(expected, abs=1e-5)
    gate.restart()
    assert shares(6) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize('interface', INTERFACES)
def test_without_a_ramp_authority_is_whole_at_once(interface):
    arm = contract(interface, **QUICK)
    action = np.full(len(arm.action_scale), 0.1, np.float32)
    assert Gate(arm).filter(action, at(BENT if interface == 'twist' else (0, 0, 0)), 0).why == ''


@pytest.mark.parametrize('interface', INTERFACES)
def test_a_robot_told_to_move_must_show_it_one_at_rest_need_not(interface):
    arm = contract(interface)
    gate, zero = Gate(arm), np.zeros(len(arm.action_scale), np.float32)
    assert not gate.moving
    gate.filter(zero, at(BENT), 0)
    assert gate.moving == (interface == 'position')  # on its way to the reset pose
    gate.restart()
    gate.filter(zero + 1, at((0.1, -0.2, 0.0)), 0)
    assert gate.moving
    gate.restart()
    assert not gate.moving


@pytest.mark.parametrize('interface, action, moving', [
    ('velocity', 0.0066, False), ('velocity', 0.0068, True),  # 0.01 rad/s
    ('trajectory', 0.0099, False), ('trajectory', 0.0101, True),  # 0.001 rad a period
    ('effort', 0.119, False), ('effort', 0.121, True),  # a tenth of 6 N m
    ('twist', 0.0099, False), ('twist', 0.0101, True)])
def test_the_least_command_that_must_show(interface, action, moving):
    arm = contract(interface)
    sign = np.array([-1.0] + [0.0] * (len(arm.action_scale) - 1), np.float32)
    gate = Gate(contract(interface, chain=None) if interface == 'twist' else arm)
    gate.filter(sign * np.float32(action * (2.5 if interface == 'twist' else 1.0)), at(), 0)
    assert gate.moving == moving


def test_a_velocity_brakes_all_joints_in_proportion():
    gate = Gate(contract())
    for _ in range(3):
        gate.filter(np.array([1.0, -0.5, 0.1], np.float32), at(), 0)
    held = [gate.hold(at(), 0, 'stopped').command for _ in range(4)]
    assert held[0] == pytest.approx([1.0, -0.5, 0.1]) and held[1] == pytest.approx(
        [0.5, -0.25, 0.05])
    assert not held[2].any() and not held[3].any()


def test_a_velocity_brakes_in_the_same_way_backwards():
    gate = Gate(contract())
    for _ in range(3):
        gate.filter(np.array([-1.0, -0.5, 0.1], np.float32), at(), 0)
    assert gate.hold(at(), 0, 'stopped').command == pytest.approx([-1.0, -0.5, 0.1])


@pytest.mark.parametrize('fields, why', [
    ({'tool_speed_limit': 0.3}, 'tool speed'), ({'tool_speed_limit': 0.5}, ''),
    ({'workspace_lower': np.full(3, -3.0), 'workspace_upper': np.array([1.52, 3.0, 3.0])},
     'workspace'),
    ({}, '')])
def test_box_and_tool_speed_each_limit_alone(fields, why):
    executed = Gate(contract(**fields)).filter(np.array([0, 0, 0.33], np.float32), at(), 0)
    assert executed.why == why


def test_a_slow_velocity_is_braked_within_a_period():
    gate = Gate(contract())
    gate.filter(0.3 * ONE, at(), 0)
    assert not gate.hold(at(), 0, 'stopped').command.any()


def test_the_hold_of_a_velocity_without_a_state_is_where_it_was_last_seen():
    gate = Gate(contract(position_lower=np.full(3, 0.2), reset_pose=np.full(3, 0.5)))
    for _ in range(2):
        gate.filter(-ONE, at((0.9, 0.9, 0.9)), 0)
    assert gate.hold(None, 0, 'no observation').command == pytest.approx([-0.5] * 3)
    assert not Gate(contract()).hold(None, 0, 'no observation').command.any()


def test_the_measured_velocity_is_the_first_previous_command_within_its_limit():
    executed = Gate(contract()).filter(0 * ONE, at(velocity=(1.0, -9.0, 0.2)), 0)
    assert executed.command == pytest.approx([0.5, -1.5, 0.0])


@pytest.mark.parametrize('interface', ['velocity', 'position_increment'])
def test_tool_speed_and_box_limit_joint_commands(interface):
    arm = contract(interface, tool_speed_limit=0.3, workspace_lower=np.full(3, -3.0),
                   workspace_upper=np.array([3.0, 0.2, 3.0]))
    gate, position, seen = Gate(arm), np.zeros(3), set()
    for _ in range(40):
        executed = gate.filter(np.array([1, 0, 0], np.float32), at(position), 0)
        seen.add(executed.why)
        moved = followed(arm, position, executed.command)
        speed = 10.0 * np.linalg.norm(arm.chain.pose(moved)[0] - arm.chain.pose(position)[0])
        assert speed <= 0.3 + 1e-9 and arm.chain.pose(moved)[0][1] <= 0.2 + 1e-3
        position = moved
    assert {'tool speed', 'workspace'} <= seen
    assert arm.chain.pose(position)[0][1] == pytest.approx(0.2, abs=2e-3)
    back = gate.filter(np.array([-1, 0, 0], np.float32), at(position), 0)
    assert followed(arm, position, back.command)[0] < position[0]


def test_a_tool_that_only_turns_has_no_speed():
    # the first joint rolls the arm about the line that its tool is on
    roll = Chain((Segment('shoulder', (0, 0, 0), (0, 0, 0), (1, 0, 0)), *PLANAR.segments[1:]))
    arm = contract('effort', chain=roll, tool_speed_limit=0.5)
    assert Gate(arm).filter(np.zeros(3), at(velocity=(1.5, 0.0, 0.0)), 0).why == ''


@pytest.mark.parametrize(('arm', 'least'), [
    (contract('velocity', action_scale=np.full(3, 0.02)), 0.5),
    (contract('effort', effort_limit=np.full(3, 5.0), action_scale=np.ones(3)), 0.5),
    (contract('twist', action_scale=np.full(6, 0.02)), 0.5)])
def test_only_what_is_above_the_threshold_must_show(arm, least):
    for share, moving in ((least, False), (1.1 * least, True)):
        gate, action = Gate(arm), np.zeros(len(arm.action_scale), np.float32)
        action[0] = share
        gate.filter(action, at(), 0)
        assert gate.moving is moving


def test_authority_grows_to_one_and_stays():
    arm, action = contract('velocity', ramp_sec=0.5), np.full(3, 0.2, np.float32)
    gate, said = Gate(arm), []
    for _ in range(12):
        executed = gate.filter(action, at(), 0)
        said.append(executed.command[0] / (np.float64(action[0]) * 1.5))
    assert said == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8] + [1.0] * 7)
    assert executed.why == ''
