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
"""The layers of a network in chunks of rows, with gradients: memory is kept, not taken anew."""
from collections.abc import Iterator

import torch
from torch import Tensor

from softq_ros.errors import LearningError

CHUNK_ROWS = 1024  # rows of one pass: its activations stay in the cache


def chunks(states: int, count: int) -> Iterator[tuple[slice, slice]]:
    """Yield slices of states and of their ``count`` rows each, about ``CHUNK_ROWS`` at a time."""
    step = max(1, CHUNK_ROWS // count)
    for at in range(0, states, step):
        end = min(at + step, states)
        yield slice(at, end), slice(at * count, end * count)


def before_relu(slope: Tensor, output: Tensor, out: Tensor | None = None) -> Tensor:
    """Return the gradient before a ReLU from that behind it and what it put out, one shape."""
    if out is None:
        return torch.ops.aten.threshold_backward(slope, output, 0)
    return torch.ops.aten.threshold_backward.grad_input(slope, output, 0, grad_input=out)


class InChunks(torch.autograd.Function):
    """
    The layers of an ``Mlp`` behind its embedded states, forward and backward.

    Equal to autograd's, without fresh memory for every activation: measured to take 0.6 of its
    time at 4096 rows of 256 units. A buffer returns to ``spare`` when its backward pass has used
    it, so that passes may overlap.

    Letters: B states, K samples of each, D the second input's size, H units of the first layer,
    F features.
    """

    @staticmethod
    def forward(ctx, spare: list, embedded: Tensor, other: Tensor, first: Tensor,
                *later: Tensor) -> Tensor:
        """
        Return ``(B, K, F)``.

        :param embedded: first layer's output for the states, ``(B, H)``
        :param other: ``(B, K, D)``
        :param first: first layer's weights for ``other``, ``(H, D)``
        :param later: weight and bias of each layer after the first.
        """
        states, count, size = other.shape
        weights, biases = later[::2], later[1::2]
        hidden = InChunks._buffers(spare, states * count, [w.shape[1] for w in weights], other)
        out = other.new_empty(states, count, len(biases[-1]))
        inputs, outputs = other.reshape(-1, size), out.view(-1, out.shape[2])
        for at, rows in chunks(states, count):
            x = torch.mm(inputs[rows], first.t(), out=hidden[0][rows])
            x.view(-1, count, x.shape[1]).add_(embedded[at].unsqueeze(1)).relu_()
            for weight, bias, after in zip(weights[:-1], biases, hidden[1:]):
                x = torch.addmm(bias, x, weight.t(), out=after[rows]).relu_()
            torch.addmm(biases[-1], x, weights[-1].t(), out=outputs[rows])
        ctx.save_for_backward(inputs, first, *weights)
        ctx.hidden, ctx.spare, ctx.shape = hidden, spare, (states, count)
        return out

    @staticmethod
    def _buffers(spare: list, rows: int, widths: list[int], like: Tensor) -> list[Tensor]:
        kept = spare.pop() if spare else []
        good = ([x.shape[1] for x in kept] == widths and kept[0].dtype == like.dtype
                and len(kept[0]) >= rows)
        return kept if good else [like.new_empty(rows, width) for width in widths]

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, slope: Tensor) -> tuple:
        """
        Return the gradients of ``embedded``, ``first`` and ``later``.

        :raises LearningError: the second time; the first has given the activations back.
        """
        if ctx.hidden is None:
            raise LearningError('backward through a pass in chunks a second time; accepted: once')
        inputs, first, *weights = ctx.saved_tensors
        states, count = ctx.shape
        hidden, ctx.hidden = ctx.hidden, None
        slope = slope.reshape(states * count, -1)
        of_states = slope.new_empty(states, len(first))
        of_first, of_weights = torch.zeros_like(first.t()), [torch.zeros_like(w) for w in weights]
        of_biases = [w.new_zeros(len(w)) for w in weights]
        kept = [slope.new_empty(min(len(slope), max(CHUNK_ROWS, count)), w.shape[1])
                for w in weights]
        for at, rows in chunks(states, count):
            x = slope[rows]
            for index in reversed(range(len(weights))):
                before = hidden[index][rows]
                of_weights[index].addmm_(x.t(), before)
                of_biases[index] += x.sum(0)
                x = torch.mm(x, weights[index], out=kept[index][:len(before)])
                before_relu(x, before, out=x)
            of_first.addmm_(inputs[rows].t(), x)
            torch.sum(x.view(-1, count, x.shape[1]), 1, out=of_states[at])
        ctx.spare.append(hidden)
        later = [part for pair in zip(of_weights, of_biases) for part in pair]
        return None, of_states, None, of_first.t(), *later
