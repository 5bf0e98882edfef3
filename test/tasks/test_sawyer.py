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
"""The Sawyer's tasks: pose errors, rewards and success by hand."""
import math
from pathlib import Path

from hypothesis import given, strategies
import numpy as np
import pytest

from softq_ros.errors import ConfigurationError
from softq_ros.records import Sensors
from softq_ros.simulation.catalogue import make_plant
from softq_ros.tasks.catalogue import load_task, task_configuration
from softq_ros.tasks.sawyer import angle_between, rotation_matrix

STACK, REACH = load_task('sawyer_stack'), load_task('sawyer_reach')
# The formulas are worked out by hand with these numbers; what the file holds is there to be tuned.
WORKED = load_task('sawyer_stack', {
    'distance_cost': 1.0, 'precision_cost': 0.1, 'precision': 1e-5, 'action_cost': 0.002,
    'velocity_scale': 4.0, 'error_scale': 5.0, 'fine_error': 0.02,
    'brick_points': [[0.1, 0.0, 0.0], [0.0, 0.1, 0.0], [0.0, 0.0, 0.1]]})
STILL = np.zeros(7, np.float32)
FILE = task_configuration('sawyer_stack')['task']
SEAT, UPRIGHT = np.array(FILE['target_position']), np.array(FILE['target_quaternion'])
START_POSE = np.array(FILE['start_pose'])
QUATERNIONS = strategies.lists(strategies.floats(-1, 1), min_size=4, max_size=4).map(
    np.array).filter(lambda q: np.linalg.norm(q) > 0.1).map(lambda q: q / np.linalg.norm(q))


