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
"""How regular a control loop is, as somebody beside it sees it."""
from collections import deque

import numpy as np

from softq_ros.bridge.conversions import time_to_ns
from softq_ros.msg import Executed

REMEMBERED = 1000  # observations whose arrival is kept


def quantiles(prefix: str, seconds: list[float]) -> dict[str, float]:
    """Return median, 99th and 99.9th percentile and maximum of durations [s], by name."""
    points = dict(zip(('median', 'p99', 'p999', 'max'),
                      np.quantile(seconds, [0.5, 0.99, 0.999, 1.0]).tolist()))
    return {f'{prefix}{name}_sec': value for name, value in points.items()}


class LoopTimes:
    """
    Collects when observations and the gate's answers to commands arrive.

    :param period: of control [s].
    """

    def __init__(self, period: float) -> None:
        """Start without measurements."""
        self._period = period
        self._seen: dict[int, float] = {}
        self._order: deque[int] = deque()
        self._last: tuple[tuple[int, int], float] | None = None
        self.latencies: list[float] = []
        self.periods: list[float] = []

    def observed(self, stamp: int, now: float) -> None:
        """Note when [s] the observation of a stamp [ns] was heard."""
        self._seen[stamp] = now
        self._order.append(stamp)
        if len(self._order) > REMEMBERED:
            self._seen.pop(self._order.popleft(), None)

    def answered(self, msg: Executed, now: float) -> None:
        """Note a command's answer; from one to the next of an episode is one period."""
        seen = self._seen.get(time_to_ns(msg.header.stamp))
        if seen is not None:
            self.latencies.append(now - seen)
        episode = (msg.boot_id, msg.episode)
        if self._last is not None and self._last[0] == episode:
            self.periods.append(now - self._last[1])
        self._last = (episode, now)

    def results(self) -> dict[str, float]:
        """Return rate [Hz], share of periods within two, latencies and periods [s]."""
        within = np.mean(np.array(self.periods) <= 2.0 * self._period)
        return {'rate': 1.0 / float(np.mean(self.periods)), 'ratio': float(within),
                **quantiles('', self.latencies), **quantiles('period_', self.periods),
                'count': len(self.periods)}
