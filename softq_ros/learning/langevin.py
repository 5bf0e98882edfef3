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
Metropolis-adjusted Langevin chains (Roberts and Tweedie 1996) on exp(Q / alpha) over the box.

The chains live in u, where the action is tanh(u) and the law gains prod(1 - a^2). Letters:
B states, K chains of each, A action size.
"""
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from softq_ros.errors import ShapeError
from softq_ros.learning.networks import log_one_minus_tanh_squared
from softq_ros.learning.stein import squashed_score
from softq_ros.learning.value import LARGEST_U

WANTED_ACCEPTANCE = 0.574  # of the optimal step in many dimensions (Roberts and Rosenthal 1998)
RATE = 0.05  # of the step's adaptation, per step


class Chains(NamedTuple):
    """Where chains stand, ``(B, K, A)``, and the share of proposals they took at the end."""

    u: Tensor
    acceptance: float


def _target(q: Callable, u: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    action = torch.tanh(u)
    value, slope = q(action)
    log_law = value / temperature + log_one_minus_tanh_squared(u).sum(-1)
    return log_law, squashed_score(action, slope, temperature)


def _log_move(start: Tensor, end: Tensor, score: Tensor, size: Tensor) -> Tensor:
    """Return the log density of a Langevin proposal, up to what both directions share."""
    return -(end - start - 0.5 * size**2 * score).square().sum(-1) / (2.0 * size[..., 0]**2)


def langevin_chains(q: Callable[[Tensor], tuple[Tensor, Tensor]], u: Tensor, temperature: float,
                    steps: int, generator: torch.Generator, size: float = 0.3) -> Chains:
    """
    Move chains by so many steps; the first half adapts each state's step size.

    :param q: returns Q ``(B, K)`` and its gradient ``(B, K, A)`` of actions ``(B, K, A)``.
    :param u: where they begin, ``(B, K, A)``
    :param size: of the first step, in u.
    :raises ShapeError: when ``u`` has another number of axes.
    """
    if u.ndim != 3:
        raise ShapeError(f'chains {tuple(u.shape)}; accepted: (B, K, A)')
    u = u.clamp(-LARGEST_U, LARGEST_U)
    sizes = torch.full((len(u), 1, 1), size)
    log_law, score = _target(q, u, temperature)
    taken = []
    for step in range(steps):
        noise = torch.randn(u.shape, generator=generator)
        proposed = u + 0.5 * sizes**2 * score + sizes * noise
        there, score_there = _target(q, proposed, temperature)
        log_ratio = (there - log_law + _log_move(proposed, u, score_there, sizes)
                     - _log_move(u, proposed, score, sizes))
        accept = torch.rand(log_ratio.shape, generator=generator).log() < log_ratio
        move = accept.unsqueeze(-1)
        u, score = torch.where(move, proposed, u), torch.where(move, score_there, score)
        log_law = torch.where(accept, there, log_law)
        shares = accept.float().mean(1).view(-1, 1, 1)
        if 2 * step < steps:
            sizes = sizes * torch.exp(RATE * (shares - WANTED_ACCEPTANCE))
        else:
            taken.append(float(shares.mean()))
    return Chains(u, sum(taken) / max(1, len(taken)))
