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
"""How fast soft Q-learning updates, beside a plain version of the same update by autograd."""
from collections.abc import Callable
import copy
from functools import partial
import statistics
import time

import numpy as np
import torch
from torch import nn, Tensor

from softq_ros.learning.devices import open_device, PLAIN_FIRST
from softq_ros.learning.networks import Mlp, move_towards
from softq_ros.learning.precision import choose_matmul
from softq_ros.learning.settings import make_settings, SqlSettings
from softq_ros.learning.sql import SoftQLearning
from softq_ros.learning.stein import bandwidth
from softq_ros.learning.value import soft_value
from softq_ros.records import Batch
from softq_ros.training.bench_rival import installed, LIBRARY, rival_learner

OBSERVATION, ACTION = 24, 7
SETTINGS = {'hidden': (256, 256), 'batch_size': 256, 'value_samples': 16,
            'fixed_particles': 16, 'updated_particles': 16}


def plain_forward(network: Mlp, state: Tensor, other: Tensor) -> Tensor:
    """Return ``(B, K, F)`` from the concatenation of states ``(B, O)`` and ``(B, K, D)``."""
    x = torch.cat([state.unsqueeze(1).expand(-1, other.shape[1], -1), other], -1)
    for layer in network.layers[:-1]:
        x = torch.relu(layer(x))
    return network.layers[-1](x)


def plain_direction(fixed: Tensor, score: Tensor, updated: Tensor) -> Tensor:
    """Return the Stein direction ``(B, M, A)``; the kernel's gradient is autograd's."""
    fixed = fixed.detach().requires_grad_()
    distances = (fixed.unsqueeze(2) - updated.unsqueeze(1)).square().sum(-1)
    values = torch.exp(-distances / bandwidth(distances.detach()))
    repulsion = torch.stack([torch.autograd.grad(
        values[:, :, j].sum(), fixed, retain_graph=True)[0].sum(1)
        for j in range(updated.shape[1])], 1)
    attraction = (values.unsqueeze(-1) * score.unsqueeze(2)).sum(1)
    return (attraction.detach() + repulsion) / fixed.shape[1]


class PlainUpdate:
    """
    The update of an agent as one would write it down first: concatenation, autograd, plain Adam.

    :param agent: whose networks are copied and whose random draws are used, so that both see the
        same numbers.
    """

    def __init__(self, agent: SoftQLearning) -> None:
        """Copy the networks."""
        self._agent, self.modules = agent, copy.deepcopy(agent.modules)
        rate = agent.settings.learning_rate
        self._adams = {name: torch.optim.Adam(self.modules[name].parameters(), rate)
                       for name in ('q', 'learning')}

    def _least(self, network: nn.Module, state: Tensor, action: Tensor) -> Tensor:
        return torch.stack([plain_forward(member, state, action).squeeze(-1)
                            for member in network.members]).amin(0)

    def update(self, batch: Batch) -> None:
        """Take one step of the Qs, the sampler and the targets."""
        agent, settings = self._agent, self._agent.settings
        state, action, reward, discount, after = agent.tensors(batch)
        proposed, log_density = agent.propose(after)
        with torch.no_grad():
            value = soft_value(self._least(self.modules['target'], after, proposed), log_density,
                               agent.temperature)
        aim = reward + settings.discount * discount * value
        q = torch.stack([plain_forward(member, state, action.unsqueeze(1)).squeeze()
                         for member in self.modules['q'].members])
        losses = {'q': 0.5 * (q - aim).square().mean(1).sum(),
                  'learning': self._sampler_loss(state[:settings.svgd_states])}
        gradients = {name: torch.autograd.grad(loss, list(self.modules[name].parameters()))
                     for name, loss in losses.items()}
        for name, found in gradients.items():
            for parameter, gradient in zip(self.modules[name].parameters(), found):
                parameter.grad = gradient
            self._adams[name].step()
        move_towards(self.modules['target'], self.modules['q'], settings.polyak)
        move_towards(self.modules['sampler'], self.modules['learning'], settings.sampler_polyak)

    def _sampler_loss(self, state: Tensor) -> Tensor:
        agent, settings, sampler = self._agent, self._agent.settings, self.modules['learning']
        noises = [agent.noise(len(state), count)
                  for count in (settings.fixed_particles, settings.updated_particles)]
        fixed, updated = (plain_forward(sampler, state, noise) for noise in noises)
        u = fixed.detach().requires_grad_()
        a = torch.tanh(u)
        log_law = (self._least(self.modules['q'], state, a) / agent.temperature
                   + torch.log1p(-a.square()).sum(-1))
        score, = torch.autograd.grad(log_law.sum(), u)
        direction = plain_direction(fixed, score, updated.detach())
        return -(direction * updated).sum(-1).mean()


