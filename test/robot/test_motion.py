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
"""A motion from pose to pose has the least jerk and keeps within the limits."""
import dataclasses
from math import sqrt

import numpy as np
import pytest

from softq_ros.robot.motion import (
    joint_speed, least_duration, minimum_jerk, motion_duration, tool_speeds)
from test.support.steered import arm, ARM, SAWYER, SEVEN

JERKY = (0.0, 0.0), (1.0, -2.0)
RATE = SAWYER.control_rate


def test_half_way_a_motion_of_least_jerk_is_fastest_at_15_8_of_its_mean_speed():
    position, velocity = minimum_jerk(*map(np.array, JERKY), 4.0, 2.0)
    assert position.tolist() == [0.5, -1.0]
    assert velocity == pytest.approx([15 / 8 / 4, -2 * 15 / 8 / 4])


def test_a_quarter_of_the_time_is_a_tenth_of_the_way():
    # 10/64 - 15/256 + 6/1024 = 106/1024
    position, velocity = minimum_jerk(np.zeros(1), np.ones(1), 1.0, 0.25)
    assert position[0] == pytest.approx(106 / 1024)
    assert velocity[0] == pytest.approx(30 / 16 * 9 / 16)


@pytest.mark.parametrize('elapsed, place', [(-1.0, 0.0), (0.0, 0.0), (3.0, 1.0), (9.0, 1.0)])
def test_before_and_after_a_motion_stands_still(elapsed, place):
    position, velocity = minimum_jerk(np.zeros(1), np.ones(1), 3.0, elapsed)
    assert position[0] == place and velocity[0] == 0.0


def test_the_velocity_is_the_slope_of_the_position():
    start, goal, eps = np.array([0.3]), np.array([-1.1]), 1e-6
    for elapsed in np.linspace(0.1, 2.4, 9):
        ahead, behind = (minimum_jerk(start, goal, 2.5, elapsed + d)[0] for d in (eps, -eps))
        slope = (ahead - behind) / (2 * eps)
        assert minimum_jerk(start, goal, 2.5, elapsed)[1] == pytest.approx(slope, abs=1e-8)


def test_no_way_takes_no_time():
    here = np.array([0.4, 0.2])
    assert least_duration(here, here, SEVEN[:2], SEVEN[:2]) == 0.0
    position, velocity = minimum_jerk(here, here, 0.0, 0.0)
    assert (position == here).all() and (velocity == 0.0).all()


@pytest.mark.parametrize('speed, acceleration, duration', [
    (0.5, np.inf, 1.875 / 0.5), (np.inf, 2.0, sqrt(10 / sqrt(3) / 2.0)),
    (1.0, 1.0, sqrt(10 / sqrt(3)))])
def test_the_least_duration_is_set_by_the_harder_limit(speed, acceleration, duration):
    limits = np.array([speed]), np.array([acceleration])
    assert least_duration(np.zeros(1), np.ones(1), *limits, share=1.0) == pytest.approx(duration)


def test_a_motion_of_least_duration_just_reaches_its_limits():
    rng = np.random.default_rng(1)
    for _ in range(50):
        start, goal = rng.uniform(-2, 2, (2, 3))
        limits = rng.uniform(0.2, 3, (2, 3))
        duration = least_duration(start, goal, *limits, share=0.5)
        times = np.linspace(0, duration, 4001)
        speeds = np.array([minimum_jerk(start, goal, duration, t)[1] for t in times])
        changes = np.diff(speeds, axis=0) / times[1]
        used = max((np.abs(speeds) / limits[0]).max(), (np.abs(changes) / limits[1]).max())
        assert used == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize('linear, angular, part, speed', [
    (0.1, 9.0, slice(0, 3), 0.05), (9.0, 0.3, slice(3, 6), 0.15)])
def test_a_motion_is_stretched_until_the_tool_keeps_half_of_its_speed(linear, angular, part,
                                                                      speed):
    contract = dataclasses.replace(arm('twist'), tool_speed_limit=linear,
                                   twist_limit=np.array([9.0, angular]),
                                   action_scale=np.full(6, 9.0))
    start = contract.reset_pose
    goal = start + np.array([0.5, -0.4, 0.3, 0.0, 0.4, 0.0])
    duration = motion_duration(contract, start, goal)
    speeds = [np.linalg.norm(ARM.velocity(*minimum_jerk(start, goal, duration, t))[part])
              for t in np.linspace(0, duration, 200)]
    assert max(speeds) == pytest.approx(speed, rel=0.02)


@pytest.mark.parametrize('tool, limit, scale, speeds', [
    (0.1, [0.3, 1.0], [0.2, 0.5], (0.1, 0.5)), (9.0, [0.3, 0.4], [0.5, 0.5], (0.3, 0.4)),
    (9.0, [0.3, 0.4], [0.2, 0.3], (0.2, 0.3))])
def test_the_least_of_all_limits_bounds_the_tool(tool, limit, scale, speeds):
    contract = dataclasses.replace(arm('twist'), tool_speed_limit=tool,
                                   twist_limit=np.array(limit), action_scale=np.repeat(scale, 3))
    assert tool_speeds(contract) == speeds
    assert tool_speeds(SAWYER) == (np.inf, np.inf)


def test_what_an_action_can_ask_for_bounds_a_joint_like_its_limit():
    assert joint_speed(SAWYER).tolist() == SAWYER.action_scale.tolist()
    assert joint_speed(arm('trajectory')).tolist() == [0.03 * RATE] * 7
    assert joint_speed(arm('position')).tolist() == SAWYER.velocity_limit.tolist()
