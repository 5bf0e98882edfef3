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
"""Layers with dropout and normalisation, which keep a Q from fitting its few samples too well."""
from collections.abc import Callable

import torch
from torch import nn, Tensor

from softq_ros.errors import ShapeError
from softq_ros.learning.networks import Mlp


def thinned(x: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """
    Return ``x`` with a share of its numbers at zero, the rest grown to keep the mean.

    x m / (1 - p), m = 1 with probability 1 - p (dropout; Srivastava et al. 2014). Any shape.

    :raises ShapeError: for a share that leaves nothing.
    """
    if not 0 <= share < 1:
        raise ShapeError(f'share {share}; accepted: 0 to below 1')
    kept = torch.rand(x.shape, generator=generator, dtype=x.dtype) >= share
    return x * kept / (1.0 - share)


class RegularisedMlp(Mlp):
    """
    The same layers, each hidden one with dropout and layer normalisation before its ReLU.

    That order is DroQ's (Hiraoka et al. 2022). Gradients are autograd's: the passes by hand know
    plain layers only. Dropout is at work in training mode, in targets too.
    """

    def __init__(self, first: int, second: int, hidden: tuple[int, ...], outputs: int,
                 layer_norm: bool = True, dropout: float = 0.0,
                 generator: torch.Generator | None = None) -> None:
        """
        Build the layers.

        :param dropout: share of units left out of a pass.
        :param generator: that chooses them.
        """
        super().__init__(first, second, hidden, outputs)
        self.norms = nn.ModuleList(
            nn.LayerNorm(units) if layer_norm else nn.Identity() for units in hidden)
        self._dropout, self._generator = dropout, generator

    def _passed(self, embedded: Tensor, other: Tensor, first: Tensor) -> Tensor:
        x = embedded.unsqueeze(1) + nn.functional.linear(other, first)
        for norm, layer in zip(self.norms, self.layers[1:]):
            if self.training and self._dropout:
                x = thinned(x, self._dropout, self._generator)
            x = layer(torch.relu(norm(x)))
        return x

    def value_and_slopes(self, state: Tensor, other: Tensor) -> tuple[
            Tensor, Callable[[Tensor | None], Tensor]]:
        """Return a single output ``(B K,)`` and what gives its gradient in chosen rows."""
        with torch.enable_grad():
            other = other.detach().requires_grad_(True)
            value = self(state, other).view(-1)
            slope, = torch.autograd.grad(value.sum(), other)
        slope = slope.view(-1, other.shape[2])
        return value.detach(), lambda rows: slope if rows is None else slope[rows]
