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
"""What the Qs regress to and descend: the error, squared or bounded in its slope."""
import math

from torch import nn, Tensor

from softq_ros.errors import ShapeError


def td_target(reward: Tensor, discount: Tensor, value: Tensor, gamma: float,
              ceiling: float = math.inf) -> Tensor:
    """
    Return what the Qs regress to, r + gamma d min(V, c), ``(B,)``.

    :param discount: d, 0 at a true terminal.
    :param ceiling: c, more than which no value can be where rewards are bounded: with r at most
        m it is m / (1 - gamma), and where entropy is paid alpha log(volume) / (1 - gamma) more.
    :raises ShapeError: when they do not go together.
    """
    if not reward.shape == discount.shape == value.shape or reward.ndim != 1:
        raise ShapeError(f'reward {tuple(reward.shape)}, discount {tuple(discount.shape)}, value '
                         f'{tuple(value.shape)}; accepted: three of (B,)')
    return reward + gamma * discount * value.clamp(max=ceiling)


def td_loss(q: Tensor, aim: Tensor, huber: float = 0.0) -> Tensor:
    """
    Return half the squared error, its mean over ``B``, its sum over the Qs.

    :param q: of each of C Qs, ``(C, B)``
    :param aim: what all of them regress to, ``(B,)``
    :param huber: error d beyond which the loss is d (|e| - d / 2) (Huber 1964); 0: none.
    :raises ShapeError: when the two do not go together.
    """
    if q.ndim != 2 or aim.shape != q.shape[1:]:
        raise ShapeError(f'Q {tuple(q.shape)}, aim {tuple(aim.shape)}; accepted: (C, B) and (B,)')
    if not huber:
        return 0.5 * (q - aim).square().mean(1).sum()
    losses = nn.functional.huber_loss(q, aim.expand_as(q), reduction='none', delta=huber)
    return losses.mean(1).sum()
