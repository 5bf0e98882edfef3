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
"""Twin delayed DDPG (TD3; Fujimoto et al. 2018), the stronger baseline without entropy."""
import torch
from torch import Tensor

from softq_ros.learning.ddpg import Ddpg


def smoothed(action: Tensor, noise: Tensor, clip: float) -> Tensor:
    """Return actions ``(B, A)`` with clipped noise ``(B, A)``, inside [-1, 1] (TD3, eq. 14)."""
    return (action + noise.clamp(-clip, clip)).clamp(-1.0, 1.0)


class Td3(Ddpg):
    """The smaller of two Qs at a smoothed action; the policy moves at every other update."""

    critics = 2

    def _target_action(self, after: Tensor) -> Tensor:
        action = super()._target_action(after)
        noise = torch.randn(action.shape, generator=self.generator) * self.settings.target_noise
        return smoothed(action, noise, self.settings.target_noise_clip)

    def _policy_moves(self) -> bool:
        return (self.updates + 1) % self.settings.policy_delay == 0
