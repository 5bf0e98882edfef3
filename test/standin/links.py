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
"""A link that delays and drops, as networks and drivers do; seeded."""
from collections import deque
from typing import Any

import numpy as np


class Link:
    """
    First in, first out; each item waits ``latency`` and up to ``jitter`` more [s].

    :param drop: share of items that never arrive.
    """

    def __init__(self, latency: float, jitter: float, drop: float, seed: int) -> None:
        """Start empty."""
        self._latency, self._jitter, self._drop = latency, jitter, drop
        self._random = np.random.default_rng(seed)
        self._waiting: deque[tuple[float, Any]] = deque()
        self._latest = -np.inf
        self.sent = self.dropped = 0

    def send(self, item: Any, now: float) -> None:
        """Put an item in at a time [s]; it never overtakes an earlier one."""
        delay, luck = self._random.random(2)
        self.sent += 1
        if luck < self._drop:
            self.dropped += 1
            return
        self._latest = max(self._latest, now + self._latency + self._jitter * delay)
        self._waiting.append((self._latest, item))

    def receive(self, now: float) -> list[Any]:
        """Return what has arrived by a time [s], oldest first."""
        arrived = []
        while self._waiting and self._waiting[0][0] <= now:
            arrived.append(self._waiting.popleft()[1])
        return arrived
