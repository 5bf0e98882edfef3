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
"""Soft Q-learning (Haarnoja et al., ICML 2017) with the corrections that DESIGN section 6 names."""
import torch
from torch import nn, Tensor

from softq_ros.learning.agent import Agent
from softq_ros.learning.networks import Mlp, move_towards, TwinQ
from softq_ros.learning.settings import SqlSettings
from softq_ros.learning.stein import squashed_score, stein_direction
from softq_ros.learning.value import (
    effective_sample_size, mixture_proposal, Proposal, soft_value, uniform_proposal)
from softq_ros.records import Batch

UNIFORM_UP_TO = 3  # action dimensions in which a uniform proposal is enough


class SoftQLearning(Agent):
    """
    Amortised Stein sampler and soft Q-functions.

    :param observation_size: O
    :param action_size: A; the noise has the same size
    """

    def __init__(self, observation_size: int, action_size: int, settings: SqlSettings,
                 seed: int) -> None:
        """Build sampler, Qs and their targets."""
        twins = 1 if settings.preset == 'paper' else 2

        def build() -> dict[str, nn.Module]:
            sampler = Mlp(observation_size, action_size, settings.hidden, action_size)
            q = TwinQ(observation_size, action_size, settings.hidden, twins)
            target = TwinQ(observation_size, action_size, settings.hidden, twins)
            target.load_state_dict(q.state_dict())
            return {'sampler': sampler, 'q': q, 'target': target}

        super().__init__(settings, seed, build)
        self._size = action_size
        self._sampler, self._q = self.modules['sampler'], self.modules['q']
        self._target = self.modules['target'].requires_grad_(False)
        self.adam('q', list(self._q.parameters()))
        self.adam('sampler', list(self._sampler.parameters()))

    @property
    def temperature(self) -> float:
        """Return alpha [scaled reward units]."""
        return self.settings.temperature

    def update(self, batch: Batch) -> dict[str, float]:
        """Take one step of the Qs, the sampler and the targets (SQL paper, algorithm 1)."""
        state, action, reward, discount, after = self.tensors(batch)
        metrics = self._update_q(state, action, reward, discount, after)
        metrics |= self._update_sampler(state[:self.settings.svgd_states])
        self._update_target()
        self.updates += 1
        return metrics

    def _noise(self, states: int, count: int) -> Tensor:
        return torch.randn(states, count, self._size, generator=self.generator)

    def propose(self, state: Tensor) -> Proposal:
        """Draw the actions that estimate the soft value of states ``(B, O)``."""
        settings = self.settings
        if self._size <= UNIFORM_UP_TO or settings.preset == 'paper':
            return uniform_proposal(len(state), settings.value_samples, self._size,
                                    self.generator)
        particles = max(2, settings.value_samples // 2)
        centres = self._sampler(state, self._noise(len(state), particles))
        return mixture_proposal(centres, settings.value_samples, settings.uniform_share,
                                self.generator)

    def _update_q(self, state: Tensor, action: Tensor, reward: Tensor, discount: Tensor,
                  after: Tensor) -> dict[str, float]:
        with torch.no_grad():
            proposal = self.propose(after)
            q = self._target.least(after, proposal.action)
            value = soft_value(q, proposal.log_density, self.temperature)
            size = effective_sample_size(q, proposal.log_density, self.temperature)
            aim = reward + self.settings.discount * discount * value
        q = self._q(state, action.unsqueeze(1)).squeeze(-1)
        loss = self.step('q', 0.5 * (q - aim).square().mean(1).sum())
        return {'q_loss': loss, 'q_mean': float(q.detach().mean()),
                'value_mean': float(value.mean()), 'value_spread': float(value.std()),
                'effective_sample_size': float(size.mean())}

    def _score(self, state: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
        """Return the particles to compare and the score at them, both ``(B, N, A)``."""
        action = torch.tanh(u.detach()).requires_grad_(True)
        q = self._q.least(state, action)
        if self.settings.preset == 'paper':
            # the authors' a-space form: it samples exp(Q) prod(1 - a^2) instead of exp(Q)
            q = q / self.temperature + torch.log1p(1e-6 - action.square()).sum(-1)
            gradient, = torch.autograd.grad(q.sum(), action)
            return action.detach(), gradient
        gradient, = torch.autograd.grad(q.sum(), action)
        return u.detach(), squashed_score(action.detach(), gradient, self.temperature)

    def _update_sampler(self, state: Tensor) -> dict[str, float]:
        settings, count = self.settings, len(state)
        with torch.no_grad():
            fixed = self._sampler(state, self._noise(count, settings.fixed_particles))
        updated = self._sampler(state, self._noise(count, settings.updated_particles))
        fixed, score = self._score(state, fixed)
        moved = torch.tanh(updated) if settings.preset == 'paper' else updated
        with torch.no_grad():
            direction = stein_direction(fixed, score, moved)
        # the gradient of this loss in the particles is minus the direction over their number
        loss = self.step('sampler', -(direction * moved).sum(-1).mean())
        drawn = torch.tanh(updated.detach())
        return {'sampler_loss': loss, 'sampler_spread': float(drawn.std(1).mean()),
                'saturation': float((drawn.abs() > 0.99).float().mean()),
                'stein_norm': float(direction.norm(dim=-1).mean())}

    def _update_target(self) -> None:
        if self.settings.preset == 'paper':
            if self.updates % self.settings.target_period == 0:
                self._target.load_state_dict(self._q.state_dict())
        else:
            move_towards(self._target, self._q, self.settings.polyak)
