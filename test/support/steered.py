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
"""Arms of every interface with a Sawyer's numbers, and a robot that follows its commands."""
import dataclasses

import numpy as np

from softq_ros.records import Sensors
from softq_ros.robot.contract import load_contract
from softq_ros.robot.kinematics import Chain, Segment

SAWYER = load_contract('sim_sawyer')
SEVEN = np.ones(7)
SIX = tuple(f'joint_{i}' for i in range(6))
AXES = ((0, 0, 1), (0, 1, 0), (0, 1, 0), (1, 0, 0), (0, 1, 0), (1, 0, 0))
PLACES = ((0, 0, 0.1), (0, 0.02, 0.1), (0, 0, 0.4), (0.1, 0, 0), (0.2, 0, 0), (0.1, 0, 0))
ARM = Chain(tuple(Segment(joint, place, (0, 0, 0), axis)
                  for joint, place, axis in zip(SIX, PLACES, AXES))
            + (Segment('', (0.1, 0, 0), (0, 0, 0)),))

PLACES7 = PLACES[:3] + ((0, 0, 0.2),) + PLACES[3:]
AXES7 = AXES[:3] + ((0, 0, 1),) + AXES[3:]
ELBOW = Chain(tuple(Segment(f'joint_{i}', place, (0, 0, 0), axis)
                    for i, (place, axis) in enumerate(zip(PLACES7, AXES7)))
              + (Segment('', (0.1, 0, 0), (0, 0, 0)),))


def arm(interface: str) -> object:
    """Return the contract of an arm with an interface, its numbers those of a Sawyer."""
    own = {
        'velocity': {}, 'position': {'action_scale': 0.8 * SEVEN},
        'position_increment': {'action_scale': 0.03 * SEVEN},
        'trajectory': {'action_scale': 0.03 * SEVEN},
        'effort': {'action_scale': 20.0 * SEVEN, 'damping': 10.0 * SEVEN,
                   'effort_limit': 20.0 * SEVEN, 'effort_rate_limit': 400.0 * SEVEN}}
    if interface == 'twist':
        six = {field.name: getattr(SAWYER, field.name)[:6] for field in dataclasses.fields(SAWYER)
               if isinstance(getattr(SAWYER, field.name), np.ndarray)}
        return dataclasses.replace(
            SAWYER, **six | {
                'reset_pose': np.array([0.1, -0.6, 1.3, 0.2, -1.2, 0.3]), 'joints': SIX,
                'interface': 'twist', 'hold': 'brake', 'chain': ARM,
                'action_scale': np.array([0.3] * 3 + [1.0] * 3),
                'twist_limit': np.array([0.3, 1.0]),
                'twist_acceleration_limit': np.array([2.0, 5.0])})
    if interface == 'twist of seven':
        six = arm('twist')
        seven = {name: getattr(SAWYER, name) for name in (
            'position_lower', 'position_upper', 'velocity_limit', 'acceleration_limit')}
        return dataclasses.replace(
            six, **seven, joints=ELBOW.joints, chain=ELBOW,
            reset_pose=np.array([0.1, -0.6, 1.3, 0.3, 0.2, -1.2, 0.3]))
    return dataclasses.replace(SAWYER, interface=interface, lead_limit=0.2 * SEVEN,
                               acceleration_limit=5.0 * SEVEN, **own[interface])


class Robot:
    """A robot that follows commands: ideally, or a target one period late, or by inertia."""

    def __init__(self, contract, position):
        self.contract = contract
        self.position, self.velocity = position.copy(), np.zeros_like(position)
        self.target = position.copy()

    @property
    def sensors(self):
        return Sensors(0, self.contract.joints, self.position, self.velocity,
                       np.zeros_like(self.position))

    def move(self, command):
        """Let a period pass under a command in units."""
        contract, before = self.contract, self.position
        period = contract.period_sec
        if contract.interface == 'effort':
            self._accelerate(command)
            return
        if contract.interface == 'velocity':
            self.position = before + command * period
        elif contract.interface == 'twist':
            jacobian = contract.chain.jacobian(before)
            self.position = before + np.linalg.pinv(jacobian) @ command * period
        else:
            reach = contract.velocity_limit * period
            self.position = before + np.clip(self.target - before, -reach, reach)
            self.target = command
        self.velocity = (self.position - before) / period

    def _accelerate(self, effort, inertia=1.0, steps=50):
        step = self.contract.period_sec / steps
        for _ in range(steps):
            self.velocity = self.velocity + effort / inertia * step
            self.position = self.position + self.velocity * step
