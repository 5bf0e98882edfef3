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
"""The tool's box and speed along the way of braking, by hand on a planar arm."""
import math

from hypothesis import given, settings, strategies as st
import numpy as np
import pytest

from softq_ros.robot.limits import braking_periods
from softq_ros.robot.workspace import Box, nearest_allowed, times, ToolWay, workspace
from test.support.arms import contract

BOX = Box((-1.0, -1.0, -1.0), (1.0, 1.0, 1.0))
CHANGE = [0.5] * 3  # per second and period, at 10 Hz
REST = [0.0, 0.0, 0.0]  # the tool is at 1.5, 0, 0; the slide moves it along x


def way(**fields) -> ToolWay:
    return ToolWay(contract(**fields), CHANGE)


def walls(lower=(-2.0, -2.0, -1.0), upper=(2.0, 2.0, 1.0)) -> dict:
    return {'workspace_lower': np.array(lower), 'workspace_upper': np.array(upper)}


def test_a_box_holds_its_walls_and_nothing_beyond():
    assert BOX.holds([1.0, -1.0, 0.0])
    assert not BOX.holds([1.1, 0.0, 0.0]) and not BOX.holds([0.0, 0.0, -1.1])


def test_a_box_grows_to_a_point_outside():
    assert BOX.grown([0.5, 2.0, -3.0]) == Box((-1.0, -1.0, -3.0), (1.0, 2.0, 1.0))


def test_the_workspace_is_that_of_the_contract_or_endless():
    assert workspace(contract(**walls())) == Box((-2.0, -2.0, -1.0), (2.0, 2.0, 1.0))
    assert workspace(contract()) == Box((-math.inf,) * 3, (math.inf,) * 3)


@pytest.mark.parametrize('length, parts, ends', [
    (1.0, 1, [1.0]), (1.0, 2, [0.5, 1.0]), (2.0, 2, [0.5, 1.0, 1.5, 2.0]),
    (1.25, 2, [0.5, 1.0, 1.25]), (2.5, 1, [1.0, 1.75, 2.5])])
def test_a_way_in_pieces(length, parts, ends):
    assert list(times(length, parts)) == ends


@settings(max_examples=200, deadline=None)
@given(st.floats(1.0, 30.0), st.integers(1, 20))
def test_the_pieces_make_up_the_way_and_none_is_longer_than_asked(length, parts):
    ends = [0.0, *times(length, parts)]
    assert ends[-1] == pytest.approx(length) and 1.0 in ends
    assert 0.0 < min(np.diff(ends)) and max(np.diff(ends)) <= 1.0 / parts + 1e-9


@pytest.mark.parametrize('speed, why', [  # wall 0.1 m ahead; braking travels v (n/2 + ...) / 10
    (0.5, ''), (0.7, ''), (0.8, 'workspace'), (1.0, 'workspace'), (-1.0, '')])
def test_the_slide_can_brake_before_a_wall(speed, why):
    refusal = way(**walls(upper=(1.6, 2.0, 1.0))).refusals(REST)
    assert refusal([0.0, 0.0, speed]) == why


def test_the_last_speed_that_is_allowed_travels_just_to_the_wall():
    refusal = way(**walls(upper=(1.6, 2.0, 1.0))).refusals(REST)
    speeds = [speed for speed in np.linspace(0.6, 0.9, 301) if not refusal([0.0, 0.0, speed])]
    travelled = 0.1 * speeds[-1] * braking_periods(speeds[-1] / 0.5)
    assert 0.0995 < travelled <= 0.1


@pytest.mark.parametrize('velocity, why', [
    ([0.0, 0.0, 0.399], ''), ([0.0, 0.0, 0.401], 'tool speed'),
    ([0.266, 0.0, 0.0], ''), ([0.268, 0.0, 0.0], 'tool speed'),  # 1.5 m from the shoulder
    ([0.0, -0.79, 0.0], ''), ([0.0, -0.81, 0.0], 'tool speed'),  # 0.5 m from the elbow
    ([0.3, -0.9, 0.0], ''), ([0.3, 0.9, 0.0], 'tool speed')])  # against each other, together
def test_the_tool_keeps_its_speed(velocity, why):
    assert way(tool_speed_limit=0.4).refusals(REST)(velocity) == why


def test_a_curve_that_leaves_the_box_and_comes_back_is_seen():
    # half a turn of the elbow passes 0.5 m above both of its ends
    bent = [0.0, 0.2, 0.0]
    refusal = way(**walls(upper=(2.0, 0.45, 1.0))).refusals(bent)
    ends = [[0.0, 0.2 + turn, 0.0] for turn in (0.0, math.pi - 0.4)]
    assert all(0.5 * math.sin(end[1]) < 0.1 for end in ends)
    assert refusal([0.0, (math.pi - 0.4) * 10.0 / braking_periods(1.0), 0.0]) == 'workspace'


def test_from_outside_the_way_in_is_open_and_the_way_out_is_not():
    refusal = way(**walls(upper=(1.4, 2.0, 1.0))).refusals(REST)
    assert refusal([0.0, 0.0, -0.5]) == '' and refusal(REST) == ''
    assert refusal([0.0, 0.0, 1e-3]) == 'workspace'


def test_the_nearest_allowed_command_is_found_to_a_thousandth():
    refusal = (lambda v: 'wall' if v[0] > 0.5 else '')
    (found,) = nearest_allowed([1.0], [0.0], refusal)
    assert 0.499 <= found <= 0.5
    assert nearest_allowed([1.0], [0.5], refusal) == [0.5]


def test_where_even_braking_is_refused_it_is_stronger():
    refusal = (lambda v: 'wall' if abs(v[0]) > 0.5 else '')
    (found,) = nearest_allowed([-3.0], [-2.0], refusal)
    assert -0.5 <= found <= -0.498
    assert nearest_allowed([3.0], [2.0], lambda v: 'wall') == [0.0]


def test_the_way_from_braking_to_what_was_asked_is_straight():
    found = nearest_allowed([1.0, 3.0], [0.0, 1.0], lambda v: 'wall' if v[0] > 0.25 else '')
    assert found == [0.25, 1.5]


def test_a_bulge_within_a_single_period_is_seen():
    # at a third and two thirds of this turn the tool is 0.448 m up, half way 0.5 m
    refusal = ToolWay(contract(**walls(upper=(2.0, 0.49, 1.0))), [1000.0] * 3).refusals(
        [0.0, 0.2, 0.0])
    assert refusal([0.0, (math.pi - 0.4) * 10.0, 0.0]) == 'workspace'
