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
from test.support.frozen import distance_ratios
from test.support.products import apart, Product

import numpy as np
import pytest
import torch

from softq_ros.learning.actor import Actor
from softq_ros.learning.composed_actor import ComposedActor, Constituent
from softq_ros.learning.composed_sampler import ComposedEnergy, ComposedSampler, frozen_qs
from softq_ros.learning.settings import make_settings
from softq_ros.learning.sql import SoftQLearning

BOUND = 2.0  # of the sampler's tests
SETTINGS = {'temperature': 1.0, 'learning_rate': 3e-3, 'svgd_states': 32, 'hidden': [64, 64]}


def test_its_energy_and_slope_are_those_of_the_live_composition():
    weights = [SoftQLearning(size, 3, make_settings('sql', {'hidden': [16, 16]}), size).weights()
               for size in (4, 2)]
    columns, alphas, shares = [np.arange(4), np.array([1, 3])], (0.5, 2.0), (0.3, 0.7)
    live = ComposedActor(
        [Constituent(Actor('sql', one, alpha), own)
         for one, alpha, own in zip(weights, alphas, columns)], shares, 0.5, 4)
    energy = ComposedEnergy([q for one, own, share, alpha in zip(weights, columns, shares, alphas)
                             for q in frozen_qs(one, own, share / alpha / 0.5)])
    rng = np.random.default_rng(0)
    observation = rng.normal(size=4).astype(np.float32)
    actions = rng.uniform(-1, 1, (20, 3)).astype(np.float32)
    value, slope = energy.least_and_slope(torch.from_numpy(observation)[None],
                                          torch.from_numpy(actions)[None])
    assert live.q(observation, actions) == pytest.approx(value[0].numpy(), abs=1e-4)
    for action, wanted in zip(actions, slope[0].numpy()):
        assert live._energy_and_slope(action)[1] == pytest.approx(wanted, abs=1e-4)


class Energy:
    """Stands where :class:`ComposedEnergy` stands: a pair of densities in one state."""

    def __init__(self, law):
        self._law = law

    def least_slope(self, state, action):
        """Return the gradient in the action, ``(B, K, A)``."""
        slopes = [self._law.energy_and_slope(row)[1] for row in action.reshape(-1, 2).numpy()]
        return torch.tensor(np.array(slopes), dtype=torch.float32).view(action.shape)


class Draws:
    """A sampler with its acting weights in one state."""

    def __init__(self, weights):
        self._actor, self._rng = Actor('sql', weights, 1.0), np.random.default_rng(0)

    def draw(self, count):
        """Draw actions ``(count, A)``."""
        return torch.from_numpy(self._actor.draw(np.zeros(1, np.float32), count, self._rng))


def test_it_learns_the_law_of_two_from_states_alone():
    law = Product(apart(2), 1.0)
    settings = make_settings('sql', SETTINGS | {'svgd_states': 4})
    sampler = ComposedSampler(1, 2, settings, 0, Energy(law))
    own = SoftQLearning(1, 2, settings, 0).weights()
    critics = {name: values for name, values in own.items() if name.startswith('q.')}
    optimizer = sampler.optimizers['sampler']
    for update in range(700):
        optimizer.param_groups[0]['lr'] = 3e-3 * max(0.01, min(1.0, 2.0 * (1.0 - update / 700)))
        sampler.climb(np.zeros((4, 1), np.float32))
    assert distance_ratios(law.exact(), Draws(sampler.weights() | critics), 1000).max() < BOUND
