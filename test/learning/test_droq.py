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
"""DroQ: when its policy moves and what it climbs, and that it reaches a goal."""
import numpy as np
import pytest
import torch

from softq_ros.learning.actor import Actor
from softq_ros.learning.droq import Droq
from softq_ros.learning.settings import make_settings
from softq_ros.records import Batch


def agent_of(**values):
    return Droq(1, 1, make_settings('droq', {'hidden': [16, 16]} | values), 0)


def goal_batch(rng, goal=-0.3, size=64):
    action = rng.uniform(-1, 1, (size, 1)).astype(np.float32)
    reward = -4.0 * (action[:, 0] - goal) ** 2
    zeros = np.zeros((size, 1), np.float32)
    return Batch(zeros, action, reward, np.zeros(size, np.float32), zeros)


def moved(agent, batch):
    before = agent.state()
    agent.update(batch)
    after = agent.state()
    return {name for name in ('q/members.1.layers.0.weight', 'q/members.0.norms.0.weight',
                              'target/members.0.layers.0.weight', 'sampler/layers.0.bias',
                              'alpha/log') if not np.array_equal(before[name], after[name])}


@pytest.mark.parametrize('ratio, period', [(20.0, 20), (3.0, 3), (1.0, 1), (0.3, 1), (2.6, 3)])
def test_the_policy_moves_once_per_control_step_and_the_qs_always(ratio, period):
    agent, rng = agent_of(updates_per_step=ratio), np.random.default_rng(0)
    for update in range(1, 2 * period + 1):
        names = moved(agent, goal_batch(rng))
        assert {name for name in names if name.startswith(('q', 'target'))} == {
            'q/members.1.layers.0.weight', 'q/members.0.norms.0.weight',
            'target/members.0.layers.0.weight'}
        policy = {name for name in names if not name.startswith(('q', 'target'))}
        assert policy == (set() if update % period else {'sampler/layers.0.bias', 'alpha/log'})


def test_the_policy_climbs_the_mean_of_the_qs():
    agent = agent_of(dropout=0.0)
    state, action = torch.randn(5, 1), torch.rand(5, 1)
    both = [member(state, action.unsqueeze(1)).flatten() for member in agent.modules['q'].members]
    assert not torch.allclose(*both)
    torch.testing.assert_close(agent._judged(state, action), (both[0] + both[1]) / 2)


def test_the_target_takes_the_smaller_q():
    one, two = agent_of(dropout=0.0), agent_of(dropout=0.0)
    with torch.no_grad():
        one.modules['target'].members[1].layers[-1].bias.add_(1e6)
        for source, target in zip(two.modules['target'].members[0].parameters(),
                                  two.modules['target'].members[1].parameters()):
            target.copy_(source)
    batch = goal_batch(np.random.default_rng(0))._replace(discount=np.ones(64, np.float32))
    assert one.update(batch)['value_mean'] == two.update(batch)['value_mean']


def test_dropout_is_at_work_in_qs_and_targets():
    batch = goal_batch(np.random.default_rng(0))._replace(discount=np.ones(64, np.float32))
    plain, dropping = (agent_of(dropout=share).update(batch) for share in (0.0, 0.5))
    assert plain['value_mean'] != dropping['value_mean']
    assert plain['q_mean'] != dropping['q_mean']


def test_policy_reaches_the_goal():
    agent = agent_of(updates_per_step=2.0, temperature=0.02, learning_rate=5e-3)
    rng = np.random.default_rng(0)
    for _ in range(400):
        agent.update(goal_batch(rng))
    action = Actor('droq', agent.weights(), agent.temperature).act(
        np.zeros(1, np.float32), rng, 'deterministic')
    assert action == pytest.approx([-0.3], abs=0.1)
