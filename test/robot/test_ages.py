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
"""Time is passed in, so an hour is tested in no time."""
import dataclasses

import numpy as np
import pytest

from softq_ros.records import Sensors
from softq_ros.robot.ages import Ages
from softq_ros.robot.contract import load_contract

MS = 1_000_000
SAWYER = load_contract('sim_sawyer')  # period 50 ms, observations 150 ms
HARDWARE = dataclasses.replace(SAWYER, simulated=False, arm_on_start=False)


def state(position: float = 0.0, velocity: float = 0.0) -> Sensors:
    return Sensors(0, SAWYER.joints, np.full(7, position), np.full(7, velocity), np.zeros(7))


def observe(ages: Ages, samples: int, every_ms: int = 50, begin_ms: int = 0,
            moving: bool = True, sensors: Sensors = state()) -> str:
    for k in range(samples):
        ages.observed((begin_ms + k * every_ms) * MS, sensors, moving)
    return ages.observation_late((begin_ms + (samples - 1) * every_ms) * MS)


def test_nothing_has_come_at_the_start():
    ages = Ages(SAWYER)
    assert ages.observation_late(0) == 'no observation' and ages.command_late(0) == 'no command'


@pytest.mark.parametrize('rate, timeout, longest_ms', [
    (20.0, 0.5, 200), (20.0, 0.12, 120), (50.0, 0.5, 100), (2.0, 5.0, 200)])
def test_a_command_lasts_five_periods_or_a_fifth_of_a_second_or_less(rate, timeout, longest_ms):
    ages = Ages(dataclasses.replace(SAWYER, control_rate=rate, command_timeout_sec=timeout))
    ages.commanded(0, 0.0)
    assert ages.command_late(longest_ms * MS) == ''
    assert ages.command_late(longest_ms * MS + 1) == 'no command'


@pytest.mark.parametrize('asked, longest_ms', [
    (0.05, 50), (10.0, 200), (0.0, 200), (-1.0, 200), (float('nan'), 200), (float('inf'), 200)])
def test_what_a_command_says_of_its_validity_only_shortens_it(asked, longest_ms):
    ages = Ages(SAWYER)
    ages.commanded(0, asked)
    assert ages.command_late(longest_ms * MS) == ''
    assert ages.command_late(longest_ms * MS + 1) == 'no command'


def test_a_newer_command_starts_the_time_again():
    ages = Ages(SAWYER)
    ages.commanded(0, 0.0)
    ages.commanded(150 * MS, 0.0)
    assert ages.command_late(350 * MS) == ''


def test_an_observation_is_late_after_the_time_of_the_contract():
    ages = Ages(SAWYER)
    ages.observed(7)
    assert ages.observation_late(150 * MS + 7) == ''
    assert ages.observation_late(150 * MS + 8) == 'no observation'


@pytest.mark.parametrize('command_ms, refusal', [
    (1000, ''), (1050, ''), (1051, 'from the future'), (10**15, 'from the future'),
    (800, ''), (799, 'out of date'), (-10**15, 'out of date')])
def test_a_stamp_fits_that_of_the_newest_observation_or_is_refused(command_ms, refusal):
    assert Ages(SAWYER).stamp_refusal(command_ms * MS, 1000 * MS) == refusal


def test_a_source_is_frozen_that_repeats_itself_ten_times_while_told_to_move():
    ages = Ages(HARDWARE)
    assert observe(ages, 9) == ''
    assert observe(ages, 1, begin_ms=450) == 'frozen observation'


def test_a_fast_source_is_frozen_no_sooner_than_it_would_be_late():
    ages = Ages(HARDWARE)
    assert observe(ages, 75, every_ms=2) == ''
    assert observe(ages, 1, begin_ms=150) == 'frozen observation'


@pytest.mark.parametrize('contract, moving', [(HARDWARE, False), (SAWYER, True)])
def test_an_arm_at_rest_and_the_simulator_may_repeat_themselves(contract, moving):
    ages = Ages(contract)
    assert observe(ages, 30, moving=moving) == ''


def test_rest_starts_the_count_again():
    ages = Ages(HARDWARE)
    observe(ages, 9)
    observe(ages, 1, begin_ms=450, moving=False)
    assert observe(ages, 8, begin_ms=500) == ''
    assert observe(ages, 1, begin_ms=900) == 'frozen observation'


@pytest.mark.parametrize('other', [state(position=1e-9), state(velocity=-0.0)])
def test_a_single_bit_is_a_sign_of_life(other):
    ages = Ages(HARDWARE)
    observe(ages, 9)
    observe(ages, 1, begin_ms=450, sensors=other)
    assert observe(ages, 9, begin_ms=500) == ''


def test_frozen_it_remains_at_rest_until_a_bit_changes():
    ages = Ages(HARDWARE)
    observe(ages, 10)
    assert observe(ages, 5, begin_ms=500, moving=False) == 'frozen observation'
    assert observe(ages, 1, begin_ms=750, moving=False, sensors=state(1.0)) == ''


def test_frozen_it_is_no_more_once_somebody_has_looked():
    ages = Ages(HARDWARE)
    observe(ages, 10)
    ages.looked_at()
    assert ages.observation_late(450 * MS) == ''
    assert observe(ages, 9, begin_ms=500) == ''
    assert observe(ages, 1, begin_ms=950) == 'frozen observation'


def test_a_frozen_source_that_falls_silent_is_late():
    ages = Ages(HARDWARE)
    observe(ages, 10)
    assert ages.observation_late(601 * MS) == 'no observation'


def test_without_the_state_only_the_time_counts():
    ages = Ages(HARDWARE)
    for k in range(30):
        ages.observed(k * 50 * MS)
    assert ages.observation_late(1450 * MS) == ''


@pytest.mark.parametrize('stamp_ms, refusal', [
    (10000, ''), (10050, ''), (10051, 'observation from the future'),
    (10**15, 'observation from the future'), (9850, ''), (9849, 'observation out of date'),
    (-10**15, 'observation out of date')])
def test_the_stamp_of_an_observation_fits_the_clock_or_is_refused(stamp_ms, refusal):
    assert Ages(HARDWARE).observation_refusal(stamp_ms * MS, 10000 * MS) == refusal


def test_a_stamp_may_be_fifty_milliseconds_ahead_and_no_nanosecond_more():
    ages = Ages(SAWYER)
    assert ages.observation_refusal(1050 * MS, 1000 * MS) == ''
    assert ages.observation_refusal(1050 * MS + 1, 1000 * MS) == 'observation from the future'


def test_samples_that_come_fast_freeze_only_after_the_time_out():
    ages = Ages(HARDWARE)
    assert observe(ages, 20, every_ms=5, begin_ms=1000) == ''
    assert observe(ages, 20, every_ms=5, begin_ms=1100) == 'frozen observation'


def test_unless_told_of_a_motion_nothing_freezes():
    ages = Ages(HARDWARE)
    for k in range(40):
        ages.observed(k * 50 * MS, state())
    assert ages.observation_late(39 * 50 * MS) == ''
