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
The right answers for the multi-goal problem: soft Q-iteration on a grid of the plane.

Positions and actions share one spacing, so that a step ends on a node. The reward is -c x^2 in
each of the action's two parts plus what the node reached is worth, so the integral over actions
is taken one axis at a time. A cell that the edge of a goal cuts counts by its area inside.
Letters: N goals, G nodes an axis, W actions an axis, K samples.
"""
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from softq_ros.errors import ConfigurationError
from softq_ros.robot.contract import load_contract
from softq_ros.tasks.catalogue import task_configuration

TOLERANCE = 1e-7  # largest change of V [scaled reward] that counts as its fixed point
FINE = 16  # points an axis that measure the area of a cell inside a goal


@dataclass(frozen=True)
class MultigoalProblem:
    """The numbers of ``config/tasks/multigoal.yaml`` and of its robot."""

    goals: np.ndarray  # (N, 2) m
    radius: float  # m
    cost: float  # reward for |a|^2 of 1
    bonus: float  # reward at a goal
    start_spread: float  # m
    horizon: int  # control steps
    limit: float  # m; half the side of the plane
    discount: float
    reward_scale: float
    temperature: float  # [scaled reward]; 0: hard Q-iteration


def multigoal_problem() -> MultigoalProblem:
    """Return the problem as its files state it."""
    files = task_configuration('multigoal')
    task, learning = files['task'], files['learning']
    limit = float(load_contract(task['robot']).position_upper[0])
    return MultigoalProblem(
        np.array(task['goals'], float), task['goal_radius'], task['action_cost'],
        task['goal_bonus'], task['start_spread'], task['horizon'], limit, learning['discount'],
        learning['reward_scale'], learning['sql']['temperature'])


def soft_maximum(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Return alpha ln sum exp(logits / alpha) over the last axis; the largest at alpha 0."""
    largest = logits.max(-1)
    if temperature == 0:
        return largest
    shifted = np.exp((logits - largest[..., None]) / temperature)
    return largest + temperature * np.log(shifted.sum(-1))


class MultigoalOracle:
    """
    Soft-optimal values at the nodes of a grid, ``values`` ``(G, G)``, x before y.

    :param spacing: of the grid [m]; must divide 1 and the limit. V at the middle is 0.08 too low
        at 0.25 (a second), 0.013 at 0.1 (five) and 0.003 at 0.05 (fifteen).
    :raises ConfigurationError: for another spacing.
    """

    def __init__(self, problem: MultigoalProblem, spacing: float) -> None:
        """Iterate to the fixed point; ``changes`` keeps the largest change of each iteration."""
        for length in (1.0, problem.limit):
            if spacing <= 0 or abs(length / spacing - round(length / spacing)) > 1e-9:
                raise ConfigurationError(f'spacing {spacing}; accepted: what divides 1 and '
                                         f'{problem.limit}')
        self.problem, self._spacing = problem, spacing
        half, self._reach = round(problem.limit / spacing), round(1.0 / spacing)
        self.grid = spacing * np.arange(-half, half + 1)
        self.actions = spacing * np.arange(-self._reach, self._reach + 1)
        self._measure_goals()
        lengths = np.full(len(self.actions), spacing)
        lengths[[0, -1]] *= 0.5  # the trapezium rule
        self._weight = (problem.temperature * np.log(lengths)
                        - problem.reward_scale * problem.cost * self.actions**2)
        self.changes: list[float] = []
        self.values = np.zeros((len(self.grid),) * 2)
        while not self.changes or self.changes[-1] > TOLERANCE:
            after = self.backup(self.values)
            self.changes.append(float(np.abs(after - self.values).max()))
            self.values = after

    def _squared_distances(self, positions: np.ndarray) -> np.ndarray:
        return np.square(positions[..., None, :] - self.problem.goals).sum(-1)

    def _measure_goals(self) -> None:
        """Find each node's nearest goal, its squared distance, and its cell's share inside."""
        nodes = np.stack(np.meshgrid(self.grid, self.grid, indexing='ij'), -1)
        distances = self._squared_distances(nodes)
        self.nearest, self.least = distances.argmin(-1), distances.min(-1)
        self.inside = np.zeros_like(self.least)
        fine = self._spacing * ((np.arange(FINE) + 0.5) / FINE - 0.5)
        for offset in np.stack(np.meshgrid(fine, fine), -1).reshape(-1, 2):
            least = self._squared_distances(nodes + offset).min(-1)
            self.inside += (least < self.problem.radius**2) / FINE**2

    def worth(self, values: np.ndarray) -> np.ndarray:
        """Return what reaching each node is worth, exp-averaged over its cell, ``(G, G)``."""
        problem = self.problem
        goal = np.full_like(values, problem.reward_scale * problem.bonus)
        branches = np.stack([goal, problem.discount * values], -1)
        areas = np.stack([self.inside, 1.0 - self.inside], -1)
        logs = problem.temperature * np.log(np.where(areas > 0, areas, 1.0))
        weighted = np.where(areas > 0, branches + logs, -np.inf)
        return (soft_maximum(weighted, problem.temperature)
                - problem.reward_scale * self.least)

    def reached(self, nodes: np.ndarray, axis: int) -> np.ndarray:
        """Return what stands where each action along an axis leads, ``(G, G, W)``."""
        pad = [(0, 0), (0, 0)]
        pad[axis] = (self._reach, self._reach)
        return sliding_window_view(np.pad(nodes, pad, 'edge'), len(self.actions), axis)

    def logits(self, worth: np.ndarray, axis: int) -> np.ndarray:
        """Return alpha ln of the unnormalised law of the action along an axis, ``(G, G, W)``."""
        return self.reached(worth, axis) + self._weight

    def backup(self, values: np.ndarray) -> np.ndarray:
        """Return alpha ln of the integral over actions of exp(Q / alpha), ``(G, G)``."""
        nodes = self.worth(values)
        for axis in (0, 1):
            nodes = soft_maximum(self.logits(nodes, axis), self.problem.temperature)
        return nodes

    def value(self, positions: np.ndarray) -> np.ndarray:
        """Return V of positions ``(K, 2)`` [m], interpolated between the nodes, ``(K,)``."""
        at = np.clip(np.asarray(positions, float), self.grid[0], self.grid[-1])
        scaled = (at - self.grid[0]) / self._spacing
        low = np.minimum(scaled.astype(int), len(self.grid) - 2)
        (x, y), (i, j) = (scaled - low).T, low.T
        return ((1 - x) * (1 - y) * self.values[i, j] + x * (1 - y) * self.values[i + 1, j]
                + (1 - x) * y * self.values[i, j + 1] + x * y * self.values[i + 1, j + 1])

    def q(self, position: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """Return Q of actions ``(K, 2)`` in one position ``(2,)`` [m], ``(K,)``."""
        problem, actions = self.problem, np.asarray(actions, float)
        reached = np.clip(position + actions, -problem.limit, problem.limit)
        least = self._squared_distances(reached).min(-1)
        there = least < problem.radius**2
        reward = -problem.cost * np.square(actions).sum(-1) - least + problem.bonus * there
        onward = np.where(there, 0.0, problem.discount * self.value(reached))
        return problem.reward_scale * reward + onward
