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
"""The planar pusher: its rewards, starts and specs by hand."""
import math

import numpy as np
import pytest

from softq_ros.errors import ConfigurationError
from softq_ros.records import Sensors
from softq_ros.robot.gate import Gate
from softq_ros.tasks.catalogue import load_task

NAMES = ('pusher_x', 'pusher_y', 'pusher_corner')
X, Y, CORNER = (load_task(name, {'goal': [-1.0, -1.0], 'action_cost': 0.1, 'fork_cost': 0.0})
                for name in NAMES)
STILL = np.zeros(3, np.float32)


def puck_at(x: float, y: float) -> Sensors:
    """Return what is measured with the puck in a place [m]."""
    return Sensors(0, X.contract.joints, np.array([.1, .2, .3]), np.array([.4, .5, .6]),
                   np.zeros(3), np.array([.7, .8, -.075]), np.array([1.0, 0, 0, 0]),
                   np.array([x, y, -.1]), np.array([1.0, 0, 0, 0]))


@pytest.mark.parametrize('task, reward', [(X, -1.3), (Y, -0.4), (CORNER, -np.hypot(1.3, 0.4))])
def test_only_the_axes_that_count_make_the_distance(task, reward):
    assert task.judge(puck_at(0, 0), STILL, puck_at(0.3, -0.6)).reward == pytest.approx(reward)


def test_the_action_costs_a_tenth_of_its_square():
    action = np.array([1.0, -1.0, 0.5], np.float32)  # |a|^2 = 2.25
    assert X.judge(puck_at(0, 0), action, puck_at(-1, 5)).reward == pytest.approx(-0.225)


def test_a_fork_that_leaves_the_puck_costs_a_fifth_of_its_way():
    task = load_task('pusher_x', {'goal': [-1.0, 0.0]})
    assert task.judge(puck_at(0, 0), STILL, puck_at(-1.0, 0.8)).reward == pytest.approx(-0.2 * 1.7)
    assert task.judge(puck_at(0, 0), STILL, puck_at(-1.0, -0.2)).reward == pytest.approx(
        -0.2 * math.hypot(1.7, 1.0))


def test_the_corners_squared_distance_is_the_sum_of_the_others():
    for place in ([0.3, -0.6], [-1.2, -0.9], [2.0, 3.0]):
        sensors = puck_at(*place)
        assert CORNER.distance(sensors)**2 == pytest.approx(
            X.distance(sensors)**2 + Y.distance(sensors)**2)


@pytest.mark.parametrize('task, place, success', [
    (X, (-0.91, 7.0), True), (X, (-0.89, -1.0), False), (Y, (7.0, -1.09), True),
    (Y, (-1.0, -1.11), False), (CORNER, (-0.93, -0.94), True), (CORNER, (-0.92, -0.93), False)])
def test_success_ends_a_tenth_of_a_metre_from_the_goal_and_never_the_world(task, place, success):
    judgement = task.judge(puck_at(-1, -1), STILL, puck_at(*place))
    assert judgement.success is success and judgement.terminal is False


def test_observation_shows_joints_velocities_fork_and_puck_in_this_order():
    seen = X.observe(puck_at(-0.9, 0.5))
    assert seen == pytest.approx([.1, .2, .3, .4, .5, .6, .7, .8, -0.9, 0.5])
    assert seen.dtype == np.float32
    assert X.observation_spec.names[6:] == ('fork x', 'fork y', 'puck x', 'puck y')


def test_what_a_composition_needs_is_the_same_in_all_three():
    assert X.observation_spec == Y.observation_spec == CORNER.observation_spec
    assert X.action_spec == Y.action_spec == CORNER.action_spec
    assert X.horizon == Y.horizon == CORNER.horizon == 300
    own = {'counted', 'puck_x', 'held_share'}
    options = [{k: v for k, v in load_task(n).options.items() if k not in own} for n in NAMES]
    assert options[0] == options[1] == options[2]


def test_the_skills_see_pucks_where_the_corner_is_and_its_test_starts_aside():
    for name in NAMES[:2]:
        task = load_task(name)
        low, high = task.options['puck_x']
        assert low <= task.options['goal'][0] <= high
    assert load_task('pusher_corner').options['puck_x'][0] > 0


