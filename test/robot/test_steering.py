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
"""What steers a robot arrives on every interface: a reset, and the hand of a person."""
import dataclasses

import numpy as np
import pytest

from softq_ros.errors import ConfigurationError
from softq_ros.robot.gate import Gate
from softq_ros.robot.steering import (
    joint_velocity, pose_error, ResetMotion, saturate, steer, ToolSteering)
from test.support.steered import arm, ARM, ELBOW, Robot, SAWYER, SEVEN

RATE = SAWYER.control_rate


def test_saturation_keeps_the_direction():
    assert saturate(np.array([4.0, -1.0])).tolist() == [1.0, -0.25]
    assert saturate(np.array([0.5, -0.25])).tolist() == [0.5, -0.25]
    assert saturate(np.zeros(2)).dtype == np.float32


@pytest.mark.parametrize('interface, action', [
    ('velocity', 2 * 0.1 / 0.5), ('position', 0.1 / 0.8),
    ('position_increment', 2 * 0.1 / RATE / 0.03), ('trajectory', 2 * 0.1 / RATE / 0.03),
    ('effort', 10 * 2 * 0.1 / 20)])
def test_a_joint_a_tenth_behind_is_asked_to_follow(interface, action):
    contract = arm(interface)
    reference = contract.reset_pose + np.eye(7)[0] * 0.1
    asked = steer(contract, Robot(contract, contract.reset_pose).sensors, reference, 0 * SEVEN)
    assert asked == pytest.approx([action] + [0.0] * 6)
    assert asked.dtype == np.float32


def test_a_slow_loop_takes_away_half_of_the_error_a_period():
    contract = dataclasses.replace(SAWYER, control_rate=1.0)
    asked = steer(contract, Robot(contract, contract.reset_pose).sensors,
                  contract.reset_pose + 0.1, 0 * SEVEN)
    assert asked == pytest.approx(0.5 * 0.1 / SAWYER.action_scale)


def test_a_moving_reference_is_followed_at_its_speed():
    speed = 0.3 * np.eye(7)[1]
    for interface, action in (('velocity', 0.6), ('trajectory', 0.3 / RATE / 0.03),
                              ('effort', 10 * 0.3 / 20)):
        contract = arm(interface)
        asked = steer(contract, Robot(contract, contract.reset_pose).sensors, contract.reset_pose,
                      speed)
        assert asked[1] == pytest.approx(action)


def test_a_joint_out_of_reach_does_not_pull_the_others_off_their_positions():
    contract = arm('position')
    reference = contract.reset_pose + np.array([5.0, 0.4, 0, 0, 0, 0, 0])
    asked = steer(contract, Robot(contract, reference).sensors, reference, 0 * SEVEN)
    assert asked == pytest.approx([1.0, 0.5, 0, 0, 0, 0, 0])


def test_the_pose_error_is_what_the_velocity_of_the_tool_takes_away():
    contract, rng = arm('twist'), np.random.default_rng(2)
    for _ in range(20):
        position, turn = rng.uniform(-1, 1, (2, 6))
        error = pose_error(contract, position, position + 1e-6 * turn)
        assert error == pytest.approx(1e-6 * ARM.velocity(position, turn), abs=1e-10)
    assert pose_error(contract, position, position).tolist() == [0.0] * 6


def test_the_pose_error_turns_the_short_way():
    contract, position = arm('twist'), np.zeros(6)
    goal = np.array([3.5, 0, 0, 0, 0, 0])  # about z, more than half a turn
    assert pose_error(contract, position, goal)[3:] == pytest.approx([0, 0, 3.5 - 2 * np.pi])


def test_the_joints_give_the_tool_its_twist_away_from_singular_poses():
    contract, twist = arm('twist'), np.array([0.1, -0.05, 0.02, 0.1, 0.2, -0.1])
    position = contract.reset_pose
    given = ARM.velocity(position, joint_velocity(contract, position, twist))
    assert given == pytest.approx(twist, abs=0.05)


def test_at_a_singular_pose_the_joints_stay_slow():
    contract = arm('twist')
    stretched = np.zeros(6)  # the fourth and the sixth joint turn about one line
    assert np.linalg.svd(ARM.jacobian(stretched))[1][-1] < 1e-3
    velocity = joint_velocity(contract, stretched, np.array([0, 0, 0, 0, 0, 0.5]))
    assert np.abs(velocity).max() < 0.5 / (2 * 0.05)


