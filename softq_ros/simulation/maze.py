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
"""A massless point among walls that it never crosses."""
from dataclasses import replace

import numpy as np

from softq_ros.errors import ShapeError
from softq_ros.records import Sensors, Start
from softq_ros.robot.contract import RobotContract
from softq_ros.simulation.point import PointPlant

GAP = 1e-3  # m; how far before a wall the point stops
SLACK = 1e-9  # share of a wall's length by which it is longer, so that corners are tight


def crossings(start: np.ndarray, end: np.ndarray, walls: np.ndarray) -> np.ndarray:
    """
    Return the share of the way at which each wall is met, infinite where it is not.

    With ``p + t d`` on the way and ``a + u w`` on the wall, ``t = (a - p) x w / d x w`` and
    ``u = (a - p) x d / d x w``. A way along a wall does not meet it.

    :param start: of the way, ``(2,)``.
    :param end: of the way, ``(2,)``.
    :param walls: their ends, ``(W, 2, 2)``.
    """
    if start.shape != (2,) or end.shape != (2,) or walls.shape[1:] != (2, 2):
        raise ShapeError(f'way {start.shape} to {end.shape}, walls {walls.shape}; accepted: '
                         '(2,) to (2,), (W, 2, 2)')
    way, along, apart = end - start, walls[:, 1] - walls[:, 0], walls[:, 0] - start
    turn = way[0] * along[:, 1] - way[1] * along[:, 0]
    crossing = turn != 0.0
    turn = np.where(crossing, turn, 1.0)
    share = (apart[:, 0] * along[:, 1] - apart[:, 1] * along[:, 0]) / turn
    place = (apart[:, 0] * way[1] - apart[:, 1] * way[0]) / turn
    met = (crossing & (share >= 0.0) & (share <= 1.0)
           & (place >= -SLACK) & (place <= 1.0 + SLACK))
    return np.where(met, share, np.inf)


class MazePlant(PointPlant):
    """
    A point that stops before the first wall in its way.

    :param walls: their ends, ``(W, 2, 2)`` [m].
    :param doors: ``(D, 2, 2)`` [m]; the sensors' object is where one was last passed.
    """

    def __init__(self, contract: RobotContract, walls: np.ndarray, doors: np.ndarray) -> None:
        """Stand at the reset pose."""
        super().__init__(contract)
        self._walls, self._doors = walls, doors
        self._passed: np.ndarray | None = None

    def reset(self, start: Start, stamp: int) -> Sensors:
        """Go to the start at once, through no door."""
        self._passed = None
        return super().reset(start, stamp)

    def _move(self, end: np.ndarray) -> None:
        start, way = self._position, float(np.linalg.norm(end - self._position))
        first = float(crossings(start, end, self._walls).min())
        if first <= 1.0:
            end = start + max(first - GAP / way, 0.0) * (end - start)
            if np.isfinite(crossings(start, end, self._walls)).any():
                end = start
        through = crossings(start, end, self._doors)
        if np.isfinite(through).any():
            self._passed = start + through[np.isfinite(through)].max() * (end - start)
        self._position = end

    def _measure(self) -> Sensors:
        if self._passed is None:
            return super()._measure()
        return replace(super()._measure(), object_position=np.array([*self._passed, 0.0]))
