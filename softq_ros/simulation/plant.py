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
"""What anything that stands for a robot offers."""
from typing import Protocol

import numpy as np

from softq_ros.records import Sensors, Start


class Plant(Protocol):
    """Steps one control period at a time; ``A`` actuated joints in the contract's order."""

    def reset(self, start: Start, stamp: int) -> Sensors:
        """Put it at rest where an episode begins, at a time [ns], and measure."""

    def step(self, command: np.ndarray) -> Sensors:
        """
        Apply a command ``(A,)`` in the contract's units for one control period and measure.

        :raises PlantFault: when its state must not be learned from.
        """

    def perturb(self, kind: str, target: str, values: np.ndarray, duration_sec: float) -> None:
        """
        Disturb it from now on.

        :raises ConfigurationError: when it cannot be disturbed that way.
        """

    def close(self) -> None:
        """Let go of what it holds."""
