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
"""Small arms under every command interface, and what follows their commands without a flaw."""
import dataclasses

import numpy as np

from softq_ros.records import Sensors
from softq_ros.robot.contract import load_contract, RobotContract
from softq_ros.robot.gate import Gate
from softq_ros.robot.kinematics import Chain, Segment
from softq_ros.robot.limits import period

INTERFACES = ('velocity', 'position', 'position_increment', 'trajectory', 'effort', 'twist')
SAWYER = load_contract('sim_sawyer')
# two links of 1 m and 0.5 m in the plane, then a slide of 0.2 m at rest along the second
PLANAR = Chain((Segment('shoulder', (0, 0, 0), (0, 0, 0)), Segment('elbow', (1, 0, 0), (0, 0, 0)),
                Segment('slide', (0.5, 0, 0), (0, 0, 0), (1, 0, 0), True)))
BENT = (0.5, -0.8, 0.0)  # the tool at 1.355, 0.332; the arm can move in the plane and turn


def contract(interface: str = 'velocity', **fields) -> RobotContract:
    """
    Return a planar arm at 10 Hz with round numbers: 2 rad/s, 5 rad/s2, joints from -1 to 1.

    An action of 1 asks for 1.5 rad/s, 0.1 rad, 5 N m, 0.4 m/s or 1 rad/s.
    """
    three, own = np.ones(3), {}
    scale = {'velocity': 1.5, 'position': 0.8, 'effort': 5.0}.get(interface, 0.1) * three
    if interface in ('position', 'position_increment', 'trajectory'):
        own = {'lead_limit': 0.4 * three}
    elif interface == 'effort':
        own = {'effort_rate_limit': 40.0 * three, 'damping': 2.0 * three}
    elif interface == 'twist':
        scale = np.array([0.4, 0.4, 0.4, 1.0, 1.0, 1.0])
        own = {'twist_limit': np.array([0.5, 1.0]),
               'twist_acceleration_limit': np.array([1.0, 4.0])}
    return dataclasses.replace(SAWYER, **{
        'name': 'planar', 'joints': PLANAR.joints, 'interface': interface, 'chain': PLANAR,
        'control_rate': 10.0, 'output_rate': 10.0, 'action_scale': scale,
        'position_lower': -three, 'position_upper': three, 'velocity_limit': 2.0 * three,
        'acceleration_limit': 5.0 * three, 'effort_limit': 6.0 * three,
        'reset_pose': 0.0 * three, 'tool_speed_limit': np.inf} | own | fields)


def at(position=(0.0, 0.0, 0.0), velocity=(0.0, 0.0, 0.0), stamp: int = 0) -> Sensors:
    """Return what an arm reports."""
    position, velocity = np.array(position, float), np.array(velocity, float)
    return Sensors(stamp, PLANAR.joints, position, velocity, np.zeros(3))


def run(gate: Gate, action: np.ndarray, steps: int, **state) -> list[float]:
    """Return the first joint's commands while the same is asked for again and again."""
    return [gate.filter(action, at(**state), 0).command[0] for _ in range(steps)]


def followed(contract: RobotContract, position: np.ndarray, command: np.ndarray) -> np.ndarray:
    """Return where joints ``(J,)`` are after a period in which they followed a joint command."""
    if contract.position_like:
        return command
    return position + period(contract) * command


def served(contract: RobotContract, position: np.ndarray, twist: np.ndarray,
           steps: int = 20) -> np.ndarray:
    """Return where joints ``(J,)`` are after a period under a servo that inverts the chain."""
    for _ in range(steps):
        velocity = np.linalg.pinv(contract.chain.jacobian(position)) @ twist
        too_fast = max(1.0, (np.abs(velocity) / contract.velocity_limit).max())
        position = position + period(contract) / steps * velocity / too_fast
    return position
