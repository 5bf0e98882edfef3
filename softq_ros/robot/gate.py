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

Pure arithmetic on the contract and the measured state; time is counted in control periods.
"""
from math import isfinite

import numpy as np

from softq_ros.errors import MessageError
from softq_ros.records import Executed, NANOSECONDS, Sensors
from softq_ros.robot.contract import RobotContract


class Gate:
    """
    Limits velocity commands; the same object serves the node and the one-process loop.

    A command is changed as little as keeps, in this order of precedence, (1) the way left to a
    joint limit: not beyond it within this period, and slow enough to brake before it afterwards,
    (2) the velocity limit, (3) the acceleration limit against the previous command, which at the
    start of an episode is the measured velocity.
    """

    def __init__(self, contract: RobotContract) -> None:
        """Prepare the arrays; no episode has begun."""
        self._contract = contract
        self._size = len(contract.joints)
        period = contract.period_ns / NANOSECONDS
        self._rate = 1.0 / period
        # twice the velocity limit is the largest change there is, so infinity need not be kept
        self._change = np.minimum(contract.acceleration_limit * period,
                                  2.0 * contract.velocity_limit)
        self._ends = np.stack([contract.position_upper, -contract.position_lower])
        self._speed = np.stack([contract.velocity_limit] * 2)
        self._room = np.empty((2, self._size))
        self._brake = np.empty((2, self._size))
        self._range = np.ones(self._size, np.float32)
        self.restart()

    def restart(self) -> None:
        """Forget episode and previous command, as after arming."""
        self._episode: int | None = None
        self._previous: np.ndarray | None = None

    def filter(self, action: np.ndarray, sensors: Sensors, episode: int) -> Executed:
        """
        Turn an asked action ``(A,)`` into the command that may be published.

        Where nothing limits, ``Executed.action`` has the bits that were asked for. A command that
        has no place in [-1, 1] (braking from outside the range) is marked as holding.

        :raises MessageError: refused whole: wrong length, not finite, or a new episode number on
            hardware, where only :meth:`restart` may begin anew.
        """
        asked = self._checked(action)
        self._check_state(sensors)
        self._enter(episode, sensors)
        clipped = np.maximum(np.minimum(asked, self._range), -self._range)
        wanted = clipped * self._contract.action_scale
        command = self._limit(wanted, sensors.position)
        same = command == wanted
        self._previous = command
        if same.all():
            inside = (clipped == asked).all()
            return Executed(asked, wanted, asked if inside else clipped, not inside, False,
                            '' if inside else 'range')
        return self._limited(asked, command, self._why(wanted, same))

    def hold(self, sensors: Sensors | None, episode: int, why: str,
             asked: np.ndarray | None = None) -> Executed:
        """
        Decelerate to zero at the acceleration limit, then stay there; never raises.

        :param sensors: the newest state, or None where there is none.
        :param asked: what the hold replaces ``(A,)``; zeros where it was refused.
        """
        usable = sensors is not None and self._usable(sensors)
        if usable and (self._contract.simulated or self._episode is None):
            self._enter(episode, sensors)
        if self._previous is None:
            self._previous = np.zeros(self._size)
        position = sensors.position if usable else None
        command = self._limit(np.zeros(self._size), position)
        self._previous = command
        nothing = np.zeros(self._size, np.float32)
        return Executed(nothing if asked is None else asked, command, self._mapped(command),
                        bool(command.any()), True, why)

    def _checked(self, action: np.ndarray) -> np.ndarray:
        asked = np.asarray(action, np.float32)
        if asked.shape != (self._size,):
            raise MessageError(f'action of shape {asked.shape}; accepted: ({self._size},)')
        if not isfinite(asked.dot(asked)) and not np.isfinite(asked).all():
            at = int(np.argmin(np.isfinite(asked)))
            raise MessageError(f'action[{at}] is {asked[at]}; accepted: finite numbers')
        return asked

    def _usable(self, sensors: Sensors) -> bool:
        position, velocity = sensors.position, sensors.velocity
        fits = position.shape == velocity.shape == (self._size,)
        return fits and isfinite(position.dot(position) + velocity.dot(velocity))

    def _check_state(self, sensors: Sensors) -> None:
        if not self._usable(sensors):
            raise MessageError(f'joint positions {sensors.position} and velocities '
                               f'{sensors.velocity}; accepted: {self._size} finite numbers each')

    def _enter(self, episode: int, sensors: Sensors) -> None:
        if episode == self._episode:
            return
        if self._episode is not None and not self._contract.simulated:
            raise MessageError(f'episode {episode}; accepted: {self._episode}, until armed anew')
        self._episode = episode
        limit = self._contract.velocity_limit
        self._previous = np.clip(sensors.velocity, -limit, limit)

    def _limit(self, wanted: np.ndarray, position: np.ndarray | None) -> np.ndarray:
        """Return the nearest allowed command, ``(A,)`` float64, freshly allocated."""
        previous, change = self._previous, self._change
        command = np.minimum(wanted, previous + change)
        np.maximum(command, previous - change, out=command)
        ahead = self._speed if position is None else self._speed_ahead(position)
        np.minimum(command, ahead[0], out=command)
        return np.maximum(command, -ahead[1], out=command)

    def _speed_ahead(self, position: np.ndarray) -> np.ndarray:
        """
        Return the largest speeds towards the upper and the lower limits, ``(2, A)``.

        With way left ``x`` per period and change ``c`` per period, speed ``v`` braked by ``c`` a
        period travels less than ``(v + c/2)^2 / 2c``; a last step ``v <= c`` travels ``v``.
        """
        room, brake, change = self._room, self._brake, self._change
        room[0], room[1] = position, position
        np.negative(room[1], out=room[1])
        np.subtract(self._ends, room, out=room)
        np.multiply(room, self._rate, out=room)
        np.maximum(room, 0.0, out=room)
        np.multiply(room, 2.0 * change, out=brake)
        np.sqrt(brake, out=brake)
        np.subtract(brake, 0.5 * change, out=brake)
        np.minimum(room, change, out=room)
        np.maximum(room, brake, out=room)
        return np.minimum(room, self._speed, out=room)

    def _mapped(self, command: np.ndarray) -> np.ndarray:
        action = (command / self._contract.action_scale).astype(np.float32)
        return np.clip(action, -1.0, 1.0)

    def _limited(self, asked: np.ndarray, command: np.ndarray, why: str) -> Executed:
        outside = bool((np.abs(command) > self._contract.action_scale).any())
        return Executed(asked, command, self._mapped(command), True, outside,
                        'braking' if outside else why)

    def _why(self, wanted: np.ndarray, same: np.ndarray) -> str:
        """Name the rule that limits the first changed joint; ``_room`` is still this step's."""
        at = int(np.argmin(same))
        if wanted[at] > self._room[0, at] or -wanted[at] > self._room[1, at]:
            return 'joint limit'
        return 'acceleration'
