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
"""Soft Q-learning: the targets of its Qs, and a sampler that finds every mode."""
import numpy as np
import pytest
import torch

from softq_ros.learning.actor import Actor
from softq_ros.learning.settings import make_settings
from softq_ros.learning.sql import SoftQLearning
from softq_ros.records import Batch

SMALL = {'hidden': [16, 16], 'batch_size': 8, 'value_samples': 8}


def agent_of(action_size=2, **values):
    return SoftQLearning(3, action_size, make_settings('sql', SMALL | values), 0)


def random_batch(action_size=2, size=8):
    rng = np.random.default_rng(0)
    return Batch(*(part.astype(np.float32) for part in (
        rng.normal(size=(size, 3)), rng.uniform(-1, 1, (size, action_size)),
        rng.normal(size=size), np.ones(size), rng.normal(size=(size, 3)))))


def parameters(agent, name):
    return [p.detach().clone() for p in agent.modules[name].parameters()]


def test_polyak_targets_follow_by_the_asked_share():
    agent = agent_of(polyak=0.25)
    before = parameters(agent, 'target')
    agent.update(random_batch())
    for old, new, q in zip(before, parameters(agent, 'target'), parameters(agent, 'q')):
        torch.testing.assert_close(new, 0.75 * old + 0.25 * q)


def test_the_acting_sampler_follows_the_learning_one_by_the_asked_share():
    for share in (1.0, 0.25):
        agent = agent_of(sampler_polyak=share)
        before = parameters(agent, 'sampler')
        agent.update(random_batch())
        for old, new, learned in zip(before, parameters(agent, 'sampler'),
                                     parameters(agent, 'learning'), strict=True):
            torch.testing.assert_close(new, (1.0 - share) * old + share * learned)
            assert not torch.equal(old, learned)
            assert torch.equal(new, learned) == (share == 1.0)
        flown = agent.weights()['sampler.0.weight']
        assert np.array_equal(flown, agent.modules['sampler'].layers[0].weight.numpy())


@pytest.mark.parametrize('preset, shown', [('ours', 'target'), ('code', 'q'), ('paper', 'q')])
def test_others_get_the_mean_of_late_qs_and_no_copy_of_an_old_one(preset, shown):
    agent = agent_of(preset=preset)
    agent.update(random_batch())
    found = agent.weights()['q.0.0.weight']
    for name in ('q', 'target'):
        same = np.array_equal(found, agent.modules[name].members[0].layers[0].weight.detach())
        assert same == (name == shown)


@pytest.mark.parametrize('preset', ['code', 'paper'])
def test_the_published_presets_have_one_q_copied_whole_at_its_period(preset):
    agent = agent_of(preset=preset, target_period=3)
    assert len(agent.modules['q'].members) == 1
    start = parameters(agent, 'target')
    for _ in range(2):
        agent.update(random_batch())
        assert all(map(torch.equal, start, parameters(agent, 'target')))
    agent.update(random_batch())
    assert all(map(torch.equal, parameters(agent, 'q'), parameters(agent, 'target')))


@pytest.mark.parametrize('size, preset, uniform', [
    (3, 'ours', True), (4, 'ours', False), (7, 'paper', True), (7, 'code', True)])
def test_value_samples_are_uniform_up_to_three_dimensions_and_as_published(size, preset, uniform):
    agent = agent_of(size, preset=preset)
    with torch.no_grad():
        density = agent.propose(torch.zeros(5, 3)).log_density
    assert bool(torch.allclose(density, torch.tensor(-size * np.log(2.0)).float())) is uniform


def test_only_the_authors_code_values_all_states_by_the_same_actions():
    for preset, shared in (('ours', False), ('code', True), ('paper', False)):
        action, log_density = agent_of(2, preset=preset).propose(torch.zeros(5, 3))
        assert action.shape[::2] == (5, 2) and log_density.shape == action.shape[:2]
        assert torch.equal(action[0], action[4]) == shared


def test_soft_values_come_from_the_targets():
    agent, moved = agent_of(), agent_of()
    with torch.no_grad():
        for p in moved.modules['target'].parameters():
            p.add_(0.1)
    batch = random_batch()
    assert agent.update(batch)['value_mean'] != moved.update(batch)['value_mean']


