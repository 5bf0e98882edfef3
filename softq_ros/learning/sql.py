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
"""Soft Q-learning (Haarnoja et al., ICML 2017) with an exact score and twin Qs."""
import copy

import torch
from torch import nn, Tensor

from softq_ros.learning.agent import Agent
from softq_ros.learning.networks import Mlp, move_towards, TwinQ
from softq_ros.learning.presets import preset_direction, PRESETS
from softq_ros.learning.settings import SqlSettings
from softq_ros.learning.td_loss import td_loss
from softq_ros.learning.value import (
    boltzmann_entropy, effective_sample_size, importance_weights, mixture_proposal,
    particle_spread, Proposal, soft_value, uniform_proposal, value_error)
from softq_ros.records import Batch


class SoftQLearning(Agent):
    """
    Amortised Stein sampler and soft Q-functions.

    The sampler that acts follows the one that learns as targets follow a Q (``sampler_polyak``).

    :param observation_size: O
    :param action_size: A; the noise has the same size
    """

    def __init__(self, observation_size: int, action_size: int, settings: SqlSettings,
                 seed: int) -> None:
        """Build sampler, Qs and their targets."""
        self._preset = PRESETS[settings.preset]
        critics = 1 if self._preset.single else settings.critics

        def build() -> dict[str, nn.Module]:
            sampler = Mlp(observation_size, action_size, settings.hidden, action_size)
            q, target = (TwinQ(observation_size, action_size, settings.hidden, critics,
                               self.q_kind()) for _ in range(2))
            target.load_state_dict(q.state_dict())
            acting = copy.deepcopy(sampler)
            return {'sampler': acting, 'learning': sampler, 'q': q, 'target': target}

        super().__init__(settings, seed, build)
        self._size = action_size
        self._sampler, self._q = self.modules['learning'], self.modules['q']
        self._acting = self.modules['sampler'].requires_grad_(False)
        self._target = self.modules['target'].requires_grad_(False)
        self.adam('q', list(self._q.parameters()))
        self.adam('sampler', list(self._sampler.parameters()))

    @property
    def temperature(self) -> float:
        """Return alpha [scaled reward units]."""
        return self.settings.temperature

    @property
    def shown_q(self) -> str:
        """
        Return the name of the Qs that others judge and compose by: the mean of late ones.

        Over the actions the newest differ from it by many alphas (docs/results/pusher.md).
        Copies made once in a while, as those of the authors, are no mean.
        """
        return 'q' if self._preset.single else 'target'

    def update(self, batch: Batch) -> dict[str, float]:
        """Take a step, and copy the Qs whole where a published version does."""
        metrics = super().update(batch)
        if self._preset.single and self.updates % self.settings.target_period == 0:
            self._target.load_state_dict(self._q.state_dict())
        return metrics

    def step(self, state: Tensor, action: Tensor, reward: Tensor, discount: Tensor,
             after: Tensor) -> dict[str, Tensor]:
        """
        Take one step of the Qs, the sampler and the targets (SQL paper, algorithm 1).

        ``entropy`` [nats] is that of the law the sampler aims at; ``value_error`` the standard
        error of one soft value; ``sampler_spread`` the standard deviation of a state's actions.
        """
        value, metrics = self._value(after)
        aim = self.target(reward, discount, value)
        q = self._q(state, action.unsqueeze(1)).squeeze(-1)
        ascent, found = self._ascent(state[:self.settings.svgd_states])
        metrics |= found | self.descend(
            {'q': td_loss(q, aim, self.settings.huber), 'sampler': -ascent})
        if not self._preset.single:
            move_towards(self._target, self._q, self.settings.polyak)
        move_towards(self._acting, self._sampler, self.settings.sampler_polyak)
        return metrics | {'q_mean': q.detach().mean()}

    def noise(self, states: int, count: int) -> Tensor:
        """Draw what the sampler turns into actions, ``(states, count, A)``."""
        return torch.randn(states, count, self._size, generator=self.generator,
                           device=self.generator.device)

    def sampled(self, state: Tensor, count: int) -> Tensor:
        """Draw from the sampler in u for states ``(B, O)``, ``(B, count, A)``."""
        return self._sampler(state, self.noise(len(state), count))

    def least_and_slope(self, state: Tensor, action: Tensor) -> tuple[Tensor, Tensor]:
        """Return the smallest Q, ``(B, K)``, and its gradient in actions ``(B, K, A)``."""
        return self._q.least_and_slope(state, action)

    def propose(self, state: Tensor) -> Proposal:
        """Draw the actions that estimate the soft value of states ``(B, O)``."""
        settings = self.settings
        if self._size <= settings.uniform_up_to or self._preset.uniform:
            drawn = uniform_proposal(1 if self._preset.shared else len(state),
                                     settings.value_samples, self._size, self.generator)
            return Proposal(*(part.expand(len(state), *part.shape[1:]) for part in drawn))
        particles = max(2, settings.value_samples // 2)
        centres = self.sampled(state, particles)
        return mixture_proposal(centres, settings.value_samples, settings.uniform_share,
                                self.generator)

    @torch.no_grad()
    def _value(self, state: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the soft value under the target networks, ``(B,)``, and what to log of it."""
        action, log_density = self.propose(state)
        q = self._target.least(state, action)
        value = soft_value(q, log_density, self.temperature)
        weights = importance_weights(q, log_density, self.temperature)
        return value, {
            'value_mean': value.mean(), 'value_std': value.std(unbiased=False),
            'value_error': value_error(weights, self.temperature).mean(),
            'effective_sample_size': effective_sample_size(weights).mean(),
            'entropy': boltzmann_entropy(value, q, weights, self.temperature).mean()}

    def _ascent(self, state: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return what the sampler climbs: its gradient is the Stein direction (equation 14)."""
        settings = self.settings
        with torch.no_grad():
            fixed = self.sampled(state, settings.fixed_particles)
        updated = self.sampled(state, settings.updated_particles)
        moved = torch.tanh(updated) if self._preset.in_actions else updated
        direction = self._direction(state, fixed, moved.detach())
        drawn = torch.tanh(updated.detach())
        return (direction * moved).sum(-1).mean(), {
            'sampler_spread': particle_spread(drawn).mean(),
            'saturation': (drawn.abs() > 0.99).float().mean(),
            'stein_norm': direction.norm(dim=-1).mean()}

    @torch.no_grad()
    def _direction(self, state: Tensor, u: Tensor, moved: Tensor) -> Tensor:
        """Return the Stein direction of the moved particles, ``(B, M, A)``, from fixed ``u``."""
        slope = self._q.least_slope(state, torch.tanh(u))
        return preset_direction(self.settings.preset, u, slope, self.temperature, moved)
