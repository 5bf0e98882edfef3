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
GENERIC = yaml.safe_load(share('config', 'robots', 'generic_ros2_control.yaml').read_text())
VECTORS = [name for name, value in GOOD.items()
           if isinstance(value, list) and name not in ('joints', 'chain')]
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


def test_what_a_simulator_leaves_out_is_filled_in(tmp_path):
    point = load_contract('point')
    assert point.command_type == 'std_msgs/Float64MultiArray' and point.hold == 'brake'
    assert point.output_rate == point.control_rate == 10.0
    assert point.ramp_sec == 0.0 and point.downstream_timeout_sec == 0.0
    assert point.chain is None and point.workspace_lower is None and point.lead_limit is None
    assert point.tool_speed_limit == np.inf and point.tool_pose == 'topic'
    assert point.joint_states_topic == 'joint_states' and point.ready_topics == ()


@pytest.mark.parametrize('interface, more, hold, kind', [
    ('position', {'lead_limit': [0.1] * 7}, 'pose', 'std_msgs/Float64MultiArray'),
    ('position_increment', {'lead_limit': [0.1] * 7, 'action_scale': [0.05] * 7}, 'pose',
     'std_msgs/Float64MultiArray'),
    ('trajectory', {'lead_limit': [0.1] * 7, 'action_scale': [0.05] * 7}, 'pose',
     'trajectory_msgs/JointTrajectory'),
    ('effort', {'effort_rate_limit': [50.0] * 7, 'damping': [1.0] * 7}, 'damp',
     'std_msgs/Float64MultiArray'),
    ('twist', {'twist_limit': [0.2, 0.5], 'twist_acceleration_limit': [1.0, 2.0],
               'action_scale': [0.2] * 3 + [0.5] * 3}, 'brake', 'geometry_msgs/TwistStamped'),
])
def test_every_interface_has_its_own_fields_type_and_hold(tmp_path, interface, more, hold, kind):
    contract = load(tmp_path, GOOD | {'interface': interface} | more)
    assert contract.hold == hold and contract.command_type == kind
    assert contract.position_like == (hold == 'pose')
    assert len(contract.action_names) == contract.action_scale.size
    assert (contract.action_names == contract.joints) == (interface != 'twist')
    for name in more:
        assert getattr(contract, name).tolist() == more[name]
        with pytest.raises(ConfigurationError, match=f'{name}: '):
            load(tmp_path, GOOD | {'interface': interface} | more | {name: [0.0]})


URDF = """<robot name="two"><link name="base_link"/><link name="one"/><link name="tool_link"/>
<joint name="joint1" type="continuous"><parent link="base_link"/><child link="one"/>
  <origin xyz="0 0.1 1.95"/><axis xyz="0 1 0"/></joint>
<joint name="joint2" type="revolute"><parent link="one"/><child link="tip"/>
  <origin xyz="0 0.1 0.9"/><axis xyz="0 1 0"/>
  <limit lower="-1" upper="1" velocity="0.5" effort="12"/></joint>
<joint name="tool" type="fixed"><parent link="tip"/><child link="tool_link"/>
  <origin xyz="0 0 1"/></joint></robot>"""
DESCRIBED = {name: value for name, value in GENERIC.items() if name != 'chain'} | {
    'urdf': 'two.urdf'}


def test_a_urdf_beside_the_contract_stands_for_the_chain(tmp_path):
    (tmp_path / 'two.urdf').write_text(URDF)
    q = np.array([0.3, -0.2])
    described, written = load(tmp_path, DESCRIBED), load_contract('generic_ros2_control')
    assert np.allclose(described.chain.jacobian(q), written.chain.jacobian(q))


@pytest.mark.parametrize('change, match', [
    ({'position_lower': [-0.8, -1.1]}, 'position_lower: got -1.1 for joint2; .*least the -1 of'),
    ({'position_upper': [0.8, 1.1]}, 'position_upper: got 1.1 for joint2; .*most the 1 of'),
    ({'velocity_limit': [0.3, 0.6]}, 'velocity_limit: got 0.6 for joint2'),
    ({'effort_limit': [10.0, 13.0]}, 'effort_limit: got 13 for joint2'),
    ({'joints': ['joint2', 'joint1']}, "urdf: got joints .*'joint1', 'joint2'.*in their order"),
    ({'joints': ['joint1', 'wrist']}, "urdf: got joints .*'wrist'"),
    ({'tool_frame': 'hand'}, "urdf: no chain from 'base_link' to 'hand'"),
    ({'urdf': 'three.urdf'}, 'urdf: three.urdf: not readable as URDF'),
    ({'urdf': 3}, 'urdf: got 3; accepted: str'),
    ({'chain': GENERIC['chain']}, 'chain: got one beside urdf'),
])
def test_a_contract_that_goes_beyond_its_urdf_is_refused(tmp_path, change, match):
    (tmp_path / 'two.urdf').write_text(URDF)
    with pytest.raises(ConfigurationError, match=match):
        load(tmp_path, DESCRIBED | change)


def test_whole_numbers_will_do_where_decimals_are_meant(tmp_path):
    contract = load(tmp_path, GOOD | {'control_rate': 20, 'velocity_limit': [2] * 7})
    assert contract.control_rate == 20.0 and contract.velocity_limit.dtype == np.float64


@pytest.mark.parametrize('name', sorted(set(GOOD) - {'chain'}))
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
    ({'interface': 'torque'}, 'interface: .*accepted: effort, position'),
    ({'command_topic': 'a topic'}, 'command_topic: .*a ROS name'),
    ({'position_lower': GOOD['position_upper']}, 'position_lower: not below'),
    ({'reset_pose': [9.0] * 7}, 'reset_pose: outside'),
    ({'action_scale': [2.0] * 7}, 'action_scale: above velocity_limit'),
    ({'velocity_limit': [0.0] * 7}, 'velocity_limit: .*above zero'),
])
def test_what_does_not_fit_is_refused_by_name(tmp_path, change, match):
    with pytest.raises(ConfigurationError, match=match):
        load(tmp_path, GOOD | change)


@pytest.mark.parametrize('text', [
    '', '- a list', 'a: [', '\x00', '!!python/object:os.system {}', '[' * 2000, '2001-99-99',
    f'control_rate: {"9" * 5000}'], ids=lambda text: text[:9])
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
