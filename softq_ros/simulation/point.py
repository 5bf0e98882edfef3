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
"""A massless point that goes where it is told, for problems in the plane."""
import numpy as np

from softq_ros.errors import ConfigurationError, PlantFault
from softq_ros.records import Sensors, Start
from softq_ros.robot.contract import RobotContract


class PointPlant:
    """s' = clip(s + v * period) with the contract's position limits."""

    def __init__(self, contract: RobotContract) -> None:
        """Stand at the reset pose."""
        self._contract = contract
        self._position = np.array(contract.reset_pose)
        self._velocity = np.zeros_like(self._position)
        self._stamp = 0

    def reset(self, start: Start, stamp: int) -> Sensors:
        """Go to the start at once."""
        self._position, self._stamp = np.array(start.position, float), stamp
        self._velocity = np.zeros_like(self._position)
        return self._measure()

    def step(self, command: np.ndarray) -> Sensors:
        """Move by one period."""
        command = np.array(command, float)
        if not np.isfinite(command).all():
            raise PlantFault(f'command {command.tolist()}; accepted: finite numbers')
        contract = self._contract
        self._move(np.clip(self._position + command * contract.period_sec,
                           contract.position_lower, contract.position_upper))
        self._velocity = command
        self._stamp += contract.period_ns
        return self._measure()

    def _move(self, end: np.ndarray) -> None:
        """Go straight to a place ``(2,)``."""
        self._position = end

    def _measure(self) -> Sensors:
        return Sensors(self._stamp, self._contract.joints, self._position.copy(),
                       self._velocity.copy(), np.zeros_like(self._position))

    def perturb(self, kind: str, target: str, values: np.ndarray, duration_sec: float) -> None:
        """Refuse: a massless point has nothing to push against."""
        raise ConfigurationError(f'perturbation {kind!r} of the point; accepted: none')

    def close(self) -> None:
        """Hold nothing."""
