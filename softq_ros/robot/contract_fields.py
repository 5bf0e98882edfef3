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
"""
The fields of a contract, how each is read and when it may be left out.

``FIELDS`` is the whole truth on what a file may say; ``contract_rules`` has what binds fields to
each other. A reader gets the value from the file and the fields read before it, and returns the
value of the contract or raises a ``ConfigurationError`` with what it got and would have accepted.
"""
from collections.abc import Callable
from functools import partial
import math
from pathlib import Path
import re
from typing import NamedTuple, NoReturn

import numpy as np

from softq_ros.errors import accepted, ConfigurationError
from softq_ros.robot.kinematics import Chain, Segment
from softq_ros.robot.urdf import chain_from_urdf, Urdf
from softq_ros.robot.yaml_file import short

POSITION_LIKE = ('position', 'position_increment', 'trajectory')
ARRAY = 'std_msgs/Float64MultiArray'
COMMAND_TYPES = {
    'velocity': ARRAY, 'position': ARRAY, 'position_increment': ARRAY, 'effort': ARRAY,
    'trajectory': 'trajectory_msgs/JointTrajectory', 'twist': 'geometry_msgs/TwistStamped'}
HOLDS = {'velocity': 'brake', 'twist': 'brake', 'effort': 'damp', 'position': 'pose',
         'position_increment': 'pose', 'trajectory': 'pose'}
TWIST = ('x', 'y', 'z', 'rx', 'ry', 'rz')
LARGEST = 1e6  # a greater number in a contract is a slip of the pen
TOPIC = re.compile(r'/?[A-Za-z][A-Za-z0-9_]*(/[A-Za-z][A-Za-z0-9_]*)*')
MUST = object()


class Known(NamedTuple):
    """A field: how it is read, what stands for it in simulation, for which interfaces it is."""

    read: Callable
    left_out: object = MUST
    interfaces: tuple[str, ...] = tuple(COMMAND_TYPES)

    def default(self, found: dict) -> object:
        """Return what stands for it where a simulated robot leaves it out."""
        return self.left_out(found) if callable(self.left_out) else self.left_out


def action_size(found: dict) -> int:
    """Return the number of components of an action."""
    return len(TWIST) if found['interface'] == 'twist' else len(found['joints'])


def _refuse(value: object, would_do: str) -> NoReturn:
    raise ConfigurationError(f'got {short(value)}; accepted: {would_do}')


