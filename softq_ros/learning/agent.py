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
"""What every algorithm here shares: networks by name, their state, checks on numbers."""
from collections.abc import Callable

import numpy as np
import torch
from torch import nn, Tensor

from softq_ros.errors import LearningError
from softq_ros.learning.settings import Settings
from softq_ros.records import Batch


class Agent:
    """
    Base of the algorithms: ``update``, ``weights``, ``state``, ``load_state``.

    :param settings: of the algorithm.
    :param seed: of the initial weights and of every draw an update makes.
    """

    def __init__(self, settings: Settings, seed: int, build: Callable[[], dict]) -> None:
        """Build the networks under the seed without touching torch's global generator."""
        self.settings = settings
        self.generator = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.modules: dict[str, nn.Module] = build()
        self.optimizers: dict[str, torch.optim.Optimizer] = {}
        self.updates = 0

    @property
    def temperature(self) -> float:
        """Return alpha [scaled reward units]."""
        return 0.0

    def adam(self, name: str, parameters: list[Tensor]) -> torch.optim.Optimizer:
        """Register an optimizer."""
        self.optimizers[name] = torch.optim.Adam(
            parameters, self.settings.learning_rate, fused=True)
        return self.optimizers[name]

    def tensors(self, batch: Batch) -> tuple[Tensor, ...]:
        """Return the batch as tensors, rewards scaled."""
        state, action, reward, discount, after = (
            torch.from_numpy(np.ascontiguousarray(part)) for part in batch)
        return state, action, reward * self.settings.reward_scale, discount, after

    def step(self, name: str, loss: Tensor) -> float:
        """
        Take one optimizer step down a loss and return it.

        :raises LearningError: before any parameter moves, when loss or gradient is not finite.
        """
        optimizer = self.optimizers[name]
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        gradients = [p.grad for group in optimizer.param_groups for p in group['params']]
        norms = torch.stack(torch._foreach_norm(gradients))
        value = float(loss.detach())
        if not (np.isfinite(value) and bool(torch.isfinite(norms).all())):
            raise LearningError(f'{name}: loss {value}, gradient norm {float(norms.norm())} after '
                                f'{self.updates} updates; accepted: finite numbers')
        optimizer.step()
        return value

    def weights(self) -> dict[str, np.ndarray]:
        """Return copies of the acting networks: ``sampler.<layer>...``, ``q.<twin>.<layer>...``."""
        out = {f'sampler.{n.removeprefix("layers.")}': p
               for n, p in self.modules['sampler'].named_parameters()}
        for name, p in self.modules['q'].named_parameters():
            _, twin, _, rest = name.split('.', 3)
            out[f'q.{twin}.{rest}'] = p
        return {name: p.detach().numpy().copy() for name, p in out.items()}

    def state(self) -> dict[str, np.ndarray]:
        """Return everything the next updates depend on, as flat arrays."""
        out = {f'{m}/{n}': p.detach().numpy() for m, module in self.modules.items()
               for n, p in module.named_parameters()}
        for name, optimizer in self.optimizers.items():
            for index, slots in optimizer.state_dict()['state'].items():
                out |= {f'{name}!{index}/{slot}': value.detach().numpy()
                        for slot, value in slots.items()}
        out['generator'] = self.generator.get_state().numpy()
        out['updates'] = np.array([self.updates], np.int64)
        return {name: np.array(value) for name, value in out.items()}

    def load_state(self, state: dict[str, np.ndarray]) -> None:
        """
        Take over what :meth:`state` returned.

        :raises LearningError: when a name is missing or a shape differs.
        """
        try:
            with torch.no_grad():
                for m, module in self.modules.items():
                    for n, p in module.named_parameters():
                        p.copy_(torch.from_numpy(np.array(state[f'{m}/{n}'])))
            for name, optimizer in self.optimizers.items():
                self._load_optimizer(name, optimizer, state)
            self.generator.set_state(torch.from_numpy(np.array(state['generator'])))
            self.updates = int(state['updates'][0])
        except (KeyError, RuntimeError) as error:
            raise LearningError(f'state of another network: {error}') from error

    def _load_optimizer(self, name: str, optimizer: torch.optim.Optimizer, state: dict) -> None:
        slots: dict[int, dict] = {}
        for key, value in state.items():
            if key.startswith(f'{name}!'):
                index, slot = key.removeprefix(f'{name}!').split('/')
                slots.setdefault(int(index), {})[slot] = torch.from_numpy(np.array(value))
        groups = optimizer.state_dict()['param_groups']
        optimizer.load_state_dict({'state': slots, 'param_groups': groups})
