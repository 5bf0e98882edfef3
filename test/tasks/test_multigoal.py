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
"""The multi-goal problem: its numbers by hand."""
import numpy as np
import pytest

from softq_ros.errors import ConfigurationError
from softq_ros.records import Sensors
from softq_ros.tasks.catalogue import load_task

TASK = load_task('multigoal')
STILL = np.zeros(2, np.float32)


def at(x: float, y: float) -> Sensors:
    """Return what is measured at rest in a place [m]."""
    return Sensors(0, TASK.contract.joints, np.array([x, y]), np.zeros(2), np.zeros(2))


def test_reward_is_minus_thirty_squared_actions_minus_the_squared_distance_to_the_nearest_goal():
    action = np.array([0.5, -0.5], np.float32)  # |a|^2 = 0.5 costs 15
    assert TASK.judge(at(0, 0), action, at(3, 0)).reward == pytest.approx(-15.0 - 4.0)


def test_distance_counts_where_the_point_arrives_and_not_where_it_came_from():
    assert TASK.judge(at(0, 0), STILL, at(0, 2)).reward == pytest.approx(-9.0)
    assert TASK.judge(at(0, 2), STILL, at(0, 0)).reward == pytest.approx(-25.0)


def test_arriving_within_one_metre_pays_ten_ends_the_world_and_is_success():
    judgement = TASK.judge(at(4, 0), STILL, at(4.5, 0))
    assert judgement.reward == pytest.approx(10.0 - 0.25)
    assert judgement.terminal and judgement.success


def test_a_point_exactly_one_metre_from_a_goal_has_not_arrived():
    judgement = TASK.judge(at(0, 0), STILL, at(4.0, 0))
    assert judgement.reward == pytest.approx(-1.0)
    assert not judgement.terminal and not judgement.success


@pytest.mark.parametrize('quarter', [1, 2, 3])
def test_turning_the_plane_by_a_quarter_changes_no_reward(quarter):
    turn = np.linalg.matrix_power(np.array([[0, -1], [1, 0]]), quarter)
    for place in ([1.3, -0.4], [4.2, 0.3], [6.9, 6.9]):
        assert TASK.judge(at(0, 0), STILL, at(*turn @ place)) == pytest.approx(
            TASK.judge(at(0, 0), STILL, at(*place)))


def test_each_goal_is_a_mode_of_its_own_and_the_middle_is_none():
    found = [TASK.mode(at(*place)) for place in ([4.5, 0], [-4.5, 0], [0, 4.5], [0, -4.5])]
    assert found == [0, 1, 2, 3]
    assert len(TASK.modes) == 4
    assert TASK.mode(at(0, 0)) is None


def test_starts_spread_by_a_tenth_of_a_metre_around_the_middle():
    rng = np.random.default_rng(5)
    starts = np.array([TASK.start(rng).position for _ in range(4000)])
    assert np.abs(starts.mean(0)).max() < 0.008  # five standard errors of 0.1 / sqrt(4000)
    assert starts.std(0) == pytest.approx([0.1, 0.1], rel=0.06)


def test_observation_is_the_position():
    assert TASK.observe(at(1.5, -2.0)).tolist() == [1.5, -2.0]


def test_a_robot_with_seven_joints_is_refused():
    with pytest.raises(ConfigurationError, match='sim_sawyer has 7 joints; accepted: 2'):
        load_task('multigoal', {'robot': 'sim_sawyer'})
