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
A sampler for the energy of several frozen Qs, learned from states alone.

Letters: B states, K samples, O observation, A action.
"""
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import nn, Tensor

from softq_ros.learning.networks import move_towards, TwinQ
from softq_ros.learning.settings import SqlSettings
from softq_ros.learning.sql import SoftQLearning
from softq_ros.learning.wide import Layers


class FrozenQ(NamedTuple):
    """A Q, the columns of the observation it reads, and its share of the energy."""

    q: TwinQ
    columns: Tensor
    factor: float


def frozen_qs(weights: dict[str, np.ndarray], columns: np.ndarray,
              factor: float) -> list[FrozenQ]:
    """Return each Q among a bundle's weights; they share ``factor``, which is w / (alpha T)."""
    own = {name: torch.from_numpy(values) for name, values in weights.items()
           if name.startswith('q.')}
    twins = sorted({name.split('.')[1] for name in own})
    depth = len({name.split('.')[2] for name in own})
    hidden = tuple(len(own[f'q.0.{layer}.bias']) for layer in range(depth - 1))
    inputs, found = own['q.0.0.weight'].shape[1], []
    for twin in twins:
        q = TwinQ(len(columns), inputs - len(columns), hidden, 1).requires_grad_(False)
        q.load_state_dict({name.replace(f'q.{twin}.', 'members.0.layers.'): values
                           for name, values in own.items() if name.startswith(f'q.{twin}.')})
        found.append(FrozenQ(q, torch.from_numpy(columns), factor / len(twins)))
    return found


class ComposedEnergy(nn.Module):
    """Stands where the critics stand: E = sum of factors times Qs."""

    def __init__(self, parts: Sequence[FrozenQ]) -> None:
        """Keep the parts."""
        super().__init__()
        self._parts = parts

    def least_and_slope(self, state: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        """Return E, ``(B, K)``, and its gradient in actions ``(B, K, A)``."""
        found = [(part.factor, part.q.least_and_slope(state[:, part.columns], action))
                 for part in self._parts]
        return (sum(factor * value for factor, (value, _) in found),
                sum(factor * slope for factor, (_, slope) in found))

    def least_slope(self, state: Tensor, action: Tensor) -> Tensor:
        """Return the gradient of E in actions ``(B, K, A)``."""
        return self.least_and_slope(state, action)[1]


class ComposedSampler(SoftQLearning):
    """
    Soft Q-learning whose Qs are given: only the sampler learns, by amortised SVGD.

    :param settings: with a temperature of 1, since E has no other.
    """

    def __init__(self, observation_size: int, action_size: int, settings: SqlSettings, seed: int,
                 energy: ComposedEnergy) -> None:
        """Build the sampler."""
        super().__init__(observation_size, action_size, settings, seed)
        self._q = energy

    def start_from(self, layers: Layers) -> None:
        """Take the weights of a network; its hidden layers have the sizes of the settings."""
        with torch.no_grad():
            for sampler in (self._sampler, self._acting):
                for own, (weight, bias) in zip(sampler.layers, layers, strict=True):
                    own.weight.copy_(torch.from_numpy(weight.T))
                    own.bias.copy_(torch.from_numpy(bias))

    def climb(self, states: np.ndarray) -> dict[str, float]:
        """
        Take one step of the sampler on states ``(B, O)`` float32.

        :raises LearningError: before any parameter moves, when a number is not finite.
        """
        self._set_rates()
        ascent, metrics = self._ascent(torch.from_numpy(states))
        metrics |= self.descend({'sampler': -ascent})
        move_towards(self._acting, self._sampler, self.settings.sampler_polyak)
        self.updates += 1
        return {name: float(value) for name, value in metrics.items()}

    def weights(self) -> dict[str, np.ndarray]:
        """Return copies of the sampler's weights, ``sampler.<layer>.``."""
        return {name: values for name, values in super().weights().items()
                if name.startswith('sampler.')}
