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
"""The plain update of the benchmark and the fast one take the same step, in float64."""
import numpy as np
import pytest
import torch

from softq_ros.errors import ConfigurationError
from softq_ros.learning.settings import make_settings
from softq_ros.learning.sql import SoftQLearning
from softq_ros.learning.stein import squashed_score, stein_direction
from softq_ros.records import Batch
from softq_ros.training.bench_learner import (
    ACTION, compare_updates, OBSERVATION, plain_direction, PlainUpdate, random_batch, SETTINGS)
from softq_ros.training.bench_rival import rival_learner


@pytest.fixture
def doubles():
    """Let torch make float64 numbers."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize('critics', [1, 2])
def test_both_updates_move_every_parameter_alike(doubles, critics):
    settings = make_settings('sql', {'hidden': (24, 24), 'critics': critics, 'svgd_states': 8,
                                     'value_samples': 8})
    agent = SoftQLearning(OBSERVATION, ACTION, settings, 0)
    plain = PlainUpdate(agent)
    for step in range(3):
        batch = Batch(*(part.astype(np.float64) for part in random_batch(16, step)))
        before = agent.generator.get_state()
        agent.update(batch)
        agent.generator.set_state(before)
        plain.update(batch)
    for name, module in agent.modules.items():
        for one, two in zip(module.parameters(), plain.modules[name].parameters()):
            assert one.dtype == torch.float64
            torch.testing.assert_close(one, two, rtol=1e-7, atol=1e-9)


def test_both_stein_directions_agree(doubles):
    generator = torch.Generator().manual_seed(0)
    fixed, updated, slope = (torch.randn(3, count, 2, generator=generator)
                             for count in (6, 4, 6))
    score = squashed_score(torch.tanh(fixed), slope, 0.5)
    torch.testing.assert_close(plain_direction(fixed, score, updated),
                               stein_direction(fixed, score, updated))


SMALL = {'batch_size': 16, 'hidden': (16, 16)}


def test_the_comparison_reports_both_rates():
    result = compare_updates(1, SMALL | {'critics': 1})
    assert result['rate'] == pytest.approx(1 / result['median_sec'])
    assert result['plain_median_sec'] > 0 and result['ratio'] > 0
    assert result['settings'] == SETTINGS | SMALL | {'svgd_states': 16, 'critics': 1}


def test_settings_that_soft_q_learning_lacks_are_refused():
    with pytest.raises(ConfigurationError, match='policy_delay'):
        compare_updates(1, {'policy_delay': 2})


def test_the_rival_learns_as_often_as_it_is_asked():
    pytest.importorskip('stable_baselines3')
    rival = rival_learner(OBSERVATION, ACTION, (16, 16), 32)
    before = [p.detach().clone() for p in rival.policy.parameters()]
    rival.train(3, batch_size=16)
    assert rival._n_updates == 3
    assert not all(map(torch.equal, before, rival.policy.parameters()))
    assert compare_updates(1, SMALL)['stable_baselines3_ratio'] > 0
