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

The hidden layers stand side by side, each reading its own inputs. With Qs one more layer takes the
smaller of each pair of twins, min(x, y) = relu(x) - relu(-x) - relu(x - y), before the last adds
them up.
Letters: O observation, A action, H units of a layer.
"""
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from softq_ros.errors import ShapeError

Layers = list[tuple[np.ndarray, np.ndarray]]
TWINS = np.array([[1.0, 0.0], [-1.0, 0.0], [1.0, -1.0]])  # x, -x, x - y
SINGLE = np.array([[1.0], [-1.0]])
SIGNS = (1.0, -1.0, -1.0)  # of the layer of minima, in the sum


class Part(NamedTuple):
    """
    One or two Qs, or a sampler, and their factor.

    :param networks: weight ``(inputs, outputs)`` and bias of each layer.
    """

    networks: list[Layers]
    columns: np.ndarray  # of the observation they read
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


def _first(part: Part, layers: Layers, size: int) -> np.ndarray:
    """Return the first layer for inputs ``O + A`` of which it reads its columns and the action."""
    weight, own = layers[0][0], len(part.columns)
    actions = len(weight) - own
    whole = np.zeros((size + actions, weight.shape[1]), np.float32)
    whole[part.columns], whole[size:] = weight[:own], weight[own:]
    return whole


def _hidden(deep: Sequence[tuple[Part, Layers]], size: int) -> Layers:
    """Return the hidden layers of all, side by side."""
    first = (np.concatenate([_first(part, layers, size) for part, layers in deep], 1),
             np.concatenate([layers[0][1] for _, layers in deep]))
    return [first, *((block_diagonal([layers[at][0] for _, layers in deep]),
                      np.concatenate([layers[at][1] for _, layers in deep]))
                     for at in range(1, len(deep[0][1]) - 1))]


def _deep(parts: Sequence[Part]) -> list[tuple[Part, Layers]]:
    """Return every network with its part, all of the depth of the deepest."""
    depth = max(len(layers) for part in parts for layers in part.networks)
    return [(part, _deepened(layers, depth)) for part in parts for layers in part.networks]


def wide_q(parts: Sequence[Part], observation_size: int) -> Layers:
    """
    Return the layers of sum_i factor_i min_t Q_it, weight ``(inputs, outputs)`` and bias each.

    :raises ShapeError: for parts with another number of Qs than one or two, or of unlike actions.
    """
    actions = {len(q[0][0]) - len(part.columns) for part in parts for q in part.networks}
    if len(actions) != 1 or any(len(part.networks) not in (1, 2) for part in parts):
        raise ShapeError(f'Qs of {[len(part.networks) for part in parts]} twins, '
                         f'{sorted(actions)} actions; accepted: one or two each, of the same '
                         'actions')
    deep = _deep(parts)
    values = block_diagonal([q[-1][0] for _, q in deep])
    shifts = np.concatenate([q[-1][1] for _, q in deep])
    minima = block_diagonal([TWINS if len(part.networks) == 2 else SINGLE for part in parts])
    total = np.concatenate([part.factor * np.array(SIGNS[:len(part.networks) + 1])
                            for part in parts])
    return [*_hidden(deep, observation_size), (values @ minima.T, minima @ shifts),
            (total.astype(np.float32)[:, np.newaxis], np.zeros(1, np.float32))]


def wide_sampler(parts: Sequence[Part], observation_size: int) -> Layers:
    """
    Return the layers of sum_i factor_i u_i, of samplers that read their columns and one noise.

    :raises ShapeError: where a part has several, or their actions differ.
    """
    actions = {len(u[-1][1]) for part in parts for u in part.networks}
    if len(actions) != 1 or any(len(part.networks) != 1 for part in parts):
        raise ShapeError(f'{[len(part.networks) for part in parts]} samplers of {sorted(actions)} '
                         'actions; accepted: one each, of the same actions')
    deep = _deep(parts)
    return [*_hidden(deep, observation_size),
            (np.concatenate([part.factor * u[-1][0] for part, u in deep]).astype(np.float32),
             sum(part.factor * u[-1][1] for part, u in deep).astype(np.float32))]


def named(layers: Layers, prefix: str) -> dict[str, np.ndarray]:
    """Return layers as a bundle's tensors: weights ``(outputs, inputs)``."""
    return {f'{prefix}.{at}.{part}': np.ascontiguousarray(values.astype(np.float32))
            for at, (weight, bias) in enumerate(layers)
            for part, values in (('weight', weight.T), ('bias', bias))}
