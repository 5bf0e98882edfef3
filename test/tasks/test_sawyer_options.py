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
"""The Sawyer's options: starts, targets, noise, and what they add to the observation."""
import math

import numpy as np
import pytest

from softq_ros.errors import ConfigurationError
from softq_ros.records import Past, Sensors
from softq_ros.robot.inverse import joints_at, pose_error
from softq_ros.robot.rotations import angle_between, product, rotation_vector, turn_about
from softq_ros.tasks.catalogue import load_task, task_configuration
from softq_ros.tasks.sawyer_shape import above_table, CAPSULES, segment_distances, Shape

PLAIN = load_task('sawyer_stack')
FILE = task_configuration('sawyer_stack')['task']
SEAT, UPRIGHT = np.array(FILE['target_position']), np.array(FILE['target_quaternion'])
START_POSE = np.array(FILE['start_pose'])
JOINTS, LENGTHS = PLAIN.contract.joints, {'task': 32, 'ik': 7, 'action': 7}


def sensors(place=SEAT, turn=UPRIGHT, position=START_POSE, seat=(SEAT, UPRIGHT)) -> Sensors:
    """Return what is measured with the tool at a pose."""
    return Sensors(0, JOINTS, np.array(position, float), np.zeros(7), np.zeros(7),
                   np.array(place, float), np.array(turn, float), *seat)


@pytest.mark.parametrize('target, low, high, yaw', [
    ('speed', (0.45, -0.15), (0.60, 0.15), 20.0),
    ('converged', (0.40, -0.25), (0.65, 0.25), 30.0)])
def test_targets_fill_their_ranges_at_the_height_of_the_seat(target, low, high, yaw):
    task, rng = load_task('sawyer_stack', {'target': target}), np.random.default_rng(0)
    starts = [task.start(rng) for _ in range(400)]
    places = np.array([start.object_position for start in starts])
    width = np.subtract(high, low)
    assert (places[:, :2] >= low).all() and (places[:, :2] <= high).all()
    assert (np.ptp(places[:, :2], axis=0) > 0.9 * width).all()
    assert (places[:, 2] == SEAT[2]).all()
    turns = np.array([rotation_vector(start.object_quaternion, UPRIGHT) for start in starts])
    assert np.abs(turns[:, :2]).max() < 1e-9  # a brick on a table
    assert 0.9 * yaw < np.degrees(np.abs(turns[:, 2])).max() <= yaw


def test_a_fixed_target_is_not_measured():
    assert PLAIN.start(np.random.default_rng(0)).object_position is None
    assert not PLAIN.needs_object_pose
    assert load_task('sawyer_stack', {'target': 'speed'}).needs_object_pose


def test_starts_above_are_around_the_joints_that_hold_the_brick_above_the_drawn_target():
    task = load_task('sawyer_stack', {'target': 'speed', 'start': 'above', 'start_box': 0.0})
    rng = np.random.default_rng(1)
    for start in [task.start(rng) for _ in range(20)]:
        above = start.object_position + [0, 0, 0.15]
        error = pose_error(task.contract.chain, start.position, above, start.object_quaternion)
        assert np.linalg.norm(error) < 1e-8


def test_starts_above_fill_half_a_radian_above_the_table():
    wide = load_task('sawyer_stack', {'target': 'speed', 'start': 'above'})
    narrow = load_task('sawyer_stack', {'target': 'speed', 'start': 'above', 'start_box': 0.0})
    starts = np.array([wide.start(np.random.default_rng(seed)).position for seed in range(150)])
    away = starts - [narrow.start(np.random.default_rng(seed)).position for seed in range(150)]
    assert np.abs(away).max() <= 0.5
    assert (away.min(0) < -0.4).all() and (away.max(0) > 0.4).all()
    heights = [wide.contract.chain.position(start)[2] for start in starts]
    assert 0.0 < min(heights) < 0.05 and max(heights) > 0.3


def test_a_brick_whose_corner_is_in_the_table_is_not_above_it():
    chain, level = PLAIN.contract.chain, joints_at(
        PLAIN.contract.chain, SEAT * [1, 1, 0] + [0, 0, 0.001], UPRIGHT, START_POSE)
    tilted = joints_at(chain, SEAT * [1, 1, 0] + [0, 0, 0.001],
                       product(turn_about(0, 0.1), UPRIGHT), START_POSE)
    assert above_table(chain, level)
    assert not above_table(chain, tilted)  # sin 0.1 times 32 mm is more than 1 mm


