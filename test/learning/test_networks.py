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
"""Networks: split first layer, buffered pass and gradient by hand give the plain numbers."""
import pytest
import torch

from softq_ros.errors import LearningError, ShapeError
from softq_ros.learning.in_chunks import CHUNK_ROWS
from softq_ros.learning.networks import Mlp, move_towards, Policy, TwinQ


def plain(network, state, other):
    rows = torch.cat([state.unsqueeze(1).expand(-1, other.shape[1], -1), other], 2)
    for layer in network.layers[:-1]:
        rows = torch.relu(layer(rows))
    return network.layers[-1](rows)


@pytest.fixture(name='parts', params=[(8,), (16, 8), (8, 16, 8)])
def make_parts(request):
    torch.manual_seed(0)
    network = Mlp(3, 2, request.param, 1).double()
    return network, torch.randn(70, 3).double(), torch.randn(70, 33, 2).double()


def test_split_first_layer_equals_one_over_the_concatenation(parts):
    network, state, other = parts
    torch.testing.assert_close(network(state, other), plain(*parts))


def test_pass_without_gradients_gives_the_same_numbers(parts):
    network, state, other = parts
    with torch.no_grad():
        first = network(state, other)
        small = network(state[:3], other[:3, :5])
    torch.testing.assert_close(first, plain(*parts))
    torch.testing.assert_close(small, plain(network, state[:3], other[:3, :5]))


def gradients(network, out):
    weights = torch.linspace(-1, 2, out.numel()).double().view(out.shape)
    return torch.autograd.grad((weights * out.square()).sum(), list(network.parameters()))


def test_gradients_in_chunks_are_those_of_autograd(parts):
    network, state, other = parts
    assert other.shape[:2].numel() > 2 * CHUNK_ROWS
    torch.testing.assert_close(gradients(network, network(state, other)),
                               gradients(network, plain(*parts)))


def test_gradients_of_overlapping_passes_in_chunks_keep_apart(parts):
    network, state, other = parts
    sets = [(state, other), (2 * state, other[:, :30]), (state, -other)]
    gradients(network, network(state, other))  # leaves its buffers for the first of the next
    outs = [network(*one) for one in sets]
    for one, out in zip(sets, outs):
        expected = gradients(network, plain(network, *one))
        torch.testing.assert_close(gradients(network, out), expected)


def test_a_second_backward_pass_in_chunks_is_refused(parts):
    network, state, other = parts
    loss = network(state, other).sum()
    torch.autograd.grad(loss, list(network.parameters()), retain_graph=True)
    with pytest.raises(LearningError, match='a second time'):
        torch.autograd.grad(loss, list(network.parameters()))


def test_gradient_by_hand_is_that_of_autograd(parts):
    network, state, other = parts
    other.requires_grad_(True)
    expected = network(state, other)
    slope, = torch.autograd.grad(expected.sum(), other)
    value, slopes = network.value_and_slopes(state, other.detach())
    torch.testing.assert_close(value, expected.flatten().detach())
    torch.testing.assert_close(slopes(None), slope.flatten(0, 1))
    for rows in (torch.tensor([2, 0]), torch.tensor([], dtype=int)):
        torch.testing.assert_close(slopes(rows), slope.flatten(0, 1)[rows])


@pytest.mark.parametrize('states', [20, CHUNK_ROWS // 3])
def test_slope_of_the_smaller_q_is_that_of_autograd_through_the_minimum(states):
    torch.manual_seed(1)
    twins = TwinQ(3, 2, (16, 16), 2).double()
    state, action = torch.randn(states, 3).double(), torch.rand(states, 7, 2).double()
    action.requires_grad_(True)
    both = twins(state, action)
    slope, = torch.autograd.grad(both.amin(0).sum(), action)
    assert 0 < int((both[0] < both[1]).sum()) < 7 * states
    least, found = twins.least_and_slope(state, action.detach())
    torch.testing.assert_close(least, both.amin(0).detach())
    torch.testing.assert_close(found, slope)


def test_least_is_taken_for_each_action_alone():
    torch.manual_seed(1)
    twins = TwinQ(3, 2, (16, 16), 2)
    state, action = torch.randn(20, 3), torch.rand(20, 7, 2)
    with torch.no_grad():
        torch.testing.assert_close(twins.least(state, action),
                                   torch.minimum(*twins(state, action)))


@pytest.mark.parametrize('state, other', [((4, 2), (4, 5, 2)), ((4, 3), (5, 5, 2)),
                                          ((4, 3), (4, 2)), ((4, 3), (4, 5, 3))])
def test_inputs_of_other_shapes_are_refused(state, other):
    with pytest.raises(ShapeError, match=r'accepted: \(B, 3\) and \(B, K, 2\)'):
        Mlp(3, 2, (8,), 1)(torch.zeros(state), torch.zeros(other))


def test_polyak_share_moves_targets_by_that_share():
    target, source = Policy(2, (4,), 1), Policy(2, (4,), 1)
    before = [p.detach().clone() for p in target.parameters()]
    move_towards(target, source, 0.25)
    for old, new, goal in zip(before, target.parameters(), source.parameters()):
        torch.testing.assert_close(new.detach(), 0.75 * old + 0.25 * goal.detach())
