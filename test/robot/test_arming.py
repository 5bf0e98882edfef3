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
"""Who may arm, what a fault and a stop leave behind."""
import dataclasses
import os

import pytest

from softq_ros.errors import ConfigurationError
from softq_ros.robot.arming import Arming
from softq_ros.robot.contract import load_contract

SIMULATED = load_contract('sim_sawyer')
MANUAL = dataclasses.replace(SIMULATED, arm_on_start=False)
HARDWARE = dataclasses.replace(MANUAL, simulated=False)


def test_a_simulated_robot_may_come_up_armed():
    assert Arming(SIMULATED).armed


@pytest.mark.parametrize('contract', [MANUAL, HARDWARE])
def test_a_robot_comes_up_disarmed_and_says_so(contract):
    arming = Arming(contract)
    assert not arming.armed and arming.why == 'not armed'


def test_hardware_comes_up_disarmed_even_where_the_contract_says_otherwise():
    assert not Arming(dataclasses.replace(HARDWARE, arm_on_start=True)).armed


def test_arming_lets_through():
    arming = Arming(HARDWARE)
    arming.arm()
    assert arming.armed and arming.why == ''


def test_a_fault_disarms_until_the_next_episode_in_simulation():
    arming = Arming(SIMULATED)
    arming.fault('exception')
    assert not arming.armed and arming.why == 'exception'
    arming.new_episode()
    assert arming.armed and arming.why == ''


def test_a_fault_on_hardware_outlives_the_episode():
    arming = Arming(HARDWARE)
    arming.arm()
    arming.fault('exception')
    arming.new_episode()
    assert not arming.armed


def test_a_new_episode_arms_nobody_who_was_not_armed_before():
    arming = Arming(MANUAL)
    arming.fault('exception')
    arming.new_episode()
    assert not arming.armed


def test_a_new_episode_does_not_clear_a_stop():
    arming = Arming(SIMULATED)
    arming.fault('exception')
    arming.stop('estop')
    arming.fault('another')
    arming.new_episode()
    assert arming.stopped and not arming.armed and arming.why == 'estop'


def test_a_stop_outlives_the_process_until_armed(tmp_path):
    file = tmp_path / 'state' / 'stopped'
    Arming(SIMULATED, file).stop('estop')
    again = Arming(SIMULATED, file)
    assert again.stopped and not again.armed and again.why == 'stopped'
    again.arm()
    assert again.armed and not again.stopped
    assert Arming(SIMULATED, file).armed


def test_stopping_twice_is_stopping():
    arming = Arming(SIMULATED)
    arming.stop('estop')
    arming.stop('gate/stop')
    assert arming.stopped and arming.why == 'gate/stop'


def test_a_stop_that_cannot_be_written_stops_all_the_same(tmp_path):
    file = tmp_path / 'stopped'
    arming = Arming(SIMULATED, file)
    file.mkdir()
    with pytest.raises(OSError):
        arming.stop('estop')
    assert arming.stopped and not arming.armed


def test_a_stop_file_in_an_impossible_place_is_refused_at_the_start(tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(ConfigurationError, match='stop_file'):
        Arming(SIMULATED, tmp_path / 'file' / 'stopped')


def test_a_robot_that_comes_up_armed_has_nothing_to_say():
    assert Arming(SIMULATED).why == ''


def test_the_folder_of_a_stop_is_made_and_arming_needs_no_stop(tmp_path):
    arming = Arming(HARDWARE, tmp_path / 'robots' / 'left' / 'stop')
    arming.arm()
    assert arming.armed and (tmp_path / 'robots' / 'left').is_dir()


def test_a_stop_is_its_owners_and_leaves_no_handle_open(tmp_path):
    arming = Arming(HARDWARE, tmp_path / 'stop')
    arming.stop('first')
    assert (tmp_path / 'stop').stat().st_mode & 0o777 == 0o600
    before = len(os.listdir('/proc/self/fd'))
    for _ in range(3):
        arming.stop('again')
        arming.arm()
    assert len(os.listdir('/proc/self/fd')) == before
