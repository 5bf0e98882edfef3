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
How far samples are from other samples, and how spread they are.

Letters: B states, K samples of each, A dimensions.
"""
import math

import torch
from torch import Tensor

from softq_ros.errors import ShapeError

LEAST_DISTANCE = 1e-12  # of neighbours; the same sample twice has no logarithm


def sliced_wasserstein(first: Tensor, second: Tensor, generator: torch.Generator,
                       lines: int = 64) -> Tensor:
    """
    Return the mean over random lines of the distance W1 between two sets, ``(B,)``.

    :param first: ``(B, K, A)``; ``second`` likewise.
    :raises ShapeError: for other shapes.
    """
    if first.shape != second.shape or first.ndim != 3:
        raise ShapeError(f'samples {tuple(first.shape)} and {tuple(second.shape)}; accepted: two '
                         'of (B, K, A)')
    drawn = torch.randn(first.shape[2], lines, generator=generator, dtype=first.dtype)
    drawn = drawn / drawn.norm(dim=0)
    one, two = ((samples @ drawn).sort(1).values for samples in (first, second))
    return (one - two).abs().mean((1, 2))


def nearest_neighbour_entropy(samples: Tensor) -> Tensor:
    """
    Estimate the differential entropy of each state's samples in nats, ``(B,)``.

    Kozachenko and Leonenko 1987: digamma(K) - digamma(1) + ln V_A + A mean ln r, with r the
    distance of each of ``(B, K, A)`` to its nearest neighbour and V_A the unit ball's volume.

    :raises ShapeError: for another shape or a single sample.
    """
    if samples.ndim != 3 or samples.shape[1] < 2:
        raise ShapeError(f'samples {tuple(samples.shape)}; accepted: (B, K, A), K of 2 or more')
    _, count, size = samples.shape
    apart = torch.cdist(samples, samples, compute_mode='donot_use_mm_for_euclid_dist')
    apart.diagonal(dim1=1, dim2=2).fill_(math.inf)
    nearest = apart.amin(2).clamp_min(LEAST_DISTANCE)
    ball = 0.5 * size * math.log(math.pi) - math.lgamma(0.5 * size + 1.0)
    counts = torch.tensor([float(count), 1.0], dtype=torch.float64).digamma()
    return float(counts[0] - counts[1]) + ball + size * nearest.log().mean(1)