def random_batch(size: int, seed: int) -> Batch:
    """Return ``size`` transitions of made-up numbers, float32."""
    rng = np.random.default_rng(seed)
    return Batch(*(part.astype(np.float32) for part in (
        rng.normal(size=(size, OBSERVATION)), rng.uniform(-1, 1, (size, ACTION)),
        rng.normal(size=size), np.ones(size), rng.normal(size=(size, OBSERVATION)))))


def _now(device: str) -> float:
    """Return the CPU time of this thread [s], or the wall time when a GPU has ended its work."""
    if device == 'cpu':
        return time.thread_time()
    torch.cuda.synchronize()
    return time.perf_counter()


def _seconds(updates: Callable[[int], None], count: int, device: str) -> float:
    """Return the time [s] of one of so many updates."""
    began = _now(device)
    updates(count)
    return (_now(device) - began) / count


def _repeated(update: Callable[[Batch], object], batch: Batch) -> Callable[[int], None]:
    def updates(count: int) -> None:
        for _ in range(count):
            update(batch)
    return updates


def _ways(settings: SqlSettings, plain: SqlSettings) -> dict[str, Callable[[int], None]]:
    """Return what makes a number of updates: ours, the plain ones, those of the rival."""
    ours, other = (SoftQLearning(OBSERVATION, ACTION, each, 0) for each in (settings, plain))
    batch = random_batch(settings.batch_size, 0)
    ways = {'ours': _repeated(ours.update, batch),
            'plain': _repeated(PlainUpdate(other).update, batch)}
    if installed():
        rival = rival_learner(OBSERVATION, ACTION, settings.hidden, device=settings.device)
        ways[LIBRARY] = partial(rival.train, batch_size=settings.batch_size)
    return ways


def compare_updates(rounds: int, chosen: dict | None = None) -> dict:
    """
    Return the time [s] of an update both ways, and their ratio's median over paired rounds.

    CPU time, on a GPU wall time. Where Stable-Baselines3 is installed, its SAC's beside them.

    :param chosen: settings of ours other than :data:`SETTINGS`, whose sampler learns from the
        whole batch; the plain version shares layers, batch size and device only.
    :raises ConfigurationError: for settings that soft Q-learning does not have.
    """
    chosen = chosen or {}
    whole = SETTINGS | {name: chosen[name] for name in ('hidden', 'batch_size', 'device')
                        if name in chosen}
    whole['svgd_states'] = whole['batch_size']
    settings, plain = (make_settings('sql', words) for words in (whole | chosen, whole))
    device = settings.device
    open_device(device)
    choose_matmul(device)
    ways, count = _ways(settings, plain), max(2, 1024 // settings.batch_size)
    for updates in ways.values():
        updates(2 * PLAIN_FIRST)
    found = [{name: _seconds(updates, count, device) for name, updates in ways.items()}
             for _ in range(rounds)]
    seconds = {name: statistics.median(one[name] for one in found) for name in ways}
    ratios = {name: sorted(one[name] / one['ours'] for one in found) for name in ways}
    result = {'rate': 1 / seconds['ours'], 'median_sec': seconds['ours'],
              'plain_median_sec': seconds['plain'],
              'ratio': statistics.median(ratios['plain']), 'ratio_least': ratios['plain'][0],
              'ratio_most': ratios['plain'][-1], 'matrix_gflops': matrix_limit(device),
              'settings': whole | chosen,
              'what': f'soft Q-learning updates of {"CPU" if device == "cpu" else "wall"} time, '
                      f'{OBSERVATION} observations, {ACTION} actions'}
    if LIBRARY in ways:
        result |= {f'{LIBRARY}_median_sec': seconds[LIBRARY],
                   f'{LIBRARY}_ratio': statistics.median(ratios[LIBRARY])}
    return result


def matrix_limit(device: str = 'cpu') -> float:
    """Return what this process reaches at 4096 x 256 x 256 in float32 [GFLOP/s]."""
    a, b, out = (torch.randn(*size, device=device) for size in (
        (4096, 256), (256, 256), (4096, 256)))

    def products(count: int) -> None:
        for _ in range(count):
            torch.mm(a, b, out=out)
    products(3)
    return 2 * 4096 * 256 * 256 / _seconds(products, 20, device) / 1e9
