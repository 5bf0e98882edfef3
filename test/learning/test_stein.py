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
"""Stein directions against hand-worked numbers and against autograd."""
import numpy as np
import pytest
import torch

from softq_ros.errors import ShapeError
from softq_ros.learning.stein import (
    authors_score, bandwidth, kernel, squared_distances, squashed_score, stein_direction)

FIXED = torch.tensor([-.5, 0.0, .25, .5], dtype=torch.float64).view(1, 4, 1)
UPDATED = torch.tensor([-.1, .4, .9, .6], dtype=torch.float64).view(1, 4, 1)


def random_particles(seed=0, states=3, count=5, size=2):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(states, count, size, generator=generator, dtype=torch.float64)


def test_bandwidth_of_the_published_vector_is_that_of_the_authors_code():
    width = bandwidth(squared_distances(FIXED, UPDATED), offset=0)
    assert width.item() == pytest.approx(0.1154156, abs=1e-7)


def test_kernel_of_the_published_vector_is_a_quarter_with_slope_1_73():
    width = bandwidth(squared_distances(FIXED, UPDATED), offset=0)
    value, slope = kernel(FIXED, UPDATED, width)
    assert value[0, 0, 0].item() == pytest.approx(0.25, abs=1e-7)
    assert slope[0, 0, 0, 0].item() == pytest.approx(1.732868, abs=1e-6)


def test_bandwidth_by_default_divides_the_median_by_ln_of_one_more():
    width = bandwidth(squared_distances(FIXED, UPDATED))
    assert width.item() == pytest.approx(0.16 / np.log(5), abs=1e-12)


def test_bandwidth_of_equal_particles_stays_above_zero():
    same = torch.zeros(2, 4, 3)
    assert bandwidth(squared_distances(same, same)).flatten().tolist() == pytest.approx([1e-3] * 2)


def test_median_is_element_half_of_the_descending_distances():
    distances = torch.tensor([[[9.0, 4.0], [1.0, 16.0], [25.0, 36.0]]])
    assert bandwidth(distances).item() == pytest.approx(9.0 / np.log(4))


def test_squared_distances_are_those_of_the_differences():
    x, y = random_particles(0), random_particles(1, count=4)
    wanted = (x.unsqueeze(2) - y.unsqueeze(1)).square().sum(-1)
    torch.testing.assert_close(squared_distances(x, y), wanted)


def test_kernel_gradient_is_that_of_autograd():
    x, y = random_particles(0).requires_grad_(True), random_particles(1)
    width = torch.full((3, 1, 1), 0.7, dtype=torch.float64)
    value, slope = kernel(x, y, width)
    for j in range(y.shape[1]):
        expected, = torch.autograd.grad(value[:, :, j].sum(), x, retain_graph=True)
        torch.testing.assert_close(slope[:, :, j].detach(), expected)


def test_direction_is_the_mean_of_kernel_times_score_plus_kernel_gradient():
    x, y, score = random_particles(0), random_particles(1, count=4), random_particles(2)
    value, slope = kernel(x, y)
    wanted = (value.unsqueeze(-1) * score.unsqueeze(2) + slope).mean(1)
    torch.testing.assert_close(stein_direction(x, score, y), wanted)


def test_direction_of_two_points_by_hand():
    x = torch.tensor([[[0.0], [1.0]]])
    y = torch.tensor([[[0.0]]])
    width = torch.ones(1, 1, 1)
    # ((1 * 3 + 0) + (e^-1 * 5 - 2 * 1 * e^-1)) / 2
    expected = (3.0 + 3.0 * np.exp(-1.0)) / 2.0
    score = torch.tensor([[[3.0], [5.0]]])
    assert stein_direction(x, score, y, width).item() == pytest.approx(expected)


def test_repulsion_pushes_an_updated_particle_away_from_a_fixed_one():
    x, y = torch.zeros(1, 2, 1), torch.full((1, 1, 1), 0.3)
    direction = stein_direction(x, torch.zeros_like(x), y, torch.ones(1, 1, 1))
    assert direction.item() > 0


@pytest.mark.parametrize('temperature', [0.03, 1.0, 10.0])
def test_squashed_score_is_the_gradient_of_the_log_density_of_u(temperature):
    u = random_particles().requires_grad_(True)
    target = torch.tensor([.3, -.2], dtype=torch.float64)

    def q(action):
        return -3.0 * (action - target).square().sum(-1)

    action = torch.tanh(u)
    log_density = q(action) / temperature + torch.log(1 - action.square()).sum(-1)
    expected, = torch.autograd.grad(log_density.sum(), u)
    slope = -6.0 * (action.detach() - target)
    torch.testing.assert_close(squashed_score(action.detach(), slope, temperature), expected)


def test_squashed_score_by_hand():
    action, slope = torch.tensor([0.5]), torch.tensor([4.0])
    assert squashed_score(action, slope, 2.0).item() == pytest.approx(0.75 * 2.0 - 1.0)


def test_authors_score_is_the_gradient_of_q_and_their_squash_term():
    action = torch.tanh(random_particles()).requires_grad_(True)
    law = 2.0 * action.sum(-1) / 0.5 + torch.log(1 - action.square() + 1e-6).sum(-1)
    expected, = torch.autograd.grad(law.sum(), action)
    slope = torch.full_like(action, 2.0)
    torch.testing.assert_close(authors_score(action.detach(), slope, 0.5), expected)


@pytest.mark.parametrize('call', [
    lambda x: squared_distances(x[0], x),
    lambda x: squared_distances(x, x[:, :, :1]),
    lambda x: stein_direction(x, x[:, :2], x),
    lambda x: squashed_score(x, x[:1], 1.0),
    lambda x: authors_score(x, x[:1], 1.0)])
def test_shapes_that_do_not_go_together_are_refused(call):
    with pytest.raises(ShapeError, match='accepted'):
        call(random_particles())


def moved_by_svgd(score, steps=600, count=100, rate=0.4):
    """Move one set of particles in u until it rests; return the actions."""
    u = torch.linspace(-1.0, 1.0, count).view(1, count, 1)
    for _ in range(steps):
        action = torch.tanh(u)
        u = u + rate * stein_direction(u, score(action), u)
    return torch.tanh(u).flatten()


def test_particles_in_u_space_become_uniform_over_the_box_when_q_is_zero():
    action = moved_by_svgd(lambda a: squashed_score(a, torch.zeros_like(a), 1.0))
    assert action.std().item() == pytest.approx(1 / np.sqrt(3), abs=0.015)
    assert (action.abs() > 0.9).float().mean().item() == pytest.approx(0.1, abs=0.025)
