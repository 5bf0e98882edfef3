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
What adding soft Q-functions costs, on finite problems (Haarnoja et al. 2018, arXiv 1803.06773).

N problems that differ in their rewards have the optimal Q_i and pi_i at temperature alpha. Q_w is
sum w_i Q_i, Q_C the optimum for the reward sum w_i r_i at the same alpha. Weights that sum to one
are the paper's average; all ones are the sum of the authors' code, which is the average at alpha
over N. Letters: N problems, S states, A actions.
"""
import numpy as np

from softq_ros.errors import ShapeError
from softq_ros.learning.tabular import FiniteProblem, soft_q_iteration, TOLERANCE


def _check(policies: np.ndarray, weights: np.ndarray) -> None:
    if policies.ndim != 3 or weights.shape != policies.shape[:1]:
        raise ShapeError(f'policies {policies.shape}, weights {weights.shape}; accepted: '
                         '(N, S, A) and (N,)')
    if (weights < 0).any() or weights.sum() < 1 - 1e-9:
        raise ShapeError(f'weights {weights.tolist()}; accepted: none below 0, a sum of 1 or more')


def product(policies: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """
    Return prod pi_i^w_i, ``(S, A)``: what the composed policy is proportional to.

    :raises ShapeError: unless policies are ``(N, S, A)`` and weights ``(N,)`` with a sum of at
        least 1. With a smaller sum Q_w bounds nothing.
    """
    policies, weights = np.asarray(policies, float), np.asarray(weights, float)
    _check(policies, weights)
    return (policies ** weights[:, None, None]).prod(0)


def disagreement(policies: np.ndarray, weights: np.ndarray, temperature: float) -> np.ndarray:
    """
    Return sum w_i V_i - V_w = -alpha ln sum_a prod pi_i^w_i, ``(S,)``, never below 0.

    For two policies and weights of a half it is alpha / 2 times their Renyi divergence of order
    one half, which is 0 where they agree.
    """
    return -temperature * np.log(product(policies, weights).sum(-1))


def composition_gap(problem: FiniteProblem, policies: np.ndarray, weights: np.ndarray,
                    temperature: float) -> np.ndarray:
    """
    Return C with Q_w >= Q_C >= Q_w - C, ``(S, A)``.

    C = gamma E[disagreement(s') + max_a' C(s', a')] (paper, lemma 1; its alpha is 1).

    :param problem: any of the N; its reward is not read.
    """
    toll = problem.discount * problem.transition @ disagreement(policies, weights, temperature)
    return soft_q_iteration(problem._replace(reward=toll), 0.0)


def composition_correction(problem: FiniteProblem, policies: np.ndarray, weights: np.ndarray,
                           temperature: float) -> np.ndarray:
    """
    Return Q_w - Q_C, ``(S, A)`` (Hunt et al. 2019, arXiv 1812.02216).

    The fixed point of C = -alpha gamma E ln sum_a' prod pi_i^w_i exp(-C(s', a') / alpha).
    """
    joint = product(policies, weights)
    gap = np.zeros_like(problem.reward, np.float64)
    while True:
        inside = np.log((joint * np.exp(-gap / temperature)).sum(-1))
        after = -temperature * problem.discount * problem.transition @ inside
        if np.abs(after - gap).max() <= TOLERANCE * max(1.0, np.abs(after).max()):
            return after
        gap = after


def composition_loss(problem: FiniteProblem, policies: np.ndarray, weights: np.ndarray,
                     temperature: float) -> np.ndarray:
    """
    Return F with Q of the composed policy >= Q_C - F, ``(S, A)`` (paper, theorem 1).

    F = gamma E_s' E_a'[C(s', a') + F(s', a')], the action drawn from the composed policy.
    """
    gap = composition_gap(problem, policies, weights, temperature)
    joint = product(policies, weights)
    composed = joint / joint.sum(-1, keepdims=True)
    onward = np.einsum('sa,sat->st', composed, problem.transition)
    toll = (composed * gap).sum(-1)
    per_state = np.linalg.solve(np.eye(len(toll)) - problem.discount * onward, toll)
    return problem.discount * problem.transition @ per_state
