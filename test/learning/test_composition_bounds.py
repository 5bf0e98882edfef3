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
"""The bounds of composed Qs on random finite problems, and by hand where one state is enough."""
import numpy as np
import pytest

from softq_ros.errors import ShapeError
from softq_ros.learning.composition_bounds import (
    composition_correction, composition_gap, composition_loss, disagreement, product)
from softq_ros.learning.tabular import (
    evaluate, FiniteProblem, soft_policy, soft_q_iteration, soft_values)

SEEDS = range(12)
WEIGHTS = {'average': [0.5, 0.5], 'sum': [1.0, 1.0], 'uneven average': [0.8, 0.2],
           'average of three': [1 / 3] * 3, 'sum of three': [1.0] * 3}
COIN = np.array([[[0.9, 0.1]], [[0.1, 0.9]]])  # two policies of one state


class Composed:
    """Random rewards on one random world, their soft-optimal Qs and what is made of them."""

    def __init__(self, seed, weights):
        rng = np.random.default_rng(seed)
        states, actions = int(rng.integers(2, 7)), int(rng.integers(2, 6))
        self.alpha = float(rng.uniform(0.2, 3.0))
        self.weights = np.array(weights)
        world = FiniteProblem(rng.dirichlet(np.ones(states), (states, actions)),
                              np.zeros((states, actions)), float(rng.uniform(0.5, 0.97)))
        rewards = rng.normal(0, 2, (len(weights), states, actions))
        qs = np.array([soft_q_iteration(world._replace(reward=r), self.alpha) for r in rewards])
        self.problem = world._replace(reward=np.tensordot(self.weights, rewards, 1))
        self.policies = np.array([soft_policy(q, self.alpha) for q in qs])
        self.values = np.array([soft_values(q, self.alpha) for q in qs])
        self.q = np.tensordot(self.weights, qs, 1)
        self.best = soft_q_iteration(self.problem, self.alpha)
        self.arguments = self.problem, self.policies, self.weights, self.alpha


@pytest.fixture(name='composed', params=[(s, w) for s in SEEDS for w in WEIGHTS],
                ids=lambda case: f'{case[1]} {case[0]}')
def make_composed(request):
    seed, weights = request.param
    return Composed(seed, WEIGHTS[weights])


def test_composed_q_bounds_the_optimal_q_from_above(composed):
    assert (composed.q >= composed.best - 1e-8).all()


def test_optimal_q_is_at_most_the_gap_below_the_composed_q(composed):
    assert (composed.best >= composed.q - composition_gap(*composed.arguments) - 1e-8).all()


def test_corrected_q_is_the_optimal_q(composed):
    corrected = composed.q - composition_correction(*composed.arguments)
    assert corrected == pytest.approx(composed.best, abs=1e-7)


def test_composed_policy_loses_no_more_than_its_bound(composed):
    achieved = evaluate(composed.problem, soft_policy(composed.q, composed.alpha),
                        composed.alpha)
    assert (achieved >= composed.best - composition_loss(*composed.arguments) - 1e-8).all()


def test_disagreement_is_what_the_composed_value_lacks(composed):
    lacking = composed.weights @ composed.values - soft_values(composed.q, composed.alpha)
    found = disagreement(composed.policies, composed.weights, composed.alpha)
    assert found == pytest.approx(lacking, abs=1e-8)


def test_composed_policy_is_proportional_to_the_product(composed):
    joint = product(composed.policies, composed.weights)
    assert soft_policy(composed.q, composed.alpha) == pytest.approx(
        joint / joint.sum(-1, keepdims=True), abs=1e-9)


def test_sum_of_n_qs_is_the_average_at_an_nth_of_the_temperature():
    composed = Composed(0, WEIGHTS['sum'])
    average = soft_policy(composed.q / 2, composed.alpha / 2)
    assert soft_policy(composed.q, composed.alpha) == pytest.approx(average, abs=1e-12)


def test_nine_tenths_of_the_gap_would_not_hold():
    slack = []
    for seed in SEEDS:
        composed = Composed(seed, WEIGHTS['average'])
        gap = composition_gap(*composed.arguments)
        slack.append((composed.best - composed.q + 0.9 * gap).min())
    assert min(slack) < 0


def test_disagreement_of_two_coins_by_hand():
    # sum sqrt(.9 * .1) = .6; sum .9 * .1 = .18
    assert disagreement(COIN, [0.5, 0.5], 2.0) == pytest.approx([-2.0 * np.log(0.6)])
    assert disagreement(COIN, [1.0, 1.0], 2.0) == pytest.approx([-2.0 * np.log(0.18)])


def test_gap_of_one_state_by_hand():
    # C = gamma (toll + C), gamma = .5: C = toll
    problem = FiniteProblem(np.ones((1, 2, 1)), np.zeros((1, 2)), 0.5)
    gap = composition_gap(problem, COIN, [0.5, 0.5], 2.0)
    assert gap == pytest.approx(np.full((1, 2), -2.0 * np.log(0.6)))


def test_policies_that_agree_compose_without_loss():
    problem = FiniteProblem(np.ones((1, 2, 1)), np.zeros((1, 2)), 0.5)
    same = np.stack([COIN[0], COIN[0]])
    assert composition_gap(problem, same, [0.5, 0.5], 2.0) == pytest.approx(0.0, abs=1e-12)
    assert composition_loss(problem, same, [0.5, 0.5], 2.0) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize('policies, weights', [
    (COIN[0], [1.0]), (COIN, [1.0]), (COIN, [0.3, 0.3]), (COIN, [1.5, -0.5])])
def test_what_cannot_be_composed_is_refused(policies, weights):
    with pytest.raises(ShapeError, match='accepted'):
        product(np.asarray(policies), np.array(weights))
