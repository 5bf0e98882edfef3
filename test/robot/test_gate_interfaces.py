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
"""What each command interface makes of actions, by hand on a planar arm at 10 Hz."""
import numpy as np
import pytest

from softq_ros.robot.gate import Gate
from softq_ros.robot.kinematics import Chain, Segment
from test.support.arms import at, contract, followed, INTERFACES, PLANAR

ONE = np.ones(3, np.float32)
TARGETS = ('position', 'position_increment', 'trajectory')
QUICK = {'acceleration_limit': np.full(3, 100.0)}  # the full range of speeds in a period


def run(gate: Gate, action: np.ndarray, steps: int, **state) -> list[float]:
    """Return the first joint's commands while the same is asked for again and again."""
    return [gate.filter(action, at(**state), 0).command[0] for _ in range(steps)]


# position targets

def test_a_position_is_an_offset_from_the_reset_pose_reached_by_braking():
    gate = Gate(contract('position', reset_pose=np.full(3, 0.1), lead_limit=np.full(3, 9.0)))
    targets = run(gate, ONE, 12)
    assert targets[-1] == 0.9 and targets == sorted(targets)
    steps = np.diff([0.0, *targets])
    assert steps[:3] == pytest.approx([0.05, 0.1, 0.15])  # 5 rad/s2 at 10 Hz
    assert (np.abs(np.diff(steps)) <= 0.05 + 1e-9).all()


def test_a_position_near_its_goal_brakes_for_it():
    gate = Gate(contract('position'))
    executed = gate.filter(0.1 * ONE, at(velocity=(0.5, 0.5, 0.5)), 0)  # 0.08 rad away
    assert executed.command == pytest.approx([0.06444271909999158] * 3)  # sqrt(0.8) - 0.25 rad/s
    assert executed.why == 'acceleration'


def test_a_position_within_all_limits_is_the_one_asked_for():
    gate = Gate(contract('position', **QUICK))
    action = np.array([0.2, -0.1, 0.0], np.float32)
    executed = gate.filter(action, at(), 0)
    assert executed.command == pytest.approx([0.16, -0.08, 0.0])
    assert executed.action is action and not executed.limited and executed.why == ''


def test_the_action_of_a_position_is_its_offset_from_the_reset_pose():
    gate = Gate(contract('position', reset_pose=np.full(3, 0.1)))
    executed = gate.filter(ONE, at((0.1, 0.1, 0.1)), 0)
    assert executed.command == pytest.approx([0.15] * 3) and executed.why == 'acceleration'
    assert executed.action == pytest.approx([0.05 / 0.8] * 3) and not executed.holding


def test_a_position_too_far_for_an_action_is_marked_as_holding():
    executed = Gate(contract('position')).filter(ONE, at((-0.9, 0.0, 0.0)), 0)
    assert executed.holding and executed.why == 'braking'
    assert executed.action[0] == -1.0


@pytest.mark.parametrize('interface', ['position_increment', 'trajectory'])
def test_increments_go_on_from_the_previous_target_wherever_the_arm_is(interface):
    gate = Gate(contract(interface, **QUICK))
    action = np.array([0.5, -1.0, 0.0], np.float32)
    assert gate.filter(action, at(), 0).command == pytest.approx([0.05, -0.1, 0.0])
    executed = gate.filter(action, at((0.02, 0.0, 0.0)), 0)
    assert executed.command == pytest.approx([0.1, -0.2, 0.0])
    assert executed.action is action and executed.why == ''


def test_the_action_of_an_increment_is_the_step():
    executed = Gate(contract('trajectory')).filter(ONE, at(), 0)
    assert executed.command == pytest.approx([0.05] * 3)
    assert executed.action == pytest.approx([0.5] * 3) and executed.why == 'acceleration'


def test_a_target_stops_within_its_lead_over_a_stuck_arm():
    gate = Gate(contract('position_increment', lead_limit=np.full(3, 0.22)))
    targets = run(gate, ONE, 20)
    assert max(targets) <= 0.22 and targets[-1] == pytest.approx(0.22, abs=5e-3)
    assert gate.filter(ONE, at(), 0).why == 'lead'


