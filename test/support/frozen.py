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
"""A sampler network trained on a frozen Q as soft Q-learning trains it, and how far off it is."""
import torch

from softq_ros.learning.networks import Mlp
from softq_ros.learning.stein import (
    authors_score, bandwidth, squared_distances, squashed_score, stein_direction)

HIDDEN, STATES = (128, 128), 64  # as in SqlSettings: the one state fills the batch
PARTICLES = 16
LEARNING_RATE = 1e-3
PROJECTIONS = 64


def slope_of(density, action):
    """Return dQ/da, shaped as the action."""
    with torch.enable_grad():
        action = action.detach().requires_grad_(True)
        return torch.autograd.grad(density.q(action).sum(), action)[0]


def direction(density, fixed, updated, preset):
    """Return what SoftQLearning makes of a Q, for particles in u, ``(B, M, A)``."""
    action = torch.tanh(fixed)
    slope = slope_of(density, action)
    if preset == 'ours':
        return stein_direction(fixed, squashed_score(action, slope, 1.0), updated)
    moved = torch.tanh(updated)
    width = bandwidth(squared_distances(action, moved), offset=0)
    return stein_direction(action, authors_score(action, slope, 1.0), moved, width)


class FrozenSampler:
    """
    A sampler of one state.

    :param preset: ``ours`` or ``paper``.
    :param rest: share of the steps, the last ones, over which the learning rate falls to nought.
    """

    def __init__(self, density, steps, preset='ours', seed=0, particles=PARTICLES,
                 states=STATES, rest=0.5, rate=LEARNING_RATE):
        self.generator = torch.Generator().manual_seed(seed)
        self._size = density.size
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._net = Mlp(1, density.size, HIDDEN, density.size)
        adam = torch.optim.Adam(self._net.parameters(), rate, fused=True)
        fall = torch.optim.lr_scheduler.LambdaLR(
            adam, lambda step: min(1.0, max(0.01, (1 - step / steps) / rest)))
        for _ in range(steps):
            with torch.no_grad():
                fixed = self.particles(states, particles)
            updated = self.particles(states, particles)
            with torch.no_grad():
                aim = direction(density, fixed, updated, preset)
            moved = torch.tanh(updated) if preset == 'paper' else updated
            adam.zero_grad()
            (-(aim * moved).sum(-1).mean()).backward()
            adam.step()
            fall.step()

    def particles(self, states, count):
        """Draw particles in u, ``(states, count, A)``."""
        noise = torch.randn(states, count, self._size, generator=self.generator)
        return self._net(torch.zeros(states, 1), noise)

    @torch.no_grad()
    def draw(self, count):
        """Draw actions ``(count, A)``."""
        return torch.tanh(self.particles(1, count)[0])


def sliced_wasserstein(first, second, seed=0):
    """Return the mean over directions of the distance W1 of two sets ``(K, A)`` of one size."""
    generator = torch.Generator().manual_seed(seed)
    lines = torch.randn(first.shape[1], PROJECTIONS, generator=generator)
    lines = lines / lines.norm(dim=0)
    return float((torch.sort(first @ lines, 0).values
                  - torch.sort(second @ lines, 0).values).abs().mean())


def exact_percentile(density, count, pairs=100, seed=1):
    """Return the 95th percentile of the distance between two exact sets of a size."""
    generator = torch.Generator().manual_seed(seed)
    apart = torch.tensor([
        sliced_wasserstein(density.draw(count, generator), density.draw(count, generator), pair)
        for pair in range(pairs)])
    return float(apart.quantile(0.95))


def distance_ratio(density, sampler, count, seed=2):
    """Return the distance to an exact set over that percentile."""
    exact = density.draw(count, torch.Generator().manual_seed(seed))
    return (sliced_wasserstein(sampler.draw(count), exact)
            / exact_percentile(density, count))
