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
"""The oracle: contraction, optimality and limits."""
import itertools

import numpy as np
import pytest

from softq_ros.errors import ShapeError
from softq_ros.learning.tabular import (
    evaluate, FiniteProblem, soft_backup, soft_policy, soft_q_iteration, soft_values)

SEEDS = range(12)


def random_problem(seed):
    rng = np.random.default_rng(seed)
    states, actions = int(rng.integers(2, 7)), int(rng.integers(2, 6))
    transition = rng.dirichlet(np.ones(states), (states, actions))
    discount = float(rng.uniform(0.5, 0.95))
    return FiniteProblem(transition, rng.normal(size=(states, actions)), discount)


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
def test_value_is_expected_q_plus_temperature_times_entropy(seed):
    q = soft_q_iteration(random_problem(seed), 0.5)
    policy = soft_policy(q, 0.5)
    entropy = -(policy * np.log(policy)).sum(-1)
    assert soft_values(q, 0.5) == pytest.approx((policy * q).sum(-1) + 0.5 * entropy, abs=1e-9)


@pytest.mark.parametrize('seed', SEEDS)
def test_soft_q_iteration_recovers_hard_q_iteration_as_the_temperature_falls(seed):
    problem = random_problem(seed)
    hard = soft_q_iteration(problem, 0.0)
    gaps = [np.abs(soft_q_iteration(problem, alpha) - hard).max() for alpha in (1.0, 0.1, 1e-3)]
    assert gaps[0] > gaps[1] > gaps[2] - 1e-9 and gaps[2] < 1e-2


def test_hard_q_iteration_is_that_of_the_best_deterministic_policy():
    problem = random_problem(3)
    states, actions = problem.reward.shape
    qs = [evaluate(problem, np.eye(actions)[list(choice)], 0.0)
          for choice in itertools.product(range(actions), repeat=states)]
    assert soft_q_iteration(problem, 0.0) == pytest.approx(np.max(qs, 0), abs=1e-9)


@pytest.mark.parametrize('problem', [
    FiniteProblem(np.ones((1, 2, 1)), np.ones((1, 2)), 1.0),
    FiniteProblem(np.ones((2, 2, 2)), np.ones((2, 2)), 0.5),
    FiniteProblem(np.ones((1, 2, 2)), np.ones((1, 2)), 0.5)])
def test_arrays_that_are_no_problem_are_refused(problem):
    with pytest.raises(ShapeError, match='accepted'):
        soft_q_iteration(problem, 1.0)
