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
What may be published: limits in terms of the contract, the last command and the measured state.

Letters: A actuated joints. The rules know no clock and no transport; ``softq train`` and the gate
node use the same ones.
"""
import numpy as np

from softq_ros.errors import MessageError
from softq_ros.records import Executed, Sensors
from softq_ros.robot.contract import RobotContract


def limit_velocity(asked: np.ndarray, before: np.ndarray, position: np.ndarray,
                   contract: RobotContract) -> np.ndarray:
    """
    Return the nearest velocity that keeps velocity, acceleration and position limits.

    Position wins over acceleration: near a limit a joint stops as hard as it must.

    :param asked: ``(A,)`` [rad/s or m/s]
    :param before: the command of the period before, ``(A,)`` [rad/s or m/s]
    :param position: measured, ``(A,)`` [rad or m]
    """
    change = contract.acceleration_limit * contract.period_sec
    velocity = np.minimum(np.maximum(asked, before - change), before + change)
    velocity = np.minimum(np.maximum(velocity, -contract.velocity_limit), contract.velocity_limit)
    lower = np.minimum((contract.position_lower - position) * contract.control_rate, 0.0)
    upper = np.maximum((contract.position_upper - position) * contract.control_rate, 0.0)
    return np.minimum(np.maximum(velocity, lower), upper)


class Gate:
    """
    Turns actions into commands; remembers only the command before.

    :param contract: whose limits are kept.
    """

    def __init__(self, contract: RobotContract) -> None:
        """Start without a command before: the first starts from the measured velocity."""
        self._contract = contract
        self._before: np.ndarray | None = None
        self._episode: int | None = None

    def filter(self, action: np.ndarray, sensors: Sensors, episode: int) -> Executed:
        """
        Return what may be executed of an action ``(A,)`` in [-1, 1].

        Where nothing limits, the executed action has the bits of the asked one.

        :raises MessageError: when the action is refused whole: wrong length, not finite, or, on
            hardware, of another episode than the one before.
        """
        contract = self._contract
        asked = np.asarray(action, np.float32)
        if asked.shape != (len(contract.joints),):
            raise MessageError(f'action has shape {asked.shape}; accepted: '
                               f'({len(contract.joints)},)')
        if not np.isfinite(asked).all():
            raise MessageError(f'action is {asked.tolist()}; accepted: finite numbers')
        before = self._command_before(sensors, episode)
        clipped = np.minimum(np.maximum(asked, np.float32(-1)), np.float32(1))
        wanted = clipped * contract.action_scale
        command = limit_velocity(wanted, before, sensors.position, contract)
        self._before = command
        if (command == asked * contract.action_scale).all():
            return Executed(asked, command, asked)
        executed = np.where(command == wanted, clipped, command / contract.action_scale)
        return Executed(asked, command, executed.astype(np.float32), limited=True, why='limit')

    def hold(self, sensors: Sensors, episode: int, why: str, size_asked: int = 0) -> Executed:
        """Return the hold action: decelerate to zero velocity within the limits."""
        contract = self._contract
        zero = np.zeros(len(contract.joints))
        before = self._command_before(sensors, episode, moving_on=True)
        self._before = limit_velocity(zero, before, sensors.position, contract)
        action = (self._before / contract.action_scale).astype(np.float32)
        asked = np.zeros(size_asked or len(contract.joints), np.float32)
        return Executed(asked, self._before, action, limited=True, holding=True, why=why)

    def _command_before(self, sensors: Sensors, episode: int,
                        moving_on: bool = False) -> np.ndarray:
        if self._episode is not None and episode != self._episode:
            if not self._contract.simulated and not moving_on:
                raise MessageError(f'episode {episode}; accepted: {self._episode}, a robot does '
                                   'not jump')
            self._before = None
        self._episode = episode
        return sensors.velocity if self._before is None else self._before
