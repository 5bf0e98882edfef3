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
"""An open-loop trot: the scripted baseline of the quadruped's tasks."""
import math

import numpy as np

from softq_ros.records import Sensors
from softq_ros.tasks.task import Controller

RATE = 2.0  # Hz, of the gait; bullet3's figure, as the amplitudes
SWING, EXTENSION = 0.3, 0.35  # rad
SCALE = 0.5  # rad for an action of 1
CONTROL_RATE = 50.0  # Hz
PHASES = (0.0, math.pi, math.pi, 0.0)  # of the legs: diagonal ones move together


def trot_action(step: int) -> np.ndarray:
    """
    Return the action ``(8,)``, swing and extension of each leg, of a control step.

    A leg swings by -0.3 sin and extends by 0.35 cos: it goes back while it is long.
    """
    phases = 2 * math.pi * RATE * step / CONTROL_RATE + np.array(PHASES)
    legs = np.stack([-SWING * np.sin(phases), EXTENSION * np.cos(phases)], 1)
    return (legs.ravel() / SCALE).astype(np.float32)


class Trot(Controller):
    """The gait as a controller; it sees nothing."""

    def act_on(self, sensors: Sensors, step: int) -> np.ndarray:
        """Return the action ``(8,)`` of a control step."""
        return trot_action(step)
