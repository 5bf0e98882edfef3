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
"""Limits of single quantities, by hand."""
import math

from hypothesis import given, settings, strategies as st
import pytest

from softq_ros.robot.limits import (
    allowed_speed, braked_velocity, braking_periods, braking_speed, damping_effort, effort_limits,
    EffortLimits, joint_limits, JointLimits, leading_velocity, limit_effort, limit_velocity,
    period, toward)
from test.support.arms import contract, SAWYER

QUICK = settings(max_examples=200, deadline=None)
# braking from 2: 2 + 1.5 + 1 + 0.5 = 5 periods, the formula says (2 + 0.25)^2 / 1 = 5.0625
JOINT = JointLimits(lower=-1.0, upper=1.0, speed=2.0, change=0.5, rate=10.0, scale=1.0,
                    braking=0.50625)
EFFORT = EffortLimits(lower=-1.0, upper=1.0, speed=2.0, effort=6.0, change=4.0, damping=2.0)


def test_the_limits_of_a_contract_in_periods():
    assert joint_limits(contract()) == (JOINT._replace(scale=1.5),) * 3
    assert period(SAWYER) == 0.05


def test_an_endless_acceleration_becomes_the_full_range_of_speeds():
    limits = joint_limits(contract(acceleration_limit=math.inf * contract().velocity_limit))
    assert limits[0].change == 4.0 and limits[0].braking == pytest.approx(0.2)


def test_a_twist_has_no_scale_per_joint():
    assert [joint.scale for joint in joint_limits(contract('twist'))] == [0.0] * 3


def test_the_limits_of_efforts_in_periods():
    assert effort_limits(contract('effort')) == (EFFORT,) * 3


def test_braking_speed_of_a_last_step_is_the_way_left():
    assert braking_speed(0.3, 0.5) == 0.3


def test_braking_speed_over_three_steps_is_what_they_travel():
    # 1.5 + 1.0 + 0.5 = 3.0 periods of way; the formula is (v + c/2)^2 / 2c = 3.0625 there
    assert braking_speed(3.0625, 0.5) == pytest.approx(1.5)
    assert 1.4 < braking_speed(3.0, 0.5) <= 1.5


def test_braking_speed_beyond_the_limit_is_zero():
    assert braking_speed(-0.2, 0.5) == 0.0


@QUICK
@given(way=st.floats(0, 100), change=st.floats(0.01, 10))
def test_braking_from_the_allowed_speed_ends_before_the_limit(way, change):
    speed, left = braking_speed(way, change), way
    while speed > 0:
        left -= speed
        speed = max(speed - change, 0.0)
    assert left >= -1e-9 * max(way, 1.0)


@QUICK
@given(way=st.floats(0, 100), change=st.floats(0.01, 10))
def test_a_slower_allowed_speed_always_lies_within_one_change(way, change):
    speed = braking_speed(way, change)
    following = braking_speed(way - speed, change)
    assert following >= speed - change - 1e-9 * max(way, 1.0)


@pytest.mark.parametrize('steps, periods', [
    (0.0, 1.0), (1.0, 1.0), (1.2, 1.2041666666666666), (4.0, 2.53125)])
def test_braking_periods_by_hand(steps, periods):
    assert braking_periods(steps) == pytest.approx(periods, abs=1e-12)


@QUICK
@given(speed=st.floats(0.1, 100), change=st.floats(0.1, 10))
def test_braking_periods_invert_braking_speed(speed, change):
    way = speed * braking_periods(speed / change)
    assert braking_speed(way, change) == pytest.approx(speed)


@QUICK
@given(steps=st.floats(1.0, 100))
def test_a_braked_way_is_the_rest_of_the_way_before(steps):
    after = (1.0 - 1.0 / steps) * braking_periods(steps - 1.0)
    assert after <= braking_periods(steps) - 1.0 + 1e-9


@pytest.mark.parametrize('velocity, position, speed', [
    (1.0, 0.0, 2.0), (-1.0, 0.0, 2.0), (1.0, 0.49375, 2.0), (1.0, 0.98, 0.2), (-1.0, -0.98, 0.2),
    (1.0, 0.95, 0.5), (1.0, 0.69375, 1.5), (1.0, 1.5, 0.0), (-1.0, 1.5, 2.0), (1.0, -1.5, 2.0),
    (0.0, 1.0, 2.0), (0.0, -1.0, 0.0)])
def test_the_speed_towards_a_joint_limit_can_be_braked(velocity, position, speed):
    assert allowed_speed(velocity, position, JOINT) == pytest.approx(speed)


@QUICK
@given(position=st.floats(-2, 2))
def test_the_way_of_full_braking_only_saves_a_square_root(position):
    never = JOINT._replace(braking=math.inf)
    assert allowed_speed(1.0, position, JOINT) == allowed_speed(1.0, position, never)


def test_a_velocity_within_all_limits_passes_unchanged():
    assert limit_velocity(0.3, 0.1, 0.0, JOINT) == (0.3, '')


