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
"""The beat of a control loop that follows the wall clock, and what it missed."""
from collections.abc import Callable
import time

MOST_PERIODS = 5  # for the gate's answer to a command, before it is given up


class Pace:
    """
    Counts the control periods in which no command left.

    :param period_sec: of the control loop [s].
    :param clock: monotonic time [s].
    """

    def __init__(self, period_sec: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with nothing missed."""
        self._period, self._clock = period_sec, clock
        self._ticked: float | None = None
        self._sent = 0.0
        self._due = False
        self.missed = 0

    def tick(self) -> None:
        """Note that a period begins; those that passed unnoticed since the last are missed."""
        now = self._clock()
        if self._ticked is not None:
            self.missed += max(0, round((now - self._ticked) / self._period) - 1) + self.late
        self._ticked, self._due = now, False

    def sent(self) -> None:
        """Note that a command left."""
        self._sent = self._clock()

    def check(self, due: bool) -> None:
        """Note whether a command was due in the running period; without one it is missed."""
        self._due = due

    @property
    def late(self) -> bool:
        """Return whether a command is due in the running period and none has left in it yet."""
        return self._due and self._sent < self._ticked

    @property
    def unanswered(self) -> bool:
        """Return whether the last command left longer ago than its answer may take."""
        return self._clock() - self._sent > MOST_PERIODS * self._period
