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
"""One episode in which a robot is disturbed again and again, and what came of it."""
from collections import deque
from collections.abc import Sequence

from softq_ros.records import NANOSECONDS, Sensors
from softq_ros.training.recovery import HELD_SEC, Outcome, Recovery
from softq_ros.training.scenarios import Disturbance


class Trial:
    """
    Waits until the robot has settled, says what to disturb it with, watches the recovery.

    It ends with the last disturbance, or with the first that the robot does not recover from.
    Whoever owns the transport calls :meth:`see` every control step, disturbs the robot when a
    disturbance is due and then says :meth:`disturbed` or :meth:`refused`.

    :param settle_sec: after which a robot without success is disturbed all the same [s].
    """

    def __init__(self, disturbances: Sequence[Disturbance], settle_sec: float) -> None:
        """Wait for the first control step."""
        self._coming = deque(disturbances)
        self._settle_sec = settle_sec
        self._began: int | None = None
        self._success_since: int | None = None
        self._before: tuple[Sensors, bool] | None = None
        self._due: float | None = None
        self.current: Disturbance | None = None
        self.recovery: Recovery | None = None
        self.outcomes: list[Outcome] = []
        self.refusals: list[str] = []

    @property
    def finished(self) -> bool:
        """Return whether nothing more is going to happen."""
        return not self._coming and self.recovery is None

    @property
    def untouched(self) -> bool:
        """Return whether nothing was done to the robot yet, and nothing refused."""
        return not (self.outcomes or self.refusals or self.recovery)

    @property
    def due(self) -> Disturbance | None:
        """Return what the robot is to be disturbed with now."""
        return self._coming[0] if self._before and self.recovery is None else None

    def see(self, sensors: Sensors, success: bool, limited: bool = False) -> None:
        """Take in one control step: measured, whether the task is done, whether limited."""
        if self.recovery:
            self.recovery.see(sensors, success, limited)
            if self.recovery.finished:
                self._close()
        if self.recovery is None and self._coming:
            self._wait(sensors.stamp, success)
            if self._before is None and self._due is not None and sensors.stamp >= self._due:
                self._before = sensors, success

    def _wait(self, stamp: int, success: bool) -> None:
        """Settle, then wait for as long as the next disturbance wants it."""
        if self._began is None:
            self._began = stamp
        if not success:
            self._success_since = None
        elif self._success_since is None:
            self._success_since = stamp
        held = self._success_since is not None and (
            stamp - self._success_since >= HELD_SEC * NANOSECONDS)
        late = stamp - self._began >= self._settle_sec * NANOSECONDS
        if self._due is None and (held or late):
            self._due = stamp + self._coming[0].wait_sec * NANOSECONDS

    def disturbed(self, duration_sec: float | None) -> None:
        """
        Take in that the disturbance which is due has begun, after what was seen when it fell due.

        :param duration_sec: until its release [s]; nothing where the recovery is told of it.
        """
        self.current = self._coming.popleft()
        self.recovery = Recovery(self.current.event.name, *self._before, duration_sec)
        self._forget()

    def refused(self) -> None:
        """Take in that the disturbance which is due cannot be done."""
        self.refusals.append(self._coming.popleft().event.name)
        self._forget()

    def _forget(self) -> None:
        self._began = self._success_since = self._due = self._before = None

    def stop(self) -> None:
        """End here; a recovery under way has failed."""
        if self.recovery:
            self._close()
        self._coming.clear()

    def _close(self) -> None:
        self.outcomes.append(self.recovery.outcome())
        self.recovery = self.current = None
        if self.outcomes[-1].counted and not self.outcomes[-1].recovered:
            self._coming.clear()
