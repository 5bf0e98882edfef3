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
Scalars, joint by joint: for a handful of joints that is faster than arrays.
"""
from math import isfinite, sqrt
from typing import NamedTuple

import numpy as np

from softq_ros.errors import MessageError
from softq_ros.records import Executed, NANOSECONDS, Sensors
from softq_ros.robot.contract import RobotContract


class JointLimits(NamedTuple):
    """
    Limits of one joint: position [rad or m], speed and its change per period [per second].

    ``rate`` is the control rate [Hz]; ``scale`` the velocity an action of 1 asks for.
    """

    lower: float
    upper: float
    speed: float
    change: float
    rate: float
    scale: float


def joint_limits(contract: RobotContract) -> tuple[JointLimits, ...]:
    """Return each joint's limits; an infinite change becomes the largest there is, 2 speeds."""
    period = contract.period_ns / NANOSECONDS
    change = np.minimum(contract.acceleration_limit * period, 2.0 * contract.velocity_limit)
    columns = (contract.position_lower, contract.position_upper, contract.velocity_limit,
               change, np.full(len(change), 1.0 / period), contract.action_scale)
    return tuple(JointLimits(*row) for row in np.stack(columns, axis=1).tolist())


def braking_speed(way: float, change: float) -> float:
    """
    Return the largest speed that can be braked within the way left.

    Speed ``v`` lowered by ``c`` a period travels at most ``(v + c/2)^2 / 2c`` periods; a last
    step of ``v <= c`` travels ``v``.

    :param way: distance left over the period [per second]; negative counts as none.
    :param change: of the speed per period [per second].
    """
    way = max(way, 0.0)
    return max(min(way, change), sqrt(2.0 * change * way) - 0.5 * change)


def limit_velocity(wanted: float, previous: float, position: float,
                   joint: JointLimits) -> tuple[float, str]:
    """
    Return the allowed velocity nearest to the wanted one, and which rule changed it.

    The joint limit has precedence over the velocity limit, that over the acceleration limit,
    which is measured from the previous command.
    """
    command = min(max(wanted, previous - joint.change), previous + joint.change)
    why = '' if command == wanted else 'acceleration'
    forward = command > 0.0
    left = joint.upper - position if forward else position - joint.lower
    ahead = braking_speed(left * joint.rate, joint.change)
    allowed = min(joint.speed, ahead)
    if abs(command) > allowed:
        return (allowed if forward else -allowed,
                'velocity' if joint.speed <= ahead else 'joint limit')
    return command, why


class Gate:
    """Velocity commands within limits; the same rules serve the node and the training loop."""

    def __init__(self, contract: RobotContract) -> None:
        """Begin without an episode."""
        self._contract = contract
        self._joints = joint_limits(contract)
        self._size = len(self._joints)
        self._middle = [0.5 * (joint.lower + joint.upper) for joint in self._joints]
        self.restart()

    def restart(self) -> None:
        """Forget the episode and the previous command, as after arming."""
        self._episode: int | None = None
        self._previous = [0.0] * self._size

    def filter(self, action: np.ndarray, sensors: Sensors, episode: int) -> Executed:
        """
        Turn an asked action ``(A,)`` into the command that may be published.

        Where nothing limits, ``Executed.action`` has the bits that were asked for. A command with
        no place in [-1, 1], as when braking from a higher speed, is marked as holding.

        :raises MessageError: refused whole: wrong length, not finite, or another episode number
            on hardware, where only :meth:`restart` begins anew.
        """
        asked = np.asarray(action, np.float32)
        values = self._numbers('action', asked)
        position = self._numbers('joint position', sensors.position)
        velocity = self._numbers('joint velocity', sensors.velocity)
        self._enter(episode, velocity)
        clipped = [min(max(value, -1.0), 1.0) for value in values]
        command, why = self._limit(clipped, position)
        if clipped != values:
            why = why or 'range'
        command = np.array(command)
        action = self._mapped(command) if why else asked
        outside = bool(why) and bool((np.abs(command) > self._contract.action_scale).any())
        return Executed(asked, command, action, bool(why), outside, 'braking' if outside else why)

    def hold(self, sensors: Sensors | None, episode: int, why: str,
             asked: np.ndarray | None = None) -> Executed:
        """
        Decelerate to zero at the acceleration limit, then stay there; never raises.

        :param sensors: the newest state, or None where there is none.
        :param asked: what the hold replaces, ``(A,)``; zeros where it was refused.
        """
        position = self._middle
        try:
            position = self._numbers('joint position', sensors.position)
            self._enter(episode, self._numbers('joint velocity', sensors.velocity))
        except (AttributeError, MessageError):
            pass  # without a usable state the previous command is what there is to brake
        command = np.array(self._limit([0.0] * self._size, position)[0])
        asked = np.zeros(self._size, np.float32) if asked is None else asked
        return Executed(asked, command, self._mapped(command), True, True, why)

    def _numbers(self, what: str, array: np.ndarray) -> list[float]:
        if array.shape != (self._size,):
            raise MessageError(f'{what} of shape {array.shape}; accepted: ({self._size},)')
        values = array.tolist()
        if not isfinite(sum(values)):
            raise MessageError(f'{what} {values}; accepted: finite numbers')
        return values

    def _enter(self, episode: int, velocity: list[float]) -> None:
        if episode == self._episode:
            return
        if self._episode is not None and not self._contract.simulated:
            raise MessageError(f'episode {episode}; accepted: {self._episode} until armed anew')
        self._episode = episode
        self._previous = [min(max(v, -joint.speed), joint.speed)
                          for v, joint in zip(velocity, self._joints)]

    def _limit(self, action: list[float], position: list[float]) -> tuple[list[float], str]:
        """Return the allowed command in units and the first rule that changed it."""
        command, first = [], ''
        for value, previous, place, joint in zip(action, self._previous, position, self._joints):
            speed, why = limit_velocity(value * joint.scale, previous, place, joint)
            command.append(speed)
            first = first or why
        self._previous = command
        return command, first

    def _mapped(self, command: np.ndarray) -> np.ndarray:
        action = (command / self._contract.action_scale).astype(np.float32)
        return np.clip(action, -1.0, 1.0)
