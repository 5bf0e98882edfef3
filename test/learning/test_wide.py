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
import numpy as np
import pytest

from softq_ros.errors import ShapeError
from softq_ros.learning.actor import Actor
from softq_ros.learning.settings import make_settings
from softq_ros.learning.sql import SoftQLearning
from softq_ros.learning.wide import block_diagonal, named, Part, wide_sum

O, A = 5, 2
RNG = np.random.default_rng(0)


def actor(seed, size, hidden, critics=2):
    agent = SoftQLearning(size, A, make_settings('sql', {'hidden': hidden, 'critics': critics}),
                          seed)
    return Actor('sql', agent.weights(), 1.0)


def whole_with(layers, prefix):
    """Return an actor of which the sampler or the Q is given; the other is anything."""
    other = {'sampler': 'q', 'q.0': 'sampler'}[prefix]
    weights = SoftQLearning(O, A, make_settings('sql', {'hidden': [4]}), 0).weights()
    rest = {name: values for name, values in weights.items() if name.startswith(other)}
    return Actor('sql', rest | named(layers, prefix), 1.0)


def test_blocks_by_hand():
    found = block_diagonal([np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]])])
    assert found.tolist() == [[1, 2, 0], [0, 0, 3], [0, 0, 4]]


@pytest.mark.parametrize('shapes', [
    [(O, [16, 16]), (O, [16, 16])], [(O, [16, 12]), (3, [8, 8])],
    [(2, [8]), (3, [12, 8, 4]), (O, [8, 8])]])
def test_it_says_exactly_the_weighted_sum_of_qs(shapes):
    actors = [actor(seed, *shape, critics=1) for seed, shape in enumerate(shapes)]
    columns = [np.sort(RNG.choice(O, shape[0], replace=False)) for shape in shapes]
    factors = [0.7, 1.3, 0.2][:len(shapes)]
    layers = wide_sum([Part(one.q_layers[0], own, factor)
                       for one, own, factor in zip(actors, columns, factors)], O)
    whole = whole_with(layers, 'q.0')
    for _ in range(20):
        observation = RNG.normal(size=O).astype(np.float32)
        actions = RNG.uniform(-1, 1, (30, A)).astype(np.float32)
        wanted = sum(factor * one.q(observation[own], actions)
                     for one, own, factor in zip(actors, columns, factors))
        assert whole.q(observation, actions) == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize('shapes', [[(O, [16, 16]), (O, [12, 8])], [(2, [8]), (3, [12, 8, 4])]])
def test_a_wide_sampler_says_the_weighted_sum_of_what_samplers_say_to_one_noise(shapes):
    actors = [actor(seed, *shape) for seed, shape in enumerate(shapes)]
    columns = [np.sort(RNG.choice(O, size, replace=False)) for size, _ in shapes]
    layers = wide_sum([Part(one.sampler_layers, own, factor) for one, own, factor in zip(
        actors, columns, (0.3, 0.7))], O)
    whole = whole_with(layers, 'sampler')
    for seed in range(10):
        observation = RNG.normal(size=O).astype(np.float32)
        said = [np.arctanh(one.draw(observation[own], 5, np.random.default_rng(seed)))
                for one, own in zip(actors, columns)]
        assert np.arctanh(whole.draw(observation, 5, np.random.default_rng(seed))) == (
            pytest.approx(0.3 * said[0] + 0.7 * said[1], abs=1e-4))


def test_networks_that_do_not_go_together_are_refused():
    one = Part(actor(0, O, [4]).q_layers[0], np.arange(O), 1.0)
    last, bias = one.layers[-1]
    two = [*one.layers[:-1], (np.repeat(last, 2, 1), np.repeat(bias, 2))]
    for other in (one._replace(columns=np.arange(3)), one._replace(layers=two)):
        with pytest.raises(ShapeError, match='accepted: one number each, the same for all'):
            wide_sum([one, other], O)
