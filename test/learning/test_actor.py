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
"""The numpy actor: equal to torch, quick, and strict about what it is given."""
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from softq_ros.errors import BundleError, ShapeError
from softq_ros.learning.actor import Actor, mean_action, normalised
from softq_ros.learning.ddpg import Ddpg
from softq_ros.learning.droq import Droq
from softq_ros.learning.sac import SoftActorCritic
from softq_ros.learning.settings import make_settings
from softq_ros.learning.sql import SoftQLearning
from softq_ros.learning.td3 import Td3

AGENTS = {'sql': SoftQLearning, 'sac': SoftActorCritic, 'td3': Td3, 'ddpg': Ddpg, 'droq': Droq}
O, A = 32, 7
OBSERVATION = np.random.default_rng(5).normal(size=O).astype(np.float32)


def pair(algorithm):
    agent = AGENTS[algorithm](O, A, make_settings(algorithm, {}), 0)
    return agent, Actor(algorithm, agent.weights(), agent.temperature)


def noise_of(seed, count=1):
    return np.random.default_rng(seed).standard_normal((count, A), np.float32)


def test_sql_action_is_the_tanh_of_torchs_sampler():
    agent, actor = pair('sql')
    state, noise = torch.from_numpy(OBSERVATION)[None], torch.from_numpy(noise_of(3)[None])
    with torch.no_grad():
        expected = torch.tanh(agent.modules['sampler'](state, noise))[0, 0].numpy()
    action = actor.act(OBSERVATION, np.random.default_rng(3))
    assert action == pytest.approx(expected, abs=1e-5)
    assert action.dtype == np.float32 and action.shape == (A,)


@pytest.mark.parametrize('algorithm', ['sac', 'droq'])
def test_sac_action_is_that_of_torchs_gaussian(algorithm):
    agent, actor = pair(algorithm)
    with torch.no_grad():
        out = agent.modules['sampler'](torch.from_numpy(OBSERVATION)[None])[0].numpy()
    expected = np.tanh(out[:A] + np.exp(out[A:]) * noise_of(3)[0])
    assert actor.act(OBSERVATION, np.random.default_rng(3)) == pytest.approx(expected, abs=1e-5)


def test_ddpg_acts_with_noise_and_deterministically_without():
    agent, actor = pair('ddpg')
    with torch.no_grad():
        out = torch.tanh(agent.modules['sampler'](torch.from_numpy(OBSERVATION)[None]))[0].numpy()
    rng = np.random.default_rng(3)
    assert actor.act(OBSERVATION, rng, 'deterministic') == pytest.approx(out, abs=1e-5)
    assert actor.act(OBSERVATION, rng) == pytest.approx(out + 0.1 * noise_of(3)[0], abs=1e-5)


@pytest.mark.parametrize('algorithm', AGENTS)
def test_q_is_the_minimum_of_torchs_twins(algorithm):
    agent, actor = pair(algorithm)
    actions = np.tanh(noise_of(1, 20))
    twins = agent.modules[agent.shown_q].eval()  # no dropout
    with torch.no_grad():
        expected = twins.least(torch.from_numpy(OBSERVATION)[None],
                               torch.from_numpy(actions[None]))[0].numpy()
    assert actor.q(OBSERVATION, actions) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize('algorithm', AGENTS)
def test_deterministic_does_not_depend_on_the_generator(algorithm):
    _, actor = pair(algorithm)
    actions = [actor.act(OBSERVATION, np.random.default_rng(s), 'deterministic') for s in (1, 2)]
    assert np.array_equal(*actions)


@pytest.mark.parametrize('count', [32, 128])
@pytest.mark.parametrize('algorithm', AGENTS)
def test_best_of_many_is_the_draw_with_the_largest_q(algorithm, count):
    _, actor = pair(algorithm)
    drawn = actor.draw(OBSERVATION, count, np.random.default_rng(4))
    action = actor.act(OBSERVATION, np.random.default_rng(4), f'best_of_{count}')
    assert np.array_equal(action, drawn[np.argmax(actor.q(OBSERVATION, drawn))])


@pytest.mark.parametrize('algorithm', AGENTS)
def test_the_mean_of_many_weights_each_draw_by_its_q(algorithm):
    _, actor = pair(algorithm)
    drawn = actor.draw(OBSERVATION, 128, np.random.default_rng(4))
    q = actor.q(OBSERVATION, drawn)
    action = actor.act(OBSERVATION, np.random.default_rng(4), 'mean_of_128')
    assert action.dtype == np.float32 and action.shape == drawn[0].shape
    assert np.array_equal(action, mean_action(drawn, q, actor.temperature))


def test_the_mean_action_by_hand():
    actions = np.array([[1, 0], [0, 1], [0, 0]], np.float32)
    q = 0.5 * np.log(np.array([1, 2, 5], np.float32)) + 1000.0
    assert mean_action(actions, q, 0.5) == pytest.approx([1 / 8, 2 / 8], rel=1e-3)
    assert np.array_equal(mean_action(actions, q, 0.0), actions[2])
    assert mean_action(actions, np.zeros(3, np.float32), 9.0) == pytest.approx([1 / 3, 1 / 3])
    ones = np.ones((128, 2), np.float32)
    assert (mean_action(ones, np.linspace(0, 1, 128, dtype=np.float32), 0.1) <= 1).all()
    with pytest.raises(ShapeError, match=r'\(3, 2\), Q \(2,\)'):
        mean_action(actions, q[:2], 0.5)


