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
"""Files an arm must not be started with: each one slip away from a good one, each named."""
from pathlib import Path

import pytest

from softq_ros.errors import ConfigurationError
from softq_ros.paths import share
from softq_ros.robot.contract import load_contract
from softq_ros.robot.yaml_file import LARGEST_FILE

SEVEN = '[1, 1, 1, 1, 1, 1, {}]'
SWAPPED = '[right_j1, right_j0, right_j2, right_j3, right_j4, right_j5, right_j6]'
# robot, field the refusal names, how its line reads instead (None: the line is left out)
SLIPS = [
    ('sawyer', 'velocity_limit', SEVEN.format('.nan')),
    ('sawyer', 'acceleration_limit', SEVEN.format('.inf')),
    ('sawyer', 'effort_limit', SEVEN.format('-.inf')),
    ('sawyer', 'velocity_limit', SEVEN.format('-1')),
    ('sawyer', 'velocity_limit', SEVEN.format('0')),
    ('sawyer', 'velocity_limit', SEVEN.format('1e300')),
    ('sawyer', 'velocity_limit', SEVEN.format('"1"')),
    ('sawyer', 'velocity_limit', SEVEN.format('true')),
    ('sawyer', 'velocity_limit', '[1, 1, 1, 1, 1, 1]'),
    ('sawyer', 'velocity_limit', '1'),
    ('sawyer', 'position_lower', '[3, 3, 3, 3, 3, 3, 3]'),
    ('sawyer', 'action_scale', SEVEN.format('1e3')),
    ('sawyer', 'control_rate', '.nan'),
    ('sawyer', 'control_rate', '0'),
    ('sawyer', 'control_rate', 'often'),
    ('sawyer', 'control_rate', '0x' + 'f' * 5000),
    ('sawyer', 'output_rate', '50'),
    ('sawyer', 'output_rate', '10'),
    ('sawyer', 'command_timeout_sec', '0'),
    ('sawyer', 'command_timeout_sec', '0.01'),
    ('sawyer', 'observation_timeout_sec', '-1'),
    ('sawyer', 'downstream_timeout_sec', '0'),
    ('sawyer', 'downstream_timeout_sec', '0.01'),
    ('sawyer', 'ramp_sec', '0'),
    ('sawyer', 'arm_on_start', 'true'),
    ('sawyer', 'interface', 'effort'),
    ('sawyer', 'interface', 'speed'),
    ('sawyer', 'command_type', 'geometry_msgs/TwistStamped'),
    ('sawyer', 'command_topic', '~/commands'),
    ('sawyer', 'hold', 'pose'),
    ('sawyer', 'joints', '[a, a, b, c, d, e, f]'),
    ('sawyer', 'joints', SWAPPED),
    ('sawyer', 'workspace_lower', '[1, 1, 1]'),
    ('sawyer', 'workspace_upper', '[1, 1]'),
    ('sawyer', 'tool_speed_limit', '.inf'),
    ('sawyer', 'tool_pose', 'camera'),
    ('sawyer', 'ready_topics', 'sawyer_ready'),
    ('sawyer', 'reset_pose', '[9, 0, 0, 0, 0, 0, 0]'),
    ('sawyer', 'reset_pose', '[0, 0, 0, 0, 0, 0, 0]'),
    ('sawyer', 'joint_states_topic', 'joint states'),
    ('sawyer', 'lead_limit', SEVEN.format('1')),
    ('sawyer', 'velocity_limits', SEVEN.format('1')),
    ('sawyer', 'chain', '[{joint: right_j0, xyz: [0, 0, 1], rpy: [0, 0, 0]}]'),
    ('sawyer', 'chain', '[{xyz: [0, 0, 1]}]'),
    ('sawyer', 'chain', 'urdf'),
    ('ur5e', 'urdf', 'nowhere.urdf'),
    ('ur5e', 'lead_limit', '[0.01, 0.01, 0.01, 0.01, 0.01]'),
    ('ur5e', 'action_scale', '[0.2, 0.2, 0.2, 0.2, 0.2, 0.2]'),
    ('moveit_servo', 'twist_limit', '[.nan, 1]'),
    ('moveit_servo', 'action_scale', '[0.1, 0.1, 0.1, 0.9, 0.9, 0.9]'),
    ('moveit_servo', 'twist_acceleration_limit', '[1, 2, 3]'),
]
# the line is right in itself, and the field that it does not fit is named
NAMED = {('interface', 'effort'): 'effort_rate_limit', ('joints', SWAPPED): 'chain'}
HARDWARE = ('sawyer', 'ur5e', 'generic_ros2_control', 'moveit_servo')


