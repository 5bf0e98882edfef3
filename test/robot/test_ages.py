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

import pytest

from softq_ros.robot.ages import Ages
from softq_ros.robot.contract import load_contract

MS = 1_000_000
SAWYER = load_contract('sim_sawyer')  # period 50 ms, observations 150 ms


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
