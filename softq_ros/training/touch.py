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
"""Whether somebody moves a robot against its commands, from what its driver reports."""
from collections import deque
import math

import numpy as np

from softq_ros.errors import accepted, ConfigurationError
from softq_ros.records import Sensors
from softq_ros.robot.contract import RobotContract

MEAN_SEC = 0.2  # over which errors are averaged; our choice
USUAL_SEC = 2.0  # of undisturbed motion, which says what is usual; our choice
DISPLACED = 0.01  # m; our choice
# beyond what is usual: rad/s, rad and N m; our choice
MARGINS = {'velocity': 0.1, 'position': 0.03, 'position_increment': 0.03, 'trajectory': 0.03,
           'effort': 2.0}


class Touch:
    """
    Compares what was measured with what was commanded: the joint whose mean error is largest.

    Velocities against velocities, positions against positions; with effort commands, the torque
    that the driver measures against the one it was told, which is the external torque. A policy
    that presses a brick onto its studs has errors of its own: those of the last seconds are usual.

    :raises ConfigurationError: for an interface whose commands are none of these.
    """

    def __init__(self, contract: RobotContract) -> None:
        """Start without knowing what is usual."""
        if contract.interface not in MARGINS:
            raise ConfigurationError(f'touch of {contract.name}: interface: '
                                     f'{accepted(contract.interface, MARGINS)}')
        self._measured = {'velocity': 'velocity', 'effort': 'effort'}.get(contract.interface,
                                                                          'position')
        self._margin, rate = MARGINS[contract.interface], contract.control_rate
        self._place: np.ndarray | None = None
        self._errors: deque[np.ndarray] = deque(maxlen=max(round(MEAN_SEC * rate), 1))
        self._usual: deque[float] = deque(maxlen=round(USUAL_SEC * rate))

    def displaced(self, sensors: Sensors) -> bool:
        """Return whether the tool is elsewhere than before somebody was asked to move it."""
        return math.dist(sensors.tool_position, self._place) > DISPLACED

    def touched(self, sensors: Sensors, command: np.ndarray, expected: bool) -> bool:
        """
        Return whether the robot is being moved.

        :param command: ``(J,)``, the one whose effect is measured.
        :param expected: whether somebody was asked to; else this is what is usual.
        """
        self._errors.append(getattr(sensors, self._measured) - command)
        error = float(np.abs(np.mean(self._errors, 0)).max())
        if not expected:
            self._usual.append(error)
            self._place = sensors.tool_position
            return False
        return error > max(self._usual, default=0.0) + self._margin
