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
Exact soft Q-iteration on finite problems: the oracle that tests, and readers, compare with.

Letters: S states, A actions, counted (base measure 1 for each action).
"""
from typing import NamedTuple

import numpy as np

from softq_ros.errors import ShapeError

TOLERANCE = 1e-12  # largest change of Q at which an iteration counts as its fixed point


class FiniteProblem(NamedTuple):
    """
    A Markov decision process.

    ``transition`` ``(S, A, S)`` are probabilities of the next state; what is missing to a sum of
    one ends the world. ``reward`` is ``(S, A)``; ``discount`` is below 1.
    """

    transition: np.ndarray
    reward: np.ndarray
    discount: float


def _check(problem: FiniteProblem) -> None:
    states, actions = problem.reward.shape
    sums = problem.transition.sum(-1)
    if problem.transition.shape != (states, actions, states):
        raise ShapeError(f'transition {problem.transition.shape}; accepted: '
                         f'{(states, actions, states)}')
    if (problem.transition < 0).any() or (sums > 1 + 1e-9).any():
        raise ShapeError(f'probabilities sum to {sums.max()}; accepted: sums of at most 1')
    if not 0 <= problem.discount < 1:
        raise ShapeError(f'discount {problem.discount}; accepted: 0 to below 1')


def soft_values(q: np.ndarray, temperature: float) -> np.ndarray:
    """Return V = alpha ln sum_a exp(Q / alpha), ``(S,)``; the largest Q at alpha 0."""
    largest = q.max(-1)
    if temperature == 0:
        return largest
    return largest + temperature * np.log(
        np.exp((q - largest[..., None]) / temperature).sum(-1))


def soft_policy(q: np.ndarray, temperature: float) -> np.ndarray:
    """Return pi = exp((Q - V) / alpha), ``(S, A)`` (SQL paper, equation 6)."""
    return np.exp((q - soft_values(q, temperature)[..., None]) / temperature)


def soft_backup(problem: FiniteProblem, q: np.ndarray, temperature: float) -> np.ndarray:
    """Return r + gamma E[V(s')], ``(S, A)``: a contraction with factor gamma in sup norm."""
    values = soft_values(q, temperature)
    return problem.reward + problem.discount * problem.transition @ values


def soft_q_iteration(problem: FiniteProblem, temperature: float) -> np.ndarray:
    """
    Return the fixed point Q of :func:`soft_backup`, ``(S, A)``; at alpha 0 that of Q-learning.

    :raises ShapeError: for arrays that are no problem.
    """
    _check(problem)
    q = np.zeros_like(problem.reward, np.float64)
    while True:
        after = soft_backup(problem, q, temperature)
        if np.abs(after - q).max() <= TOLERANCE * max(1.0, np.abs(after).max()):
            return after
        q = after


def evaluate(problem: FiniteProblem, policy: np.ndarray, temperature: float) -> np.ndarray:
    """
    Return the soft Q of a policy ``(S, A)`` by solving its linear equations.

    V = sum_a pi (Q - alpha ln pi); Q = r + gamma P V.
    """
    _check(problem)
    safe = np.where(policy > 0, policy, 1.0)
    entropy = -(policy * np.log(safe)).sum(-1)
    onward = np.einsum('sa,sat->st', policy, problem.transition)
    immediate = (policy * problem.reward).sum(-1) + temperature * entropy
    values = np.linalg.solve(np.eye(len(policy)) - problem.discount * onward, immediate)
    return problem.reward + problem.discount * problem.transition @ values
