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
"""The swimmer's tasks: what speed pays on either side of the line, by hand."""
import math

import numpy as np
import pytest

from softq_ros.errors import ConfigurationError
from softq_ros.records import Sensors
from softq_ros.tasks.catalogue import load_task

SPEED = load_task('swimmer_speed')
FINISH = load_task('swimmer_finish', {'finish': 5.0, 'bonus': 4.0})
THEIRS = load_task('swimmer_speed', {'pays': 'speed'})
STILL = np.zeros(2, np.float32)


def swimming(x: float, speed: float = 0.0, heading: float = 0.0) -> Sensors:
    """Return what is measured at x [m] with a speed along it [m/s] and a heading [rad]."""
    return Sensors(0, SPEED.contract.joints, np.array([.1, -.2]), np.array([.3, -.4]),
                   np.zeros(2), base_position=np.array([x, 0.7, 0.0]),
                   base_quaternion=np.array([math.cos(heading / 2), 0, 0, math.sin(heading / 2)]),
                   base_velocity=np.array([speed, 0.2, 0.0]),
                   base_angular_velocity=np.array([0.0, 0.0, -0.9]))


@pytest.mark.parametrize('task, x, speed, reward', [
    (SPEED, 1, 1.5, 1.5), (SPEED, 1, -1.5, -1.5), (SPEED, -9, -1.5, 1.5), (SPEED, -9, 1.5, -1.5),
    (FINISH, 4.9, 1.5, 1.5), (FINISH, 4.9, -1.5, -1.5), (FINISH, -9, -1.5, 1.5),
    (THEIRS, 1, 1.5, 1.5), (THEIRS, 1, -1.5, 1.5), (THEIRS, -9, -1.5, 1.5),
    (FINISH, 5.1, 1.5, 6.0), (FINISH, 5.1, -1.5, -6.0)])
def test_speed_away_pays_either_way_and_beyond_the_line_four_times_forward_alone(
        task, x, speed, reward):
    assert task.judge(swimming(0), STILL, swimming(x, speed)).reward == pytest.approx(reward)


@pytest.mark.parametrize('side', [1, -1])
def test_what_progress_pays_over_an_episode_is_the_way_it_went_and_shaking_pays_nothing(side):
    time = np.arange(201) * 0.05
    way = side * (0.1 * time + 0.3 + 0.2 * np.sin(7 * time))  # m; on one side all the time
    rewards = [SPEED.judge(swimming(0), STILL, swimming(after, (after - before) / 0.05)).reward
               for before, after in zip(way, way[1:])]
    assert sum(rewards) * 0.05 == pytest.approx(abs(way[-1]) - abs(way[0]))
    assert sum(map(abs, rewards)) > 5 * sum(rewards)


def test_the_action_costs_five_thousandths_of_its_square():
    reward = SPEED.judge(swimming(0), np.array([1.0, -1.0]), swimming(0)).reward
    assert reward == pytest.approx(-0.01)


def test_success_is_a_way_of_a_metre_or_the_far_side_of_the_line_and_never_ends_the_world():
    assert [SPEED.judge(swimming(0), STILL, swimming(x)).success
            for x in (-1.1, -0.9, 0.9, 1.1)] == [True, False, False, True]
    found = [FINISH.judge(swimming(0), STILL, swimming(x)) for x in (-6.0, 4.9, 5.1)]
    assert [judgement.success for judgement in found] == [False, False, True]
    assert not any(judgement.terminal for judgement in found)


def test_the_way_it_went_is_the_mode_of_both_tasks():
    for task in (SPEED, FINISH):
        assert [task.mode(swimming(x)) for x in (2.0, -2.0, 0.5)] == [0, 1, None]
        assert task.modes == ('forward', 'backward')


def test_reported_are_its_end_and_how_far_forward_it_came():
    assert FINISH.outcome(swimming(0.1), swimming(-2.5), 25.0) == {'x': -2.5, 'distance': 2.5}
    assert [FINISH.peaks(swimming(x))['furthest_x'] for x in (-3.0, 1.5)] == [-3.0, 1.5]


def test_observation_shows_pose_joints_and_velocities_in_this_order():
    seen = SPEED.observe(swimming(2.5, 1.5, math.pi / 3))
    assert seen == pytest.approx([2.5, 0.7, 0.5, math.sqrt(.75), .1, -.2, 1.5, .2, -.9, .3, -.4])
    assert seen.dtype == np.float32 and SPEED.observation_spec.names[2] == 'cos(heading)'


@pytest.mark.parametrize('turns', [1, 2])
def test_whole_turns_and_the_sign_of_the_quaternion_are_not_seen(turns):
    once, again = swimming(0, 0, 0.4), swimming(0, 0, 0.4 + turns * 2 * math.pi)
    assert SPEED.observe(once) == pytest.approx(SPEED.observe(again), abs=1e-6)


def test_both_tasks_see_and_do_the_same_so_that_one_can_begin_where_the_other_ended():
    assert SPEED.observation_spec == FINISH.observation_spec
    assert SPEED.action_spec == FINISH.action_spec and SPEED.horizon == FINISH.horizon == 500


def test_starts_are_straight_within_a_hundredth_of_a_radian():
    rng = np.random.default_rng(4)
    starts = np.array([SPEED.start(rng).position for _ in range(4000)])
    assert np.abs(starts.mean(0)).max() < 0.0008  # five standard errors of 0.01 / sqrt(4000)
    assert starts.std(0) == pytest.approx([0.01, 0.01], rel=0.06)


def test_a_robot_with_three_joints_is_refused():
    with pytest.raises(ConfigurationError, match='sim_pusher has 3 joints; accepted: 2'):
        load_task('swimmer_speed', {'robot': 'sim_pusher'})
