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
"""What every algorithm here shares: networks by name, their state, one guarded descent."""
from collections.abc import Callable
import math

import numpy as np
import torch
from torch import nn, Tensor

from softq_ros.errors import LearningError
from softq_ros.learning.networks import Mlp
from softq_ros.learning.regularised import RegularisedMlp
from softq_ros.learning.settings import Settings
from softq_ros.learning.td_loss import td_target
from softq_ros.records import Batch


def name_of_q(parameter: str) -> str:
    """Return what a bundle calls a parameter of the Qs."""
    _, twin, part, layer, which = parameter.split('.')
    return f'q.{twin}.{layer}.{"norm_" if part == "norms" else ""}{which}'


class Agent:
    """
    Base of the algorithms: ``update``, ``weights``, ``state``, ``load_state``.

    :param settings: of the algorithm.
    :param seed: of the initial weights and of every draw an update makes.
    """

    lasting: frozenset[str] = frozenset()  # what a reset leaves as it is

    def __init__(self, settings: Settings, seed: int, build: Callable[[], dict]) -> None:
        """Build the networks under the seed without touching torch's global generator."""
        self.settings, self._build = settings, build
        self.generator = torch.Generator().manual_seed(seed)
        self.modules = self._built(seed)
        self.optimizers: dict[str, torch.optim.Optimizer] = {}
        self.updates = 0

    def _built(self, seed: int) -> dict[str, nn.Module]:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return self._build()

    def q_kind(self) -> Callable[..., Mlp]:
        """Return what builds one Q as the settings ask."""
        return RegularisedMlp if self.settings.layer_norm else Mlp

    def reset_where_due(self) -> None:
        """
        Start networks and optimizers anew after each ``reset_every`` updates, but for the lasting.

        What was stored is then learned from once more (Nikishin et al. 2022). At the start of an
        update, so that the last weights of a training are never untrained ones.
        """
        every = self.settings.reset_every
        if not every or not self.updates or self.updates % every:
            return
        seeds = self.generator.initial_seed(), self.updates // every  # both are in the state
        fresh = self._built(int(np.random.SeedSequence(seeds).generate_state(1, np.uint64)[0]))
        for name in self.modules.keys() - self.lasting:
            self.modules[name].load_state_dict(fresh[name].state_dict())
        for name in self.optimizers.keys() - self.lasting:
            self.optimizers[name].state.clear()

    @property
    def temperature(self) -> float:
        """Return alpha [scaled reward units]."""
        return 0.0

    @property
    def falling_rate(self) -> float:
        """Return the learning rate of the next update, r / (1 + t / h), t since the last reset."""
        since = self.updates % (self.settings.reset_every or self.updates + 1)
        return self.settings.learning_rate / (1.0 + since / self.settings.rate_halves_at)

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

    def target(self, reward: Tensor, discount: Tensor, value: Tensor) -> Tensor:
        """Return what the Qs regress to, ``(B,)``; no value counts beyond ``value_ceiling``."""
        return td_target(reward, discount, value, self.settings.discount,
                         self.settings.value_ceiling)

    def descend(self, losses: dict[str, Tensor]) -> dict[str, float]:
        """
        Take one optimizer step down each loss, all seen from before the first step.

        :param losses: by the name of their optimizer; each moves only that one's parameters.
        :return: ``<name>_loss`` and ``<name>_gradient_norm`` of each.
        :raises LearningError: before any parameter moves, when a loss or gradient is not finite.
        """
        found = {}
        for name, loss in losses.items():
            parameters = self.optimizers[name].param_groups[0]['params']
            gradients = torch.autograd.grad(loss, parameters)
            found[f'{name}_loss'] = float(loss.detach())
            found[f'{name}_gradient_norm'] = float(
                torch.stack(torch._foreach_norm(gradients)).norm())
            for parameter, gradient in zip(parameters, gradients):
                parameter.grad = gradient
        bad = [f'{name} {value}' for name, value in found.items() if not math.isfinite(value)]
        if bad:
            raise LearningError(f'{", ".join(bad)} after {self.updates} updates; accepted: '
                                'finite numbers')
        for name in losses:
            if self.settings.rate_halves_at:
                self.optimizers[name].param_groups[0]['lr'] = self.falling_rate
            self.optimizers[name].step()
        self.updates += 1
        return found

    @property
    def shown_q(self) -> str:
        """Return the name of the Qs that others judge and compose by."""
        return 'q'

    def weights(self) -> dict[str, np.ndarray]:
        """
        Return copies of the acting networks: ``sampler.<layer>.``, ``q.<twin>.<layer>.``.

        ``weight`` and ``bias``; those of a Q's layer normalisation are called ``norm_...``.
        """
        out = {f'sampler.{n.removeprefix("layers.")}': p
               for n, p in self.modules['sampler'].named_parameters()}
        out |= {name_of_q(n): p for n, p in self.modules[self.shown_q].named_parameters()}
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

        :raises LearningError: before anything changes, when a name is missing or a shape differs.
        """
        parameters = {f'{m}/{n}': p for m, module in self.modules.items()
                      for n, p in module.named_parameters()}
        self._check_shapes(state, {name: tuple(p.shape) for name, p in parameters.items()}
                           | {'generator': tuple(self.generator.get_state().shape),
                              'updates': (1,)})
        slots = {name: self._slots(name, state) for name in self.optimizers}
        with torch.no_grad():
            for name, parameter in parameters.items():
                parameter.copy_(torch.from_numpy(np.array(state[name])))
        for name, optimizer in self.optimizers.items():
            groups = optimizer.state_dict()['param_groups']
            optimizer.load_state_dict({'state': slots[name], 'param_groups': groups})
        self.generator.set_state(torch.from_numpy(np.array(state['generator'])))
        self.updates = int(state['updates'][0])

    @staticmethod
    def _check_shapes(state: dict[str, np.ndarray], wanted: dict[str, tuple]) -> None:
        for name, shape in wanted.items():
            got = tuple(state[name].shape) if name in state else 'nothing'
            if got != shape:
                raise LearningError(f'state of another network: {name} is {got}; '
                                    f'accepted: {shape}')

    def _slots(self, name: str, state: dict[str, np.ndarray]) -> dict[int, dict[str, Tensor]]:
        """Return an optimizer's part of a state, empty before the first update."""
        if not any(key.startswith(f'{name}!') for key in state):
            return {}
        out = {}
        for index, parameter in enumerate(self.optimizers[name].param_groups[0]['params']):
            keys = {slot: f'{name}!{index}/{slot}' for slot in ('step', 'exp_avg', 'exp_avg_sq')}
            self._check_shapes(state, {key: () if slot == 'step' else tuple(parameter.shape)
                                       for slot, key in keys.items()})
            out[index] = {slot: torch.from_numpy(np.array(state[key]))
                          for slot, key in keys.items()}
        return out
