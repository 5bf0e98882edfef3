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
"""Soft actor-critic (Haarnoja et al. 2018), the baseline of equal entropy."""
import math

import torch
from torch import nn, Tensor

from softq_ros.errors import ShapeError
from softq_ros.learning.actor import LOG_STD
from softq_ros.learning.agent import Agent
from softq_ros.learning.networks import (
    log_one_minus_tanh_squared, move_towards, Policy, TwinQ)
from softq_ros.learning.settings import SacSettings
from softq_ros.learning.td_loss import td_loss


def squashed_gaussian(mean: Tensor, log_std: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """
    Return tanh(u), u = mean + std noise, and its log density over the box.

    ln p(a) = ln N(u) - sum ln(1 - tanh(u)^2); all arguments ``(B, A)``, the density ``(B,)``
    (SAC, appendix C).
    """
    if not mean.shape == log_std.shape == noise.shape:
        raise ShapeError(f'mean {tuple(mean.shape)}, log_std {tuple(log_std.shape)}, noise '
                         f'{tuple(noise.shape)}; accepted: three of (B, A)')
    u = mean + log_std.exp() * noise
    gaussian = -0.5 * noise.square() - log_std - 0.5 * math.log(2.0 * math.pi)
    return torch.tanh(u), (gaussian - log_one_minus_tanh_squared(u)).sum(-1)


class Alpha(nn.Module):
    """The logarithm of a learned temperature; 1 at the start."""

    def __init__(self) -> None:
        """Start at alpha 1."""
        super().__init__()
        self.log = nn.Parameter(torch.zeros(()))


class SoftActorCritic(Agent):
    """Twin Qs, a squashed Gaussian policy, a fixed or learned temperature."""

    lasting = frozenset({'alpha'})

    def __init__(self, observation_size: int, action_size: int, settings: SacSettings,
                 seed: int) -> None:
        """Build policy, Qs and targets."""
        def build() -> dict[str, nn.Module]:
            q, target = (TwinQ(observation_size, action_size, settings.hidden, 2, self.q_kind())
                         for _ in range(2))
            target.load_state_dict(q.state_dict())
            policy = Policy(observation_size, settings.hidden, 2 * action_size)
            return {'sampler': policy, 'q': q, 'target': target, 'alpha': Alpha()}

        super().__init__(settings, seed, build)
        self._size = action_size
        self._policy, self._q = self.modules['sampler'], self.modules['q']
        self._target = self.modules['target'].requires_grad_(False)
        self._alpha = self.modules['alpha']
        self.adam('q', list(self._q.parameters()))
        self.adam('sampler', list(self._policy.parameters()))
        if not settings.temperature:
            self.adam('alpha', list(self._alpha.parameters()))

    @property
    def temperature(self) -> float:
        """Return alpha [scaled reward units]."""
        return self.settings.temperature or float(self._alpha.log.detach().exp())

    def _draw(self, state: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_std = self._policy(state).chunk(2, -1)
        noise = torch.randn(mean.shape, generator=self.generator)
        return squashed_gaussian(mean, log_std.clamp(*LOG_STD), noise)

    def _policy_moves(self) -> bool:
        """Return whether this update moves the policy and the temperature."""
        return True

    def _judged(self, state: Tensor, action: Tensor) -> Tensor:
        """Return what the policy climbs at its actions ``(B, A)``, ``(B,)``."""
        return self._q.least(state, action.unsqueeze(1)).squeeze(1)

    def _climb(self, state: Tensor, alpha: float) -> tuple[dict[str, Tensor], dict]:
        """Return the losses of policy and temperature, and what to log of them."""
        drawn, log_prob = self._draw(state)
        judged = self._judged(state, drawn)
        entropy = -float(log_prob.detach().mean())
        losses = {'sampler': (alpha * log_prob - judged).mean()}
        if not self.settings.temperature:
            # the target entropy is minus the action dimension
            losses['alpha'] = self._alpha.log * (entropy + self._size)
        return losses, {
            'entropy': entropy, 'temperature': alpha,
            'saturation': (drawn.detach().abs() > 0.99).float().mean()}

    def step(self, state: Tensor, action: Tensor, reward: Tensor, discount: Tensor,
             after: Tensor) -> dict:
        """
        Take one step of the Qs, the policy, the temperature and the targets.

        ``entropy`` [nats] is the mean of -ln pi over the actions drawn.
        """
        alpha = self.temperature
        with torch.no_grad():
            drawn, log_prob = self._draw(after)
            value = self._target.least(after, drawn.unsqueeze(1)).squeeze(1) - alpha * log_prob
            aim = self.target(reward, discount, value)
        q = self._q(state, action.unsqueeze(1)).squeeze(-1)
        losses, found = self._climb(state, alpha) if self._policy_moves() else ({}, {})
        metrics = self.descend({'q': td_loss(q, aim, self.settings.huber)} | losses)
        move_towards(self._target, self._q, self.settings.polyak)
        return metrics | {
            'q_mean': q.detach().mean(), 'value_mean': value.mean(),
            'value_std': value.std(unbiased=False)} | found