def test_soft_values_take_the_least_of_the_target_twins_for_each_action():
    agent = agent_of()
    with torch.no_grad():
        agent.modules['target'].members[1].layers[-1].bias.add_(1e6)
    only_first = agent_of()
    with torch.no_grad():
        twins = only_first.modules['target'].members
        for one, two in zip(twins[0].parameters(), twins[1].parameters()):
            two.copy_(one)
    batch = random_batch()
    assert agent.update(batch)['value_mean'] == only_first.update(batch)['value_mean']


def test_q_loss_is_half_the_squared_error_to_the_scaled_reward_summed_over_twins():
    agent = agent_of(reward_scale=2.0)
    batch = random_batch()._replace(discount=np.zeros(8, np.float32))
    with torch.no_grad():
        q = agent.modules['q'](torch.from_numpy(batch.observation),
                               torch.from_numpy(batch.action).unsqueeze(1)).squeeze(-1).numpy()
    expected = 0.5 * ((q - 2.0 * batch.reward) ** 2).mean(1).sum()
    assert agent.update(batch)['q_loss'] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize('preset', ['ours', 'code', 'paper'])
def test_the_stein_step_climbs_towards_large_q(preset):
    agent = agent_of(1, preset=preset, learning_rate=3e-3, temperature=0.05)
    with torch.no_grad():
        for member in agent.modules['q'].members:
            member.layers[0].weight.zero_()
            member.layers[0].weight[0, 3] = 1.0  # Q = relu(a + 2) - 2
            member.layers[0].bias.fill_(2.0)
            member.layers[1].weight.copy_(torch.eye(16))
            member.layers[1].bias.zero_()
            member.layers[2].weight.zero_()
            member.layers[2].weight[0, 0] = 1.0
    agent.optimizers['q'].param_groups[0]['lr'] = 0.0
    for _ in range(80):
        agent.update(random_batch(1))
    actor = Actor('sql', agent.weights(), agent.temperature)
    assert actor.draw(np.zeros(3, np.float32), 200, np.random.default_rng(0)).mean() > 0.6


def two_goal_batch(rng, size=64):
    """One step: reward -8 times the squared distance to the nearer of -0.6 and 0.6."""
    action = rng.uniform(-1, 1, (size, 1)).astype(np.float32)
    reward = -8.0 * np.minimum((action - 0.6) ** 2, (action + 0.6) ** 2)[:, 0]
    zeros = np.zeros((size, 1), np.float32)
    return Batch(zeros, action, reward.astype(np.float32), np.zeros(size, np.float32), zeros)


@pytest.fixture(name='two_goals', scope='module')
def learn_two_goals():
    settings = make_settings('sql', {
        'hidden': [32, 32], 'learning_rate': 1e-2, 'temperature': 0.3, 'batch_size': 64,
        'value_samples': 16, 'svgd_states': 16})
    agent, rng = SoftQLearning(1, 1, settings, 0), np.random.default_rng(0)
    for _ in range(600):
        metrics = agent.update(two_goal_batch(rng))
    actor = Actor('sql', agent.weights(), agent.temperature)
    return actor.draw(np.zeros(1, np.float32), 4000, rng)[:, 0], metrics


def test_sampler_reaches_both_goals(two_goals):
    actions, _ = two_goals
    left, right = (np.abs(actions + 0.6) < 0.3).mean(), (np.abs(actions - 0.6) < 0.3).mean()
    assert left > 0.25 and right > 0.25 and left + right > 0.85


def test_sampler_reaches_the_reward_of_the_boltzmann_law(two_goals):
    actions, _ = two_goals
    grid = np.linspace(-1, 1, 20_001)
    reward = (lambda a: -8.0 * np.minimum((a - 0.6) ** 2, (a + 0.6) ** 2))
    law = np.exp(reward(grid) / 0.3)
    exact = (law * reward(grid)).sum() / law.sum()
    assert reward(actions).mean() == pytest.approx(exact, abs=0.15)  # uniform: -0.75


def test_reported_entropy_is_that_of_the_boltzmann_law(two_goals):
    _, metrics = two_goals
    grid = np.linspace(-1, 1, 20_001)
    law = np.exp(-8.0 * np.minimum((grid - 0.6) ** 2, (grid + 0.6) ** 2) / 0.3)
    density = law / (law.sum() * (grid[1] - grid[0]))
    exact = -(density * np.log(density)).sum() * (grid[1] - grid[0])
    assert metrics['entropy'] == pytest.approx(exact, abs=0.1)