def test_the_mean_action_is_that_of_half_the_temperature():
    rng, alpha, slope = np.random.default_rng(0), 0.5, np.array([1.0, -2.0], np.float32)

    def mean(temperature):  # of exp(slope a / temperature) on [-1, 1]
        k = slope / temperature
        return 1 / np.tanh(k) - 1 / k

    uniform = rng.uniform(size=(400_000, 2))
    k = slope / alpha
    drawn = (np.log(np.exp(-k) + uniform * (np.exp(k) - np.exp(-k))) / k).astype(np.float32)
    assert drawn.mean(0) == pytest.approx(mean(alpha), abs=0.01)
    assert mean_action(drawn, drawn @ slope, alpha) == pytest.approx(mean(alpha / 2), abs=0.01)


@pytest.mark.parametrize('algorithm', AGENTS)
def test_equal_generators_act_alike(algorithm):
    _, actor = pair(algorithm)
    one, two = (actor.act(OBSERVATION, np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(one, two)


def spoilt(change):
    weights = SoftQLearning(3, 2, make_settings('sql', {'hidden': [8, 8]}), 0).weights()
    change(weights)
    return weights


@pytest.mark.parametrize('algorithm', AGENTS)
def test_q_with_normalised_layers_is_that_of_torch(algorithm):
    agent = AGENTS[algorithm](O, A, make_settings(algorithm, {'layer_norm': True}), 0)
    twins = agent.modules[agent.shown_q].eval()
    with torch.no_grad():
        for name, part in twins.named_parameters():
            if 'norms' in name:
                part.add_(0.5 * torch.randn(part.shape, generator=agent.generator))
    actor, actions = Actor(algorithm, agent.weights(), 0.1), np.tanh(noise_of(1, 20))
    with torch.no_grad():
        expected = twins.least(torch.from_numpy(OBSERVATION)[None],
                               torch.from_numpy(actions[None]))[0].numpy()
    assert actor.q(OBSERVATION, actions) == pytest.approx(expected, abs=1e-5)


def test_layer_normalisation_by_hand():
    x = np.array([[1.0, 3.0], [4.0, 4.0]])
    out = normalised(x, np.array([2.0, 3.0]), np.array([0.5, 1.0]))
    assert out[0] == pytest.approx([-1.5, 4.0], abs=1e-4)
    assert out[1].tolist() == [0.5, 1.0]


@pytest.mark.parametrize('change, text', [
    (lambda w: w.pop('q.1.1.norm_bias'), 'q.1.1: normalisation [(8,), None]; accepted: two of (8'),
    (lambda w: w.pop('q.0.0.norm_weight'), 'belong to no layer'),
    (lambda w: w.update({'q.0.1.norm_weight': np.ones(7, np.float32)}), 'accepted: two of (8,)'),
    (lambda w: w.update({'q.0.2.norm_weight': np.ones(1, np.float32)}), 'belong to no layer'),
    (lambda w: w.update({'sampler.0.norm_weight': np.ones(8, np.float32)}), 'to no layer'),
    (lambda w: w['q.0.1.norm_bias'].fill(np.nan), 'accepted: finite numbers')])
def test_normalisation_that_does_not_fit_is_refused(change, text):
    settings = make_settings('sac', {'hidden': [8, 8], 'layer_norm': True})
    weights = SoftActorCritic(3, 2, settings, 0).weights()
    Actor('sac', weights, 1.0)
    change(weights)
    with pytest.raises(BundleError) as caught:
        Actor('sac', weights, 1.0)
    assert text in str(caught.value)


@pytest.mark.parametrize('change, text', [
    (lambda w: w.clear(), 'no layers named sampler.0.weight'),
    (lambda w: w.pop('sampler.1.bias'), 'do not fit together'),
    (lambda w: w.pop('q.1.0.weight'), 'belong to no layer'),
    (lambda w: w.update({'sampler.1.weight': np.zeros((8, 9), np.float32)}), 'do not fit'),
    (lambda w: w.update({'q.0.0.weight': np.zeros((8, 6), np.float32)}), 'accepted: (5, 1)'),
    (lambda w: w.update({'extra': np.zeros(1, np.float32)}), 'belong to no layer'),
    (lambda w: w['q.0.0.weight'].fill(np.inf), 'accepted: finite numbers')])
def test_weights_that_make_no_policy_are_refused(change, text):
    with pytest.raises(BundleError) as caught:
        Actor('sql', spoilt(change), 1.0)
    assert text in str(caught.value)


def test_unknown_algorithms_modes_and_sizes_are_refused():
    _, actor = pair('sql')
    weights = spoilt(lambda w: None)
    with pytest.raises(BundleError, match="got 'ppo'; accepted: ddpg, droq, sac, sql"):
        Actor('ppo', weights, 1.0)
    with pytest.raises(BundleError, match="got 'greedy'; accepted: best_of_128, best_of_32"):
        actor.act(OBSERVATION, np.random.default_rng(0), 'greedy')
    with pytest.raises(BundleError, match=r'\(32, 7\); accepted: \(31, 7\)'):
        actor.check_sizes(31, 7)


def test_one_action_takes_well_under_a_control_period():
    _, actor = pair('sql')
    rng = np.random.default_rng(0)
    times = []
    for _ in range(300):
        start = time.perf_counter()
        actor.act(OBSERVATION, rng)
        times.append(time.perf_counter() - start)
    assert np.median(times) < 1e-3  # measured: 20 us; a control period is 50 ms


def test_acting_and_replaying_need_no_torch():
    code = ('import sys, softq_ros.learning.actor, softq_ros.learning.replay, '
            'softq_ros.learning.settings; sys.exit("torch" in sys.modules)')
    assert subprocess.run([sys.executable, '-c', code], timeout=60).returncode == 0
