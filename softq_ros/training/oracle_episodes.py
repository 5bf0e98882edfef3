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
"""What episodes of the soft-optimal multi-goal policy bring, without drawing one."""
from typing import NamedTuple

import numpy as np

from softq_ros.training.oracles import MultigoalOracle, soft_maximum

LEAST_SQUASH = 1e-12  # of 1 - a^2: the authors' law has no mass at the bounds


class Episodes(NamedTuple):
    """Expectations over episodes of at most the horizon; returns are raw and undiscounted."""

    return_mean: float
    return_std: float
    length_mean: float  # control steps
    shares: np.ndarray  # of all episodes, by goal, (N,)
    misses: float  # share of episodes that end at none


class _Policy:
    """The law of the action's x where y has led, and that of y: ``(G, G, W)`` each."""

    def __init__(self, oracle: MultigoalOracle, authors: bool) -> None:
        alpha, nodes = oracle.problem.temperature, oracle.worth(oracle.values)
        squash = alpha * np.log(np.maximum(1.0 - oracle.actions**2, LEAST_SQUASH))
        self._oracle, self._laws = oracle, []
        for axis in (0, 1):
            logits = oracle.logits(nodes, axis) + (squash if authors else 0.0)
            nodes = soft_maximum(logits, alpha)
            self._laws.append(self._law(logits, nodes, alpha))
        self.ends = self._ending_share()

    @staticmethod
    def _law(logits: np.ndarray, total: np.ndarray, alpha: float) -> np.ndarray:
        if alpha == 0:
            return np.eye(logits.shape[-1])[logits.argmax(-1)]
        return np.exp((logits - total[..., None]) / alpha)

    def _ending_share(self) -> np.ndarray:
        """Return the probability that what reaches a node's cell is inside a goal, ``(G, G)``."""
        oracle, problem = self._oracle, self._oracle.problem
        if problem.temperature == 0:
            return (oracle.inside > 0).astype(float)
        excess = problem.reward_scale * problem.bonus - problem.discount * oracle.values
        odds = oracle.inside * np.exp(excess / problem.temperature)
        return odds / (odds + 1.0 - oracle.inside)

    def expect(self, nodes: np.ndarray) -> np.ndarray:
        """Return the expectation over actions of what stands where they lead, ``(G, G)``."""
        for axis, law in enumerate(self._laws):
            nodes = (law * self._oracle.reached(nodes, axis)).sum(-1)
        return nodes

    def after_cost(self, mean: np.ndarray, square: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return both moments of a return, given those without the cost of the action."""
        toll = -self._oracle.problem.cost * self._oracle.actions**2
        for axis, law in enumerate(self._laws):
            means, squares = (self._oracle.reached(part, axis) for part in (mean, square))
            square = (law * (toll**2 + 2.0 * toll * means + squares)).sum(-1)
            mean = (law * (toll + means)).sum(-1)
        return mean, square


def expected_episodes(oracle: MultigoalOracle, authors: bool = False) -> Episodes:
    """
    Return the expectations from the start distribution, by recursion from the horizon back.

    :param authors: draw from exp(Q / alpha) prod(1 - a^2), the law of the authors' code. At
        temperature 0 ties between goals fall to one of them, so the shares mean nothing.
    """
    problem, policy = oracle.problem, _Policy(oracle, authors)
    ends, goes_on = policy.ends, 1.0 - policy.ends
    alive, ended = -oracle.least, -oracle.least + problem.bonus
    mean, square, length = (np.zeros_like(oracle.values) for _ in range(3))
    shares = np.zeros((len(problem.goals), *mean.shape))
    found = [np.where(oracle.nearest == goal, ends, 0.0) for goal in range(len(shares))]
    for _ in range(problem.horizon):
        square = ends * ended**2 + goes_on * (alive**2 + 2.0 * alive * mean + square)
        mean = ends * ended + goes_on * (alive + mean)
        mean, square = policy.after_cost(mean, square)
        length = 1.0 + policy.expect(goes_on * length)
        shares = np.stack([policy.expect(now + goes_on * later)
                           for now, later in zip(found, shares)])
    line = np.exp(-0.5 * (oracle.grid / problem.start_spread) ** 2)
    start = np.outer(line, line) / line.sum() ** 2
    mean, square, length = ((start * part).sum() for part in (mean, square, length))
    by_goal = (start * shares).sum((1, 2))
    return Episodes(float(mean), float(np.sqrt(square - mean**2)), float(length), by_goal,
                    float(1.0 - by_goal.sum()))