def test_a_target_follows_an_arm_that_is_pushed_back():
    gate = Gate(contract('position_increment', lead_limit=np.full(3, 0.22)))
    run(gate, ONE, 20)
    targets = run(gate, 0 * ONE, 12, position=(-0.3, 0.0, 0.0))
    assert targets[-1] == pytest.approx(-0.08, abs=0.01) and min(targets) >= -0.1
    assert (np.abs(np.diff(np.diff(targets))) <= 0.05 + 1e-9).all()


def test_a_target_brakes_before_the_joint_limit():
    gate, position = Gate(contract('trajectory')), np.array([0.5, 0.0, 0.0])
    targets = []
    for _ in range(20):
        position = gate.filter(ONE, at(position), 0).command
        targets.append(position[0])
    assert max(targets) <= 1.0 and targets[-1] == pytest.approx(1.0, abs=1e-2)


def test_a_measured_position_beyond_the_limit_starts_a_target_at_the_limit():
    executed = Gate(contract('position_increment')).filter(0 * ONE, at((1.2, 0.0, -1.3)), 0)
    assert executed.command.tolist() == [1.0, 0.0, -1.0]


def test_the_measured_velocity_is_the_targets_first():
    gate = Gate(contract('position_increment'))
    executed = gate.filter(0 * ONE, at(velocity=(1.0, -9.0, 0.0)), 0)
    assert executed.command == pytest.approx([0.05, -0.15, 0.0])  # 1.0, -2.0 less 0.5 rad/s


@pytest.mark.parametrize('interface', TARGETS)
def test_the_hold_of_a_target_brakes_and_then_repeats_its_bits(interface):
    gate = Gate(contract(interface))
    before = run(gate, ONE, 3)
    held = [gate.hold(at((-0.1 * k, 0.3, 0.0)), 0, 'stopped').command for k in range(30)]
    steps = np.diff([before[-1], *(command[0] for command in held)])
    assert (steps >= 0.0).all() and (np.diff(steps) >= -0.05 - 1e-9).all()
    assert len({command.tobytes() for command in held[4:]}) == 1
    assert not gate.moving


@pytest.mark.parametrize('interface', TARGETS)
def test_after_a_hold_the_target_starts_from_the_measured_position(interface):
    gate = Gate(contract(interface))
    run(gate, ONE, 5)
    for _ in range(5):
        gate.hold(at(), 0, 'stopped')
    measured = at((-0.2, 0.1, 0.0))
    command = gate.filter(0 * ONE, measured, 0).command
    expected = [-0.15, 0.05, 0.0] if interface == 'position' else measured.position
    assert command == pytest.approx(expected)
    assert gate.filter(0 * ONE, at(), 0).command[0] != measured.position[0] or (
        interface != 'position')  # from then on from the target before


@pytest.mark.parametrize('interface', TARGETS)
def test_a_hold_before_any_state_has_no_command_to_publish(interface):
    gate = Gate(contract(interface))
    for sensors in (None, at(np.full(3, np.nan))):
        executed = gate.hold(sensors, 0, 'no observation')
        assert executed.command.shape == (0,) and executed.holding
        assert executed.action.tolist() == [0.0] * 3
    assert gate.hold(at((0.1, 0.2, 0.3)), 0, 'stopped').command.tolist() == [0.1, 0.2, 0.3]


def test_the_action_of_a_held_position_is_where_it_is():
    gate = Gate(contract('position'))
    executed = gate.hold(at((0.4, -0.8, 0.0)), 0, 'stopped')
    assert executed.action == pytest.approx([0.5, -1.0, 0.0])


# effort

def test_an_effort_grows_at_its_rate_up_to_its_limit():
    gate = Gate(contract('effort', action_scale=np.full(3, 7.0)))
    assert run(gate, ONE, 3) == [4.0, 6.0, 6.0]
    assert gate.filter(ONE, at(), 0).why == 'effort'


def test_an_effort_within_all_limits_is_the_one_asked_for():
    executed = Gate(contract('effort')).filter(0.5 * ONE, at(), 0)
    assert executed.command.tolist() == [2.5] * 3 and executed.why == ''


def test_a_new_episode_forgets_the_previous_effort():
    gate = Gate(contract('effort'))
    run(gate, ONE, 3)
    assert gate.filter(ONE, at(), 1).command.tolist() == [4.0] * 3


