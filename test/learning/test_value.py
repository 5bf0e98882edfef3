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
"""The soft value: hand-worked numbers, identities, densities that integrate to one."""
import math
from test.support.densities import mode_weights, several_modes

import pytest
import torch

from softq_ros.errors import ShapeError
from softq_ros.learning.networks import log_one_minus_tanh_squared
from softq_ros.learning.value import (
    boltzmann_entropy, effective_sample_size, importance_weights, log_kernel_density,
    mixture_proposal, particle_spread, Proposal, resample, soft_value, uniform_proposal,
    value_error)

LN2 = math.log(2.0)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_soft_value_of_two_actions_by_hand():
    q, log_density = torch.tensor([[0.0, math.log(3.0)]]), torch.full((1, 2), -LN2)
    # ln((1 * 2 + 3 * 2) / 2) = ln 4
    assert soft_value(q, log_density, 1.0).item() == pytest.approx(math.log(4.0), abs=1e-6)


def test_soft_value_of_the_uniform_law_is_the_largest_entropy():
    proposal = uniform_proposal(3, 10, 7, generator())
    value = soft_value(torch.zeros(3, 10), proposal.log_density, 0.5)
    assert value.tolist() == pytest.approx([0.5 * 7 * LN2] * 3, abs=1e-6)


def test_a_constant_on_q_is_a_constant_on_the_value():
    q, log_density = torch.randn(4, 8, generator=generator()), torch.randn(4, 8)
    moved = soft_value(q + 3.0, log_density, 0.7) - soft_value(q, log_density, 0.7)
    assert moved.tolist() == pytest.approx([3.0] * 4, abs=1e-5)


def test_scaling_reward_and_temperature_alike_scales_the_value():
    q, log_density = torch.randn(4, 8, generator=generator()), torch.randn(4, 8)
    torch.testing.assert_close(soft_value(5 * q, log_density, 5 * 0.3),
                               5 * soft_value(q, log_density, 0.3))


def test_soft_value_tends_to_the_largest_q_as_the_temperature_falls():
    q = torch.randn(4, 8, generator=generator())
    value = soft_value(q, torch.full((4, 8), -LN2), 1e-5)
    torch.testing.assert_close(value, q.amax(1), atol=1e-4, rtol=0)


def test_soft_value_of_huge_qs_is_finite():
    q = torch.tensor([[1e6, 1e6], [-1e6, -1e6]])
    assert torch.isfinite(soft_value(q, torch.zeros(2, 2), 0.01)).all()


@pytest.mark.parametrize('dimensions', [1, 2])
def test_uniform_samples_find_the_integral_of_a_parabola(dimensions):
    proposal = uniform_proposal(1, 200_000, dimensions, generator())
    q = -2.0 * proposal.action.square().sum(-1)
    exact = dimensions * math.log(math.sqrt(math.pi / 2) * math.erf(math.sqrt(2.0)))
    assert soft_value(q, proposal.log_density, 1.0).item() == pytest.approx(exact, abs=0.01)


def centres(dimensions, states=1, count=16, seed=1):
    return 0.8 * torch.randn(states, count, dimensions, generator=generator(seed))


@pytest.mark.parametrize('dimensions', [1, 2, 7])
def test_mixture_density_is_one_over_the_weight_of_a_constant(dimensions):
    # E[1 / q] is the volume of the box, 2^d: this fails when the density is not that of the draws
    proposal = mixture_proposal(centres(dimensions), 100_000, 0.5, generator())
    value = soft_value(torch.zeros(1, 100_000), proposal.log_density, 1.0)
    assert value.item() == pytest.approx(dimensions * LN2, abs=0.03)


def test_mixture_and_uniform_samples_agree_on_a_value():
    q_of = (lambda a: -4.0 * (a - 0.3).square().sum(-1) + a[..., 0])
    flat = uniform_proposal(1, 300_000, 2, generator())
    mixed = mixture_proposal(centres(2), 100_000, 0.5, generator())
    values = [soft_value(q_of(p.action), p.log_density, 0.5).item() for p in (flat, mixed)]
    assert values[0] == pytest.approx(values[1], abs=0.02)


def test_mixture_around_the_right_actions_beats_uniform_samples_in_seven_dimensions():
    # Q = -50 |a|^2 at alpha 1: exact V = 3.5 ln(pi / 50)
    exact = 3.5 * math.log(math.pi / 50)
    near = 0.1 * torch.randn(400, 16, 7, generator=generator(1))
    errors = []
    for proposal in (mixture_proposal(near, 32, 0.5, generator()),
                     uniform_proposal(400, 32, 7, generator())):
        q = -50.0 * proposal.action.square().sum(-1)
        errors.append(float((soft_value(q, proposal.log_density, 1.0) - exact).mean()))
    assert abs(errors[0]) < 1.0
    assert errors[1] < -20.0


def test_mixture_holds_the_asked_share_of_uniform_draws():
    far = torch.full((1, 16, 2), 6.0)
    action = mixture_proposal(far, 100, 0.3, generator()).action
    assert int((action.amin(-1) < 0.999).sum()) == 30


def test_kernel_density_of_one_centre_is_a_gaussian():
    u = torch.tensor([[[1.0], [0.0]]])
    density = log_kernel_density(u, torch.zeros(1, 1, 1), torch.full((1, 1, 1), 2.0))
    expected = [-0.125 - math.log(2.0 * math.sqrt(2 * math.pi)),
                -math.log(2.0 * math.sqrt(2 * math.pi))]
    assert density[0].tolist() == pytest.approx(expected, abs=1e-6)


