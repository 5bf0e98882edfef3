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
Rules of joint velocities and joint positions, both of which move a place within limits.

Each kind of rules, here and beside, has ``enter`` (begin from the measured state), ``limit`` and
``hold``. ``limit`` returns the command ``(A,)`` in the contract's units, the part of it that
``action_scale`` maps back to an action, and the first rule that changed what was asked; ``hold``
returns the first two.
"""
from math import inf

from softq_ros.robot.contract import RobotContract
from softq_ros.robot.limits import (
    braked_velocity, joint_limits, leading_velocity, limit_velocity, period)
from softq_ros.robot.workspace import nearest_allowed, ToolWay

Floats = list[float]
STILL = 0.01  # rad/s, m/s; a slower command need not show in what is measured


class JointMotion:
    """
    Joint velocities within limits, from a place: measured positions or the previous target.

    Braking lowers all joints in proportion, so that the robot stays on its way.
    """

    def __init__(self, contract: RobotContract) -> None:
        """Begin at rest."""
        self.joints = joint_limits(contract)
        self.previous = [0.0] * len(self.joints)
        bounded = contract.workspace_lower is not None or contract.tool_speed_limit < inf
        change = [joint.change for joint in self.joints]
        self._tool = ToolWay(contract, change) if bounded else None

    @property
    def moving(self) -> bool:
        """Return whether the last command asks for a motion that sensors must show."""
        return max(map(abs, self.previous)) > STILL

    def enter(self, velocity: Floats) -> None:
        """Take the measured velocity ``(J,)`` for the previous one."""
        self.previous = [min(max(v, -joint.speed), joint.speed)
                         for v, joint in zip(velocity, self.joints)]

    def stop(self) -> Floats:
        """Return the velocity ``(J,)`` that brakes the previous one."""
        steps = max(abs(v) / joint.change for v, joint in zip(self.previous, self.joints))
        share = 1.0 - 1.0 / steps if steps > 1.0 else 0.0
        return [share * v for v in self.previous]

    def limit(self, wanted: Floats, place: Floats) -> tuple[Floats, str]:
        """Return the allowed velocity ``(J,)`` and the first rule that changed it."""
        command, why = self._joint_by_joint(wanted, place)
        if self._tool is not None:
            refusal = self._tool.refusals(place)
            refused = refusal(command)
            if refused:
                stop = self._joint_by_joint(self.stop(), place)[0]
                command, why = nearest_allowed(command, stop, refusal), refused
        self.previous = command
        return command, why

    def _joint_by_joint(self, wanted: Floats, place: Floats) -> tuple[Floats, str]:
        command, first = [], ''
        for value, previous, at, joint in zip(wanted, self.previous, place, self.joints):
            speed, why = limit_velocity(value, previous, at, joint)
            command.append(speed)
            first = first or why
        return command, first


class VelocityRules:
    """Joint velocities; the joint positions they start from are the measured ones."""

    def __init__(self, contract: RobotContract) -> None:
        """Begin at rest."""
        self._motion = JointMotion(contract)

    @property
    def moving(self) -> bool:
        """Return whether the last command asks for a motion that sensors must show."""
        return self._motion.moving

    def enter(self, position: Floats, velocity: Floats) -> None:
        """Take the measured velocity for the previous command."""
        self._motion.enter(velocity)

    def limit(self, action: Floats, authority: float, position: Floats,
              velocity: Floats) -> tuple[Floats, Floats, str]:
        """Limit in acceleration, speed, by the way to joint limits, tool speed and box."""
        wanted = [value * joint.scale * authority
                  for value, joint in zip(action, self._motion.joints)]
        command, why = self._motion.limit(wanted, position)
        return command, command, why

    def hold(self, position: Floats, velocity: Floats) -> tuple[Floats, Floats]:
        """Brake to zero and stay."""
        command = self._motion.limit(self._motion.stop(), position)[0]
        return command, command


class IncrementRules:
    """
    Joint positions that go on from the previous target by the action.

    The target moves as a velocity would, in place of the measured position, within its lead. The
    hold brakes it on its way and then repeats it bit by bit: measured positions do not enter, so
    it does not creep. After a hold it goes on from the measured position.
    """

    def __init__(self, contract: RobotContract) -> None:
        """Begin without a target."""
        self._motion = JointMotion(contract)
        self._period = period(contract)
        self._lead = contract.lead_limit.tolist()
        self._held = False
        self.target: Floats = []

    @property
    def moving(self) -> bool:
        """Return whether the last command asks for a motion that sensors must show."""
        return self._motion.moving

    def enter(self, position: Floats, velocity: Floats) -> None:
        """Take measured position and velocity for the previous target and its motion."""
        self._motion.enter(velocity)
        self._place(position)

    def limit(self, action: Floats, authority: float, position: Floats,
              velocity: Floats) -> tuple[Floats, Floats, str]:
        """Limit the target's motion as a velocity, and its lead over the measured position."""
        if self._held:
            self._place(position)
        before, asked = self.target, self._asked(action, authority)
        braked = self._braked(asked)
        wanted = [leading_velocity(value, target - at, lead, joint) for value, target, at, lead,
                  joint in zip(braked, before, position, self._lead, self._motion.joints)]
        why = 'acceleration' if braked != asked else 'lead' if wanted != braked else ''
        why = self._advance(wanted) or why
        return self.target, self._offset(before), why

    def hold(self, position: Floats, velocity: Floats) -> tuple[Floats, Floats]:
        """Brake the target and repeat it; empty where no position was ever known."""
        before, self._held = self.target, True
        if before:
            self._advance(self._motion.stop())
        return self.target, self._offset(before)

    def _asked(self, action: Floats, authority: float) -> Floats:
        """Return the velocity ``(J,)`` of the target that an action asks for."""
        return [value * joint.scale * joint.rate * authority
                for value, joint in zip(action, self._motion.joints)]

    def _braked(self, asked: Floats) -> Floats:
        """Return the part of it after which the target can stop where it should."""
        return asked

    def _offset(self, before: Floats) -> Floats:
        """Return what of the target ``(J,)`` an action scales to."""
        return [new - old for new, old in zip(self.target, before)]

    def _place(self, position: Floats) -> None:
        self.target, self._held = self._inside(position), False

    def _inside(self, target: Floats) -> Floats:
        return [min(max(value, joint.lower), joint.upper)
                for value, joint in zip(target, self._motion.joints)]

    def _advance(self, wanted: Floats) -> str:
        velocity, why = self._motion.limit(wanted, self.target)
        self.target = self._inside([place + v * self._period
                                    for place, v in zip(self.target, velocity)])
        return why


class PositionRules(IncrementRules):
    """Joint positions at an offset from the reset pose; the target moves there and stops."""

    def __init__(self, contract: RobotContract) -> None:
        """Begin without a target."""
        super().__init__(contract)
        self._zero = contract.reset_pose.tolist()

    def _asked(self, action: Floats, authority: float) -> Floats:
        return [(zero + value * joint.scale - target) * joint.rate * authority for
                value, zero, target, joint
                in zip(action, self._zero, self.target, self._motion.joints)]

    def _braked(self, asked: Floats) -> Floats:
        return [braked_velocity(value, joint.change)
                for value, joint in zip(asked, self._motion.joints)]

    def _offset(self, before: Floats) -> Floats:
        return [target - zero for target, zero in zip(self.target, self._zero)]
