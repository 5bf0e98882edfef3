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
The composed law against exact samples, the formulas against numbers worked by hand.

Distances are held to the bound of the sampler's tests: twice the 95th percentile of that between
two exact sets of 1000.
"""
import math
from test.support.frozen import distance, exact_percentile
from test.support.products import apart, mixture, Product

import numpy as np
import pytest
import torch

from softq_ros.errors import ShapeError
from softq_ros.learning.composition import (
    Candidates, CANDIDATES, composed_energy, effective_sample_size, importance_weights, langevin,
    log_kernel_density, log_one_minus_tanh_squared, particle_spread, PARTICLES, propose)
from softq_ros.learning.composition_bounds import product
from softq_ros.learning.tabular import FiniteProblem, soft_policy, soft_q_iteration

COUNT, BOUND, AGAIN = 1000, 2.0, 8


def test_energy_by_hand():
    # (.25 * 2 / .5 + .75 * 4 / 2) / .5 = (1 + 1.5) / .5
    found = composed_energy(np.array([[2.0], [4.0]]), [0.25, 0.75], [0.5, 2.0], 0.5)
    assert found == pytest.approx([5.0])


def test_half_the_temperature_of_the_average_is_the_authors_sum():
    qs = np.random.default_rng(0).normal(size=(2, 5, 3))
    found = composed_energy(qs, [0.5, 0.5], [0.3, 0.3], 0.5)
    assert found == pytest.approx((qs[0] + qs[1]) / 0.3)


def test_kernel_density_of_two_centres_by_hand():
    # two unit bells at -1 and 1, seen at 0: exp(-.5) / sqrt(2 pi); stretched by 2 in one
    # dimension of two
    found = log_kernel_density(np.zeros((1, 2)), np.array([[-1.0, 0.0], [1.0, 0.0]]),
                               np.array([1.0, 2.0]))
    assert found == pytest.approx([-0.5 - math.log(2.0 * math.pi) - math.log(2.0)])


def test_jacobian_by_hand_and_far_out():
    # tanh(atanh(.6))^2 = .36; far out it is 4 exp(-2 u)
    found = log_one_minus_tanh_squared(np.array([math.atanh(0.6), -math.atanh(0.6), 300.0]))
    assert found == pytest.approx([math.log(0.64)] * 2 + [math.log(4.0) - 600.0])


def test_candidates_density_is_that_they_are_drawn_from():
    rng = np.random.default_rng(0)
    particles = rng.normal([[[0.3, -0.5]], [[-0.4, 0.2]]], 0.3, (2, 32, 2))
    # the mean of 1 / q over a square is its area
    inside = []
    for _ in range(2000):
        u, log_density = propose(particles, 64, rng)
        inside.append(((np.abs(u) < 1.0).all(1) * np.exp(-log_density)).mean())
    assert np.mean(inside) == pytest.approx(4.0, rel=0.02)


def test_candidates_come_from_everywhere():
    particles = np.stack([np.full((32, 1), -3.0), np.full((32, 1), 3.0)])
    u, _ = propose(particles, CANDIDATES, np.random.default_rng(0))
    near = [(np.abs(u - centre) < 0.5).sum() for centre in (-3.0, 3.0)]
    assert min(near) >= 28 and CANDIDATES - sum(near) >= 5


def test_importance_weights_of_a_uniform_law():
    # E = 0 and candidates of the density prod(1 - a^2) / 2: all weigh the same
    u = np.array([[0.1], [2.0], [-4.0]])
    flat = Candidates(u, log_one_minus_tanh_squared(u).sum(1) - math.log(2.0))
    weights = importance_weights(np.zeros(3), flat)
    assert weights == pytest.approx([1 / 3] * 3)
    assert effective_sample_size(weights) == pytest.approx(3.0)
    assert effective_sample_size(np.array([0.5, 0.5, 0.0])) == pytest.approx(2.0)


def draws(law, count, seed=0):
    """Draw as the live composition does, from exact particles of the constituents."""
    rng = np.random.default_rng(seed)
    bulk = [np.arctanh(one.draw(count * PARTICLES, rng)) for one in law.pair]
    found = []
    for index in range(count):
        own = slice(index * PARTICLES, (index + 1) * PARTICLES)
        particles = np.stack([one[own] for one in bulk])
        candidates = propose(particles, CANDIDATES, rng)
        weights = importance_weights(law.energy(np.tanh(candidates.u)), candidates)
        scale = np.min([particle_spread(one) for one in particles], axis=0)
        begin = candidates.u[rng.choice(CANDIDATES, p=weights)]
        found.append(np.tanh(langevin(law.energy_and_slope, begin, scale, rng).u))
    return np.array(found)


def ratio(exact, actions):
    generator = torch.Generator().manual_seed(1)
    drawn = torch.tensor(actions, dtype=torch.float32)
    return (distance(drawn, exact.draw(len(drawn), generator), generator)
            / exact_percentile(exact, len(drawn)))


@pytest.mark.parametrize('size', [2, 7])
@pytest.mark.parametrize('pair, temperature', [(apart, 1.0), (apart, 0.5), (mixture, 0.5)])
def test_composed_draws_have_the_exact_law_and_a_second_draw_by_energy_has_not(
        pair, temperature, size):
    law = Product(pair(size), temperature)
    exact, actions = law.exact(), draws(law, COUNT)
    assert ratio(exact, actions) < BOUND
    # picked by their energy once more they follow the law's square
    groups = exact.draw(COUNT * AGAIN, torch.Generator().manual_seed(2)).numpy()
    energy = law.energy(groups).reshape(COUNT, AGAIN)
    chances = np.exp(energy - energy.max(1, keepdims=True))
    chances /= chances.sum(1, keepdims=True)
    chosen = (chances.cumsum(1) < np.random.default_rng(0).random((COUNT, 1))).sum(1)
    assert ratio(exact, groups.reshape(COUNT, AGAIN, size)[np.arange(COUNT), chosen]) > BOUND


def test_neither_constituent_has_the_law_of_both():
    law = Product(apart(2), 1.0)
    for one in law.pair:
        assert ratio(law.exact(), one.draw(COUNT, np.random.default_rng(0))) > BOUND


def test_langevin_leaves_a_law_as_it_is_and_repairs_another():
    law, rng = Product(apart(2), 0.5), np.random.default_rng(0)
    exact = law.exact()
    begins = {'exact': exact.draw(COUNT, torch.Generator().manual_seed(4)).numpy(),
              'wide': law.pair[1].draw(COUNT, rng)}
    scale, after = np.full(2, 0.2), {}
    for name, actions in begins.items():
        moved = [langevin(law.energy_and_slope, u, scale, rng, np.tile((1.6, 0.8, 0.4, 0.2), 6))
                 for u in np.arctanh(actions)]
        after[name] = ratio(exact, np.tanh([one.u for one in moved]))
        assert 0.3 < np.mean([one.acceptance for one in moved]) < 1.0
    assert after['exact'] < BOUND and after['wide'] < BOUND
    assert ratio(exact, begins['wide']) > BOUND


@pytest.mark.parametrize('weights, temperature', [([0.5, 0.5], 1.0), ([0.5, 0.5], 0.5),
                                                  ([0.8, 0.2], 1.0)])
def test_on_a_finite_problem_it_is_the_product_of_the_policies(weights, temperature):
    rng = np.random.default_rng(1)
    world = FiniteProblem(rng.dirichlet(np.ones(4), (4, 3)), np.zeros((4, 3)), 0.9)
    alpha = 0.7
    qs = np.array([soft_q_iteration(world._replace(reward=rng.normal(size=(4, 3))), alpha)
                   for _ in range(2)])
    policies = np.array([soft_policy(q, alpha) for q in qs])
    composed = soft_policy(composed_energy(qs, weights, [alpha] * 2, temperature), 1.0)
    joint = product(policies, np.array(weights) / temperature)
    assert composed == pytest.approx(joint / joint.sum(1, keepdims=True), abs=1e-9)


@pytest.mark.parametrize('call', [
    lambda: composed_energy(np.zeros((2, 3)), [1.0], [1.0]),
    lambda: log_kernel_density(np.zeros((3, 2)), np.zeros((4, 1)), np.ones(2)),
    lambda: propose(np.zeros((3, 2)), 64, np.random.default_rng(0)),
    lambda: importance_weights(np.zeros(2), Candidates(np.zeros((3, 1)), np.zeros(3))),
    lambda: langevin(None, np.zeros((1, 2)), np.ones(2), None)])
def test_wrong_shapes_are_refused(call):
    with pytest.raises(ShapeError, match='accepted'):
        call()