def test_kernel_density_is_that_of_torch_mixtures():
    u, middle = torch.randn(2, 5, 3, generator=generator()), centres(3, states=2)
    spread = particle_spread(middle)
    normal = torch.distributions.Normal(middle.unsqueeze(1), spread.unsqueeze(1))
    parts = normal.log_prob(u.unsqueeze(2)).sum(-1)
    torch.testing.assert_close(log_kernel_density(u, middle, spread),
                               torch.logsumexp(parts, 2) - math.log(16))


def test_kernel_density_far_from_all_centres_is_finite():
    density = log_kernel_density(torch.full((1, 1, 7), 9.0), torch.full((1, 4, 7), -9.0),
                                 torch.full((1, 1, 7), 0.05))
    assert torch.isfinite(density).all()


def test_particle_spread_is_the_standard_deviation():
    particles = torch.randn(2, 6, 3, generator=generator())
    torch.testing.assert_close(particle_spread(particles), particles.std(1, keepdim=True))


def test_log_of_the_squash_is_exact_where_tanh_is_one_in_float32():
    u = torch.tensor([0.0, 1.0, 20.0, -20.0])
    wanted = [0.0, math.log(1 - math.tanh(1.0) ** 2), 2 * LN2 - 40.0, 2 * LN2 - 40.0]
    assert log_one_minus_tanh_squared(u).tolist() == pytest.approx(wanted, abs=1e-5)


def test_effective_sample_size_is_all_for_equal_weights_and_one_for_a_single_weight():
    q = torch.tensor([[1.0, 1.0, 1.0, 1.0], [0.0, 500.0, 0.0, 0.0]])
    weights = importance_weights(q, torch.zeros(2, 4), 1.0)
    assert effective_sample_size(weights).tolist() == pytest.approx([4.0, 1.0])


def test_importance_weights_divide_by_the_density():
    weights = importance_weights(torch.zeros(1, 2), torch.tensor([[0.0, math.log(3.0)]]), 1.0)
    assert weights[0].tolist() == pytest.approx([0.75, 0.25])


def test_entropy_of_a_flat_q_is_that_of_the_box():
    proposal = uniform_proposal(2, 16, 3, generator())
    q = torch.full((2, 16), 5.0)
    weights = importance_weights(q, proposal.log_density, 0.2)
    value = soft_value(q, proposal.log_density, 0.2)
    assert boltzmann_entropy(value, q, weights, 0.2).tolist() == pytest.approx(
        [3 * LN2] * 2, abs=1e-4)


def test_entropy_of_a_narrow_gaussian_is_the_textbook_one():
    proposal = uniform_proposal(1, 200_000, 1, generator())
    q = -0.5 * (proposal.action[..., 0] / 0.1).square()
    weights = importance_weights(q, proposal.log_density, 1.0)
    entropy = boltzmann_entropy(soft_value(q, proposal.log_density, 1.0), q, weights, 1.0)
    assert entropy.item() == pytest.approx(0.5 * math.log(2 * math.pi * math.e * 0.01), abs=0.02)


def test_value_error_foretells_the_spread_of_repeated_estimates():
    proposal = uniform_proposal(4000, 64, 2, generator())
    q = -2.0 * proposal.action.square().sum(-1)
    weights = importance_weights(q, proposal.log_density, 0.5)
    spread = soft_value(q, proposal.log_density, 0.5).std().item()
    assert value_error(weights, 0.5).mean().item() == pytest.approx(spread, rel=0.1)


def test_soft_value_refuses_other_shapes():
    with pytest.raises(ShapeError, match=r'accepted: two of \(B, K\)'):
        soft_value(torch.zeros(2, 3), torch.zeros(2, 4), 1.0)


def test_resampling_three_actions_by_hand():
    # exp(Q / alpha) / q: 3 / 0.5, 1 / 0.5 and 6 / 1.5
    action = torch.tensor([[[0.1, 0.2], [-0.3, 0.4], [0.5, 0.6]]]).expand(20_000, 3, 2)
    q = 2.0 * torch.tensor([[3.0, 1.0, 6.0]]).log().expand(20_000, 3)
    density = torch.tensor([[0.5, 0.5, 1.5]]).log().expand(20_000, 3)
    chosen = resample(q, Proposal(action, density), 2.0, generator())
    assert chosen.shape == (20_000, 2)
    shares = [(chosen == action[0, index]).all(1).float().mean().item() for index in range(3)]
    assert shares == pytest.approx([6 / 12, 2 / 12, 4 / 12], abs=0.015)


def test_resampling_takes_the_one_action_with_any_weight_in_each_state():
    q = torch.tensor([[0.0, -500.0, -500.0], [-500.0, -500.0, 0.0]])
    proposal = uniform_proposal(2, 3, 7, generator())
    chosen = resample(q, proposal, 0.5, generator())
    assert torch.equal(chosen, torch.stack([proposal.action[0, 0], proposal.action[1, 2]]))


@pytest.mark.parametrize('dimensions, spread', [(1, 0.08), (2, 0.2), (3, 0.2)])
def test_resampling_weighs_modes_six_standard_deviations_apart(dimensions, spread):
    density = several_modes(dimensions, apart=6.0, spread=spread)
    proposal = uniform_proposal(4000, 256, dimensions, generator())
    chosen = resample(0.03 * density.q(proposal.action), proposal, 0.03, generator(1))
    assert (mode_weights(density, chosen) - density.weights).abs().max() < 0.05
    assert (chosen.std(0) - density.draw(20_000, generator(2)).std(0)).abs().max() < 0.02


def test_resampling_refuses_other_shapes():
    proposal = uniform_proposal(2, 4, 3, generator())
    for q in (torch.zeros(2, 3), torch.zeros(8)):
        with pytest.raises(ShapeError, match=r'accepted: two of \(B, K\) and \(B, K, A\)'):
            resample(q, proposal, 1.0, generator())