def _plain(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _kind(kind: type, value: object, found: dict) -> object:
    if not isinstance(value, kind) or value == '':
        _refuse(value, kind.__name__)
    return value


def _number(value: object, found: dict, zero: bool = False) -> float:
    if not (_plain(value) and (0 < value <= LARGEST or zero and value == 0)):
        _refuse(value, f'a number {"from" if zero else "above"} zero, at most {LARGEST:g}')
    return float(value)


def _vector(size: Callable, value: object, found: dict, positive: bool = True,
            unlimited: bool = False) -> np.ndarray:
    count = size(found)
    if not (isinstance(value, list) and len(value) == count and all(map(_plain, value))):
        _refuse(value, f'a list of {count} numbers')
    infinite = found['simulated'] and unlimited
    if not all(abs(row) <= LARGEST or infinite and row == math.inf for row in value):
        _refuse(value, f'finite numbers, at most {LARGEST:g}')
    if positive and min(value) <= 0:
        _refuse(value, 'numbers above zero')
    vector = np.array(value, np.float64)
    vector.setflags(write=False)
    return vector


def _topic(value: object, found: dict) -> str:
    if not (isinstance(value, str) and TOPIC.fullmatch(value)):
        _refuse(value, 'a ROS name')
    return value


def _topics(value: object, found: dict) -> tuple[str, ...]:
    if not isinstance(value, list):
        _refuse(value, 'a list of ROS names, [] for none')
    return tuple(_topic(row, found) for row in value)


def _joints(value: object, found: dict) -> tuple[str, ...]:
    named = isinstance(value, list) and all(isinstance(j, str) and j for j in value)
    if not named or not value or len(set(value)) != len(value):
        _refuse(value, 'a list of different names')
    return tuple(value)


def _one_of(names: tuple[str, ...], value: object, found: dict) -> str:
    if value not in names:
        raise ConfigurationError(accepted(value, names))
    return value


def _that_of_interface(table: dict, value: object, found: dict) -> str:
    return _one_of((table[found['interface']],), value, found)


def _segment(row: object, found: dict) -> Segment:
    fixed = {'xyz', 'rpy'}
    moving = isinstance(row, dict) and 'joint' in row
    needed = fixed | {'joint', 'axis'} if moving else fixed
    if not isinstance(row, dict) or not needed <= set(row) <= needed | {'prismatic'}:
        given = list(row) if isinstance(row, dict) else row
        _refuse(given, 'xyz and rpy, with a joint also axis, and prismatic: true where it slides')
    readers = {'joint': _text, 'prismatic': _flag}
    return Segment(**{'joint': '', 'axis': (0.0, 0.0, 1.0)} | {
        name: readers.get(name, _point)(value, found) for name, value in row.items()})


def _chain(value: object, found: dict) -> Chain:
    if not isinstance(value, list):
        _refuse(value, 'a list of segments from base to tool')
    segments = []
    for row in value:
        try:
            segments.append(_segment(row, found))
        except ConfigurationError as error:
            raise ConfigurationError(f'segment {len(segments) + 1}: {error}') from None
    return Chain(tuple(segments))


def _urdf(value: object, found: dict) -> Urdf:
    path = found['folder'] / _kind(str, value, found)
    return chain_from_urdf(path, found['base_frame'], found['tool_frame'])


_text, _flag = partial(_kind, str), partial(_kind, bool)
_or_zero = partial(_number, zero=True)
_each_joint = partial(_vector, lambda found: len(found['joints']))
_each_position = partial(_each_joint, positive=False)
_each_limit = partial(_each_joint, unlimited=True)
_pair = partial(_vector, lambda found: 2)
_point = partial(_vector, lambda found: 3, positive=False)

# In the order in which they are read: a reader may ask for what stands above it.
FIELDS = {
    'name': Known(_text),
    'simulated': Known(_flag),
    'joints': Known(_joints),
    'interface': Known(partial(_one_of, tuple(COMMAND_TYPES))),
    'command_topic': Known(_topic),
    'command_type': Known(partial(_that_of_interface, COMMAND_TYPES),
                          lambda found: COMMAND_TYPES[found['interface']]),
    'control_rate': Known(_number),
    'output_rate': Known(_number, lambda found: found['control_rate']),
    'action_scale': Known(partial(_vector, action_size)),
    'position_lower': Known(_each_position),
    'position_upper': Known(_each_position),
    'velocity_limit': Known(_each_joint),
    'acceleration_limit': Known(_each_limit),
    'effort_limit': Known(_each_limit),
    'lead_limit': Known(_each_joint, interfaces=POSITION_LIKE),
    'effort_rate_limit': Known(_each_joint, interfaces=('effort',)),
    'damping': Known(_each_joint, interfaces=('effort',)),
    'twist_limit': Known(_pair, interfaces=('twist',)),
    'twist_acceleration_limit': Known(_pair, interfaces=('twist',)),
    'command_timeout_sec': Known(_number),
    'observation_timeout_sec': Known(_number),
    'downstream_timeout_sec': Known(_or_zero, 0.0),
    'ramp_sec': Known(_or_zero, 0.0),
    'hold': Known(partial(_that_of_interface, HOLDS), lambda found: HOLDS[found['interface']]),
    'base_frame': Known(_text),
    'tool_frame': Known(_text),
    'chain': Known(_chain, None),
    'urdf': Known(_urdf, None),
    'workspace_lower': Known(_point, None),
    'workspace_upper': Known(_point, None),
    'tool_speed_limit': Known(_number, math.inf),
    'joint_states_topic': Known(_topic, 'joint_states'),
    'tool_pose': Known(partial(_one_of, ('topic', 'kinematics')), 'topic'),
    'ready_topics': Known(_topics, ()),
    'reset_pose': Known(_each_position),
    'reset_sec': Known(_number),
    'arm_on_start': Known(_flag),
}


def _missing(name: str, data: dict, found: dict) -> None:
    if name in ('chain', 'urdf') and {'chain', 'urdf'} & set(data):
        return
    if FIELDS[name].left_out is MUST or not found['simulated']:
        also = ' (or urdf)' if name == 'chain' else ''
        raise ConfigurationError(f'missing{also}; nothing that limits a robot has a default')


def _read_field(name: str, data: dict, found: dict) -> None:
    field, interface = FIELDS[name], found.get('interface', 'velocity')
    if interface not in field.interfaces:
        if name in data:
            raise ConfigurationError(f'does not apply to interface {interface}; accepted: left '
                                     'out')
        return
    if name not in data:
        _missing(name, data, found)
        found[name] = field.default(found)
        return
    found[name] = field.read(data[name], found)


def read_fields(data: dict, folder: Path, refuse: Callable[[str, str], None]) -> dict:
    """
    Return the values of every field that applies.

    :param data: what the file says.
    :param folder: that the path of a URDF starts from.
    :param refuse: raises with the name of a field and what is wrong with it.
    """
    for name in sorted(str(name) for name in set(data) - set(FIELDS)):
        refuse(name, f'unknown; {accepted(name, FIELDS)}')
    found = {'folder': folder}
    for name in FIELDS:
        try:
            _read_field(name, data, found)
        except ConfigurationError as error:
            refuse(name, str(error))
    return found
