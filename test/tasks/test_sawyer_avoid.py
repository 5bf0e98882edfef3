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
from dataclasses import replace

import numpy as np
import pytest

from softq_ros.errors import ConfigurationError
from softq_ros.records import Sensors
from softq_ros.robot.rotations import angle_between, product, turn_about
from softq_ros.tasks.catalogue import load_task
from softq_ros.tasks.sawyer_avoid import nearness
from softq_ros.tasks.sawyer_shape import above_table, box_distances

AVOID, BOTH, STACK = (load_task(name) for name in (
    'sawyer_avoid', 'sawyer_stack_avoid', 'sawyer_stack'))
HALF = np.array([1.0, 2.0, 3.0])
COST = AVOID.options['box_cost']


def distance(start: tuple, end: tuple) -> float:
    """Return that of one line and the box."""
    return float(box_distances(np.array([[start, end]], float), HALF)[0])


@pytest.mark.parametrize('start, end, wanted', [
    ((2, -9, 0), (2, 9, 0), 1.0),  # along a face
    ((4, 6, -9), (4, 6, 9), 5.0),  # along an edge: 3, 4, 5
    ((2, 4, 5), (9, 9, 9), 3.0),  # off a corner by 1, 2, 2
    ((-9, 0, 0), (9, 0, 0), 0.0),  # through it
    ((0.2, 0.3, 0.4), (0.5, 0.6, 0.7), 0.0),  # within
    ((1, 4, 0), (3, 2, 0), 2 ** 0.5),  # across the edge at (1, 2)
    ((9, 0, 0), (5, 0, 0), 4.0),  # ends before it
    ((5, 0, 0), (9, 0, 0), 4.0)])
def test_the_distance_of_a_line_and_a_box(start, end, wanted):
    assert distance(start, end) == pytest.approx(wanted, abs=1e-12)


def test_it_is_the_least_of_all_points_on_the_line_from_either_end():
    ends = np.random.default_rng(0).uniform(-5, 5, (300, 2, 3))
    t = np.linspace(0.0, 1.0, 2001)[:, None, None]
    points = (1 - t) * ends[:, 0] + t * ends[:, 1]
    least = np.linalg.norm(points - points.clip(-HALF, HALF), axis=2).min(0)
    found = box_distances(ends, HALF)
    assert (found <= least + 1e-12).all() and found == pytest.approx(least, abs=5e-3)
    assert found == pytest.approx(box_distances(ends[:, ::-1], HALF), abs=1e-12)
    assert 30 < (found == 0.0).sum() < 270


def test_nearness_is_one_at_the_box_a_quarter_half_way_and_nought_from_the_margin_on():
    assert [nearness(gap, 0.06) for gap in (-0.01, 0.0, 0.03, 0.06, 1.0)] == pytest.approx(
        [1.0, 1.0, 0.25, 0.0, 0.0])


def measured(joints: np.ndarray) -> Sensors:
    """Return what is measured of an arm at rest."""
    return Sensors(0, AVOID.contract.joints, joints, np.zeros(7), np.zeros(7),
                   *AVOID.contract.chain.pose(joints))


def near(low: float, high: float) -> np.ndarray:
    """Return joints that far from the box."""
    task = load_task('sawyer_avoid', {'start_gap': [low, high]})
    return task.start(np.random.default_rng(1)).position


def test_far_from_the_box_only_the_action_costs():
    sensors, action = measured(near(0.07, 0.15)), np.full(7, 0.5, np.float32)
    judgement = AVOID.judge(sensors, action, sensors)
    assert judgement.reward == pytest.approx(-0.002 * 7 * 0.25) and judgement.success
    assert not judgement.terminal and AVOID.peaks(sensors) == {'contact': 0.0}


def test_the_closer_the_dearer():
    task, sensors = load_task('sawyer_avoid', {'margin': 0.06}), measured(near(0.005, 0.01))
    judgement = task.judge(sensors, np.zeros(7), sensors)
    assert COST * (0.055 / 0.06) ** 2 > -judgement.reward > COST * (0.05 / 0.06) ** 2
    assert not judgement.success


def test_an_arm_in_the_box_touches_it_and_cannot_start_there():
    seat = STACK.solution(measured(np.zeros(7)))
    here = load_task('sawyer_avoid', {'box_position': [0.5, 0.1, 0.04]})
    assert here.peaks(measured(seat)) == {'contact': 1.0} and not here.clear(seat)
    assert here.judge(measured(seat), np.zeros(7), measured(seat)).reward == pytest.approx(-COST)
    assert AVOID.gap(seat) > AVOID.options['margin'] and not BOTH.peaks(measured(seat))['contact']


def test_what_both_pay_is_the_sum():
    rng = np.random.default_rng(2)
    for _ in range(20):
        sensors, action = measured(AVOID.start(rng).position), rng.uniform(-1, 1, 7)
        rewards = [task.judge(sensors, action, sensors).reward for task in (AVOID, STACK, BOTH)]
        assert rewards[2] == pytest.approx(rewards[0] + rewards[1], abs=1e-12)


def test_success_of_both_is_a_seated_brick():
    seat = measured(STACK.solution(measured(np.zeros(7))))
    assert BOTH.judge(seat, np.zeros(7), seat).success
    away = replace(seat, tool_position=seat.tool_position + (0.0, 0.0, 0.002))
    assert not BOTH.judge(away, np.zeros(7), away).success


def test_the_box_is_in_no_observation():
    assert BOTH.observation_spec == STACK.observation_spec
    assert AVOID.observation_spec.fields == STACK.observation_spec.fields[:-9]  # without the finer
    sensors = measured(near(0.0, 0.05))
    moved = load_task('sawyer_avoid', {'box_position': [0.3, 0.3, 0.3]})
    assert moved.observe(sensors).tobytes() == AVOID.observe(sensors).tobytes()


def test_starts_are_around_the_box_and_of_both_beyond_it():
    rng = np.random.default_rng(0)
    starts = np.array([AVOID.start(rng).position for _ in range(200)])
    gaps = np.array([AVOID.gap(start) for start in starts])
    most = AVOID.options['start_gap'][1]
    assert 0.0 < gaps.min() < 0.02 and 0.9 * most < gaps.max() < most
    assert all(above_table(AVOID.contract.chain, start) for start in starts)
    tools = np.array([AVOID.contract.chain.position(start) for start in starts])
    low, high = np.array(AVOID.options['start_tool'])
    assert (np.abs(tools.mean(0) - (low + high) / 2) < 0.05).all()
    assert (np.ptp(tools, axis=0) > 0.9 * (high - low)).all()
    beyond = [BOTH.contract.chain.position(BOTH.start(rng).position) for _ in range(100)]
    box, half = (BOTH.options[f'box_{what}'] for what in ('position', 'half_size'))
    assert max(y for _, y, _ in beyond) < box[1] - half[1]


def test_a_start_has_the_yaw_that_was_drawn():
    task = load_task('sawyer_avoid', {'start_yaw_deg': [30.0, 30.0], 'start_box': 0.0})
    joints = task.start(np.random.default_rng(3)).position
    turn = task.contract.chain.pose(joints)[1]
    upright = np.array(task.options['target_quaternion'])
    assert angle_between(turn, product(turn_about(2, np.pi / 6), upright)) < 1e-6


def test_a_gap_that_nothing_has_is_refused():
    with pytest.raises(ConfigurationError, match='start_gap.*0.9 to 1 m.*accepted'):
        load_task('sawyer_avoid', {'start_gap': [0.9, 1.0]}).start(np.random.default_rng(0))
