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
The law of a trained sampler against exact samples of known densities.

Sets of 1000; the distance is held to twice the 95th percentile of that between two exact sets,
and the worst of five draws counts. The full table is made by ``test/prove/sampler.py``.
"""
import math
from test.support.densities import AtTheBounds, Gaussians, KINDS, mode_weights, Squash, Uniform
from test.support.frozen import distance, distance_ratios, FrozenSampler

import pytest
import torch

COUNT, BOUND, POINTS = 1000, 2.0, 0.05
QUICK = {'learning_rate': 3e-3, 'svgd_states': 32}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_distance_of_a_moved_line_is_how_far_it_moved():
    line = torch.rand(50, 1, generator=generator())
    assert distance(line, line.flip(0) + 0.25, generator()) == pytest.approx(0.25, abs=1e-6)


def test_distance_of_a_moved_plane_is_two_over_pi_of_how_far_it_moved():
    plane = torch.rand(50, 2, generator=generator())
    far = plane + torch.tensor([300.0, 0.0])
    assert distance(plane, far, generator()) == pytest.approx(300.0 * 0.6366, rel=0.1)


def moments(action, weights):
    powers = action, action.square(), action.prod(-1, keepdim=True)
    return torch.cat([weights @ power for power in powers])


@pytest.mark.parametrize('size', [1, 2])
@pytest.mark.parametrize('kind', [*KINDS.values(), Squash])
def test_exact_samples_have_the_moments_of_their_density(kind, size):
    density = kind(size)
    box = 2.0 * torch.rand(400_000, size, generator=generator()) - 1.0
    drawn = density.draw(100_000, generator(1))
    wanted = moments(box, torch.softmax(density.q(box), 0))
    got = moments(drawn, torch.full((100_000,), 1e-5))
    torch.testing.assert_close(got, wanted, atol=0.015, rtol=0.0)


@pytest.mark.parametrize('kind', ['uniform', 'near the bounds'])
def test_exact_samples_keep_the_bound_in_eight_dimensions(kind):
    class Exact:
        drawn = generator(7)

        def draw(self, count):
            return KINDS[kind](8).draw(count, self.drawn)

    assert distance_ratios(KINDS[kind](8), Exact(), COUNT).max() < 1.5


@pytest.mark.parametrize('size', [1, 2])
def test_the_integral_of_modes_that_the_box_cuts_is_the_mean_over_the_box(size):
    density = Gaussians([[0.9] * size, [-0.4] * size], 0.3**2 * torch.eye(size), [0.7, 0.3])
    box = 2.0 * torch.rand(400_000, size, generator=generator()) - 1.0
    wanted = density.q(box).exp().mean().log() + size * math.log(2.0)
    assert density.log_integral() == pytest.approx(float(wanted), abs=0.01)


def test_modes_are_weighed_as_they_were_drawn():
    density = KINDS['several modes'](2)
    found = mode_weights(density, density.draw(8000, generator()))
    assert (found - density.weights).abs().max() < 0.02


@pytest.mark.parametrize('kind, size, updates', [
    ('uniform', 2, 600), ('one mode', 8, 600), ('several modes', 1, 1000),
    ('several modes', 2, 600), ('correlated', 7, 600), ('near the bounds', 1, 800),
    ('near the bounds', 7, 1500)])
def test_a_trained_sampler_has_the_law_of_its_q(kind, size, updates):
    density = KINDS[kind](size)
    sampler = FrozenSampler(density, updates, **QUICK)
    assert distance_ratios(density, sampler, COUNT).max() < BOUND
    if kind == 'several modes':
        found = mode_weights(density, sampler.draw(8000))
        assert (found - density.weights).abs().max() < POINTS


def test_the_authors_form_samples_its_own_law_and_not_the_uniform_one():
    sampler = FrozenSampler(Uniform(2), 600, preset='code', **QUICK)
    assert distance_ratios(Uniform(2), sampler, COUNT).min() > BOUND
    assert distance_ratios(Squash(2), sampler, COUNT).max() < BOUND


def test_the_authors_form_keeps_away_from_a_bound_that_q_prefers():
    density = AtTheBounds(1, 0.1)
    sampler = FrozenSampler(density, 600, preset='code', **QUICK)
    assert distance_ratios(density, sampler, COUNT).min() > 3 * BOUND
    # under exp(10 a) (1 - a^2) an action is 0.19 from the bound, under exp(10 a) 0.10
    assert 0.17 < 1.0 - sampler.draw(8000).mean() < 0.21


def test_the_text_of_the_paper_piles_a_flat_q_up_at_the_bounds():
    sampler = FrozenSampler(Uniform(2), 400, preset='paper', **QUICK)
    assert distance_ratios(Uniform(2), sampler, COUNT).min() > BOUND
    assert (sampler.draw(8000).abs() > 0.9).float().mean() > 0.2
