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
"""Dropout and layer normalisation: the order of the layers, their gradients, their randomness."""
from functools import partial

import numpy as np
import pytest
import torch
from torch.nn import functional

from softq_ros.errors import ShapeError
from softq_ros.learning.in_chunks import CHUNK_ROWS
from softq_ros.learning.networks import TwinQ
from softq_ros.learning.regularised import RegularisedMlp, thinned


def plain(network, state, other):
    rows = torch.cat([state.unsqueeze(1).expand(-1, other.shape[1], -1), other], 2)
    for layer, norm in zip(network.layers[:-1], network.norms):
        rows = layer(rows)
        rows = functional.layer_norm(rows, rows.shape[-1:], norm.weight, norm.bias)
        rows = torch.relu(rows)
    return network.layers[-1](rows)


@pytest.fixture(name='parts', params=[(8,), (16, 8), (8, 16, 8)])
def make_parts(request):
    torch.manual_seed(0)
    network = RegularisedMlp(3, 2, request.param, 1).double()
    with torch.no_grad():
        for norm in network.norms:
            norm.weight.uniform_(0.5, 2.0)
            norm.bias.uniform_(-1.0, 1.0)
    return network, torch.randn(70, 3).double(), torch.randn(70, 33, 2).double()


def test_each_hidden_layer_is_normalised_before_its_relu(parts):
    network, state, other = parts
    assert other.shape[:2].numel() > 2 * CHUNK_ROWS
    torch.testing.assert_close(network(state, other), plain(*parts))
    with torch.no_grad():
        torch.testing.assert_close(network(state, other), plain(*parts))


def test_gradients_of_all_parameters_are_those_of_the_plain_pass(parts):
    network, state, other = parts
    weights = torch.linspace(-1, 2, other.shape[:2].numel()).double().view(70, 33, 1)
    found, wanted = (torch.autograd.grad((weights * out.square()).sum(),
                                         list(network.parameters()))
                     for out in (network(state, other), plain(*parts)))
    torch.testing.assert_close(found, wanted)


def test_the_slope_is_that_of_the_plain_pass_also_where_gradients_are_off(parts):
    network, state, other = parts
    other.requires_grad_(True)
    expected = plain(network, state, other)
    slope, = torch.autograd.grad(expected.sum(), other)
    with torch.no_grad():
        value, slopes = network.value_and_slopes(state, other)
    rows = torch.tensor([5, 0])
    torch.testing.assert_close(value, expected.flatten().detach())
    torch.testing.assert_close(slopes(rows), slope.flatten(0, 1)[rows])
    assert not value.requires_grad and not slopes(rows).requires_grad


def test_slope_of_the_smaller_of_normalised_twins():
    torch.manual_seed(1)
    twins = TwinQ(3, 2, (16, 16), 2, RegularisedMlp).double()
    state, action = torch.randn(20, 3).double(), torch.rand(20, 7, 2).double()
    action.requires_grad_(True)
    both = torch.stack([plain(member, state, action).squeeze(-1) for member in twins.members])
    slope, = torch.autograd.grad(both.amin(0).sum(), action)
    assert 0 < int((both[0] < both[1]).sum()) < 140
    value, found = twins.least_and_slope(state, action)
    torch.testing.assert_close(value, both.amin(0).detach())
    torch.testing.assert_close(found, slope)


def test_without_normalisation_and_dropout_the_layers_are_the_plain_ones():
    torch.manual_seed(0)
    network = RegularisedMlp(3, 2, (8, 8), 1, layer_norm=False)
    state, other = torch.randn(4, 3), torch.randn(4, 5, 2)
    rows = torch.cat([state.unsqueeze(1).expand(-1, 5, -1), other], 2)
    for layer in network.layers[:-1]:
        rows = torch.relu(layer(rows))
    torch.testing.assert_close(network(state, other), network.layers[-1](rows))


def test_dropout_leaves_zeros_or_grown_numbers_and_the_mean():
    x = torch.full((400, 500), 3.0)
    out = thinned(x, 0.25, torch.Generator().manual_seed(0))
    assert out.unique().tolist() == [0.0, 4.0]
    assert (out == 0).float().mean().item() == pytest.approx(0.25, abs=0.005)  # 5 sigma
    assert out.mean().item() == pytest.approx(3.0, abs=0.02)


@pytest.mark.parametrize('share', [1.0, -0.1, float('nan')])
def test_a_share_that_leaves_nothing_is_refused(share):
    with pytest.raises(ShapeError, match='accepted: 0 to below 1'):
        thinned(torch.ones(2), share, torch.Generator())


def dropping(seed):
    torch.manual_seed(0)
    kind = partial(RegularisedMlp, dropout=0.5, generator=torch.Generator().manual_seed(seed))
    return TwinQ(3, 2, (16, 16), 2, kind)


def test_dropout_draws_from_its_own_generator_alone():
    state, action = torch.randn(4, 3), torch.rand(4, 5, 2)
    one, same, other = dropping(1), dropping(1), dropping(2)
    before = torch.get_rng_state()
    first = one(state, action)
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(first, same(state, action))
    assert not torch.equal(first, other(state, action))
    assert not torch.equal(first, one(state, action))


def test_dropout_rests_outside_training():
    state, action = torch.randn(4, 3), torch.rand(4, 5, 2)
    network = dropping(1).eval()
    assert torch.equal(network(state, action), network(state, action))
    np.testing.assert_allclose(network.members[0](state, action).detach(),
                               plain(network.members[0], state, action).detach(), rtol=1e-5,
                               atol=1e-6)