@pytest.mark.parametrize('wanted, previous, position, allowed, why', [
    (1.0, 0.0, 0.0, 0.5, 'acceleration'),
    (-1.0, 0.2, 0.0, -0.3, 'acceleration'),
    (0.5, 0.0, 0.0, 0.5, ''),
    (3.0, 1.9, -1.0, 2.0, 'velocity'),
    (-3.0, -1.9, 1.0, -2.0, 'velocity'),
    (2.0, 1.9, -1.0, 2.0, ''),
    (0.4, 0.2, 0.98, 0.2, 'joint limit'),
    (-0.4, -0.2, -0.98, -0.2, 'joint limit'),
    (0.4, 0.2, 1.1, 0.0, 'joint limit'),
    (1.0, 2.0, 0.98, 0.2, 'joint limit'),
])
def test_the_limit_that_bites_is_kept_and_named(wanted, previous, position, allowed, why):
    velocity, reason = limit_velocity(wanted, previous, position, JOINT)
    assert velocity == pytest.approx(allowed) and reason == why


def test_inside_is_open_to_a_joint_beyond_its_limit():
    assert limit_velocity(-0.4, 0.0, 1.1, JOINT) == (-0.4, '')


@pytest.mark.parametrize('wanted, braked', [(0.4, 0.4), (-0.4, -0.4), (3.0625, 1.5),
                                            (-3.0625, -1.5), (0.0, 0.0)])
def test_a_velocity_that_stops_at_its_goal(wanted, braked):
    assert braked_velocity(wanted, 0.5) == pytest.approx(braked)


@pytest.mark.parametrize('wanted, ahead, velocity', [
    (1.0, 0.0, 1.0), (-1.0, 0.0, -1.0),
    (1.0, 0.37, 0.3), (-1.0, -0.37, -0.3), (-1.0, 0.37, -1.0), (1.0, -0.37, 1.0),
    (1.0, 0.4, 0.0), (0.0, 0.45, -0.5), (-1.0, 0.45, -1.0), (1.0, 0.70625, -1.5),
    (0.0, -0.45, 0.5), (1.0, -0.45, 1.0), (-1.0, -0.70625, 1.5)])
def test_a_target_stays_within_its_lead_and_is_led_back(wanted, ahead, velocity):
    assert leading_velocity(wanted, ahead, 0.4, JOINT) == pytest.approx(velocity)


@pytest.mark.parametrize('wanted, previous, position, velocity, effort, why', [
    (1.0, 0.5, 0.0, 0.0, 1.0, ''),
    (5.0, 0.5, 0.0, 0.0, 4.5, 'effort rate'),
    (-5.0, 0.5, 0.0, 0.0, -3.5, 'effort rate'),
    (4.0, 0.0, 0.0, 0.0, 4.0, ''), (6.0, 3.0, 0.0, 0.0, 6.0, ''),
    (9.0, 5.0, 0.0, 0.0, 6.0, 'effort'), (-9.0, -5.0, 0.0, 0.0, -6.0, 'effort'),
    (1.0, 1.0, 0.0, 2.0, 1.0, ''),
    (1.0, 1.0, 0.0, 2.5, -5.0, 'velocity'), (1.0, 1.0, 0.0, -2.5, 5.0, 'velocity'),
    (1.0, 1.0, 0.0, 9.0, -6.0, 'velocity'), (1.0, 1.0, 0.0, -9.0, 6.0, 'velocity'),
    (1.0, 1.0, 1.0, 0.0, 1.0, ''), (-1.0, -1.0, -1.0, 0.0, -1.0, ''),
    (1.0, 1.0, 1.1, 0.0, 0.0, 'joint limit'), (-1.0, -1.0, 1.1, 0.0, -1.0, ''),
    (1.0, 1.0, 1.1, 1.5, -3.0, 'joint limit'), (-1.0, -1.0, 1.1, 1.5, -3.0, 'joint limit'),
    (-4.0, -4.0, 1.1, 1.5, -4.0, ''), (-4.0, -4.0, 1.1, -1.5, -4.0, ''),
    (1.0, 1.0, 1.1, -1.5, 0.0, 'joint limit'), (1.0, 1.0, 1.1, -2.5, 0.0, 'joint limit'),
    (-1.0, -1.0, -1.1, 0.0, 0.0, 'joint limit'), (1.0, 1.0, -1.1, 0.0, 1.0, ''),
    (-1.0, -1.0, -1.1, -1.5, 3.0, 'joint limit'), (4.0, 4.0, -1.1, -1.5, 4.0, ''),
    (-1.0, -1.0, -1.1, 1.5, 0.0, 'joint limit'), (-1.0, -1.0, -1.1, 2.5, 0.0, 'joint limit'),
])
def test_an_effort_within_its_limits_or_damped(wanted, previous, position, velocity, effort, why):
    assert limit_effort(wanted, previous, position, velocity, EFFORT) == (effort, why)


@pytest.mark.parametrize('side', [1.0, -1.0])
@pytest.mark.parametrize('effort', [0.0, 0.5, 2.0])
def test_beyond_a_joint_limit_what_leads_back_is_left_alone(side, effort):
    wanted = -side * effort
    assert limit_effort(wanted, wanted, 1.2 * side, 0.0, EFFORT) == (wanted, '')


@pytest.mark.parametrize('velocity, effort', [(0.5, -1.0), (-0.5, 1.0), (9.0, -6.0), (-9.0, 6.0)])
def test_damping_opposes_within_the_effort_limit(velocity, effort):
    assert damping_effort(velocity, EFFORT) == effort


def test_toward_by_hand():
    assert toward([0.0, 0.0], [3.0, 4.0], 5.0) == [3.0, 4.0]
    assert toward([0.0, 0.0], [3.0, 4.0], 2.5) == pytest.approx([1.5, 2.0])
    assert toward([1.0, 0.0], [1.0, -3.0], 1.0) == pytest.approx([1.0, -1.0])
