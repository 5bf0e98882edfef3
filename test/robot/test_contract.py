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
"""A contract is taken whole or refused with the name of the field."""
import numpy as np
import pytest
import yaml

from softq_ros.errors import ConfigurationError
from softq_ros.paths import known, share
from softq_ros.robot.contract import load_contract

GOOD = yaml.safe_load(share('config', 'robots', 'sim_sawyer.yaml').read_text())
HARDWARE = GOOD | {'simulated': False, 'arm_on_start': False, 'downstream_timeout_sec': 0.1}
VECTORS = [name for name, value in GOOD.items() if isinstance(value, list) and name != 'joints']
NUMBERS = [name for name, value in GOOD.items() if isinstance(value, float)]


def load(folder, rows):
    path = folder / 'robot.yaml'
    path.write_text(rows if isinstance(rows, str) else yaml.safe_dump(rows))
    return load_contract(path)


@pytest.mark.parametrize('name', known('config/robots'))
def test_every_contract_that_ships_loads_by_its_name(name):
    contract = load_contract(name)
    assert contract.name == name
    assert contract.position_lower.shape == (len(contract.joints),)


def test_the_sawyer_has_the_limits_of_its_description():
    sawyer = load_contract('sim_sawyer')
    assert sawyer.joints == tuple(f'right_j{i}' for i in range(7))
    assert sawyer.velocity_limit.tolist() == [1.74, 1.328, 1.957, 1.957, 3.485, 3.485, 4.545]
    assert sawyer.position_lower[1] == -3.8095 and sawyer.position_upper[1] == 2.2736
    assert sawyer.effort_limit.tolist() == [80, 80, 40, 40, 9, 9, 9]
    assert sawyer.period_ns == 50_000_000 and sawyer.period_sec == 0.05


def test_the_sawyer_may_reverse_its_range_within_one_period():
    sawyer = load_contract('sim_sawyer')
    change = sawyer.acceleration_limit * sawyer.period_sec
    assert (change >= 2 * sawyer.action_scale).all()


def test_the_vectors_of_a_contract_cannot_be_written_to():
    with pytest.raises(ValueError, match='read-only'):
        load_contract('sim_sawyer').velocity_limit[0] = 100.0


def test_a_contract_of_hardware_with_a_time_out_below_us_loads(tmp_path):
    assert load(tmp_path, HARDWARE).downstream_timeout_sec == 0.1


def test_whole_numbers_will_do_where_decimals_are_meant(tmp_path):
    contract = load(tmp_path, GOOD | {'control_rate': 20, 'velocity_limit': [2] * 7})
    assert contract.control_rate == 20.0 and contract.velocity_limit.dtype == np.float64


@pytest.mark.parametrize('name', sorted(GOOD))
def test_a_missing_field_is_named(tmp_path, name):
    with pytest.raises(ConfigurationError, match=f'{name}: missing'):
        load(tmp_path, {key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize('name', VECTORS)
@pytest.mark.parametrize('bad', [
    float('nan'), float('-inf'), 1e9, 'fast', None, True, [1.0]], ids=repr)
def test_a_bad_element_is_refused_with_the_name_of_its_vector(tmp_path, name, bad):
    with pytest.raises(ConfigurationError, match=f'robot.yaml: {name}: .*accepted'):
        load(tmp_path, GOOD | {name: [*GOOD[name][:-1], bad]})


@pytest.mark.parametrize('name', VECTORS)
@pytest.mark.parametrize('bad', [[], [1.0] * 6, [1.0] * 8, 1.0, '1 1 1', None], ids=repr)
def test_a_vector_of_another_length_or_kind_is_refused_by_name(tmp_path, name, bad):
    with pytest.raises(ConfigurationError, match=f'{name}: .*a list of 7 numbers'):
        load(tmp_path, GOOD | {name: bad})


@pytest.mark.parametrize('name', NUMBERS)
@pytest.mark.parametrize('bad', [float('nan'), float('inf'), 1e9, 0.0, -1.0, '20', True, None],
                         ids=repr)
def test_a_bad_number_is_refused_by_name(tmp_path, name, bad):
    with pytest.raises(ConfigurationError, match=f'{name}: .*accepted'):
        load(tmp_path, GOOD | {name: bad})


@pytest.mark.parametrize('change, match', [
    ({'speed': 1.0}, 'speed: unknown; .*accepted: .*velocity_limit'),
    ({'joints': ['right_j0'] * 7}, 'joints: .*different names'),
    ({'joints': []}, 'joints: '),
    ({'simulated': 'yes'}, 'simulated: .*bool'),
    ({'interface': 'effort'}, 'interface: .*accepted: velocity'),
    ({'command_topic': 'a topic'}, 'command_topic: .*a ROS name'),
    ({'position_lower': GOOD['position_upper']}, 'position_lower: not below'),
    ({'reset_pose': [9.0] * 7}, 'reset_pose: outside'),
    ({'action_scale': [2.0] * 7}, 'action_scale: above velocity_limit'),
    ({'velocity_limit': [0.0] * 7}, 'velocity_limit: .*above zero'),
])
def test_what_does_not_fit_is_refused_by_name(tmp_path, change, match):
    with pytest.raises(ConfigurationError, match=match):
        load(tmp_path, GOOD | change)


@pytest.mark.parametrize('change, match', [
    ({'arm_on_start': True}, 'arm_on_start: .*simulated: true'),
    ({'downstream_timeout_sec': 0.0}, 'downstream_timeout_sec: .*above zero'),
    ({'acceleration_limit': [float('inf')] * 7}, 'acceleration_limit: .*finite'),
    ({'effort_limit': [float('inf')] * 7}, 'effort_limit: .*finite'),
])
def test_hardware_is_refused_what_only_a_simulator_may(tmp_path, change, match):
    with pytest.raises(ConfigurationError, match=match):
        load(tmp_path, HARDWARE | change)


@pytest.mark.parametrize('text', ['', '- a list', 'a: [', '\x00', '!!python/object:os.system {}'])
def test_what_is_no_mapping_is_refused_in_one_line(tmp_path, text):
    with pytest.raises(ConfigurationError, match='robot.yaml: ') as refused:
        load(tmp_path, text)
    assert '\n' not in str(refused.value)


def test_an_unknown_robot_is_answered_with_those_there_are():
    with pytest.raises(ConfigurationError, match="unknown robot: got 'r2d2'; .*sim_sawyer"):
        load_contract('r2d2')


def test_a_path_without_a_file_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match='nowhere.yaml'):
        load_contract(tmp_path / 'nowhere.yaml')
