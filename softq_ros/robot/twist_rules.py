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
"""Rules of tool velocities that a servo below turns into joint velocities."""
from collections.abc import Callable
from math import hypot

import numpy as np

from softq_ros.robot.contract import RobotContract
from softq_ros.robot.joint_rules import Floats, STILL
from softq_ros.robot.limits import allowed_speed, braking_periods, joint_limits, period, toward
from softq_ros.robot.workspace import nearest_allowed, workspace

SLACK = 1e-6  # rad/s; of the joints' velocities, which are the result of a matrix inverse


class TwistRules:
    """
    Linear and angular velocity of the tool ``(6,)`` in the base frame.

    Where the contract has a chain, the least joint velocities that give the twist stay within
    their limits and can be braked before a joint limit. The servo may choose others.
    """

    def __init__(self, contract: RobotContract) -> None:
        """Begin at rest."""
        self._chain, self._box = contract.chain, workspace(contract)
        self._joints, self._period = joint_limits(contract), period(contract)
        self._scale = contract.action_scale.tolist()
        linear, angular = contract.twist_limit.tolist()
        self._speeds = min(linear, contract.tool_speed_limit), angular
        self._changes = tuple((contract.twist_acceleration_limit * self._period).tolist())
        self._previous = [0.0] * 6

    @property
    def moving(self) -> bool:
        """Return whether the last command asks for a motion that sensors must show."""
        return max(map(abs, self._previous)) > STILL

    def enter(self, position: Floats, velocity: Floats) -> None:
        """Begin at rest."""
        self._previous = [0.0] * 6

    def limit(self, action: Floats, authority: float, position: Floats,
              velocity: Floats) -> tuple[Floats, Floats, str]:
        """Limit in speed and acceleration, by the box and by the way to joint limits."""
        asked = [value * scale * authority for value, scale in zip(action, self._scale)]
        slow = self._each([0.0] * 6, asked, self._speeds)
        command = self._each(self._previous, slow, self._changes)
        why = 'velocity' if slow != asked else 'acceleration' if command != slow else ''
        command, refused = self._allowed(command, position)
        return command, command, refused or why

    def hold(self, position: Floats, velocity: Floats) -> tuple[Floats, Floats]:
        """Brake to zero and stay."""
        command = self._allowed(self._stop(), position)[0]
        return command, command

    def _each(self, start: Floats, end: Floats, most: tuple[float, float]) -> Floats:
        """Return the way towards ``end``, linear and angular part each so far at most."""
        return (toward(start[:3], end[:3], most[0]) + toward(start[3:], end[3:], most[1]))

    def _stop(self) -> Floats:
        return self._each(self._previous, [0.0] * 6, self._changes)

    def _allowed(self, command: Floats, position: Floats) -> tuple[Floats, str]:
        why = ''
        if self._chain is not None:
            refusal = self._refusals(position)
            why = refusal(command)
            command = nearest_allowed(command, self._stop(), refusal) if why else command
        self._previous = command
        return command, why

    def _refusals(self, position: Floats) -> Callable[[Floats], str]:
        """Return what says of a twist why it is not allowed at a place, or nothing."""
        place = np.array(position)
        start = self._chain.position(place)
        box = self._box.grown(start)
        inverse = np.linalg.pinv(self._chain.jacobian(place))

        def refusal(twist: Floats) -> str:
            way = self._period * braking_periods(hypot(*twist[:3]) / self._changes[0])
            if not box.holds([x + way * v for x, v in zip(start, twist)]):
                return 'workspace'
            joints = zip((inverse @ twist).tolist(), position, self._joints)
            return 'joint limit' if any(
                abs(v) > allowed_speed(v, at, joint) + SLACK for v, at, joint in joints) else ''
        return refusal
