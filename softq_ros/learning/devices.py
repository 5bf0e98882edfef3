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
Where updates are computed: here, or on a GPU as a CUDA graph that the host never waits for.

A graph fits since an update has the same shapes each time and nothing in it asks for a number.
"""
from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from softq_ros.errors import ConfigurationError, LearningError

PLAIN_FIRST = 3  # updates before the recording, in which libraries set themselves up


def open_device(name: str) -> torch.device:
    """
    Return the device of a name, ``cpu`` or ``cuda``.

    :raises ConfigurationError: for a GPU that torch does not find.
    """
    if name == 'cuda' and not torch.cuda.is_available():
        raise ConfigurationError(f'device: got {name!r}, which torch {torch.__version__} does not '
                                 "find here; accepted: 'cpu'")
    return torch.device(name)


class Halt:
    """
    Stops every optimizer from the first number that is not finite, without asking for it.

    Adam leaves parameters and moments as they are while its ``found_inf``, a number where they
    lie, is 1; gradient scaling has it for that.
    """

    def __init__(self, device: torch.device) -> None:
        """Let go on."""
        self._halted = torch.zeros((), device=device)

    def watch(self, found: Iterable[Tensor],
              optimizers: Iterable[torch.optim.Optimizer]) -> None:
        """Let the optimizers step if these and all before are finite; each ``()``."""
        bad = torch.stack(list(found)).isfinite().logical_not().any()
        self._halted.copy_(torch.maximum(self._halted, bad.to(self._halted.dtype)))
        for optimizer in optimizers:
            optimizer.found_inf = self._halted

    def look(self, updates: int) -> None:
        """
        Wait for the device and ask.

        :raises LearningError: when it has stopped.
        """
        if float(self._halted):
            raise LearningError(f'a loss or gradient that was not finite, at or before update '
                                f'{updates}; nothing was learned since; accepted: finite numbers')


class Recorded:
    """
    A step as a CUDA graph: a few times plainly, then recorded, then replayed.

    :param step: of tensors of the same shapes each time; what it returns is overwritten by the
        next one.
    :param generator: whose draws differ from replay to replay.
    """

    def __init__(self, step: Callable[..., dict[str, Tensor]],
                 generator: torch.Generator) -> None:
        """Record nothing yet."""
        self._step, self._generator, self._plain = step, generator, PLAIN_FIRST
        self._graph: torch.cuda.CUDAGraph | None = None

    def __call__(self, *parts: Tensor) -> dict[str, Tensor]:
        """Take the step."""
        if self._plain:
            self._plain -= 1
            return self._aside(parts)
        if self._graph is None:
            self._record(parts)
        for kept, part in zip(self._inputs, parts, strict=True):
            kept.copy_(part)
        self._graph.replay()
        return self._found

    def _aside(self, parts: tuple[Tensor, ...]) -> dict[str, Tensor]:
        here, stream = torch.cuda.current_stream(), torch.cuda.Stream()
        stream.wait_stream(here)
        with torch.cuda.stream(stream):
            found = self._step(*parts)
        here.wait_stream(stream)
        return found

    def _record(self, parts: tuple[Tensor, ...]) -> None:
        self._inputs = [part.clone() for part in parts]
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self._generator)
        with torch.cuda.graph(graph):  # what is recorded is not computed
            self._found = self._step(*self._inputs)
        self._graph = graph
