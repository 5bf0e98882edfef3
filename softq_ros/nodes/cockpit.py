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
"""What flies: the actor that the control loop uses, swapped between two ticks."""
from dataclasses import dataclass

from softq_ros.learning.actor import Actor


@dataclass(frozen=True)
class Flight:
    """One policy in the air; the control loop reads it once a tick, so a swap is one store."""

    actor: Actor | None
    name: str
    version: int = 0
    accepted: float = 0.0


class Cockpit:
    """
    Decides which of two policies flies: the learner's stream or a named bundle.

    Written by the parameter thread and the weights callback, read by the control loop; every
    attribute is replaced whole, never changed in place.
    """

    def __init__(self) -> None:
        """Start with nothing but the learner's stream, before any weights."""
        self.stream = Flight(None, 'learner')
        self.bundle: Flight | None = None
        self.sampling = 'stochastic'
        self.exploration = True
        self.paused = False
        self.active = False
        self.reason = ''

    @property
    def flight(self) -> Flight:
        """Return what flies now."""
        return self.bundle or self.stream
