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
"""DroQ (Hiraoka et al., ICLR 2022, arXiv 2110.02034), the baseline of many updates per step."""
from collections.abc import Callable
from functools import partial

from torch import Tensor

from softq_ros.learning.networks import Mlp
from softq_ros.learning.regularised import RegularisedMlp
from softq_ros.learning.sac import SoftActorCritic


class Droq(SoftActorCritic):
    """
    Soft actor-critic whose Qs have dropout and layer normalisation.

    The Qs move at every update, policy and temperature once per control step. The policy climbs
    the mean of the Qs, the targets take the smaller one (algorithm 2).
    """

    def q_kind(self) -> Callable[..., Mlp]:
        """Return what builds one Q as the settings ask."""
        settings = self.settings
        return partial(RegularisedMlp, layer_norm=settings.layer_norm, dropout=settings.dropout,
                       generator=self.generator)

    def _policy_moves(self) -> bool:
        return (self.updates + 1) % max(1, round(self.settings.updates_per_step)) == 0

    def _judged(self, state: Tensor, action: Tensor) -> Tensor:
        return self._q(state, action.unsqueeze(1)).mean(0).squeeze(1)
