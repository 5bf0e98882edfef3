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
"""How far the sampler is from the law of the Q it was made from, in states that were visited."""
import torch
from torch import Tensor

from softq_ros.learning.distances import nearest_neighbour_entropy, sliced_wasserstein
from softq_ros.learning.langevin import langevin_chains
from softq_ros.learning.sql import SoftQLearning
from softq_ros.learning.value import mixture_proposal, soft_value

SAMPLES = 256  # of each state
VALUES = 4096  # actions that estimate a soft value
CHAINS, STEPS = 64, 400
CHUNK = 20  # states at a time


def _starts(agent: SoftQLearning, state: Tensor, count: int) -> Tensor:
    """Return where chains begin: half of them at the sampler's actions, half anywhere."""
    ours = agent.sampled(state, count - count // 2)
    anywhere = 2.0 * torch.rand(len(state), count // 2, ours.shape[2],
                                generator=agent.generator) - 1.0
    return torch.cat([ours, torch.atanh(anywhere)], 1)


def _check(agent: SoftQLearning, state: Tensor) -> dict[str, Tensor]:
    alpha, generator = agent.temperature, agent.generator
    u = agent.sampled(state, SAMPLES)
    value = soft_value(*_proposed(agent, state, u[:, :32]), alpha)
    q, _ = agent.least_and_slope(state, torch.tanh(u))
    divergence = (value - q.mean(1)) / alpha - nearest_neighbour_entropy(torch.tanh(u))
    chains, again = (langevin_chains(
        lambda action: agent.least_and_slope(state, action), _starts(agent, state, CHAINS), alpha,
        STEPS, generator) for _ in range(2))
    exact, other = torch.tanh(chains.u), torch.tanh(again.u)
    return {'divergence': divergence,
            'distance': sliced_wasserstein(torch.tanh(u[:, :CHAINS]), exact, generator),
            'distance_of_chains': sliced_wasserstein(other, exact, generator),
            'acceptance': torch.full_like(divergence, chains.acceptance)}


def _proposed(agent: SoftQLearning, state: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
    action, log_density = mixture_proposal(centres, VALUES, 0.5, agent.generator)
    return agent.least_and_slope(state, action)[0], log_density


@torch.no_grad()
def check_sampler(agent: SoftQLearning, state: Tensor) -> dict[str, float]:
    """
    Return means over states ``(B, O)``; the agent's generator moves on.

    ``divergence`` [nats]: (V - E[Q]) / alpha - H, which is the Kullback-Leibler divergence of the
    sampler's law from exp((Q - V) / alpha); zero for a perfect one, up to the estimators' errors.
    ``distance``: sliced Wasserstein distance of its actions to the ends of long chains, beside
    ``distance_of_chains``, that between two sets of chains, and the chains' ``acceptance``.
    """
    parts = [_check(agent, some) for some in state.split(CHUNK)]
    return {name: float(torch.cat([part[name] for part in parts]).mean()) for name in parts[0]}
