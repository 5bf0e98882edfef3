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
"""Rules of joint efforts, on top of the robot's own gravity compensation."""
import numpy as np

from softq_ros.robot.contract import RobotContract
from softq_ros.robot.joint_rules import Floats
from softq_ros.robot.limits import damping_effort, effort_limits, limit_effort
from softq_ros.robot.workspace import workspace

WEAK = 0.1  # share of the effort limit that friction may swallow


class EffortRules:
    """
    Joint efforts within limits.

    What a joint weighs is not known, so nothing brakes ahead of a limit: beyond it, it is damped.
    """

    def __init__(self, contract: RobotContract) -> None:
        """Begin without effort."""
        self._joints = effort_limits(contract)
        self._scale = contract.action_scale.tolist()
        self._chain, self._box = contract.chain, workspace(contract)
        self._tool_speed = contract.tool_speed_limit
        self._previous = [0.0] * len(self._joints)

    @property
    def moving(self) -> bool:
        """Return whether the last command asks for a motion that sensors must show."""
        return any(abs(effort) > WEAK * joint.effort
                   for effort, joint in zip(self._previous, self._joints))

    def enter(self, position: Floats, velocity: Floats) -> None:
        """Forget the previous effort."""
        self._previous = [0.0] * len(self._joints)

    def limit(self, action: Floats, authority: float, position: Floats,
              velocity: Floats) -> tuple[Floats, Floats, str]:
        """Limit effort and its change; damp where the measured state is beyond a limit."""
        first = self._beyond(position, velocity)
        if first:
            return *self.hold(position, velocity), first
        command = []
        for value, scale, before, at, speed, joint in zip(
                action, self._scale, self._previous, position, velocity, self._joints):
            effort, why = limit_effort(value * scale * authority, before, at, speed, joint)
            command.append(effort)
            first = first or why
        self._previous = command
        return command, command, first

    def hold(self, position: Floats, velocity: Floats) -> tuple[Floats, Floats]:
        """Damp what moves."""
        self._previous = command = list(map(damping_effort, velocity, self._joints))
        return command, command

    def _beyond(self, position: Floats, velocity: Floats) -> str:
        """Return which limit of the tool is passed, or nothing."""
        if self._chain is None:
            return ''
        place = np.array(position)
        if not self._box.holds(self._chain.position(place)):
            return 'workspace'
        speed = np.linalg.norm(self._chain.velocity(place, velocity)[:3])
        return 'tool speed' if speed > self._tool_speed else ''