def sections(robot: str) -> dict[str, str]:
    """Return the text of a contract that ships by field, without comments."""
    found, name = {}, ''
    for line in share('config', 'robots', f'{robot}.yaml').read_text().splitlines():
        if line and not line.startswith((' ', '#')):
            name = line.partition(':')[0]
        found[name] = found.get(name, '') + line + '\n'
    return found


def refused(path: Path) -> str:
    """Return the one line with which a contract is refused."""
    with pytest.raises(ConfigurationError) as error:
        load_contract(path)
    assert '\n' not in str(error.value) and len(str(error.value)) < 2000
    return str(error.value)


@pytest.mark.parametrize('robot', HARDWARE)
def test_the_good_ones_load_from_their_text(tmp_path, robot):
    path = tmp_path / 'robot.yaml'
    path.write_text(''.join(sections(robot).values()))
    assert load_contract(path).name == robot


@pytest.mark.parametrize('robot, field, value', SLIPS)
def test_a_slip_is_refused_with_the_name_of_its_field(tmp_path, robot, field, value):
    path = tmp_path / 'robot.yaml'
    path.write_text(''.join((sections(robot) | {field: f'{field}: {value}\n'}).values()))
    text = refused(path)
    assert text.startswith(f'robot.yaml: {NAMED.get((field, value), field)}: '), text
    words = ('accepted', 'above', 'below', 'outside', 'missing', 'not readable')
    assert any(word in text for word in words)


@pytest.mark.parametrize('robot', HARDWARE)
def test_nothing_can_be_left_out(tmp_path, robot):
    path, text = tmp_path / 'robot.yaml', sections(robot)
    assert {'velocity_limit', 'command_timeout_sec', 'workspace_lower', 'ramp_sec'} < set(text)
    for field in filter(None, text):
        path.write_text(''.join(line for name, line in text.items() if name != field))
        assert refused(path).startswith(f'robot.yaml: {field}: missing')


@pytest.mark.parametrize('field', ['tool_pose', 'workspace_lower', 'tool_speed_limit'])
def test_what_needs_a_chain_is_refused_without(tmp_path, field):
    limits = {'tool_pose': 'tool_pose: kinematics\n', 'tool_speed_limit': 'tool_speed_limit: 1\n',
              'workspace_lower': 'workspace_lower: [0, 0, 0]\nworkspace_upper: [1, 1, 1]\n'}
    path = tmp_path / 'robot.yaml'
    path.write_text(''.join((sections('point') | {field: limits[field]}).values()))
    assert refused(path).startswith(f'robot.yaml: {field}: got ')


def test_a_field_given_twice_is_refused(tmp_path):
    path, text = tmp_path / 'robot.yaml', sections('sawyer')
    path.write_text(''.join(text.values()) + text['velocity_limit'])
    assert 'velocity_limit: got it twice' in refused(path)


def test_aliases_that_would_grow_to_a_billion_rows_are_refused_in_few_words(tmp_path):
    path = tmp_path / 'robot.yaml'
    rows = ', '.join(f'&a{i + 1} [{", ".join([f"*a{i}"] * 9)}]' for i in range(9))
    text = sections('sawyer') | {'velocity_limit': f'velocity_limit: [&a0 [1], {rows}]\n'}
    path.write_text(''.join(text.values()))
    assert refused(path).startswith('robot.yaml: velocity_limit: got [[1], [[...]')


def test_what_is_no_small_file_is_refused(tmp_path):
    (tmp_path / 'folder.yaml').mkdir()
    (tmp_path / 'huge.yaml').write_text('#' * (LARGEST_FILE + 1))
    (tmp_path / 'bytes.yaml').write_bytes(b'\xff\xfe\x00')
    (tmp_path / 'empty.yaml').write_text('')
    for name, why in (('folder', 'not a file'), ('huge', 'larger than'), ('bytes', 'not readable'),
                      ('empty', 'a mapping'), ('missing', 'No such file')):
        text = refused(tmp_path / f'{name}.yaml')
        assert text.startswith(f'{name}.yaml: ') and why in text