def test_a_joint_too_fast_is_damped_the_others_are_not():
    gate = Gate(contract('effort'))
    executed = gate.filter(0.5 * ONE, at(velocity=(2.5, 0.0, -2.5)), 0)
    assert executed.command.tolist() == [-5.0, 2.5, 5.0] and executed.why == 'velocity'


@pytest.mark.parametrize('fields, state, why', [
    ({'workspace_lower': np.full(3, -3.0), 'workspace_upper': np.array([1.4, 3.0, 3.0])},
     {}, 'workspace'),
    ({'workspace_lower': np.full(3, -3.0), 'workspace_upper': np.array([1.6, 3.0, 3.0])}, {}, ''),
    ({'tool_speed_limit': 0.25}, {'velocity': (0.1, 0.0, -0.21)}, 'tool speed'),  # 0.15, 0.21
    ({'tool_speed_limit': 0.25}, {'velocity': (0.1, 0.0, -0.19)}, ''),
    ({'chain': None}, {'velocity': (0.1, 0.0, -0.21)}, '')])
def test_a_tool_beyond_its_limits_damps_every_joint(fields, state, why):
    gate = Gate(contract('effort', **fields))
    executed = gate.filter(0.4 * ONE, at(**state), 0)
    assert executed.why == why
    damped = [-2.0 * v for v in state.get('velocity', (0.0,) * 3)]
    assert executed.command == pytest.approx(damped if why else [2.0] * 3)


def test_the_hold_of_efforts_damps_with_a_state_once():
    gate = Gate(contract('effort'))
    run(gate, ONE, 2)
    moving = at(velocity=(1.0, -9.0, 0.0), stamp=5)
    assert gate.hold(moving, 0, 'stopped').command.tolist() == [-2.0, 6.0, 0.0]
    assert not gate.hold(moving, 0, 'stopped').command.any()  # for all it knows long at rest
    assert gate.hold(at(velocity=(1.0, 0.0, 0.0), stamp=6), 0, 'stopped').command[0] == -2.0
    assert not gate.hold(None, 0, 'stopped').command.any()
    assert not gate.hold(at(velocity=(np.nan, 1.0, 1.0), stamp=7), 0, 'stopped').command.any()


def test_after_the_hold_an_effort_grows_from_the_damping():
    gate = Gate(contract('effort'))
    gate.hold(at(velocity=(1.0, 0.0, 0.0), stamp=5), 0, 'stopped')
    assert gate.filter(ONE, at(), 0).command.tolist() == [2.0, 4.0, 4.0]


# twist

SIX = np.array([1, 0, 0, 0, 0, 0], np.float32)
BENT = (0.5, -0.8, 0.0)  # the tool at 1.355, 0.332; the arm can move in the plane and turn


def test_a_twist_gains_speed_at_its_acceleration_up_to_its_limit():
    gate = Gate(contract('twist', chain=None, action_scale=np.full(6, 2.0)))
    assert run(gate, SIX, 6) == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.5])
    assert gate.filter(SIX, at(), 0).why == 'velocity'


def test_linear_and_angular_parts_are_limited_as_vectors_and_on_their_own():
    gate = Gate(contract('twist', chain=None, action_scale=np.array([2.0] * 3 + [0.1] * 3)))
    action = np.array([0.6, 0.8, 0.0, 0.0, 1.0, -1.0], np.float32)
    for _ in range(9):
        executed = gate.filter(action, at(), 0)
    assert executed.command == pytest.approx([0.3, 0.4, 0.0, 0.0, 0.1, -0.1])
    turning = Gate(contract('twist', chain=None, action_scale=np.full(6, 2.0)))
    executed = [turning.filter(np.array([0, 0, 0, 0.6, 0.8, 0], np.float32), at(), 0)
                for _ in range(4)][-1]
    assert executed.command == pytest.approx([0.0, 0.0, 0.0, 0.6, 0.8, 0.0])


def test_a_twist_within_all_limits_is_the_one_asked_for():
    executed = Gate(contract('twist')).filter(0.2 * SIX, at(BENT), 0)
    assert executed.command[0] == pytest.approx(0.08) and executed.why == ''


