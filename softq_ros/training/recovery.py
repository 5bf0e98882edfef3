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
"""Whether an arm that was disturbed came back, and how: the accounting of recoveries."""
from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np

from softq_ros.records import NANOSECONDS, Sensors
from softq_ros.training.evaluation import wilson_interval

MOVED = 0.030  # m; a disturbance that moves the tool by less, and unseats nothing, is resisted
COUNTING_SEC = 0.5  # after the release, in which it may still do so
WINDOW_SEC = 10.0  # after the release, in which the success must come back
HELD_SEC = 1.0  # for which it must then stay


@dataclass(frozen=True)
class Outcome:
    """
    What came of one disturbance.

    ``counted`` says that it moved the tool or undid a success, or came before there was one
    (``on_the_way``); else it was resisted. ``recovery_sec`` runs from the release to the first
    step of the success that was held, ``path`` is the tool's way in that time [m]; both are NaN
    where there was none. ``limited`` of ``steps`` control steps were changed by the gate.
    """

    name: str
    counted: bool
    on_the_way: bool
    recovered: bool
    recovery_sec: float
    path: float
    steps: int
    limited: int


class Recovery:
    """
    Watches one disturbance, step by step.

    :param name: of the kind of disturbance.
    :param before: what was measured last before its onset.
    :param success: whether the task was done then.
    :param duration_sec: until its release; nothing where :meth:`release` will tell.
    """

    def __init__(self, name: str, before: Sensors, success: bool,
                 duration_sec: float | None) -> None:
        """Start at the onset."""
        self._name, self._before, self._success = name, before, success
        self._release = (None if duration_sec is None
                         else before.stamp + round(duration_sec * NANOSECONDS))
        self._moved, self._undone = 0.0, False
        self._tool, self._path = before.tool_position, 0.0
        self._since: int | None = None
        self._stamp, self._path_since = before.stamp, 0.0
        self._steps = self._limited = 0

    def release(self, stamp: int) -> None:
        """Say that it ends at a stamp [ns]."""
        self._release = stamp

    def see(self, sensors: Sensors, success: bool, limited: bool) -> None:
        """Take in one control step."""
        self._stamp = sensors.stamp
        self._steps += 1
        self._limited += limited
        way = math.dist(sensors.tool_position, self._tool)
        self._tool = sensors.tool_position
        after = self._after_release
        if after <= COUNTING_SEC:
            self._moved = max(self._moved, math.dist(self._tool, self._before.tool_position))
            self._undone |= not success
        if after < 0:
            return
        self._path += way if after > 0 else 0.0
        if not success:
            self._since = None
        elif self._since is None:
            self._since, self._path_since = sensors.stamp, self._path

    @property
    def _after_release(self) -> float:
        if self._release is None:
            return -math.inf
        return (self._stamp - self._release) / NANOSECONDS

    @property
    def _counted(self) -> bool:
        return self._moved >= MOVED or self._undone or not self._success

    @property
    def _in_time(self) -> bool:
        return (self._since is not None
                and self._since - self._release <= WINDOW_SEC * NANOSECONDS)

    @property
    def recovered(self) -> bool:
        """Return whether the success came back in time and was held."""
        return self._in_time and self._stamp - self._since >= HELD_SEC * NANOSECONDS

    @property
    def finished(self) -> bool:
        """Return whether nothing that follows can change the outcome."""
        if self._after_release <= COUNTING_SEC:
            return False
        late = self._after_release > WINDOW_SEC and not self._in_time
        return self.recovered or late or not self._counted

    def outcome(self) -> Outcome:
        """Return what came of it; what was not watched to its end counts and has failed."""
        back = self.recovered
        return Outcome(
            self._name, self._counted or not self.finished, not self._success, back,
            (self._since - self._release) / NANOSECONDS if back else math.nan,
            self._path_since if back else math.nan, self._steps, self._limited)


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if len(values) else None


def _row(outcomes: Sequence[Outcome], refused: int) -> dict:
    counted = [o for o in outcomes if o.counted]
    back = [o for o in counted if o.recovered]
    steps = sum(o.steps for o in outcomes)
    return {
        'events': len(outcomes), 'refused': refused, 'resisted': len(outcomes) - len(counted),
        'counted': len(counted), 'on_the_way': sum(o.on_the_way for o in counted),
        'recovered': len(back),
        'recovery_rate': len(back) / len(counted) if counted else None,
        'recovery_ci': list(wilson_interval(len(back), len(counted))),
        'recovery_time_sec': _median([o.recovery_sec for o in back]),
        'path_m': _median([o.path for o in back]),
        'limited_share': sum(o.limited for o in outcomes) / steps if steps else None}


def summarise(names: Sequence[str], outcomes: Sequence[Outcome],
              refused: Sequence[str] = ()) -> dict:
    """
    Return the report of DESIGN section 9: a row for each kind; the worst kind is the figure.

    :param names: of all kinds, also of those that never happened.
    :param refused: names of the disturbances that the plant did not take.
    """
    rows = {name: _row([o for o in outcomes if o.name == name], list(refused).count(name))
            for name in names}
    rates = {name: row['recovery_rate'] for name, row in rows.items() if row['counted']}
    worst = min(rates, key=rates.get, default=None)
    return {'recovery_rate': rates.get(worst), 'recovery_worst': worst,
            'recovery_time_sec': _median([o.recovery_sec for o in outcomes
                                          if o.counted and o.recovered]),
            'perturbations': rows}