@pytest.mark.parametrize('interface', ['velocity', 'position', 'position_increment', 'trajectory',
                                       'effort', 'twist', 'twist of seven'])
def test_a_reset_arrives_through_the_gate_from_anywhere_near(interface):
    contract, rng = dataclasses.replace(arm(interface), ramp_sec=0.5), np.random.default_rng(3)
    for _ in range(10):
        start = contract.reset_pose + rng.uniform(-0.6, 0.6, len(contract.joints))
        robot, motion = Robot(contract, start), ResetMotion(contract, [contract.reset_pose])
        gate = Gate(contract)
        assert motion.distance(robot.sensors) > 0.01
        step = 0
        action = motion.command(robot.sensors, 0.0)
        while action is not None:
            assert np.abs(action).max() <= 1.0
            robot.move(gate.filter(action, robot.sensors, 0).command)
            step += 1
            action = motion.command(robot.sensors, step / RATE)
        assert step / RATE < 1.5 * contract.reset_sec and not motion.failed
        elbow = interface == 'twist of seven'
        assert np.abs(robot.position - contract.reset_pose).max() < (0.5 if elbow else 0.015)
        assert motion.distance(robot.sensors) < 0.01
        assert np.abs(robot.velocity).max() < 0.05


def test_a_reset_passes_its_waypoints_through_the_gate():
    goal = SAWYER.reset_pose
    above = goal + 0.2
    contract = dataclasses.replace(SAWYER, acceleration_limit=2.0 * SEVEN)
    gate, robot = Gate(contract), Robot(contract, goal - 0.3)
    motion, closest = ResetMotion(contract, [above, goal]), np.inf
    for step in range(1000):
        action = motion.command(robot.sensors, step / RATE)
        if action is None:
            break
        executed = gate.filter(action, robot.sensors, 0)
        assert not executed.limited
        robot.move(executed.command)
        closest = min(closest, np.abs(robot.position - above).max())
    assert closest < 0.05 and motion.distance(robot.sensors) < 0.01 and not motion.failed


def test_a_reset_that_was_held_up_goes_on_from_where_the_robot_is():
    robot = Robot(SAWYER, SAWYER.reset_pose + 0.6)
    motion = ResetMotion(SAWYER, [SAWYER.reset_pose])
    motion.command(robot.sensors, 0.0)
    late = motion.command(robot.sensors, 10.0)  # the gate has held since, the reference is there
    assert np.abs(late).max() < 0.01
    for step in range(400):
        action = motion.command(robot.sensors, 10.0 + step / RATE)
        if action is None:
            break
        robot.move(action * SAWYER.action_scale)
    assert motion.distance(robot.sensors) < 0.01 and not motion.failed


@pytest.mark.parametrize('asked, timeout', [(None, 24.0), (3.0, 3.0)])
def test_a_robot_that_does_not_follow_fails_the_reset(asked, timeout):
    robot = Robot(SAWYER, SAWYER.reset_pose + 0.6)
    motion = ResetMotion(SAWYER, [SAWYER.reset_pose], asked)
    assert motion.command(robot.sensors, 5.0) is not None
    assert motion.command(robot.sensors, 5.0 + timeout) is not None
    assert motion.failed == ''
    assert motion.command(robot.sensors, 5.01 + timeout) is None
    assert motion.failed == (f'after {timeout:g} s the reset is 0.600 rad or m from its goal, '
                             'its joints up to 0.600')


def test_a_tool_in_place_with_the_elbow_elsewhere_fails_the_reset():
    contract = arm('twist of seven')
    goal = contract.reset_pose
    elbow = goal.copy()
    while np.abs(elbow - goal).max() < 0.6:  # what moves no tool, and back to its pose
        jacobian = ELBOW.jacobian(elbow)
        elbow = elbow + 0.02 * np.linalg.svd(jacobian)[2][-1] * np.sign(np.linalg.svd(
            jacobian)[2][-1][2]) + np.linalg.pinv(jacobian) @ pose_error(contract, elbow, goal)
    robot, motion = Robot(contract, elbow), ResetMotion(contract, [goal], timeout_sec=15.0)
    for step in range(301):
        robot.move(motion.command(robot.sensors, step / RATE) * contract.action_scale)
    assert motion.command(robot.sensors, 15.1) is None
    assert motion.distance(robot.sensors) < 0.01
    assert '0.00' in motion.failed and np.abs(robot.position - goal).max() > 0.5


