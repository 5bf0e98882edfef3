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
The gate's rules: what becomes of an action on its way to a robot.

Pure arithmetic on the contract and the measured state; time is counted in control periods: one
call of ``filter`` or ``hold`` is one period. Scalars, joint by joint: for a handful of joints that
is faster than arrays.
"""
from math import inf

import numpy as np

from softq_ros.errors import MessageError
from softq_ros.records import Executed, Sensors
from softq_ros.robot.contract import RobotContract
from softq_ros.robot.effort_rules import EffortRules
from softq_ros.robot.joint_rules import IncrementRules, PositionRules, VelocityRules
from softq_ros.robot.twist_rules import TwistRules

RULES = {'velocity': VelocityRules, 'position': PositionRules, 'effort': EffortRules,
         'position_increment': IncrementRules, 'trajectory': IncrementRules, 'twist': TwistRules}
LARGEST = 1e6  # sum of what the joints measure; a greater one is no measurement


class Gate:
    """Commands within limits; the same rules serve the node and the training loop."""

    def __init__(self, contract: RobotContract) -> None:
        """Begin without an episode."""
        self._contract = contract
        self._size, self._joints = len(contract.action_scale), len(contract.joints)
        self._ramp = contract.ramp_sec * contract.control_rate
        self.restart()

    @property
    def moving(self) -> bool:
        """Return whether the last command asks for a motion that sensors must show."""
        return self._rules.moving

    def restart(self) -> None:
        """Forget the episode and the previous command, as after arming."""
        self._rules = RULES[self._contract.interface](self._contract)
        self._episode: int | None = None
        self._since = 0
        self._stamp: int | None = None
        self._position = [0.0] * self._joints

    def filter(self, action: np.ndarray, sensors: Sensors, episode: int) -> Executed:
        """
        Turn an asked action ``(A,)`` into the command that may be published.

        Where nothing limits, ``Executed.action`` has the bits that were asked for. A command with
        no place in [-1, 1], as when braking from a higher speed, is marked as holding. Authority
        grows from 0 over the contract's ramp after :meth:`restart` and after each hold.

        :raises MessageError: refused whole: wrong length, not finite, or another episode number
            on hardware, where only :meth:`restart` begins anew.
        """
        asked = np.asarray(action, np.float32)
        values = _numbers('action', asked, self._size, inf)
        position, velocity = self._measured(sensors)
        self._enter(episode, position, velocity)
        self._position = position
        clipped = [min(max(value, -1.0), 1.0) for value in values]
        authority = min(self._since / self._ramp, 1.0) if self._ramp else 1.0
        self._since += 1
        command, offset, why = self._rules.limit(clipped, authority, position, velocity)
        why = why or ('ramp' if authority < 1.0 else 'range' if clipped != values else '')
        if not why:
            return Executed(asked, np.array(command), asked)
        outside = bool((np.abs(offset) > self._contract.action_scale).any())
        return Executed(asked, np.array(command), self._mapped(offset), True, outside,
                        'braking' if outside else why)

    def hold(self, sensors: Sensors | None, episode: int, why: str,
             asked: np.ndarray | None = None) -> Executed:
        """
        Return the safe action of the interface; never raises.

        Velocities brake at the acceleration limit and stay zero. A position target brakes as its
        motion would and is then repeated bit by bit; the command is empty, and nothing may be
        published, while no position was ever measured. Efforts damp what moves.

        :param sensors: the newest state, or None where there is none; one that was there in the
            previous hold damps nothing, since it may be long past.
        :param asked: what the hold replaces, ``(A,)``; zeros where it was refused.
        """
        velocity = [0.0] * self._joints
        try:
            self._position, measured = self._measured(sensors)
            velocity = velocity if sensors.stamp == self._stamp else measured
            self._stamp = sensors.stamp
            self._enter(episode, self._position, measured)
        except (AttributeError, MessageError):
            pass  # without a usable state the previous command is what there is to brake
        self._since = 0
        command, offset = self._rules.hold(self._position, velocity)
        try:
            _numbers('action', asked, self._size, inf)
        except (AttributeError, MessageError):
            asked = np.zeros(self._size, np.float32)
        return Executed(asked, np.array(command), self._mapped(offset), True, True, why)

    def _measured(self, sensors: Sensors) -> tuple[list[float], list[float]]:
        return (_numbers('joint position', sensors.position, self._joints, LARGEST),
                _numbers('joint velocity', sensors.velocity, self._joints, LARGEST))

    def _enter(self, episode: int, position: list[float], velocity: list[float]) -> None:
        if episode == self._episode:
            return
        if self._episode is not None and not self._contract.simulated:
            raise MessageError(f'episode {episode}; accepted: {self._episode} until armed anew')
        self._episode, self._since = episode, 0
        self._rules.enter(position, velocity)

    def _mapped(self, offset: list[float]) -> np.ndarray:
        if not offset:
            return np.zeros(self._size, np.float32)
        return np.clip(offset / self._contract.action_scale, -1.0, 1.0).astype(np.float32)


def _numbers(what: str, array: np.ndarray, size: int, bound: float) -> list[float]:
    """Return what an array holds; not a number is below no bound either."""
    if array.shape != (size,):
        raise MessageError(f'{what} of shape {array.shape}; accepted: ({size},)')
    values = array.tolist()
    if not sum(map(abs, values)) < bound:
        raise MessageError(f'{what} {values}; accepted: finite numbers')
    return values