def test_starts_anywhere_are_in_the_box_clear_of_everything_and_of_all_kinds():
    task, rng = load_task('sawyer_stack', {'start': 'anywhere'}), np.random.default_rng(0)
    contract, shape = task.contract, Shape(task.contract.chain)
    starts = np.array([task.start(rng).position for _ in range(60)])
    tools = np.array([contract.chain.position(start) for start in starts])
    assert (tools >= [0.3, -0.4, 0.2]).all() and (tools <= [0.7, 0.4, 0.7]).all()
    assert all(map(shape.clear, starts))
    assert (starts >= contract.position_lower).all() and (starts <= contract.position_upper).all()
    assert (np.ptp(starts, axis=0) > 1.5).all()


def test_a_box_out_of_reach_is_refused(monkeypatch):
    monkeypatch.setattr('softq_ros.tasks.sawyer_starts.DRAWS', 50)
    task = load_task('sawyer_stack', {'start': 'anywhere',
                                      'start_tool': [[3.0, 3.0, 3.0], [4.0, 4.0, 4.0]]})
    with pytest.raises(ConfigurationError, match='start_tool'):
        task.start(np.random.default_rng(0))


def test_one_seed_draws_one_start():
    task = load_task('sawyer_stack', {'target': 'converged', 'start': 'anywhere',
                                      'randomise': True})
    one, other = (task.start(np.random.default_rng(5)) for _ in range(2))
    assert one.position.tobytes() == other.position.tobytes()
    assert one.object_position.tobytes() == other.object_position.tobytes()
    assert one.variation == other.variation


def test_variation_is_drawn_between_its_factors_and_only_where_asked():
    task, rng = load_task('sawyer_stack', {'randomise': True}), np.random.default_rng(0)
    drawn = [task.start(rng).variation for _ in range(300)]
    for name in ('friction', 'damping'):
        factors = np.array([row[name] for row in drawn])
        assert 0.5 <= factors.min() < 0.55 and 1.45 < factors.max() <= 1.5
    assert PLAIN.start(rng).variation is None


def test_errors_success_and_reward_are_those_to_the_measured_target():
    task = load_task('sawyer_stack', {'target': 'speed'})
    seat = (np.array([0.55, -0.1, 0.0192]), turn_about(2, math.pi / 3))
    there = sensors(*seat, seat=seat)
    assert task.judge(there, np.zeros(7), there).reward == pytest.approx(0.0, abs=1e-9)
    assert task.judge(there, np.zeros(7), there).success
    assert task.observe(there)[14:] == pytest.approx(np.zeros(18), abs=1e-6)
    beside = sensors(seat[0] + [0.002, 0, 0], seat[1], seat=seat)
    assert task.pose_error(beside)[0] == pytest.approx(0.002)
    assert not task.at_target(beside)
    assert task.observe(beside)[14:23] == pytest.approx([0.01, 0, 0] * 3, abs=1e-6)


def test_a_fixed_target_and_the_same_one_measured_are_observed_and_judged_alike():
    task, here = load_task('sawyer_stack', {'target': 'speed'}), sensors(SEAT + [0.01, 0, 0.05])
    assert task.observe(here) == pytest.approx(PLAIN.observe(here), abs=1e-6)
    assert task.judge(here, np.ones(7), here).reward == pytest.approx(
        PLAIN.judge(here, np.ones(7), here).reward)


def test_inverse_kinematics_in_the_observation_is_zero_where_the_target_is_reached():
    task = load_task('sawyer_stack', {'target': 'speed', 'observe_ik': True})
    seat = (np.array([0.55, -0.1, 0.0192]), UPRIGHT)
    solved = task.solution(sensors(seat=seat))
    assert np.linalg.norm(pose_error(task.contract.chain, solved, *seat)) < 1e-8
    seen = task.observe(sensors(position=solved + 0.1, seat=seat))
    assert seen[LENGTHS['task']:] == pytest.approx(np.full(7, 0.1), abs=1e-6)
    assert task.observation_spec.size == LENGTHS['task'] + LENGTHS['ik']


def test_a_target_that_moved_is_solved_anew():
    task = load_task('sawyer_stack', {'target': 'speed', 'observe_ik': True})
    seats = [(np.array([0.5, y, 0.0192]), UPRIGHT) for y in (0.0, 0.1)]
    first, second = (task.observe(sensors(seat=seat)) for seat in seats)
    assert not np.allclose(first[32:], second[32:], atol=0.01)
    assert np.array_equal(task.observe(sensors(seat=seats[0])), first)


def test_a_delay_shows_the_action_before_and_none_at_the_start():
    task = load_task('sawyer_stack', {'delay_steps': 1})
    action = np.arange(7, dtype=np.float32) / 10
    assert task.history == 1 and task.observation_spec.size == 39
    assert task.observation_spec.names[32] == 'right_j0 velocity, 1 steps ago'
    assert task.observe(sensors())[32:].tolist() == [0.0] * 7
    seen = task.observe(sensors(), (Past(sensors(), action),))
    assert seen[32:].tolist() == action.tolist()
    assert np.array_equal(seen[:32], PLAIN.observe(sensors()))


