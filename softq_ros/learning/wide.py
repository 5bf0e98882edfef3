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
Several networks of ReLU layers as one that says exactly their weighted sum.

The hidden layers stand side by side, each reading its own inputs; the last adds up. So it goes
for Qs, which read actions beside the observation, and for samplers, which read noise.
"""
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from softq_ros.errors import ShapeError

Layers = list[tuple[np.ndarray, np.ndarray]]


class Part(NamedTuple):
    """
    A network and its factor.

    :param layers: weight ``(inputs, outputs)`` and bias of each.
    """

    layers: Layers
    columns: np.ndarray  # of the observation it reads
    factor: float


def block_diagonal(blocks: Sequence[np.ndarray]) -> np.ndarray:
    """Return a matrix with these on its diagonal and zeros elsewhere."""
    ends = np.cumsum([block.shape for block in blocks], axis=0)
    whole = np.zeros(ends[-1], np.float32)
    for block, (row, column) in zip(blocks, ends):
        whole[row - block.shape[0]:row, column - block.shape[1]:column] = block
    return whole


def _deepened(layers: Layers, depth: int) -> Layers:
    """Return hidden layers that pass on what they get, in front of the last, up to a depth."""
    width = len(layers[-1][0])
    same = np.eye(width, dtype=np.float32), np.zeros(width, np.float32)
    return [*layers[:-1], *[same] * (depth - len(layers)), layers[-1]]


def _first(part: Part, size: int) -> np.ndarray:
    """Return the first layer for a whole observation, of which it reads its columns."""
    weight, own = part.layers[0][0], len(part.columns)
    whole = np.zeros((size + len(weight) - own, weight.shape[1]), np.float32)
    whole[part.columns], whole[size:] = weight[:own], weight[own:]
    return whole


def wide_sum(parts: Sequence[Part], observation_size: int) -> Layers:
    """
    Return the layers of sum_i factor_i f_i, weight ``(inputs, outputs)`` and bias each.

    :raises ShapeError: for networks that say unlike numbers, or read them beside the observation.
    """
    rest = {len(part.layers[0][0]) - len(part.columns) for part in parts}
    said = {len(part.layers[-1][1]) for part in parts}
    if len(rest) != 1 or len(said) != 1:
        raise ShapeError(f'networks that read {sorted(rest)} numbers beside the observation and '
                         f'say {sorted(said)}; accepted: one number each, the same for all')
    depth = max(len(part.layers) for part in parts)
    deep = [_deepened(part.layers, depth) for part in parts]
    first = (np.concatenate([_first(part, observation_size) for part in parts], 1),
             np.concatenate([layers[0][1] for layers in deep]))
    hidden = [(block_diagonal([layers[at][0] for layers in deep]),
               np.concatenate([layers[at][1] for layers in deep])) for at in range(1, depth - 1)]
    last = (np.concatenate([part.factor * part.layers[-1][0] for part in parts]),
            sum(part.factor * part.layers[-1][1] for part in parts))
    return [first, *hidden, tuple(values.astype(np.float32) for values in last)]


def named(layers: Layers, prefix: str) -> dict[str, np.ndarray]:
    """Return layers as a bundle's tensors: weights ``(outputs, inputs)``."""
    return {f'{prefix}.{at}.{part}': np.ascontiguousarray(values.astype(np.float32))
            for at, (weight, bias) in enumerate(layers)
            for part, values in (('weight', weight.T), ('bias', bias))}
