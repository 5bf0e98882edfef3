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
Where the tool is and how it moves: a serial chain of joints, without a simulator.

Each segment turns its fixed frame by the joint behind it, as a URDF does: first ``xyz`` and
``rpy``, then the joint along or about ``axis``. The fixed parts are multiplied in once, with every
axis turned onto z, where a joint is a plane rotation. The rest is scalar arithmetic: numpy's calls
would take longer than the few products of an arm.
"""
from collections.abc import Sequence
import math
from typing import NamedTuple

import numpy as np

from softq_ros.errors import ConfigurationError

BASE = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))  # the rows of the base frame


class Segment(NamedTuple):
    """
    A fixed transform ``xyz`` [m], ``rpy`` [rad] and the joint that follows it.

    ``rpy`` turns about the fixed x, then y, then z axis. ``joint`` is '' where nothing moves;
    ``axis`` ``(3,)`` is that of the joint in the turned frame, ``prismatic`` slides along it.
    """

    joint: str
    xyz: tuple[float, ...]
    rpy: tuple[float, ...]
    axis: tuple[float, ...] = (0.0, 0.0, 1.0)
    prismatic: bool = False


def rotation_from_rpy(rpy: tuple[float, ...]) -> np.ndarray:
    """Return the ``(3, 3)`` rotation about the fixed axes x, then y, then z [rad]."""
    (cr, cp, cy), (sr, sp, sy) = (map(f, rpy) for f in (math.cos, math.sin))
    return np.array([[cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
                     [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
                     [-sp, cp * sr, cp * cr]])


def cross_matrix(vector: np.ndarray) -> np.ndarray:
    """Return the ``(3, 3)`` matrix that turns ``w`` into the cross product ``vector x w``."""
    x, y, z = vector
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])


def quaternion_from_matrix(rotation: Sequence[Sequence[float]]) -> np.ndarray:
    """Return the unit quaternion w, x, y, z of a ``(3, 3)`` rotation, its largest part above 0."""
    (a, b, c), (d, e, f), (g, h, i) = rotation
    squares = (1 + a + e + i, 1 + a - e - i, 1 - a + e - i, 1 - a - e + i)  # 4 w^2, 4 x^2, ...
    largest = max(range(4), key=squares.__getitem__)
    rows = ((squares[0], h - f, c - g, d - b), (h - f, squares[1], b + d, c + g),
            (c - g, b + d, squares[2], f + h), (d - b, c + g, f + h, squares[3]))
    return np.array(rows[largest]) / (2.0 * math.sqrt(squares[largest]))


def _unit(axis: tuple[float, ...]) -> np.ndarray:
    length = float(np.linalg.norm(axis))
    if not length > 0:
        raise ConfigurationError('got an axis of length 0; accepted: a direction')
    return np.array(axis) / length


def rotation_onto(axis: np.ndarray) -> np.ndarray:
    """Return a ``(3, 3)`` rotation that turns z onto a unit vector."""
    x, y, z = axis
    if z < 0:  # by way of x turned half round: near -z the plain formula loses its digits
        return np.diag([1.0, -1.0, -1.0]) @ rotation_onto(np.array([x, -y, -z]))
    turn = cross_matrix(np.array([-y, x, 0.0]))
    return np.eye(3) + turn + turn @ turn / (1.0 + z)


def _transform(rotation: np.ndarray, xyz: tuple[float, ...] = (0.0, 0.0, 0.0)) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation, xyz
    return matrix


class Chain:
    """
    A chain of segments from the base frame to the tool frame; joints ``(J,)`` in its order.

    :param segments: from base to tool; the last may be fixed.
    """

    def __init__(self, segments: tuple[Segment, ...]) -> None:
        """Multiply the fixed segments into the joints behind them."""
        self.segments = tuple(segments)
        self.joints = tuple(s.joint for s in self.segments if s.joint)
        if not self.joints or len(set(self.joints)) != len(self.joints):
            raise ConfigurationError(f'got joints {list(self.joints)}; accepted: at least one '
                                     'joint, each once')
        self._slides = [segment.prismatic for segment in self.segments if segment.joint]
        fixed, before = [], np.eye(4)
        for segment in self.segments:
            before = before @ _transform(rotation_from_rpy(segment.rpy), segment.xyz)
            if segment.joint:
                onto = _transform(rotation_onto(_unit(segment.axis)))
                fixed.append(before @ onto)
                before = onto.T
        self._fixed = [tuple(matrix[:3].ravel().tolist()) for matrix in (*fixed, before)]

    def _moves(self, q: np.ndarray) -> list[tuple[float, float, float]]:
        """Return cosine, sine and travel of every joint, and of the tool, which does not move."""
        moves = [(1.0, 0.0, value) if slides else (math.cos(value), math.sin(value), 0.0)
                 for value, slides in zip(q.tolist(), self._slides, strict=True)]
        return [*moves, (1.0, 0.0, 0.0)]

    def _row(self, row: tuple[float, ...], moves: list) -> tuple[tuple, list, list]:
        """
        Follow one row of the base frame to the tool: rows do not mix in products from the right.

        :returns: the row of the tool's rotation; of every axis and origin on the way, and of the
            tool's.
        """
        (x, y, z), place, axes, origins = row, 0.0, [], []
        for (a, b, c, t, d, e, f, u, g, h, i, v), (cos, sin, travel) in zip(self._fixed, moves):
            place += x * t + y * u + z * v
            x, y, z = x * a + y * d + z * g, x * b + y * e + z * h, x * c + y * f + z * i
            place += z * travel
            x, y = x * cos + y * sin, y * cos - x * sin
            axes.append(z)
            origins.append(place)
        return (x, y, z), axes, origins

    def position(self, q: np.ndarray) -> tuple[float, float, float]:
        """Return where the tool's origin is in base [m], at a third of the time of ``pose``."""
        x = y = z = 0.0
        for (a, b, c, t, d, e, f, u, g, h, i, v), (cos, sin, travel) in zip(
                reversed(self._fixed), reversed(self._moves(q))):
            x, y, z = cos * x - sin * y, sin * x + cos * y, z + travel
            x, y, z = (a * x + b * y + c * z + t, d * x + e * y + f * z + u,
                       g * x + h * y + i * z + v)
        return x, y, z

    def pose(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the tool's position ``(3,)`` [m] and quaternion ``(4,)`` w, x, y, z in base."""
        moves = self._moves(q)
        rows, _, origins = zip(*(self._row(row, moves) for row in BASE))
        return np.array([places[-1] for places in origins]), quaternion_from_matrix(rows)

    def jacobian(self, q: np.ndarray) -> np.ndarray:
        """Return how the tool's origin and frame move per joint, ``(6, J)``, linear rows first."""
        moves = self._moves(q)
        _, axes, origins = zip(*(self._row(row, moves) for row in BASE))
        tool = [places[-1] for places in origins]
        columns = []
        for slides, axis, place in zip(self._slides, zip(*axes), zip(*origins)):
            if slides:
                columns.append((*axis, 0.0, 0.0, 0.0))
                continue
            (a, b, c), (x, y, z) = axis, (end - start for end, start in zip(tool, place))
            columns.append((b * z - c * y, c * x - a * z, a * y - b * x, a, b, c))
        return np.array(columns).T

    def velocity(self, q: np.ndarray, qd: np.ndarray) -> np.ndarray:
        """Return the tool's linear [m/s] and angular [rad/s] velocity in base, ``(6,)``."""
        return self.jacobian(q) @ qd