def test_noise_has_its_size_and_the_judge_sees_none_of_it():
    task = load_task('sawyer_stack', {'noise_position': 0.0005, 'noise_angle_deg': 0.2})
    measured = [sensors(position=START_POSE + 1e-6 * k) for k in range(2000)]
    seen = [task.seen(row) for row in measured]
    away = np.array([row.tool_position for row in seen]) - SEAT
    assert away.std(0) == pytest.approx(np.full(3, 0.0005), rel=0.08)
    turns = np.array([rotation_vector(row.tool_quaternion, UPRIGHT) for row in seen])
    assert np.degrees(turns.std(0)) == pytest.approx(np.full(3, 0.2), rel=0.08)
    assert np.abs(np.corrcoef(np.hstack([away, turns]).T) - np.eye(6)).max() < 0.1
    assert {task.judge(row, np.zeros(7), row).reward for row in measured} == {
        PLAIN.judge(measured[0], np.zeros(7), measured[0]).reward}
    assert task.at_target(measured[0])


def test_noise_repeats_with_the_measurement_and_an_object_at_rest_keeps_its_own():
    task = load_task('sawyer_stack', {'target': 'speed', 'noise_position': 0.0005,
                                      'noise_angle_deg': 0.2})
    one, other = task.seen(sensors()), task.seen(sensors(position=START_POSE + 1e-3))
    assert np.array_equal(one.tool_position, task.seen(sensors()).tool_position)
    assert not np.array_equal(one.tool_position, other.tool_position)
    assert np.array_equal(one.object_position, other.object_position)
    assert 1e-5 < np.linalg.norm(one.object_position - SEAT) < 0.003
    assert 1e-5 < angle_between(one.object_quaternion, UPRIGHT) < math.radians(1.0)
    assert np.linalg.norm(one.tool_quaternion) == pytest.approx(1.0)


@pytest.mark.parametrize('options, says', [
    ({'target': 'somewhere'}, 'converged, fixed, speed'),
    ({'start': 'there'}, 'above, anywhere, box'),
    ({'fit': 'tight'}, 'loose, press'), ({'brick': '1x1'}, '2x2, 2x4')])
def test_a_word_that_is_no_choice_is_refused_with_the_choices(options, says):
    with pytest.raises(ConfigurationError, match=says):
        load_task('sawyer_stack', options)


def test_the_torque_task_differs_in_its_robot_alone():
    torque = task_configuration('sawyer_stack_torque')['task']
    assert {k for k in FILE if FILE[k] != torque[k]} == {'robot'} and set(torque) == set(FILE)
    assert load_task('sawyer_stack_torque').contract.interface == 'effort'


@pytest.mark.parametrize('first, second, distance', [
    # across each other 1 m apart; parallel; end to end; a point beside the other's middle
    ([(-1, 0, 0), (1, 0, 0)], [(0, -1, 1), (0, 1, 1)], 1.0),
    ([(0, 0, 0), (1, 0, 0)], [(0, 2, 0), (1, 2, 0)], 2.0),
    ([(0, 0, 0), (1, 0, 0)], [(3, 0, 0), (5, 0, 0)], 2.0),
    ([(0, 0, 0), (4, 0, 0)], [(2, 3, 0), (2, 9, 0)], 3.0),
    ([(0, 0, 0), (1, 0, 0)], [(4, 4, 0), (9, 9, 0)], 5.0)])
def test_distances_of_lines_are_those_seen_by_eye(first, second, distance):
    one, other = np.array([first], float), np.array([second], float)
    assert segment_distances(one, other) == pytest.approx([distance])
    assert segment_distances(other, one) == pytest.approx([distance])


def test_distances_of_lines_are_those_of_their_nearest_points_on_a_grid():
    rng, share = np.random.default_rng(0), np.linspace(0, 1, 201)[:, None]
    first, second = rng.uniform(-1, 1, (2, 50, 2, 3))
    for one, other, distance in zip(first, second, segment_distances(first, second)):
        points = [a + share * (b - a) for a, b in (one, other)]
        nearest = np.linalg.norm(points[0][:, None] - points[1][None], axis=2).min()
        assert distance <= nearest + 1e-9 and nearest - distance < 0.02


def test_an_arm_in_the_table_or_in_itself_is_not_clear():
    shape = Shape(PLAIN.contract.chain)
    assert shape.clear(START_POSE) and shape.clear(PLAIN.contract.reset_pose)
    deep, folded = START_POSE.copy(), START_POSE.copy()
    deep[1] += 0.5  # the shoulder leans forward: the hand is below the table
    folded[3] = 3.0  # the elbow is closed: forearm along upper arm
    assert not shape.clear(deep) and not shape.clear(folded)
    assert len(CAPSULES) == len(shape.ends(START_POSE))
