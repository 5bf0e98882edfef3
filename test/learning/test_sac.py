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
"""Soft actor-critic: the density of a squashed Gaussian and the temperature it learns."""
import math

import numpy as np
import pytest
import torch

from softq_ros.errors import ShapeError
from softq_ros.learning.sac import SoftActorCritic, squashed_gaussian
from softq_ros.learning.settings import make_settings
from softq_ros.records import Batch


def test_density_at_zero_by_hand():
    zero = torch.zeros(1, 2)
    action, log = squashed_gaussian(zero, zero, zero)
    assert action.tolist() == [[0.0, 0.0]]
    assert log.item() == pytest.approx(-math.log(2 * math.pi))


def test_density_over_the_box_integrates_to_one():
    action = torch.linspace(-0.9999, 0.9999, 40_001, dtype=torch.float64)
    mean, log_std = torch.tensor([[0.4]]), torch.tensor([[-0.5]])
    noise = ((torch.atanh(action) - 0.4) / math.exp(-0.5)).unsqueeze(1)
    drawn, log = squashed_gaussian(mean.expand_as(noise).double(),
                                   log_std.expand_as(noise).double(), noise)
    torch.testing.assert_close(drawn[:, 0], action)
    assert torch.trapezoid(log.exp(), action).item() == pytest.approx(1.0, abs=1e-3)


def test_density_is_finite_where_the_action_is_one():
    big = torch.full((1, 1), 30.0)
    assert torch.isfinite(squashed_gaussian(big, torch.zeros(1, 1), torch.zeros(1, 1))[1]).all()


def test_other_shapes_are_refused():
    with pytest.raises(ShapeError, match='accepted: three of'):
        squashed_gaussian(torch.zeros(2, 1), torch.zeros(1, 1), torch.zeros(2, 1))


def agent_of(**values):
    values = {'hidden': [32, 32], 'batch_size': 64, 'learning_rate': 3e-3} | values
    return SoftActorCritic(1, 1, make_settings('sac', values), 0)


def flat_batch(rng):
    zeros = np.zeros((64, 1), np.float32)
    action = rng.uniform(-1, 1, (64, 1)).astype(np.float32)
    return Batch(zeros, action, np.zeros(64, np.float32), np.zeros(64, np.float32), zeros)


def test_a_fixed_temperature_stays():
    agent, rng = agent_of(temperature=0.2), np.random.default_rng(0)
    assert agent.update(flat_batch(rng))['temperature'] == 0.2
    assert agent.temperature == 0.2


def test_a_learned_temperature_falls_while_the_entropy_is_above_its_aim():
    agent, rng = agent_of(), np.random.default_rng(0)
    metrics = [agent.update(flat_batch(rng)) for _ in range(50)]
    assert metrics[0]['entropy'] > -1.0
    assert agent.temperature < metrics[0]['temperature'] == 1.0


def test_without_reward_the_policy_becomes_uniform():
    agent, rng = agent_of(temperature=1.0), np.random.default_rng(0)
    for _ in range(200):
        metrics = agent.update(flat_batch(rng))
    assert metrics['entropy'] == pytest.approx(math.log(2.0), abs=0.1)
