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
"""Transitions that the learner has not acknowledged yet; kept to be sent again."""
from collections import deque
from collections.abc import Callable
import time

from softq_ros.msg import Transition

CAPACITY = 10_000


class Outbox:
    """
    Sends transitions and keeps each until its sequence is reported durable.

    :param publish: sends one message; called again for each repetition.
    """

    def __init__(self, publish: Callable[[Transition], None]) -> None:
        """Start empty."""
        self._publish = publish
        self._kept: deque[Transition] = deque()
        self._progress = time.monotonic()
        self.overflowed = 0
        self.resent = 0

    def __len__(self) -> int:
        """Return how many are not acknowledged."""
        return len(self._kept)

    def send(self, transition: Transition) -> None:
        """Publish one transition and keep it; the oldest is dropped beyond 10,000."""
        if not self._kept:
            self._progress = time.monotonic()
        if len(self._kept) == CAPACITY:
            self._kept.popleft()
            self.overflowed += 1
        self._kept.append(transition)
        transition.oldest = self._kept[0].sequence
        self._publish(transition)

    def acknowledge(self, sequence: int) -> None:
        """Forget everything up to a sequence number that is durable."""
        while self._kept and self._kept[0].sequence <= sequence:
            self._kept.popleft()
            self._progress = time.monotonic()

    def send_again(self) -> None:
        """Publish all that is kept once more, oldest first."""
        for transition in self._kept:
            transition.oldest = self._kept[0].sequence
            self._publish(transition)
            self.resent += 1
        self._progress = time.monotonic()

    def send_again_if_stuck(self, after_sec: float) -> None:
        """Publish again when nothing was acknowledged for a while although something waits."""
        if self._kept and time.monotonic() - self._progress > after_sec:
            self.send_again()