def test_starts_fill_their_boxes_and_leave_the_corner_free():
    rng = np.random.default_rng(2)
    starts = [CORNER.start(rng) for _ in range(2000)]
    joints = np.array([start.position for start in starts])
    pucks = np.array([start.object_position for start in starts])[:, :2]
    assert np.abs(joints).max() <= 0.1 and np.abs(joints).max() > 0.099
    assert (pucks.min(0) >= [0.3, -1.0]).all() and (pucks.min(0) < [0.31, -0.98]).all()
    assert (pucks.max(0) <= [1.0, -0.4]).all() and (pucks.max(0) > [0.98, -0.41]).all()
    assert np.linalg.norm(pucks - [1.0, -1.0], axis=1).min() >= 0.45
    # the box of .42 m2 without a quarter of a circle of .45 m: shares left and right of .65
    left = 0.35 * 0.6 - 0.5 * (0.45**2 * np.arccos(.35 / .45) - .35 * np.sqrt(.45**2 - .35**2))
    share = left / (0.42 - np.pi * 0.45**2 / 4)
    assert (pucks[:, 0] < 0.65).mean() == pytest.approx(share, abs=0.05)


def test_a_share_of_the_skills_starts_has_the_puck_in_the_fork_and_the_corners_test_none():
    rng = np.random.default_rng(3)
    assert CORNER.options['held_share'] == 0.0 and X.options['held_share'] == 0.5
    apart, pucks = [], []
    for _ in range(1000):
        start = X.start(rng)
        fork = X.contract.chain.position(start.position)[:2]
        apart.append(np.linalg.norm(start.object_position[:2] - fork))
        pucks.append(start.object_position[:2])
    held = np.abs(np.array(apart) - 0.0872) < 1e-9
    assert held.mean() == pytest.approx(0.5, abs=0.05)
    assert (np.array(pucks) >= [-1.0, -1.0]).all() and (np.array(pucks) <= [1.0, -0.4]).all()
    reached = np.array(pucks)[held]
    assert reached[:, 0].min() < -0.7 and reached[:, 0].max() > 0.7


def test_a_held_puck_lies_straight_before_the_fork():
    # joints (0, 0, 0): links at 45, 0 and -90 degrees (45 and 90 are rounded to .785 and 1.57)
    task = load_task('pusher_x', {'held_share': 1.0, 'held_spread': 1e-6, 'puck_y': [-0.4, 0.0]})
    x, y = 0.4 * math.cos(0.785) + 0.4, 0.4 * math.sin(0.785) - 0.45278 - 0.0872
    assert task.start(np.random.default_rng(0)).object_position[:2] == pytest.approx(
        [x, y], abs=1e-3)


def test_a_held_puck_that_no_pose_brings_into_the_box_is_refused():
    task = load_task('pusher_x', {'held_share': 1.0, 'held_spread': 0.01})
    with pytest.raises(ConfigurationError, match='10000 draws put no puck .* held_spread above'):
        task.start(np.random.default_rng(0))


def test_the_gate_passes_every_torque_an_action_can_ask_for():
    gate, rng = Gate(X.contract), np.random.default_rng(0)
    for _ in range(50):
        action = rng.choice([-1.0, 1.0], 3).astype(np.float32)
        executed = gate.filter(action, puck_at(0, 0), 1)
        assert executed.command.tolist() == (3.0 * action).tolist() and not executed.limited


def test_a_goal_of_which_nothing_counts_is_refused():
    with pytest.raises(ConfigurationError, match=r'counted is \[0, 0\]; accepted: a 1'):
        load_task('pusher_x', {'counted': [0, 0]})


def test_a_box_without_a_place_for_the_puck_is_refused_and_does_not_draw_for_ever():
    with pytest.raises(ConfigurationError, match='puck_not_within is 1.0; accepted: below 0.922'):
        load_task('pusher_corner', {'puck_not_within': 1.0})
    rng = np.random.default_rng(0)
    start = load_task('pusher_corner', {'puck_not_within': 0.9}).start(rng)
    assert start.object_position[:2] == pytest.approx([0.3, -0.4], abs=0.05)
