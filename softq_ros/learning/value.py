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
The soft value of a state from samples (SQL paper, equation 10).

Letters: B states, K actions of one state, M sampler particles, A action size. Densities are with
respect to Lebesgue measure on the box [-1, 1]^A.
"""
import math
from typing import NamedTuple

import torch
from torch import Tensor

from softq_ros.errors import ShapeError
from softq_ros.learning.networks import log_one_minus_tanh_squared

LEAST_SPREAD = 0.05  # of the kernel density in u, per dimension
LEAST_EXPONENT = -80.0  # exp of less is no normal float32, and forty times slower
LARGEST_U = 9.0  # tanh of more is 1 in float32


class Proposal(NamedTuple):
    """Actions ``(B, K, A)`` and the log of the density they were drawn from, ``(B, K)``."""

    action: Tensor
    log_density: Tensor


def soft_value(q: Tensor, log_density: Tensor, temperature: float) -> Tensor:
    """
    Return V = alpha (logsumexp_j(Q_j / alpha - ln q(a_j)) - ln K), ``(B,)``.

    For a uniform proposal ln q is -A ln 2, the '+ d ln 2' of the authors' code.

    :param q: ``(B, K)``
    :param log_density: of the proposal at those actions, ``(B, K)``
    """
    if q.shape != log_density.shape or q.ndim != 2:
        raise ShapeError(f'Q {tuple(q.shape)}, density {tuple(log_density.shape)}; accepted: two '
                         'of (B, K)')
    weights = q / temperature - log_density
    return temperature * (torch.logsumexp(weights, 1) - math.log(q.shape[1]))


def importance_weights(q: Tensor, log_density: Tensor, temperature: float) -> Tensor:
    """Return exp(Q / alpha) / q(a), normalised to a sum of one for each state, ``(B, K)``."""
    return torch.softmax(q / temperature - log_density, 1)


def resample(q: Tensor, proposal: Proposal, temperature: float,
             generator: torch.Generator) -> Tensor:
    """
    Choose one proposed action of each state by exp(Q / alpha) / q(a), ``(B, A)``.

    As K grows its law tends to exp((Q - V) / alpha) (sampling importance resampling, Rubin 1988),
    however far modes lie apart, as long as some of the proposed actions lie in each. With uniform
    proposals that holds up to about three dimensions.

    :param q: at the proposed actions, ``(B, K)``
    :raises ShapeError: when Q and proposal do not go together.
    """
    action, log_density = proposal
    if q.ndim != 2 or action.ndim != 3 or not q.shape == log_density.shape == action.shape[:2]:
        raise ShapeError(f'Q {tuple(q.shape)}, density {tuple(log_density.shape)}, actions '
                         f'{tuple(action.shape)}; accepted: two of (B, K) and (B, K, A)')
    weights = importance_weights(q, log_density, temperature)
    chosen = torch.multinomial(weights, 1, generator=generator)
    return torch.take_along_dim(action, chosen.unsqueeze(-1), 1).squeeze(1)


def effective_sample_size(weights: Tensor) -> Tensor:
    """Return 1 / sum w^2 of normalised importance weights, ``(B,)``, between 1 and K."""
    return 1.0 / weights.square().sum(1)


def value_error(weights: Tensor, temperature: float) -> Tensor:
    """
    Estimate the standard error of the soft value from its own weights, ``(B,)``.

    alpha sqrt(1 / ESS - 1 / K): the delta method on the logarithm of the mean weight.
    """
    spread = weights.square().sum(1) - 1.0 / weights.shape[1]
    return temperature * spread.clamp_min(0.0).sqrt()


def boltzmann_entropy(value: Tensor, q: Tensor, weights: Tensor, temperature: float) -> Tensor:
    """
    Return (V - E[Q]) / alpha, the entropy in nats of exp((Q - V) / alpha), ``(B,)``.

    It is the entropy of the law the sampler aims at, not of the sampler itself.
    """
    return (value - (weights * q).sum(1)) / temperature


def uniform_proposal(states: int, count: int, action_size: int,
                     generator: torch.Generator) -> Proposal:
    """Draw K actions for each of B states uniformly over the box."""
    device = generator.device
    action = 2.0 * torch.rand(states, count, action_size, generator=generator, device=device) - 1.0
    density = torch.full((states, count), -action_size * math.log(2.0), device=device)
    return Proposal(action, density)


def log_kernel_density(u: Tensor, centres: Tensor, spread: Tensor) -> Tensor:
    """
    Return the log density in u of a mixture of M equal Gaussians, ``(B, K)``.

    :param u: ``(B, K, A)``
    :param centres: ``(B, M, A)``
    :param spread: standard deviation of each dimension, ``(B, 1, A)``
    """
    scaled, means = u / spread, centres / spread
    exponents = torch.bmm(means, scaled.transpose(1, 2))
    exponents -= 0.5 * means.square().sum(-1, keepdim=True)
    largest = exponents.amax(1, keepdim=True)
    total = (exponents - largest).clamp_min_(LEAST_EXPONENT).exp_().sum(1)
    constant = 0.5 * math.log(2.0 * math.pi) * u.shape[-1] + math.log(centres.shape[1])
    return (total.log() + largest.squeeze(1) - 0.5 * scaled.square().sum(-1)
            - spread.log().sum(-1) - constant)


def particle_spread(particles: Tensor) -> Tensor:
    """Return the standard deviation over the particles of ``(B, M, A)``, ``(B, 1, A)``."""
    deviations = particles - particles.mean(1, keepdim=True)
    return (deviations.square_().sum(1, keepdim=True) / (particles.shape[1] - 1)).sqrt()


def mixture_proposal(centres: Tensor, count: int, uniform_share: float,
                     generator: torch.Generator) -> Proposal:
    """
    Draw K actions of each state from a mixture of uniform and a kernel density around particles.

    The kernel density lives in u (action tanh(u)); its density over actions is that in u divided
    by prod(1 - a^2). A fixed number of samples comes from each part, and every one is weighted by
    the density of the whole mixture.

    :param centres: sampler particles in u, ``(B, M, A)``
    """
    states, particles, size = centres.shape
    uniform = max(1, round(uniform_share * count))
    spread = particle_spread(centres).clamp_min(LEAST_SPREAD)
    flat = uniform_proposal(states, uniform, size, generator).action
    chosen = torch.randint(particles, (states, count - uniform), generator=generator,
                           device=centres.device)
    around = torch.take_along_dim(centres, chosen.unsqueeze(-1), 1)
    noise = torch.randn(states, count - uniform, size, generator=generator,
                        device=centres.device)
    u = torch.cat([torch.atanh(flat.clamp(-0.999999, 0.999999)), around + spread * noise], 1)
    u = u.clamp(-LARGEST_U, LARGEST_U)
    share = uniform / count
    log_uniform = math.log(share) - size * math.log(2.0)
    log_kernel = log_kernel_density(u, centres, spread) - log_one_minus_tanh_squared(u).sum(-1)
    other = math.log1p(-share) if share < 1.0 else -math.inf
    flat_log = torch.full_like(log_kernel, log_uniform)
    return Proposal(torch.tanh(u), torch.logaddexp(flat_log, log_kernel + other))
