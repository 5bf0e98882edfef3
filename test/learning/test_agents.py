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
"""What all algorithms promise: repeatable, resumable, unharmed by bad numbers, readable."""
import numpy as np
import pytest
import torch

from softq_ros.errors import LearningError
from softq_ros.learning.actor import Actor
from softq_ros.learning.settings import make_settings
from test.support.agents import A, AGENTS, batches, make, O, same, SMALL

KINDS = [('sql', {'value_samples': 8, 'svgd_states': 4}),
         ('sql', {'value_samples': 8, 'preset': 'code', 'target_period': 3}),
         ('sql', {'value_samples': 8, 'preset': 'paper', 'target_period': 3}),
         ('sac', {}), ('sac', {'temperature': 0.1}), ('td3', {}), ('ddpg', {}),
         ('droq', {'updates_per_step': 2.0, 'dropout': 0.2}),
         ('sql', {'value_samples': 8, 'svgd_states': 4, 'layer_norm': True}),
         ('sac', {'layer_norm': True, 'reset_every': 3}),
         ('sql', {'value_samples': 8, 'huber': 0.5, 'reset_every': 3}),
         ('td3', {'huber': 0.5, 'reset_every': 4}),
         ('sql', {'value_samples': 8, 'rate_halves_at': 2})]
every_kind = pytest.mark.parametrize('kind', KINDS, ids=lambda kind: '-'.join(
    [kind[0], *(str(v) for v in kind[1].values() if isinstance(v, (str, float, bool)))]))


@every_kind
def test_values_count_up_to_the_ceiling(kind):
    losses = []
    for ceiling in (float('inf'), 100.0, -100.0):
        agent = make((kind[0], kind[1] | {'value_ceiling': ceiling}))
        losses.append(agent.update(batches(1)[0]._replace(discount=np.ones(8, 'f')))['q_loss'])
    assert losses[0] == losses[1] < losses[2] - 10.0


@every_kind
def test_two_agents_of_one_seed_make_the_same_updates(kind):
    one, two = make(kind), make(kind)
    torch.manual_seed(99)
    assert [one.update(b) for b in batches(5)] == [two.update(b) for b in batches(5)]
    assert same(one.state(), two.state())


@every_kind
def test_agents_of_other_seeds_start_apart(kind):
    assert not same(make(kind, 0).weights(), make(kind, 1).weights())


@every_kind
def test_the_ten_updates_after_loading_a_state_are_bit_equal(kind):
    one, two = make(kind, 0), make(kind, 1)
    for batch in batches(5):
        one.update(batch)
    two.load_state({name: value.copy() for name, value in one.state().items()})
    later = batches(10, seed=1)
    assert [one.update(b) for b in later] == [two.update(b) for b in later]
    assert same(one.state(), two.state())


@every_kind
def test_a_state_taken_does_not_change_with_later_updates(kind):
    agent = make(kind)
    state = agent.state()
    copy = {name: value.copy() for name, value in state.items()}
    agent.update(batches(1)[0])
    assert same(state, copy)


@every_kind
def test_a_state_before_the_first_update_can_be_loaded(kind):
    one, two = make(kind, 0), make(kind, 1)
    two.load_state(one.state())
    assert one.update(batches(1)[0]) == two.update(batches(1)[0])


@every_kind
@pytest.mark.parametrize('part', ['reward', 'observation', 'next_observation'])
def test_numbers_that_are_not_finite_move_no_parameter(kind, part):
    agent = make(kind)
    good, bad = batches(2)
    agent.update(good)
    before = agent.state()
    getattr(bad, part).flat[0] = np.nan
    with pytest.raises(LearningError, match='accepted: finite numbers'):
        agent.update(bad)
    after = agent.state()
    before.pop('generator'), after.pop('generator')
    assert same(before, after)
    assert agent.updates == 1


@every_kind
def test_a_state_of_other_sizes_changes_nothing(kind):
    agent = make(kind)
    name, values = kind
    other = AGENTS[name](O, A + 1, make_settings(name, SMALL | values), 0)
    before = agent.state()
    with pytest.raises(LearningError, match='state of another network'):
        agent.load_state(other.state())
    assert same(before, agent.state())


@every_kind
def test_a_state_with_a_missing_part_changes_nothing(kind):
    agent, other = make(kind, 0), make(kind, 1)
    other.update(batches(1)[0])
    before = agent.state()
    for name in ('q!0/exp_avg', 'generator', 'q/members.0.layers.0.weight'):
        state = other.state()
        del state[name]
        with pytest.raises(LearningError, match='is nothing'):
            agent.load_state(state)
    assert same(before, agent.state())


@every_kind
def test_an_update_reports_finite_floats(kind):
    agent = make(kind)
    metrics = {}
    for batch in batches(2):  # the policy of TD3 moves at the second
        metrics |= agent.update(batch)
    wanted = {'q_loss', 'q_mean', 'value_mean', 'value_std', 'saturation', 'q_gradient_norm',
              'sampler_gradient_norm'}
    assert wanted <= metrics.keys()
    assert all(type(value) is float and np.isfinite(value) for value in metrics.values())


@every_kind
def test_the_actor_reads_the_weights(kind):
    agent = make(kind)
    weights = agent.weights()
    assert all(values.dtype == np.float32 for values in weights.values())
    Actor(kind[0], weights, agent.temperature).check_sizes(O, A)


@every_kind
def test_weights_are_copies(kind):
    agent = make(kind)
    weights = agent.weights()
    copy = {name: value.copy() for name, value in weights.items()}
    agent.update(batches(1)[0])
    assert same(weights, copy)
    assert not same(weights, agent.weights())


@every_kind
def test_the_gradient_of_one_loss_does_not_reach_the_other_networks(kind):
    agent = make(kind)
    before = agent.state()
    agent.optimizers['q'].step = lambda: None
    for batch in batches(2):  # the policy of TD3 moves at the second
        agent.update(batch)
    after = agent.state()
    qs = [name for name in before if name.startswith('q/')]
    samplers = [name for name in before if name.startswith('sampler/')]
    assert all(np.array_equal(before[name], after[name]) for name in qs)
    assert not all(np.array_equal(before[name], after[name]) for name in samplers)


@every_kind
def test_terminal_steps_do_not_bootstrap_and_time_outs_do(kind):
    batch = batches(1)[0]
    ended = batch._replace(discount=np.zeros(8, np.float32))
    elsewhere = ended._replace(next_observation=batch.next_observation + 10.0)
    assert make(kind).update(ended)['q_loss'] == make(kind).update(elsewhere)['q_loss']
    going = batch._replace(discount=np.ones(8, np.float32))
    elsewhere = going._replace(next_observation=batch.next_observation + 10.0)
    assert make(kind).update(going)['q_loss'] != make(kind).update(elsewhere)['q_loss']


@every_kind
def test_the_reward_scale_multiplies_rewards(kind):
    name, values = kind
    batch = batches(1)[0]._replace(discount=np.zeros(8, np.float32))
    scaled = AGENTS[name](O, A, make_settings(name, SMALL | values | {'reward_scale': 0.5}), 0)
    expected = make(kind).update(batch._replace(reward=0.5 * batch.reward))['q_loss']
    assert scaled.update(batch)['q_loss'] == expected
