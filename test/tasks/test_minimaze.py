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
"""The maze: its rewards by hand, its doors, and what its geometry promises."""
from dataclasses import replace

import numpy as np
import pytest

from softq_ros.errors import ConfigurationError
from softq_ros.records import Sensors
from softq_ros.tasks.catalogue import load_task, task_configuration

FILE = task_configuration('minimaze')['task']
MAZE = load_task('minimaze', {'goal': [3.0, 0.4], 'action_cost': 0.1, 'goal_width': 0.5,
                              'success_distance': 1.4})
STILL = np.zeros(2, np.float32)


def at(x: float, y: float) -> Sensors:
    """Return what is measured in a place [m] before any door was passed."""
    return Sensors(0, MAZE.contract.joints, np.array([x, y]), np.zeros(2), np.zeros(2))


def to_segment(point: np.ndarray, ends: np.ndarray) -> float:
    """Return the distance of a point from a wall [m]."""
    along = ends[1] - ends[0]
    share = np.clip((point - ends[0]) @ along / (along @ along), 0.0, 1.0)
    return float(np.linalg.norm(point - ends[0] - share * along))


def test_reward_is_a_bell_around_the_goal_less_a_tenth_of_the_squared_action():
    action = np.array([1.0, -0.5], np.float32)  # |a|^2 = 1.25
    assert MAZE.judge(at(3, 0.4), action, at(3, 0.9)).reward == pytest.approx(-0.125 + 0.60653066)
    assert MAZE.judge(at(0, 0), STILL, at(3, 0.4)).reward == pytest.approx(1.0)
    assert MAZE.judge(at(3, 0.4), STILL, at(3.6, 1.2)).reward == pytest.approx(np.exp(-2.0))


def test_success_ends_at_its_distance_from_the_goal_and_never_the_world():
    near, far = (MAZE.judge(at(0, 0), STILL, at(3.0, 0.4 - d)) for d in (1.39, 1.41))
    assert near.success and not far.success and not near.terminal


def test_success_is_nearer_than_either_closed_passage_and_the_block_lead():
    goal = np.array(FILE['goal'])
    walls = FILE['upper_door'], FILE['lower_door'], *FILE['walls'][4:]
    nearest = [to_segment(goal, np.array(wall)) for wall in walls]
    assert FILE['success_distance'] < min(nearest)
    assert nearest[0] == pytest.approx(0.783, abs=1e-3) and nearest[1] > nearest[0] + 0.3


def test_the_way_through_the_lower_passage_is_longer():
    def length(*places):
        corners = np.array([FILE['start'], *places, FILE['goal']])
        return np.linalg.norm(np.diff(corners, axis=0), axis=1).sum()
    upper, lower = length([-0.6, 0.6], [0.6, 0.6]), length([-0.6, -0.6], [0.6, -0.6])
    assert upper == pytest.approx(2.677, abs=1e-3) and lower == pytest.approx(3.342, abs=1e-3)


def test_a_door_that_is_closed_is_a_wall_and_one_that_is_open_is_none():
    count = len(FILE['walls'])
    words = ('open', 'upper', 'lower')
    walls = {wall: load_task('minimaze', {'wall': wall}).walls for wall in words}
    assert walls['open'].shape == (count, 2, 2)
    assert walls['upper'][count:].tolist() == [FILE['upper_door']]
    assert walls['lower'][count:].tolist() == [FILE['lower_door']]


def test_another_wall_is_refused_with_those_there_are():
    with pytest.raises(ConfigurationError, match='left.*accepted: lower, open, upper'):
        load_task('minimaze', {'wall': 'left'})


@pytest.mark.parametrize('place, mode', [((0.6, 0.7), 0), ((0.6, -1.1), 1)])
def test_the_door_that_was_passed_is_the_mode_wherever_the_episode_ends(place, mode):
    through = replace(at(3, 0.4), object_position=np.array([*place, 0.0]))
    assert MAZE.mode(through) == mode
    assert MAZE.mode(at(3, 0.4)) is None


def test_starts_fill_a_box_around_the_start():
    rng = np.random.default_rng(6)
    away = np.array([MAZE.start(rng).position for _ in range(500)]) - FILE['start']
    assert np.abs(away).max() <= 0.05 and np.abs(away).max() > 0.049
    assert np.abs(away.mean(0)).max() < 0.0065  # five standard errors of 0.05 / sqrt(3 * 500)


def test_observation_is_the_position():
    assert MAZE.observe(at(1.5, -2.0)).tolist() == [1.5, -2.0]


def test_a_robot_with_three_joints_is_refused():
    with pytest.raises(ConfigurationError, match='sim_pusher has 3 joints; accepted: 2'):
        load_task('minimaze', {'robot': 'sim_pusher'})