def product(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Return Hamilton's product of two quaternions w, x, y, z."""
    return np.concatenate([[p[0] * q[0] - p[1:] @ q[1:]],
                           p[0] * q[1:] + q[0] * p[1:] + np.cross(p[1:], q[1:])])


def turn(axis: list[float], angle: float) -> np.ndarray:
    """Return the quaternion of a turn by an angle [rad] about a unit axis."""
    return np.concatenate([[math.cos(angle / 2)], math.sin(angle / 2) * np.array(axis)])


def measured(offset=(0.0, 0.0, 0.0), tilt=None, position=START_POSE, velocity=STILL) -> Sensors:
    """Return sensors with the tool off the seat by an offset [m] and a turn in the base frame."""
    quaternion = UPRIGHT if tilt is None else product(tilt, UPRIGHT)
    return Sensors(0, STACK.contract.joints, np.array(position, float), np.array(velocity, float),
                   np.zeros(7), SEAT + offset, quaternion)


def test_at_the_target_the_reward_is_zero():
    assert STACK.judge(measured(), STILL, measured()).reward == pytest.approx(0.0, abs=1e-12)


def test_five_centimetres_above_the_target_the_reward_is_that_worked_out_by_hand():
    # d^2 = 0.0025 for each point; 0.1 ln(1 + 250) = 0.552545
    reward = WORKED.judge(measured(), STILL, measured([0, 0, 0.05])).reward
    assert reward == pytest.approx(-0.0025 - 0.5525453, abs=1e-6)


def test_a_quarter_turn_moves_two_points_of_three_by_fourteen_centimetres():
    # chord^2 = 2 * 0.1^2 for the points on x and y, 0 for the one on z: d^2 = 0.04 / 3
    reward = WORKED.judge(measured(), STILL, measured(tilt=turn([0, 0, 1], math.pi / 2))).reward
    squared = 0.04 / 3
    assert reward == pytest.approx(-squared - 0.1 * math.log(1 + squared / 1e-5), abs=1e-9)


def test_the_action_costs_two_thousandths_of_its_square():
    full = np.ones(7, np.float32)
    gone = WORKED.judge(measured(), full, measured()).reward
    assert gone == pytest.approx(-0.014)


def test_progress_of_the_joints_is_paid_and_taken_back():
    task, away = load_task('sawyer_stack', {'progress_pay': 10.0}), np.zeros(7)
    solved = task.solution(measured())
    away[0], away[6] = 0.7, -0.35  # 0.15 rad in the mean; half of it: 0.075
    far, near = (measured(position=solved + share * away) for share in (1.0, 0.5))
    pays = [task.judge(*pair).reward for pair in (
        (far, STILL, near), (near, STILL, far), (near, STILL, near))]
    assert pays == pytest.approx([0.75, -0.75, 0.0], abs=1e-9)


@pytest.mark.parametrize('task, offset, success', [
    (STACK, 0.0009, True), (STACK, 0.0011, False),
    (REACH, 0.0049, True), (REACH, 0.0051, False)])
@pytest.mark.parametrize('axis', [0, 1, 2])
def test_success_ends_at_one_millimetre_on_the_seat_and_five_in_free_space(
        task, offset, success, axis):
    place = np.zeros(3)
    place[axis] = -offset
    place[2] += 0.05 if task is REACH else 0.0
    judgement = task.judge(measured(), STILL, measured(place))
    assert judgement.success is success
    assert judgement.terminal is False


@pytest.mark.parametrize('task, degrees, success', [
    (STACK, 1.9, True), (STACK, 2.1, False), (REACH, 4.9, True), (REACH, 5.1, False)])
@pytest.mark.parametrize('axis', np.eye(3).tolist())
def test_success_ends_at_two_degrees_on_the_seat_and_five_in_free_space(
        task, degrees, success, axis):
    place = [0, 0, 0.05 if task is REACH else 0.0]
    sensors = measured(place, turn(axis, -math.radians(degrees)))
    assert task.judge(measured(), STILL, sensors).success is success


def test_resting_on_the_studs_is_failure():
    assert not STACK.judge(measured(), STILL, measured([0, 0, 0.0046])).success


def test_success_needs_each_step_to_be_judged_by_where_it_ends():
    assert STACK.judge(measured([0, 0, 0.1]), STILL, measured()).success
    assert not STACK.judge(measured(), STILL, measured([0, 0, 0.1])).success


def test_observation_shows_joints_velocities_and_errors_at_two_scales_in_this_order():
    joints = np.arange(7) / 10
    sensors = measured([0.0, 0.0, 0.05], None, START_POSE + joints, STACK.contract.velocity_limit)
    seen = WORKED.observe(sensors)
    assert seen[:7] == pytest.approx(joints, abs=1e-6)
    assert seen[7:14] == pytest.approx(np.full(7, 4.0))
    assert seen[14:23] == pytest.approx([0, 0, 0.25] * 3, abs=1e-6)
    assert seen[23:32] == pytest.approx([0, 0, 0.9866143] * 3, abs=1e-6)  # tanh(2.5)
    assert seen.shape == (32,) and seen.dtype == np.float32


def test_names_of_the_observation_say_joint_velocity_and_error_in_that_order():
    names = STACK.observation_spec.names
    assert names[0] == 'right_j0 from start pose'
    assert names[13].startswith('right_j6 velocity')
    assert names[14].startswith('point 0 x error')
    assert names[31].startswith('tanh(point 2 z error')


def test_joints_velocities_and_fine_errors_have_finite_ranges():
    spec = STACK.observation_spec
    bounded = np.isfinite(spec.low) & np.isfinite(spec.high)
    assert bounded[:14].all() and bounded[23:].all()
    assert not bounded[14:23].any()  # how far a tool can be away is not the contract's to say


def test_both_signs_of_a_quaternion_are_one_pose():
    tilted = measured([0.01, 0.02, 0.03], turn([0.6, 0.0, 0.8], 0.3))
    mirrored = Sensors(**vars(tilted) | {'tool_quaternion': -tilted.tool_quaternion})
    assert np.array_equal(STACK.observe(tilted), STACK.observe(mirrored))
    assert STACK.judge(tilted, STILL, tilted) == STACK.judge(mirrored, STILL, mirrored)


def test_a_seated_brick_is_success_whichever_sign_its_quaternion_has():
    seated = measured()
    mirrored = Sensors(**vars(seated) | {'tool_quaternion': -seated.tool_quaternion})
    assert STACK.judge(seated, STILL, seated).success
    assert STACK.judge(mirrored, STILL, mirrored).success


def test_starts_fill_the_box_of_half_a_radian_around_the_start_pose():
    rng = np.random.default_rng(3)
    away = np.array([STACK.start(rng).position for _ in range(500)]) - START_POSE
    assert np.abs(away).max() <= 0.5
    assert (away.min(0) < -0.45).all() and (away.max(0) > 0.45).all()


def test_every_start_lies_inside_the_joint_limits():
    contract = STACK.contract
    assert (START_POSE - 0.5 > contract.position_lower).all()
    assert (START_POSE + 0.5 < contract.position_upper).all()


def test_a_start_pose_of_another_length_is_refused():
    with pytest.raises(ConfigurationError, match='start_pose'):
        load_task('sawyer_stack', {'start_pose': [0.0] * 6})


def test_a_robot_with_other_joints_is_refused():
    with pytest.raises(ConfigurationError, match='7 numbers; accepted: 2'):
        load_task('sawyer_stack', {'robot': 'point'})


@given(QUATERNIONS, strategies.lists(strategies.floats(-1, 1), min_size=3, max_size=3))
def test_rotation_matrix_turns_a_vector_as_the_quaternion_does(quaternion, vector):
    conjugate = quaternion * [1, -1, -1, -1]
    turned = product(product(quaternion, np.array([0.0, *vector])), conjugate)[1:]
    assert rotation_matrix(quaternion) @ vector == pytest.approx(turned, abs=1e-12)


@given(QUATERNIONS, strategies.floats(0.0, math.pi))
def test_angle_between_recovers_the_turn_that_was_made(quaternion, angle):
    turned = product(turn([0.6, 0.0, 0.8], angle), quaternion)
    assert angle_between(turned, quaternion) == pytest.approx(angle, abs=1e-6)


def test_a_robot_begins_where_nothing_is_touched():
    path = Path(__file__).parents[1] / 'standin' / 'standin_sawyer.yaml'
    task = load_task('sawyer_stack', {'robot': str(path)})
    plant = make_plant(load_task('sawyer_stack'))
    drawn = [task.start(np.random.default_rng(seed)) for seed in range(60)]
    touching = [bool(plant.reset(start, 0) and plant.data.ncon) for start in drawn]
    assert any(touching)  # the drawn poses alone do not see to it
    for seed in range(60):
        plant.reset(task.start_within_limits(np.random.default_rng(seed)), 0)
        assert plant.data.ncon == 0
