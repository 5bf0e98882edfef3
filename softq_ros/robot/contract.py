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
"""The contract of a robot: a YAML file that says what it is and what it may be told."""
from dataclasses import dataclass, fields, MISSING
from pathlib import Path
import re

import numpy as np
import yaml

from softq_ros.errors import accepted, ConfigurationError
from softq_ros.paths import known, share

INTERFACES = ('velocity',)
VECTORS = ('action_scale', 'position_lower', 'position_upper', 'velocity_limit',
           'acceleration_limit', 'effort_limit', 'reset_pose')
MAY_BE_UNLIMITED = ('acceleration_limit', 'effort_limit')
LARGEST = 1e6  # a greater number in a contract is a slip of the pen
NUMBERS = ('control_rate', 'command_timeout_sec', 'observation_timeout_sec', 'reset_sec',
           'downstream_timeout_sec')
OPTIONAL = 'downstream_timeout_sec'
TOPIC = re.compile(r'/?[A-Za-z][A-Za-z0-9_]*(/[A-Za-z][A-Za-z0-9_]*)*')


@dataclass(frozen=True, eq=False)
class RobotContract:
    """
    What a robot is and may be told; vectors are ``(A,)`` in the order of ``joints``.

    Rates in Hz, times in seconds, positions in rad or m, the rest per second, per second squared,
    N m or N. ``action_scale`` is the command that an action of 1 asks for.
    ``downstream_timeout_sec`` is the time after which the driver stops by itself; 0: never.
    """

    name: str
    simulated: bool
    joints: tuple[str, ...]
    interface: str
    command_topic: str
    control_rate: float
    action_scale: np.ndarray
    position_lower: np.ndarray
    position_upper: np.ndarray
    velocity_limit: np.ndarray
    acceleration_limit: np.ndarray
    effort_limit: np.ndarray
    command_timeout_sec: float
    observation_timeout_sec: float
    reset_pose: np.ndarray
    reset_sec: float
    base_frame: str
    tool_frame: str
    arm_on_start: bool
    downstream_timeout_sec: float = 0.0

    @property
    def period_ns(self) -> int:
        """Return the control period [ns]."""
        return round(1e9 / self.control_rate)

    @property
    def period_sec(self) -> float:
        """Return the control period [s]."""
        return 1.0 / self.control_rate


def _refuse(path: Path, field: str, text: str) -> None:
    raise ConfigurationError(f'{path.name}: {field}: {text}')


def _read(path: Path) -> dict:
    try:
        data = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = ' '.join(str(error).split())
        raise ConfigurationError(f'{path.name}: not readable as YAML: {reason}') from error
    names = {field.name: field.default is MISSING for field in fields(RobotContract)}
    if not isinstance(data, dict):
        _refuse(path, 'file', f'got {type(data).__name__}; accepted: a mapping of fields')
    for name in sorted(name for name, needed in names.items() if needed and name not in data):
        _refuse(path, name, 'missing; nothing that limits a robot has a default')
    for name in sorted(str(name) for name in set(data) - set(names)):
        _refuse(path, name, f'unknown; {accepted(name, names)}')
    return data


def _plain(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(value)
    return value


def _vector(path: Path, name: str, value: object, size: int, simulated: bool) -> np.ndarray:
    try:
        vector = np.array([_plain(row) for row in value], np.float64)
    except (TypeError, ValueError):
        vector = np.empty(0)
    if not isinstance(value, list) or vector.shape != (size,):
        _refuse(path, name, f'got {value!r}; accepted: a list of {size} numbers')
    unlimited = simulated and name in MAY_BE_UNLIMITED
    if not ((np.abs(vector) <= LARGEST) | (unlimited & (vector == np.inf))).all():
        _refuse(path, name, f'got {value!r}; accepted: finite numbers, at most {LARGEST:g}')
    if not name.startswith(('position', 'reset')) and (vector <= 0).any():
        _refuse(path, name, f'got {value!r}; accepted: numbers above zero')
    vector.setflags(write=False)
    return vector


def _check_scalars(path: Path, data: dict) -> None:
    kinds = {'simulated': bool, 'arm_on_start': bool, 'name': str, 'interface': str,
             'command_topic': str, 'base_frame': str, 'tool_frame': str}
    for name, kind in kinds.items():
        if not isinstance(data[name], kind):
            _refuse(path, name, f'got {data[name]!r}; accepted: {kind.__name__}')
    for name in NUMBERS:
        value = data.get(name, 0.0)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not (number and (0 < value <= LARGEST or name == OPTIONAL and value == 0)):
            _refuse(path, name, f'got {value!r}; accepted: a number above zero, at most '
                                f'{LARGEST:g}')
        data[name] = float(value)
    if data['interface'] not in INTERFACES:
        _refuse(path, 'interface', accepted(data['interface'], INTERFACES))
    if not TOPIC.fullmatch(data['command_topic']):
        _refuse(path, 'command_topic', f'got {data["command_topic"]!r}; accepted: a ROS name')


def _check_hardware(path: Path, data: dict) -> None:
    if data['simulated']:
        return
    if data['arm_on_start']:
        _refuse(path, 'arm_on_start', 'got true; accepted only with simulated: true')
    if not data[OPTIONAL]:
        _refuse(path, OPTIONAL, 'got 0; accepted with simulated: false: above zero, since a '
                                'driver without a time-out keeps the last velocity for ever')


def _check_joints(path: Path, joints: object) -> tuple[str, ...]:
    named = isinstance(joints, list) and all(isinstance(j, str) and j for j in joints)
    if not named or not joints or len(set(joints)) != len(joints):
        _refuse(path, 'joints', f'got {joints!r}; accepted: a list of different names')
    return tuple(joints)


def load_contract(name_or_path: str | Path) -> RobotContract:
    """
    Load a contract by its name in ``config/robots`` or by the path of a file.

    :raises ConfigurationError: naming the field, its value and what would be accepted.
    """
    path = Path(name_or_path)
    if path.suffix != '.yaml':
        names = known('config/robots')
        if str(name_or_path) not in names:
            raise ConfigurationError(f'unknown robot: {accepted(str(name_or_path), names)}')
        path = share('config', 'robots', f'{name_or_path}.yaml')
    data = _read(path)
    _check_scalars(path, data)
    _check_hardware(path, data)
    data['joints'] = joints = _check_joints(path, data['joints'])
    for name in VECTORS:
        data[name] = _vector(path, name, data[name], len(joints), data['simulated'])
    if (data['position_lower'] >= data['position_upper']).any():
        _refuse(path, 'position_lower', 'not below position_upper for every joint')
    inside = np.clip(data['reset_pose'], data['position_lower'], data['position_upper'])
    if (inside != data['reset_pose']).any():
        _refuse(path, 'reset_pose', 'outside position_lower to position_upper')
    if (data['action_scale'] > data['velocity_limit']).any():
        _refuse(path, 'action_scale', 'above velocity_limit')
    return RobotContract(**data)