def test_the_tool_speed_limits_a_twist_too():
    gate = Gate(contract('twist', chain=None, tool_speed_limit=0.25))
    assert run(gate, SIX, 4)[-1] == 0.25


def test_a_twist_brakes_before_a_wall():
    arm = contract('twist', workspace_lower=np.array([0.0, -1.0, -1.0]),
                   workspace_upper=np.array([1.45, 1.0, 1.0]))
    x = arm.chain.pose(np.array(BENT))[0][0]  # 1.355: the wall is 0.095 m away
    gate = Gate(arm)
    assert run(gate, SIX, 3, position=BENT) == pytest.approx([0.1, 0.2, 0.3])
    executed = gate.filter(SIX, at(BENT), 0)
    speed = executed.command[0]  # of which it travels v (n/2 + 1/2 + 1/8n) periods, n = v / 0.1
    assert executed.why == 'workspace' and 0.3 < speed < 0.4
    assert x + 0.1 * speed * (5 * speed + 0.5 + 0.0125 / speed) == pytest.approx(1.45, abs=1e-3)


def test_a_twist_moves_no_joint_faster_than_its_limit():
    gate = Gate(contract('twist', velocity_limit=np.array([2.0, 2.0, 0.1]),
                         position_lower=np.full(3, -9.0), position_upper=np.full(3, 9.0)))
    straight = at()  # along x only the slide moves the tool
    speeds = [gate.filter(SIX, straight, 0).command[0] for _ in range(3)]
    assert speeds == pytest.approx([0.1] * 3, abs=1e-3)
    assert gate.filter(SIX, straight, 0).why == 'joint limit'


def test_a_twist_brakes_before_a_joint_limit():
    gate = Gate(contract('twist', position_upper=np.array([1.0, 1.0, 0.01])))
    assert run(gate, SIX, 2) == pytest.approx([0.1, 0.1], abs=1e-3)
    assert run(gate, -SIX, 3)[-1] < -0.1  # away from it


def test_the_hold_of_a_twist_brakes_to_zero_and_stays():
    gate = Gate(contract('twist', chain=None))
    for _ in range(3):
        gate.filter(SIX + SIX[::-1], at(), 0)
    held = [gate.hold(at(), 0, 'stopped').command for _ in range(4)]
    assert [command[0] for command in held] == pytest.approx([0.2, 0.1, 0.0, 0.0])
    assert [command[5] for command in held] == pytest.approx([0.6, 0.2, 0.0, 0.0])
    assert not held[3].any()


def test_a_new_episode_begins_a_twist_at_rest():
    gate = Gate(contract('twist', chain=None))
    run(gate, SIX, 3)
    assert gate.filter(SIX, at(), 1).command[0] == pytest.approx(0.1)


# what all have in common

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


def test_a_twist_brakes_by_its_linear_part():
    # 0.1 m/s stops within a period and 10 mm, however fast the tool turns
    arm = contract('twist', workspace_lower=np.full(3, -2.0),
                   workspace_upper=np.array([1.515, 2.0, 2.0]))
    executed = Gate(arm).filter(np.array([0.25, 0, 0, 0.375, 0, 0], np.float32), at(), 0)
    assert executed.why == '' and executed.command[0] == pytest.approx(0.1)


def test_a_twist_may_stand_at_a_joint_limit_and_not_lead_beyond():
    there = at(position=(-1.0, 0.0, 0.0))
    still = Gate(contract('twist')).filter(np.zeros(6, np.float32), there, 0)
    assert still.why == ''
    outwards = -0.05 * 1.5 * np.array([np.sin(1.0), np.cos(1.0), 0, 0, 0, 0]) / 0.4
    inwards = Gate(contract('twist')).filter(-outwards.astype(np.float32), there, 0)
    assert inwards.why == ''
    beyond = Gate(contract('twist')).filter(outwards.astype(np.float32), there, 0)
    assert beyond.why == 'joint limit'


def test_authority_grows_to_one_and_stays():
    arm, action = contract('velocity', ramp_sec=0.5), np.full(3, 0.2, np.float32)
    gate, said = Gate(arm), []
    for _ in range(12):
        executed = gate.filter(action, at(), 0)
        said.append(executed.command[0] / (np.float64(action[0]) * 1.5))
    assert said == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8] + [1.0] * 7)
    assert executed.why == ''
