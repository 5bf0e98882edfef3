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
"""Deep deterministic policy gradient (Lillicrap et al. 2016), the baseline without entropy."""
import torch
from torch import nn, Tensor

from softq_ros.learning.agent import Agent
from softq_ros.learning.networks import move_towards, Policy, TwinQ
from softq_ros.learning.settings import DdpgSettings
from softq_ros.learning.td_loss import td_loss


class Ddpg(Agent):
    """One Q and a deterministic policy, each with a target; exploration noise is the actor's."""

    critics = 1

    def __init__(self, observation_size: int, action_size: int, settings: DdpgSettings,
                 seed: int) -> None:
        """Build policy, Q and targets."""
        def build() -> dict[str, nn.Module]:
            networks = {}
            for name in ('', 'target_'):
                networks[f'{name}sampler'] = Policy(observation_size, settings.hidden,
                                                    action_size)
                networks[f'{name}q'] = TwinQ(observation_size, action_size, settings.hidden,
                                             self.critics, self.q_kind())
            for name in ('sampler', 'q'):
                networks[f'target_{name}'].load_state_dict(networks[name].state_dict())
            return networks

        super().__init__(settings, seed, build)
        for name in ('target_q', 'target_sampler'):
            self.modules[name].requires_grad_(False)
        self.adam('q', list(self.modules['q'].parameters()))
        self.adam('sampler', list(self.modules['sampler'].parameters()))

    def _target_action(self, after: Tensor) -> Tensor:
        """Return the action ``(B, A)`` whose value is bootstrapped from."""
        return torch.tanh(self.modules['target_sampler'](after))

    def _policy_moves(self) -> bool:
        """Return whether this update moves policy and targets."""
        return True

    def step(self, state: Tensor, action: Tensor, reward: Tensor, discount: Tensor,
             after: Tensor) -> dict[str, Tensor]:
        """Take one step of the Qs, and of policy and targets where it is their turn."""
        with torch.no_grad():
            drawn = self._target_action(after).unsqueeze(1)
            value = self.modules['target_q'].least(after, drawn).squeeze(1)
            aim = self.target(reward, discount, value)
        q = self.modules['q'](state, action.unsqueeze(1)).squeeze(-1)
        losses = {'q': td_loss(q, aim, self.settings.huber)}
        drawn = torch.tanh(self.modules['sampler'](state))
        moves = self._policy_moves()
        if moves:
            losses['sampler'] = -self.modules['q'].members[0](state, drawn.unsqueeze(1)).mean()
        metrics = self.descend(losses)
        for name in ('sampler', 'q') if moves else ():
            move_towards(self.modules[f'target_{name}'], self.modules[name],
                         self.settings.polyak)
        return metrics | {
            'q_mean': q.detach().mean(), 'value_mean': value.mean(),
            'value_std': value.std(unbiased=False),
            'saturation': (drawn.detach().abs() > 0.99).float().mean()}
