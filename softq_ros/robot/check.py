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
"""What ``softq robot check`` says of a contract before anything moves."""
from pathlib import Path
from typing import NamedTuple

import numpy as np

from softq_ros.errors import ConfigurationError
from softq_ros.robot.contract import load_contract, RobotContract


class Check(NamedTuple):
    """One thing that was looked at, whether it is as it must be, and what was found."""

    name: str
    ok: bool
    found: str

    def __str__(self) -> str:
        """Return the line that is printed."""
        return f'{"ok" if self.ok else "no"}  {self.name}: {self.found}'


def _times(contract: RobotContract) -> str:
    driver = contract.downstream_timeout_sec
    return (f'commands {contract.command_timeout_sec:g} s, observations '
            f'{contract.observation_timeout_sec:g} s, the driver stops by itself '
            + (f'after {driver:g} s' if driver else 'never: it keeps the last command'))


def _chain(contract: RobotContract) -> str:
    if contract.chain is None:
        return 'none: no workspace and no tool speed is held'
    return (f'{contract.base_frame} to {contract.tool_frame}, '
            f'{len(contract.chain.joints)} joints in the order of the contract')


def _reset_pose(contract: RobotContract) -> str:
    found = 'inside the limits of the joints'
    if contract.chain is None:
        return found
    tool = np.round(contract.chain.pose(contract.reset_pose)[0], 4).tolist()
    boxed = contract.workspace_lower is not None
    return f'{found}, the tool at {tool} m' + (' inside the workspace' if boxed else '')


def _facts(contract: RobotContract) -> dict[str, str]:
    where = 'simulated' if contract.simulated else 'hardware'
    speed = contract.tool_speed_limit
    return {
        'contract': f'{contract.name}, {where}, joints {", ".join(contract.joints)}',
        'interface': f'{contract.interface}, {contract.command_type} on {contract.command_topic}',
        'rates': f'control {contract.control_rate:g} Hz, output {contract.output_rate:g} Hz',
        'time-outs': _times(contract),
        'hold': f'{contract.hold}, then authority grows over {contract.ramp_sec:g} s',
        'chain': _chain(contract),
        'reset_pose': _reset_pose(contract),
        'tool speed': f'at most {speed:g} m/s' if np.isfinite(speed) else 'not limited'}


def check_contract(name_or_path: str | Path) -> tuple[RobotContract | None, list[Check]]:
    """
    Load a contract, which holds every rule against it, and say what it was found to be.

    :returns: the contract, nothing where it is refused, and one check a line.
    """
    try:
        contract = load_contract(name_or_path)
    except ConfigurationError as error:
        return None, [Check('contract', False, str(error))]
    return contract, [Check(name, True, found) for name, found in _facts(contract).items()]