def test_a_waypoint_that_was_not_reached_is_not_left_out():
    here, below = SAWYER.reset_pose, SAWYER.reset_pose - 0.5
    motion, robot = ResetMotion(SAWYER, [here + 0.1, below]), Robot(SAWYER, here)
    motion.command(robot.sensors, 0.0)
    assert all((motion.command(robot.sensors, now) > 0).all() for now in (1.0, 5.0, 10.0))
    robot.position = here + 0.1
    motion.command(robot.sensors, 11.0)
    assert (motion.command(robot.sensors, 11.5) < 0).all()


@pytest.mark.parametrize('interface', ['velocity', 'trajectory', 'effort', 'twist', 'position'])
def test_a_person_moves_the_tool_along_a_line_and_lets_it_stand(interface):
    six = arm('twist')
    contract = six if interface == 'twist' else dataclasses.replace(
        six, interface=interface, action_scale=arm(interface).action_scale[:6],
        lead_limit=0.2 * SEVEN[:6], damping=10.0 * SEVEN[:6], effort_limit=20.0 * SEVEN[:6],
        effort_rate_limit=400.0 * SEVEN[:6])
    robot, tool = Robot(contract, contract.reset_pose), ToolSteering(contract)
    gate, start = Gate(contract), ARM.pose(robot.position)[0]
    for twist in [np.array([0, 0, 0.05, 0, 0, 0])] * 40 + [np.zeros(6)] * 40:
        action = tool.action(robot.sensors, twist)
        robot.move(gate.filter(action, robot.sensors, 0).command)
    moved = ARM.pose(robot.position)[0] - start
    assert moved == pytest.approx([0, 0, 0.1], abs=0.015)
    assert np.abs(robot.velocity).max() < 1e-2


def test_a_blocked_robot_is_not_pressed_ever_harder():
    contract = dataclasses.replace(
        arm('twist'), interface='effort', action_scale=20.0 * SEVEN[:6], damping=10 * SEVEN[:6],
        velocity_limit=SEVEN[:6])
    robot, tool = Robot(contract, contract.reset_pose), ToolSteering(contract)
    actions = [np.abs(tool.action(robot.sensors, np.array([0, 0, 0.1, 0, 0, 0]))).max()
               for _ in range(400)]
    assert actions[-1] == pytest.approx(actions[200], abs=1e-6)
    assert actions[0] < actions[-1] < 0.8


def test_a_stick_at_its_end_leaves_nothing_to_catch_up():
    contract = dataclasses.replace(arm('twist'), interface='velocity',
                                   action_scale=0.2 * SEVEN[:6])
    robot, tool = Robot(contract, contract.reset_pose), ToolSteering(contract)
    for _ in range(10):
        robot.move(tool.action(robot.sensors, np.array([0, 0, 2.0, 0, 0, 0])) * 0.2)
    left = robot.position
    for _ in range(40):
        robot.move(tool.action(robot.sensors, np.zeros(6)) * 0.2)
    assert np.abs(robot.position - left).max() < 0.02


def test_a_person_who_takes_over_anew_starts_where_the_robot_is():
    contract = dataclasses.replace(arm('twist'), interface='velocity')
    tool = ToolSteering(contract)
    there = Robot(contract, contract.reset_pose)
    tool.action(there.sensors, np.array([0.1, 0, 0, 0, 0, 0]))
    tool.restart()
    elsewhere = Robot(contract, contract.reset_pose + 0.3)
    assert np.abs(tool.action(elsewhere.sensors, np.zeros(6))).max() == 0.0


def test_without_a_chain_the_tool_is_not_steered():
    bare = dataclasses.replace(SAWYER, chain=None)
    with pytest.raises(ConfigurationError, match='sim_sawyer: chain: missing'):
        ToolSteering(bare)
    with pytest.raises(ConfigurationError, match='sim_sawyer: chain: missing'):
        ResetMotion(dataclasses.replace(bare, interface='twist'), [SAWYER.reset_pose])
