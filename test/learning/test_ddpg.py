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
"""The deterministic baselines: both climb to one goal; what TD3 adds."""
import numpy as np
import pytest
import torch

from softq_ros.learning.actor import Actor
from softq_ros.learning.ddpg import Ddpg
from softq_ros.learning.settings import make_settings
from softq_ros.learning.td3 import smoothed, Td3
from softq_ros.records import Batch


@pytest.mark.parametrize('name, kind', [('ddpg', Ddpg), ('td3', Td3)])
def test_policy_climbs_to_the_goal(name, kind):
    settings = make_settings(name, {'hidden': [32, 32], 'learning_rate': 2e-3})
    agent, rng = kind(1, 1, settings, 0), np.random.default_rng(0)
    zeros = np.zeros((64, 1), np.float32)
    for _ in range(600 if name == 'td3' else 300):
        action = rng.uniform(-1, 1, (64, 1)).astype(np.float32)
        reward = -(action[:, 0] + 0.3) ** 2
        agent.update(Batch(zeros, action, reward, np.zeros(64, np.float32), zeros))
    action = Actor(name, agent.weights(), 0.0).act(zeros[0], rng, 'deterministic')
    assert action == pytest.approx([-0.3], abs=0.1)


def test_td3_moves_policy_and_targets_at_every_other_update():
    agent = Td3(1, 1, make_settings('td3', {'hidden': [8, 8]}), 0)
    rng = np.random.default_rng(0)
    moved = []
    for _ in range(4):
        before = {name: value.copy() for name, value in agent.state().items()}
        agent.update(Batch(*(rng.uniform(-1, 1, shape).astype(np.float32)
                             for shape in ((8, 1), (8, 1), 8, 8, (8, 1)))))
        after = agent.state()
        moved.append([not np.array_equal(before[f'{name}/{at}'], after[f'{name}/{at}'])
                      for name, at in (('q', 'members.1.layers.0.weight'),
                                       ('sampler', 'layers.0.weight'),
                                       ('target_q', 'members.0.layers.0.weight'))])
    assert moved == [[True, False, False], [True, True, True]] * 2


def test_noise_is_clipped_and_stays_in_the_box():
    action = torch.tensor([[0.0, 0.9, -0.9]])
    noise = torch.tensor([[0.7, 0.3, -0.01]])
    assert smoothed(action, noise, 0.5).tolist() == [pytest.approx([0.5, 1.0, -0.91])]
