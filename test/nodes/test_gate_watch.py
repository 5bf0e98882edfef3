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
import numpy as np
import pytest

from softq_ros.nodes.gate_node import tick_ns
from softq_ros.nodes.gate_output import next_point
from softq_ros.nodes.gate_watch import CommandRate, Often, outside_limits
from softq_ros.records import Sensors
from softq_ros.robot.contract import load_contract

SAWYER = load_contract('sim_sawyer')
MS = 1_000_000


def test_three_times_in_a_second_are_often_and_in_more_are_not():
    often = Often(3, 1.0)
    assert [often.again(at * MS) for at in (0, 400, 1001, 1300, 1400)] == [
        False, False, False, True, True]


def test_two_commands_in_haste_pass_and_a_third_does_not():
    rate = CommandRate(50 * MS)
    assert [rate.too_fast(at * MS) for at in (1000, 1001, 1002, 1050, 1100)] == [
        False, False, True, False, False]


@pytest.mark.parametrize('spacing, refused', [(50, 0), (46, 0), (40, 1), (25, 1)])
def test_a_rate_a_tenth_too_high_passes_for_ever_and_one_a_fifth_too_high_does_not(
        spacing, refused):
    rate = CommandRate(50 * MS)
    assert any(rate.too_fast(n * spacing * MS) for n in range(1000)) == refused


def test_what_is_refused_for_haste_does_not_put_off_what_follows():
    rate = CommandRate(50 * MS)
    flood = [rate.too_fast(n * MS) for n in range(1000)]
    assert flood.count(False) == pytest.approx(1000 / 45, abs=2)


@pytest.mark.parametrize('spacing_ms', [2, 4, 8, 10, 20, 50, 100])
def test_a_tick_divides_the_spacing_and_is_at_most_two_and_a_half_milliseconds(spacing_ms):
    tick = tick_ns(spacing_ms * MS)
    assert tick <= 2.5 * MS and (spacing_ms * MS) % tick == 0


def test_points_lead_to_the_target_in_equal_steps():
    point, target, most = np.array([0.0, 1.0]), np.array([0.5, 0.0]), np.array([1.0, 1.0])
    way = []
    for left in (5, 4, 3, 2, 1, 1):
        point = next_point(point, target, left, most)
        way.append(point)
    assert np.allclose(way, [[0.1, 0.8], [0.2, 0.6], [0.3, 0.4], [0.4, 0.2], [0.5, 0.0],
                             [0.5, 0.0]])
    assert way[4] is target and way[5] is target


def test_a_target_too_far_is_approached_at_the_largest_step():
    point = next_point(np.zeros(2), np.array([1.0, -0.01]), 1, np.array([0.1, 0.1]))
    assert point.tolist() == [0.1, -0.01]


def test_joints_beyond_their_limits_are_named_with_what_is_accepted():
    place = SAWYER.reset_pose.copy()
    assert outside_limits(sensors(place), SAWYER) == ''
    place[[0, 3]] = 4.0, np.nan
    assert outside_limits(sensors(place), SAWYER) == (
        'right_j0 at 4; accepted: -3.05 to 3.05, right_j3 at nan; accepted: -3.044 to 3.044')
    assert outside_limits(sensors(SAWYER.position_upper), SAWYER) == ''


def sensors(position) -> Sensors:
    zero = np.zeros(7)
    return Sensors(1, SAWYER.joints, position, zero, zero)
