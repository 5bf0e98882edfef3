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
from dataclasses import dataclass, fields
import math
from pathlib import Path
from typing import NoReturn

import numpy as np

from softq_ros.errors import accepted, ConfigurationError
from softq_ros.paths import known, share
from softq_ros.robot.contract_fields import POSITION_LIKE, read_fields, TWIST
from softq_ros.robot.contract_rules import check_rules
from softq_ros.robot.kinematics import Chain
from softq_ros.robot.yaml_file import read_mapping


@dataclass(frozen=True, eq=False, kw_only=True)
class RobotContract:
    """
    What a robot is and may be told.

    J joints, A components of an action; limits are ``(J,)`` in the order of ``joints``. Rates in
    Hz, times in seconds, positions in rad or m, the rest per second, per second squared, N m or N.

    :param interface: ``velocity``, ``position``, ``position_increment``, ``trajectory``,
        ``effort`` or ``twist``.
    :param command_type: of the messages on ``command_topic``.
    :param output_rate: at which the gate publishes in realtime, a multiple of ``control_rate``.
    :param action_scale: ``(A,)``, what an action of 1 asks for: rad/s; rad from ``reset_pose``
        (``position``) or a control step (``position_increment``, ``trajectory``); N m; for
        ``twist`` m/s along x, y, z and rad/s about them in the base frame.
    :param lead_limit: the most a target may lead the measured position; position-like alone.
    :param effort_rate_limit: N m/s; with ``damping`` N m s/rad, for ``effort`` alone.
    :param twist_limit: ``(2,)``, linear [m/s] and angular [rad/s]; with
        ``twist_acceleration_limit`` per second, for ``twist`` alone.
    :param downstream_timeout_sec: after which the driver stops by itself; 0: never.
    :param ramp_sec: in which authority grows from 0 to 1 after arming and after each hold.
    :param hold: the safe action: ``brake``, ``pose`` or ``damp``.
    :param workspace_lower: corner ``(3,)`` of the box the tool's origin stays in, base frame [m].
    :param tool_speed_limit: of the tool's origin [m/s].
    :param tool_pose: ``topic`` where a driver publishes it, or ``kinematics``.
    :param ready_topics: of std_msgs/Bool; false, or never heard, means not ready.
    """

    name: str
    simulated: bool
    joints: tuple[str, ...]
    interface: str
    command_topic: str
    command_type: str
    control_rate: float
    output_rate: float
    action_scale: np.ndarray
    position_lower: np.ndarray
    position_upper: np.ndarray
    velocity_limit: np.ndarray
    acceleration_limit: np.ndarray
    effort_limit: np.ndarray
    lead_limit: np.ndarray | None = None
    effort_rate_limit: np.ndarray | None = None
    damping: np.ndarray | None = None
    twist_limit: np.ndarray | None = None
    twist_acceleration_limit: np.ndarray | None = None
    command_timeout_sec: float
    observation_timeout_sec: float
    downstream_timeout_sec: float = 0.0
    ramp_sec: float = 0.0
    hold: str
    workspace_lower: np.ndarray | None = None
    workspace_upper: np.ndarray | None = None
    tool_speed_limit: float = math.inf
    chain: Chain | None = None
    base_frame: str
    tool_frame: str
    joint_states_topic: str = 'joint_states'
    tool_pose: str = 'topic'
    ready_topics: tuple[str, ...] = ()
    reset_pose: np.ndarray
    reset_sec: float
    arm_on_start: bool

    @property
    def period_ns(self) -> int:
        """Return the control period [ns]."""
        return round(1e9 / self.control_rate)

    @property
    def period_sec(self) -> float:
        """Return the control period [s]."""
        return 1.0 / self.control_rate

    @property
    def action_names(self) -> tuple[str, ...]:
        """Return the names of an action's components: joints, or axes of a twist."""
        return TWIST if self.interface == 'twist' else self.joints

    @property
    def position_like(self) -> bool:
        """Return whether a command is a target position of each joint."""
        return self.interface in POSITION_LIKE


def contract_path(name_or_path: str | Path) -> Path:
    """
    Return the file of a contract by its name in ``config/robots`` or by its path.

    :raises ConfigurationError: for a name that is not there.
    """
    path, names = Path(name_or_path), known('config/robots')
    if path.suffix == '.yaml':
        return path
    if str(name_or_path) not in names:
        raise ConfigurationError(f'unknown robot: {accepted(str(name_or_path), names)}')
    return share('config', 'robots', f'{name_or_path}.yaml')


def load_contract(name_or_path: str | Path) -> RobotContract:
    """
    Load a contract by its name in ``config/robots`` or by the path of a file.

    :raises ConfigurationError: naming the field, its value and what would be accepted.
    """
    path = contract_path(name_or_path)

    def refuse(field: str, text: str) -> NoReturn:
        raise ConfigurationError(f'{path.name}: {field}: {text}')

    found = read_fields(read_mapping(path), path.parent, refuse)
    if found['urdf'] and not found['chain']:
        found['chain'] = found['urdf'].chain
    check_rules(found, refuse)
    return RobotContract(**{field.name: found[field.name] for field in fields(RobotContract)
                            if field.name in found})
