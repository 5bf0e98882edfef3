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
from softq_ros.learning.devices import Halt, open_device, Recorded
from softq_ros.learning.moments import check_shapes, moments_of, slots_of
from softq_ros.learning.networks import in_one_piece, Mlp
from softq_ros.learning.regularised import RegularisedMlp
from softq_ros.learning.settings import Settings
from softq_ros.learning.td_loss import td_target
from softq_ros.records import Batch


LOG_EVERY = 100  # updates between two rows of metrics, and between two looks at a GPU


def name_of_q(parameter: str) -> str:
    """Return what a bundle calls a parameter of the Qs."""
    _, twin, part, layer, which = parameter.split('.')
    return f'q.{twin}.{layer}.{"norm_" if part == "norms" else ""}{which}'


class Agent:
    """
    Base of the algorithms: ``update``, ``weights``, ``state``, ``load_state``.

    On a GPU the host never waits for an update: a number that is not finite stops every later
    step there, and is told when the metrics are looked at.

    :param settings: of the algorithm.
    :param seed: of the initial weights and of every draw an update makes.
    """

    lasting: frozenset[str] = frozenset()  # what a reset leaves as it is

    def __init__(self, settings: Settings, seed: int, build: Callable[[], dict]) -> None:
        """Build the networks under the seed without touching torch's global generator."""
        self.settings, self._build = settings, build
        self.device = open_device(settings.device)
        self.generator = torch.Generator(self.device).manual_seed(seed)
        self.modules = self._built(seed)
        self.optimizers: dict[str, torch.optim.Optimizer] = {}
        self.updates = 0
        self.halt = None if self.device.type == 'cpu' else Halt(self.device)
        self._looked: dict[str, float] = {}
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Forget what was recorded of the last networks and moments."""
        on_gpu = self.device.type == 'cuda'
        self._taken = Recorded(self.step, self.generator) if on_gpu else self.step

    def _built(self, seed: int) -> dict[str, nn.Module]:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            modules = self._build()
        if self.device.type != 'cpu':
            in_one_piece(modules.values())
        return {name: module.to(self.device) for name, module in modules.items()}

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
        self._begin_anew()

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
        rate = self.settings.learning_rate
        if self.device.type != 'cpu':  # a graph reads the rate where it lies
            rate = torch.tensor(rate, device=self.device)
        self.optimizers[name] = torch.optim.Adam(parameters, rate, fused=True,
                                                 capturable=self.device.type == 'cuda')
        return self.optimizers[name]

    def _set_rates(self) -> None:
        """Give every optimizer the rate of the next update."""
        for optimizer in self.optimizers.values() if self.settings.rate_halves_at else ():
            group = optimizer.param_groups[0]
            if isinstance(group['lr'], Tensor):
                group['lr'].fill_(self.falling_rate)
            else:
                group['lr'] = self.falling_rate

    def tensors(self, batch: Batch) -> tuple[Tensor, ...]:
        """Return the batch as tensors, rewards scaled."""
        state, action, reward, discount, after = (
            torch.from_numpy(np.ascontiguousarray(part)).to(self.device, non_blocking=True)
            for part in batch)
        return state, action, reward * self.settings.reward_scale, discount, after

    def target(self, reward: Tensor, discount: Tensor, value: Tensor) -> Tensor:
        """Return what the Qs regress to, ``(B,)``; no value counts beyond ``value_ceiling``."""
        return td_target(reward, discount, value, self.settings.discount,
                         self.settings.value_ceiling)

    def update(self, batch: Batch) -> dict[str, float]:
        """
        Take one step of everything that learns.

        :return: what to log of it; on a GPU, of the last of every ``LOG_EVERY`` updates.
        :raises LearningError: before any parameter moves, when a number is not finite.
        """
        self.reset_where_due()
        self._set_rates()
        found = self._taken(*self.tensors(batch))
        self.updates += 1
        if self.halt is None:
            return {name: float(value) for name, value in found.items()}
        if self.updates % LOG_EVERY == 0:
            self.halt.look(self.updates)
            self._looked = {name: float(value) for name, value in found.items()}
        return self._looked

    def step(self, state: Tensor, action: Tensor, reward: Tensor, discount: Tensor,
             after: Tensor) -> dict[str, Tensor]:
        """Take one step down a batch as :meth:`tensors` returns it; numbers to log, ``()``."""
        raise NotImplementedError

    def _refuse(self, found: dict[str, float]) -> None:
        bad = [f'{name} {value}' for name, value in found.items() if not math.isfinite(value)]
        if bad:
            raise LearningError(f'{", ".join(bad)} after {self.updates} updates; accepted: '
                                'finite numbers')

    def descend(self, losses: dict[str, Tensor]) -> dict[str, Tensor]:
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
            found[f'{name}_loss'] = loss.detach()
            found[f'{name}_gradient_norm'] = torch.stack(torch._foreach_norm(gradients)).norm()
            for parameter, gradient in zip(parameters, gradients):
                parameter.grad = gradient
        if self.halt is None:
            self._refuse({name: float(value) for name, value in found.items()})
        else:
            self.halt.watch(found.values(), self.optimizers.values())
        for name in losses:
            self.optimizers[name].step()
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
        return {name: p.detach().cpu().numpy().copy() for name, p in out.items()}

    def state(self) -> dict[str, np.ndarray]:
        """Return everything the next updates depend on, as flat arrays."""
        out = {f'{m}/{n}': p.detach().cpu().numpy() for m, module in self.modules.items()
               for n, p in module.named_parameters()}
        for name, optimizer in self.optimizers.items():
            out |= moments_of(name, optimizer)
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
        check_shapes(state, {name: tuple(p.shape) for name, p in parameters.items()}
                     | {'generator': tuple(self.generator.get_state().shape),
                        'updates': (1,)})
        slots = {name: slots_of(name, optimizer, state)
                 for name, optimizer in self.optimizers.items()}
        with torch.no_grad():
            for name, parameter in parameters.items():
                parameter.copy_(torch.from_numpy(np.array(state[name])))
        for name, optimizer in self.optimizers.items():
            groups = optimizer.state_dict()['param_groups']
            optimizer.load_state_dict({'state': slots[name], 'param_groups': groups})
        self.generator.set_state(torch.from_numpy(np.array(state['generator'])))
        self.updates = int(state['updates'][0])
        self._begin_anew()
