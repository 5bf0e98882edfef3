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
The sampler of soft Q-learning trained on a frozen Q, and how far it is from the law of that Q.

Letters: K samples, A action size.
"""
import torch
from torch import nn

from softq_ros.learning.distances import sliced_wasserstein
from softq_ros.learning.settings import make_settings
from softq_ros.learning.sql import SoftQLearning


class FrozenQ(nn.Module):
    """Stands where the critics stand: alpha ln of a density, the same in every state."""

    def __init__(self, density, temperature):
        super().__init__()
        self._density, self._temperature = density, temperature

    def least_slope(self, state, action):
        """Return the gradient in the action, ``(B, K, A)``."""
        return self._temperature * self._density.slope(action)


class FrozenSampler(SoftQLearning):
    """
    The learner with a frozen Q in one state: only its sampler learns, by the learner's own step.

    :param density: exp(Q / alpha) up to a factor.
    :param rest: share of the updates, the last ones, over which the learning rate falls to 1 %.
    :param values: settings of ``sql``.
    """

    def __init__(self, density, updates, seed=0, rest=0.5, **values):
        super().__init__(1, density.size, make_settings('sql', values), seed)
        self._q = FrozenQ(density, self.temperature)
        fall = torch.optim.lr_scheduler.LambdaLR(
            self.optimizers['sampler'],
            lambda step: max(0.01, min(1.0, (1.0 - step / updates) / rest)))
        for _ in range(updates):
            ascent, _ = self._ascent(torch.zeros(self.settings.svgd_states, 1))
            self.descend({'sampler': -ascent})
            fall.step()

    @torch.no_grad()
    def centres(self, states, count):
        """Draw particles in u, ``(states, count, A)``."""
        return self.sampled(torch.zeros(states, 1), count)

    def draw(self, count):
        """Draw actions ``(count, A)``."""
        return torch.tanh(self.centres(1, count)[0])


def distance(first, second, generator):
    """Return the sliced Wasserstein distance of two sets ``(K, A)``."""
    return float(sliced_wasserstein(first[None], second[None], generator))


def exact_percentile(density, count, pairs=100, seed=1):
    """Return the 95th percentile of the distance between two exact sets of a size."""
    generator = torch.Generator().manual_seed(seed)
    apart = torch.tensor([
        distance(density.draw(count, generator), density.draw(count, generator), generator)
        for _ in range(pairs)])
    return float(apart.quantile(0.95))


def distance_ratios(density, sampler, count, draws=5, seed=2):
    """Return the distances of fresh sets to exact ones over that percentile, ``(draws,)``."""
    generator = torch.Generator().manual_seed(seed)
    apart = torch.tensor([
        distance(sampler.draw(count), density.draw(count, generator), generator)
        for _ in range(draws)])
    return apart / exact_percentile(density, count)
