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
"""The Sawyer's links as capsules: which joints touch neither the table nor the arm itself."""
from itertools import combinations
from typing import NamedTuple

import numpy as np

from softq_ros.robot.kinematics import Chain
from softq_ros.robot.rotations import rotation_matrix

TINY = 1e-300  # keeps 0 / 0 at 0
CLEARANCE = 0.03  # m above the table, whose top is at z = 0; our choice: the height of a brick


class Capsule(NamedTuple):
    """A line from one point to another in a link's frame [m], and a radius [m]."""

    link: int
    start: tuple[float, float, float]
    end: tuple[float, float, float]
    radius: float


# The shapes of sim/sawyer/sawyer.xml; links count from 0 at right_l0, the base is -1. Screen, and
# gripper with brick, are the capsules that hold what is drawn.
CAPSULES = (
    Capsule(-1, (0, 0, 0), (0, 0, 0.12), 0.08),
    Capsule(0, (0, 0, -0.005), (0, 0, 0.25), 0.07),
    Capsule(0, (-0.005, 0, 0.3165), (-0.005, 0, 0.4565), 0.04),
    Capsule(0, (0.025, -0.05, 0.3965), (0.025, 0.05, 0.3965), 0.095),
    Capsule(1, (0, 0, -0.06), (0, 0, 0.13), 0.068),
    Capsule(2, (0, 0, -0.15), (0, 0, 0.26), 0.055),
    Capsule(3, (0, 0, -0.115), (0, 0, 0.03), 0.055),
    Capsule(4, (0, 0, -0.13), (0, 0, 0.27), 0.045),
    Capsule(5, (0, 0, -0.02), (0, 0, 0.1), 0.045),
    Capsule(5, (0, 0, 0.105), (0, -0.082, 0.105), 0.045),
    Capsule(6, (0, 0, 0.0245), (0, 0, 0.151), 0.036))

# what these leave out: the rim of the last link, the corners of a 2x4
RIMS = (
    Capsule(6, (0, 0, -0.02), (0, 0, 0.02), 0.045),
    Capsule(6, (0, -0.024, 0.1609), (0, 0.024, 0.1609), 0.0202))
BEFORE_BOXES = tuple(c for c in CAPSULES if c.link > 0) + RIMS  # right_l0 only turns


# corners of brick and fingers in the tool frame [m], as in sim/sawyer/sawyer.xml
FOOT = np.array([(x, y, 0.0) for x in (-0.0318, 0.0318) for y in (-0.027, 0.027)])


def above_table(chain: Chain, joints: np.ndarray) -> bool:
    """Return whether what the hand holds is above the table at joints ``(J,)`` [rad]."""
    place, turn = chain.pose(joints)
    return bool((FOOT @ rotation_matrix(turn).T + place)[:, 2].min() > 0.0)


def segment_distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """
    Return the distances ``(N,)`` between lines of ends ``(N, 2, 3)``, none of length 0.

    Ericson, Real-Time Collision Detection (2005), section 5.1.9.
    """
    one, other = first[:, 1] - first[:, 0], second[:, 1] - second[:, 0]
    apart = first[:, 0] - second[:, 0]
    a, e, b = ((u * v).sum(1) for u, v in ((one, one), (other, other), (one, other)))
    c, f = (one * apart).sum(1), (other * apart).sum(1)
    across = a * e - b * b
    s = np.where(across > 1e-12, (b * f - c * e) / np.maximum(across, 1e-12), 0.0).clip(0.0, 1.0)
    t = ((b * s + f) / e).clip(0.0, 1.0)
    s = ((b * t - c) / a).clip(0.0, 1.0)
    return np.linalg.norm(apart + one * s[:, None] - other * t[:, None], axis=1)


def box_distances(ends: np.ndarray, half: np.ndarray) -> np.ndarray:
    """
    Return the distances ``(N,)`` between lines of ends ``(N, 2, 3)`` and a box, 0 inside it.

    Along a line the squared distance is convex and its slope linear between the faces' planes, so
    that the nearest point is where the slope passes 0.

    :param half: half the box's sides ``(3,)``; it lies around the origin, along the axes.
    """
    start, way = ends[:, 0], ends[:, 1] - ends[:, 0]
    moving = np.where(way == 0.0, np.inf, way)
    planes = [((face - start) / moving).clip(0.0, 1.0) for face in (-half, half)]
    knots = np.sort(np.hstack([np.zeros((len(ends), 1)), *planes, np.ones((len(ends), 1))]))
    points = start[:, None] + knots[..., None] * way[:, None]
    slopes = ((points - points.clip(-half, half)) * way[:, None]).sum(-1)
    rows, low = np.arange(len(ends)), ((slopes < 0.0).sum(1) - 1).clip(0, knots.shape[1] - 2)
    falls, rises = (np.maximum(side, 0.0) for side in (-slopes[rows, low], slopes[rows, low + 1]))
    share = falls / np.maximum(falls + rises, TINY)
    t = knots[rows, low] + share * (knots[rows, low + 1] - knots[rows, low])
    nearest = start + t[:, None] * way
    return np.linalg.norm(nearest - nearest.clip(-half, half), axis=1)


class Shape:
    """Where the capsules of an arm are; ``chain`` has its seven joints first."""

    def __init__(self, chain: Chain) -> None:
        """Cut the chain at each joint; neighbours may overlap, further links may not."""
        self._links = [Chain(chain.segments[:count]) for count in range(1, len(chain.joints) + 1)]
        self._radii = np.array([capsule.radius for capsule in CAPSULES])
        rows = enumerate(CAPSULES)
        pairs = [(i, j) for (i, one), (j, other) in combinations(rows, 2)
                 if abs(one.link - other.link) > 1]
        self._moving = np.array([capsule.link > 0 for capsule in CAPSULES])  # right_l0 only turns
        self._first, self._second = np.array(pairs).T

    def ends(self, joints: np.ndarray, capsules: tuple[Capsule, ...] = CAPSULES) -> np.ndarray:
        """Return the capsules' ends in the base frame, ``(N, 2, 3)`` [m]."""
        frames = {-1: (np.zeros(3), np.eye(3))}
        for link, chain in enumerate(self._links):
            place, turn = chain.pose(joints[:link + 1])
            frames[link] = place, rotation_matrix(turn)
        return np.array([frames[c.link][0] + np.array([c.start, c.end]) @ frames[c.link][1].T
                         for c in capsules])

    def clear(self, joints: np.ndarray) -> bool:
        """Return whether joints ``(J,)`` [rad] touch nothing."""
        ends = self.ends(joints)
        if (ends[self._moving, :, 2].min(1) - self._radii[self._moving]).min() < CLEARANCE:
            return False
        gaps = segment_distances(ends[self._first], ends[self._second])
        return bool((gaps > self._radii[self._first] + self._radii[self._second]).all())

    def gap(self, joints: np.ndarray, place: np.ndarray, half: np.ndarray) -> float:
        """
        Return how far what moves is from a box [m]; below 0 they overlap.

        :param place: of the box's middle ``(3,)`` in the base frame [m].
        :param half: half its sides ``(3,)`` [m], along the base frame's axes.
        """
        ends = self.ends(joints, BEFORE_BOXES) - place
        return float((box_distances(ends, half) - [c.radius for c in BEFORE_BOXES]).min())
