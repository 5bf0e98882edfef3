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
"""Ground for legs: where the bodies of a scene's terrain lie, for a kind, a size and a seed."""
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
import json
import math
from typing import NamedTuple

import numpy as np

from softq_ros.robot.rotations import turn_about

KINDS = ('flat', 'slope', 'steps', 'blocks')
SEEDS = 10  # of each kind of ground; an episode draws one
STEPS = 8  # edges of a stair; the reference's figure, as 15 and 30 mm are
FIRST_EDGE = (0.6, 0.8)  # m before the middle of the start; our choice
TREAD = (0.3, 0.45)  # m; our choice, about the robot's length
SLAB = (12.0, 0.3)  # m, half length and half height of the scene's slabs; 20 s reach 18 m
BLOCKS = 80  # of the scene; the reference's figure
BLOCK_HALF_HEIGHT = 0.05  # m, of the scene's blocks
SPACING = 0.7  # m between the middles of blocks; bullet3's figure
CLEAR = 1.0  # m around the start without the middle of a block; bullet3's figure
FIELD = ((-1.5, 9.5), (-3.0, 3.0))  # m, along x and y; bullet3's 15 x 10 m, cut to what 20 s reach
DARTS = 2000  # thrown for the blocks of a field
BURIED = (0.0, 0.0, -1.0)  # m; where blocks go that found no place


class Placed(NamedTuple):
    """Where a body of the ground lies: position [m] and quaternion w, x, y, z."""

    position: tuple[float, float, float]
    quaternion: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)


def incline(kind: str, size: float, seed: int) -> float:
    """Return the pitch of the ground at the start [rad]: up for even seeds, down for odd ones."""
    if kind != 'slope':
        return 0.0
    return -size if seed % 2 == 0 else size


def poisson_disc(rng: np.random.Generator, most: int) -> np.ndarray:
    """Return up to ``most`` places ``(n, 2)`` in the field, apart and away from the start [m]."""
    low, high = np.array(FIELD).T
    places = np.empty((0, 2))
    for dart in rng.uniform(low, high, (DARTS, 2)):
        apart = np.linalg.norm(places - dart, axis=1).min(initial=math.inf) >= SPACING
        if apart and np.abs(dart).max() >= CLEAR:
            places = np.vstack([places, dart])
        if len(places) == most:
            break
    return places


def _stair(step: float, seed: int) -> dict[str, Placed]:
    rng = np.random.default_rng(seed)
    edges = rng.uniform(*FIRST_EDGE) + np.cumsum([0, *rng.uniform(*TREAD, STEPS - 1)])
    upwards = seed % 2 == 0
    reach, height = SLAB
    middles = ([0.0, *(edges + reach)] if upwards  # slabs lie on each other
               else [*(edges - reach), edges[-1] + reach])
    levels = step * np.arange(STEPS + 1) * (1 if upwards else -1)
    return {f'slab_{i}': Placed((float(x), 0.0, float(z - height)))
            for i, (x, z) in enumerate(zip(middles, levels))}


def _field(height: float, seed: int) -> dict[str, Placed]:
    rng = np.random.default_rng(seed)
    places = poisson_disc(rng, BLOCKS)
    turns = rng.uniform(0, math.pi, len(places))
    found = {f'block_{i}': Placed((float(x), float(y), height - BLOCK_HALF_HEIGHT),
                                  tuple(turn_about(2, float(angle)).tolist()))
             for i, ((x, y), angle) in enumerate(zip(places, turns))}
    return {f'block_{i}': Placed(BURIED) for i in range(BLOCKS)} | found


@lru_cache(maxsize=64)
def lay(kind: str, size: float, seed: int) -> Mapping[str, Placed]:
    """
    Return where each body of the ground lies; the start is at the origin.

    :param kind: ``flat``, ``slope`` or ``steps``, both up or down, or ``blocks``.
    :param size: rad of the slope, m of each step, m by which blocks stand out.
    """
    if kind == 'slope':
        tilt = turn_about(1, incline(kind, size, seed)).tolist()
        return {'floor': Placed((0.0, 0.0, 0.0), tuple(tilt))}
    return {'steps': _stair, 'blocks': _field}.get(kind, lambda *_: {})(size, seed)


def digest(kind: str, size: float) -> str:
    """Return the SHA-256 of the ground under every seed, in nanometres."""
    ground = {seed: {name: [[round(x * 1e9) for x in row] for row in place]
                     for name, place in lay(kind, size, seed).items()} for seed in range(SEEDS)}
    return sha256(json.dumps([kind, ground], sort_keys=True).encode()).hexdigest()
