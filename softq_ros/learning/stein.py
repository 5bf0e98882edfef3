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
Stein variational gradient (Liu and Wang 2016) as soft Q-learning uses it.

Letters: B states, N fixed particles (carry the gradient of Q), M updated ones (carry the gradient
of the sampler), A action size. The particles live in u-space, where the action is tanh(u).
"""
import math

import torch
from torch import Tensor

from softq_ros.errors import ShapeError

LEAST_BANDWIDTH = 1e-3


def _check_particles(fixed: Tensor, updated: Tensor) -> None:
    good = (fixed.ndim == updated.ndim == 3 and fixed.shape[0] == updated.shape[0]
            and fixed.shape[2] == updated.shape[2])
    if not good:
        raise ShapeError(f'particles {tuple(fixed.shape)} and {tuple(updated.shape)}; accepted: '
                         '(B, N, A) and (B, M, A)')


def squared_distances(fixed: Tensor, updated: Tensor) -> Tensor:
    """Return the squared Euclidean distances ``(B, N, M)``."""
    _check_particles(fixed, updated)
    products = torch.bmm(fixed, updated.transpose(1, 2))
    squares = fixed.square().sum(-1).unsqueeze(2) + updated.square().sum(-1).unsqueeze(1)
    return (squares - 2.0 * products).clamp_min(0.0)


def bandwidth(distances: Tensor, offset: int = 1) -> Tensor:
    """
    Return h = max(median(d^2) / ln(N + offset), 1e-3) for each state, ``(B, 1, 1)``.

    The median is element N M // 2 of the distances in descending order, as in the authors' code,
    which has an offset of 0.
    """
    count = distances.shape[1] * distances.shape[2]
    flat = distances.flatten(1)
    median = flat.kthvalue(count - count // 2, dim=1).values
    width = median / math.log(distances.shape[1] + offset)
    return width.clamp_min(LEAST_BANDWIDTH).view(-1, 1, 1)


def kernel(fixed: Tensor, updated: Tensor, width: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """
    Return k = exp(-|x - y|^2 / h) and its gradient in x, ``(B, N, M)`` and ``(B, N, M, A)``.

    :param width: h, ``(B, 1, 1)``; the median rule of :func:`bandwidth` when left out.
    """
    distances = squared_distances(fixed, updated)
    width = bandwidth(distances) if width is None else width
    values = torch.exp(-distances / width)
    differences = fixed.unsqueeze(2) - updated.unsqueeze(1)
    return values, -2.0 * differences * (values / width).unsqueeze(-1)


def stein_direction(fixed: Tensor, score: Tensor, updated: Tensor,
                    width: Tensor | None = None) -> Tensor:
    """
    Return the direction of steepest descent in KL, ``(B, M, A)`` (SQL paper, equation 13).

    mean over fixed particles of k(x, y) score(x) + gradient of k in x; the score is that of the
    target density over its temperature, so no factor stands before the second term. The sum of
    the kernel's gradients is taken as -2/h (k^T x - (sum k) y), which needs no (B, N, M, A).

    :param fixed: ``(B, N, A)``
    :param score: gradient of the log density at the fixed particles, ``(B, N, A)``
    :param updated: ``(B, M, A)``
    """
    if score.shape != fixed.shape:
        raise ShapeError(f'score {tuple(score.shape)}; accepted: {tuple(fixed.shape)}')
    distances = squared_distances(fixed, updated)
    width = bandwidth(distances) if width is None else width
    across = torch.exp(-distances / width).transpose(1, 2)
    attraction = torch.bmm(across, score)
    total = across.sum(2, keepdim=True)
    repulsion = -2.0 / width * (torch.bmm(across, fixed) - total * updated)
    return (attraction + repulsion) / fixed.shape[1]


def squashed_score(action: Tensor, q_gradient: Tensor, temperature: float) -> Tensor:
    """
    Return the score of u when tanh(u) has density exp(Q / alpha) on the box.

    (1 - a^2) * dQ/da / alpha - 2 a: the second term is the gradient of ln(1 - tanh(u)^2).
    All tensors have the shape of ``action``.
    """
    if action.shape != q_gradient.shape:
        raise ShapeError(f'gradient {tuple(q_gradient.shape)}; accepted: {tuple(action.shape)}')
    return (1.0 - action.square()) * q_gradient / temperature - 2.0 * action


def authors_score(action: Tensor, q_gradient: Tensor, temperature: float) -> Tensor:
    """
    Return the score of a in the authors' code: the gradient of Q / alpha + sum ln(1 - a^2 + 1e-6).

    Particles that follow it in a-space sample exp(Q / alpha) prod(1 - a^2), not exp(Q / alpha).
    """
    if action.shape != q_gradient.shape:
        raise ShapeError(f'gradient {tuple(q_gradient.shape)}; accepted: {tuple(action.shape)}')
    return q_gradient / temperature - 2.0 * action / (1.0 - action.square() + 1e-6)
