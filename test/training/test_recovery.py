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
import math

import numpy as np
import pytest

from softq_ros.records import Sensors
from softq_ros.training.recovery import Outcome, Recovery, summarise

PERIOD_SEC = 0.05
STILL = Sensors(0, ('j',), np.zeros(1), np.zeros(1), np.zeros(1), np.zeros(3),
                np.array([1.0, 0, 0, 0]))


def at(second: float, x: float = 0.0) -> Sensors:
    """Return what is measured at a time, the tool at x [m]."""
    return replace(STILL, stamp=round(second * 1e9), tool_position=np.array([x, 0.0, 0.0]))


def watch(duration_sec, x, success, began_with=True, until=30.0):
    """Return a recovery that saw the tool at x(t) and success(t), and when it was finished."""
    recovery = Recovery('push', at(0.0), began_with, duration_sec)
    for k in range(1, round(until / PERIOD_SEC) + 1):
        second = k * PERIOD_SEC
        recovery.see(at(second, x(second)), success(second), limited=k % 4 == 0)
        if recovery.finished:
            return recovery.outcome(), second
    return recovery.outcome(), math.inf


@pytest.mark.parametrize('millimetres, counted', [(29.0, False), (30.0, True)])
def test_a_push_that_moves_the_tool_by_less_than_30_mm_is_resisted(millimetres, counted):
    outcome, _ = watch(0.2, lambda t: millimetres / 1e3 * (t < 0.3), lambda t: True)
    assert outcome.counted == counted and not outcome.on_the_way


def test_what_moves_it_more_than_half_a_second_after_the_release_was_not_the_push():
    outcome, ended = watch(0.2, lambda t: 0.1 * (t > 0.71), lambda t: True)
    assert not outcome.counted and ended == pytest.approx(0.75)
    assert watch(0.2, lambda t: 0.1 * (t > 0.69), lambda t: True)[0].counted


def test_an_unseated_brick_counts_though_nothing_moved():
    outcome, _ = watch(0.2, lambda t: 0.0, lambda t: t > 0.4)
    assert outcome.counted and outcome.recovered


def test_what_comes_before_the_first_success_counts():
    outcome, _ = watch(0.2, lambda t: 0.0, lambda t: True, began_with=False)
    assert outcome.counted and outcome.on_the_way


@pytest.mark.parametrize('back_sec, recovered', [(9.9, True), (10.0, True), (10.05, False)])
def test_it_is_seated_again_within_ten_seconds_of_the_release(back_sec, recovered):
    back = 0.2 + back_sec - 1e-6
    outcome, ended = watch(0.2, lambda t: 0.1 * (t < back), lambda t: t > back)
    assert outcome.counted and outcome.recovered == recovered
    assert ended == pytest.approx(0.2 + (back_sec + 1.0 if recovered else 10.05))
    assert outcome.recovery_sec == pytest.approx(back_sec if recovered else math.nan, nan_ok=True)


@pytest.mark.parametrize('held_sec, recovered', [(0.9, False), (1.0, True)])
def test_it_must_hold_for_a_second(held_sec, recovered):
    outcome, _ = watch(0.2, lambda t: 0.1, lambda t: 2 - 1e-6 < t < 2 + held_sec + 1e-6)
    assert outcome.recovered == recovered


def test_a_success_that_slips_is_dated_when_it_came_to_stay():
    outcome, ended = watch(0.2, lambda t: 0.1, lambda t: 1.0 < t < 1.5 or t > 3.18)
    assert outcome.recovered and outcome.recovery_sec == pytest.approx(3.0)
    assert ended == pytest.approx(4.2)


def test_the_way_is_the_tools_from_the_release_to_the_success():
    # 100 mm away while pushed, then 1 m/s for 0.1 s back to where it was, then to and fro
    def x(second):
        return (0.1 if second <= 0.201 else 0.05 if second < 0.26 else
                0.0 if second < 1.0 else 0.001)
    outcome, _ = watch(0.2, x, lambda t: t > 0.29)
    assert outcome.recovery_sec == pytest.approx(0.1)
    assert outcome.path == pytest.approx(0.05 + 0.05)


def test_a_release_that_is_told_later_opens_the_window_then():
    recovery = Recovery('push', at(0.0), True, None)
    for second in range(1, 31):
        recovery.see(at(second, 0.1), False, False)
        assert not recovery.finished
    recovery.release(at(30.0).stamp)
    for second in (31, 32, 33):
        recovery.see(at(second), True, False)
    outcome = recovery.outcome()
    assert outcome.recovered and outcome.recovery_sec == pytest.approx(1.0)


def test_what_was_not_watched_to_its_end_has_failed():
    recovery = Recovery('push', at(0.0), True, 0.2)
    assert recovery.outcome().counted and not recovery.outcome().recovered


def outcome(name, counted, recovered, second=math.nan, steps=10, limited=1) -> Outcome:
    return Outcome(name, counted, False, recovered, second, 2 * second, steps, limited)


def test_the_worst_kind_is_the_figure():
    rows = [outcome('push', True, True, 1.0), outcome('push', True, True, 2.0),
            outcome('push', False, False), outcome('pose', True, True, 5.0),
            outcome('pose', True, False, limited=4)]
    report = summarise(('push', 'pose', 'clamp'), rows, ['clamp', 'clamp'])
    assert (report['recovery_rate'], report['recovery_worst']) == (0.5, 'pose')
    assert report['recovery_time_sec'] == 2.0
    push, pose, clamp = (report['perturbations'][n] for n in ('push', 'pose', 'clamp'))
    assert (push['events'], push['resisted'], push['counted'], push['recovered']) == (3, 1, 2, 2)
    assert push['recovery_time_sec'] == 1.5 and push['path_m'] == 3.0
    assert pose['limited_share'] == 5 / 20
    assert pose['recovery_ci'][0] < 0.5 < pose['recovery_ci'][1]
    assert clamp['refused'] == 2 and clamp['recovery_rate'] is None


def test_nothing_counted_is_no_rate_rather_than_a_perfect_one():
    assert summarise(('push',), [outcome('push', False, False)])['recovery_rate'] is None
