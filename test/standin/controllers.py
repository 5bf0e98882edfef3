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
"""
What ros2_control's controllers make of a message, without ROS.

They trust who speaks to them: nothing is clamped, nothing is checked for being finite, and the
last word counts for ever.
"""
from collections.abc import Iterable, Sequence

import numpy as np


class Forward:
    """
    A forward_command_controller: the newest values, unchanged.

    :param timeout: seconds without a command after which it writes zeros, as some velocity
        drivers do; 0: never, as ros2_control.
    """

    def __init__(self, count: int, timeout: float = 0.0) -> None:
        """Start without a command."""
        self._count, self._timeout = count, timeout
        self._values: np.ndarray | None = None
        self._heard = 0.0

    def command(self, values: Sequence[float], now: float) -> str:
        """Take a command; return why it was passed over, or nothing."""
        if len(values) != self._count:
            return f'command of {len(values)} values for {self._count} interfaces: passed over'
        self._values, self._heard = np.array(values, float), now
        return ''

    def sample(self, now: float) -> np.ndarray | None:
        """Return what is written to the joints now; None before the first command."""
        if self._values is not None and self._timeout and now - self._heard > self._timeout:
            return np.zeros(self._count)
        return self._values

    def restart(self, position: np.ndarray) -> None:
        """Forget the command, as a controller does that is started anew."""
        self._values = None


class Trajectory:
    """A joint_trajectory_controller that takes positions, with linear interpolation."""

    def __init__(self, joints: Sequence[str], position: np.ndarray) -> None:
        """Hold a position ``(J,)`` [rad]."""
        self._joints = list(joints)
        self.restart(position)

    def command(self, joints: Sequence[str], points: Iterable[Sequence[Sequence[float]]],
                now: float, start: float) -> str:
        """
        Replace the trajectory; return why it was passed over, or nothing.

        :param points: time from start [s], positions [rad] in the order of ``joints``, and
            velocities, which are only looked at where they must end at zero.
        :param start: when it starts [s]; until its first point it goes there from the present.
        """
        points = list(points)
        times = [start + time for time, _, _ in points]
        if sorted(joints) != sorted(self._joints):
            return f'trajectory for {list(joints)}, not for {self._joints}: passed over'
        if not points or any(len(place) != len(joints) for _, place, _ in points):
            return 'trajectory without points or with one of another length: passed over'
        if times[-1] < now or any(b <= a for a, b in zip(times, times[1:])):
            return 'trajectory that is over, or whose times do not rise: passed over'
        if any(points[-1][2]):
            return 'trajectory that ends in motion: passed over'
        order = [list(joints).index(joint) for joint in self._joints]
        present = self.sample(now)
        self._times = np.array([now, *times])
        self._points = np.array([present, *(np.array(place, float)[order]
                                            for _, place, _ in points)])
        return ''

    def sample(self, now: float) -> np.ndarray:
        """Return the set point ``(J,)`` [rad] now; the last point for ever."""
        at = int(np.searchsorted(self._times, now, side='right'))
        if at == len(self._times):
            return self._points[-1]
        start, end = self._times[at - 1], self._times[at]
        share = (now - start) / (end - start)
        return (1 - share) * self._points[at - 1] + share * self._points[at]

    def restart(self, position: np.ndarray) -> None:
        """Hold a position ``(J,)`` [rad]."""
        self._times, self._points = np.array([-np.inf]), np.array([position], float)
