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
"""The oracle: contraction, optimality, limits and the bound of averaged Qs."""
import numpy as np
import pytest

from softq_ros.errors import ShapeError
from softq_ros.learning.tabular import (
    evaluate, FiniteProblem, soft_backup, soft_policy, soft_q_iteration, soft_values)

SEEDS = range(12)


def random_problem(seed, reward_seed=None):
    rng = np.random.default_rng(seed)
    states, actions = int(rng.integers(2, 7)), int(rng.integers(2, 6))
    transition = rng.dirichlet(np.ones(states), (states, actions))
    discount = float(rng.uniform(0.5, 0.95))
    reward = np.random.default_rng([seed, reward_seed or 0]).normal(size=(states, actions))
    return FiniteProblem(transition, reward, discount)


def test_one_state_two_actions_by_hand():
    # V = r + gamma V + alpha ln 2, r = 1, gamma = .5, alpha = 2: V = 2 (1 + 2 ln 2)
    problem = FiniteProblem(np.ones((1, 2, 1)), np.ones((1, 2)), 0.5)
    q = soft_q_iteration(problem, 2.0)
    value = 2.0 * (1.0 + 2.0 * np.log(2.0))
    assert soft_values(q, 2.0) == pytest.approx([value], abs=1e-9)
    assert soft_policy(q, 2.0) == pytest.approx(np.full((1, 2), 0.5))


def test_what_is_missing_to_a_probability_of_one_ends_the_world():
    problem = FiniteProblem(np.zeros((1, 2, 1)), np.array([[1.0, 2.0]]), 0.9)
    assert soft_q_iteration(problem, 1.0) == pytest.approx(np.array([[1.0, 2.0]]))


@pytest.mark.parametrize('seed', SEEDS)
def test_soft_backup_is_a_contraction(seed):
    problem, rng = random_problem(seed), np.random.default_rng(seed)
    first, second = rng.normal(0, 5, (2, *problem.reward.shape))
    apart = np.abs(soft_backup(problem, first, 0.7) - soft_backup(problem, second, 0.7)).max()
    assert apart <= problem.discount * np.abs(first - second).max() + 1e-12


@pytest.mark.parametrize('seed', SEEDS)
def test_fixed_point_is_the_soft_q_of_its_own_policy(seed):
    problem = random_problem(seed)
    q = soft_q_iteration(problem, 0.5)
    assert evaluate(problem, soft_policy(q, 0.5), 0.5) == pytest.approx(q, abs=1e-8)


@pytest.mark.parametrize('seed', SEEDS)
def test_soft_policy_improvement_never_lowers_the_soft_q(seed):
    problem, rng = random_problem(seed), np.random.default_rng(seed)
    policy = rng.dirichlet(np.ones(problem.reward.shape[1]), problem.reward.shape[0])
    before = evaluate(problem, policy, 0.5)
    after = evaluate(problem, soft_policy(before, 0.5), 0.5)
    assert (after >= before - 1e-9).all()


@pytest.mark.parametrize('seed', SEEDS)
def test_soft_and_hard_q_differ_by_at_most_the_discounted_entropy(seed):
    problem = random_problem(seed)
    actions, discount = problem.reward.shape[1], problem.discount
    soft, hard = soft_q_iteration(problem, 0.1), soft_q_iteration(problem, 0.0)
    bound = discount * 0.1 * np.log(actions) / (1 - discount)
    assert (soft >= hard - 1e-9).all() and (soft - hard).max() <= bound + 1e-9


@pytest.mark.parametrize('seed', SEEDS)
def test_reward_and_temperature_scale_alike(seed):
    problem = random_problem(seed)
    scaled = problem._replace(reward=3.0 * problem.reward)
    assert soft_q_iteration(scaled, 1.5) == pytest.approx(3.0 * soft_q_iteration(problem, 0.5),
                                                          abs=1e-8)


@pytest.mark.parametrize('seed', SEEDS)
def test_averaged_qs_bound_the_q_of_the_averaged_reward(seed):
    # composition paper: Q_sum >= Q_C >= Q_sum - C, C = gamma E[alpha / 2 D_half + max C]
    alpha, one = 0.5, random_problem(seed, 1)
    two = random_problem(seed, 2)
    qs = [soft_q_iteration(problem, alpha) for problem in (one, two)]
    averaged = 0.5 * (qs[0] + qs[1])
    joint = soft_q_iteration(one._replace(reward=0.5 * (one.reward + two.reward)), alpha)
    overlap = np.sqrt(soft_policy(qs[0], alpha) * soft_policy(qs[1], alpha)).sum(-1)
    apart = FiniteProblem(one.transition, one.discount * one.transition
                          @ (-alpha * np.log(overlap)), one.discount)
    bound = soft_q_iteration(apart, 0.0)
    assert (averaged >= joint - 1e-9).all()
    assert (joint >= averaged - bound - 1e-9).all()


@pytest.mark.parametrize('problem', [
    FiniteProblem(np.ones((1, 2, 1)), np.ones((1, 2)), 1.0),
    FiniteProblem(np.ones((2, 2, 2)), np.ones((2, 2)), 0.5),
    FiniteProblem(np.ones((1, 2, 2)), np.ones((1, 2)), 0.5)])
def test_arrays_that_are_no_problem_are_refused(problem):
    with pytest.raises(ShapeError, match='accepted'):
        soft_q_iteration(problem, 1.0)
