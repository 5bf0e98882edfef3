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
"""Deep deterministic policy gradient: it climbs to one goal."""
import numpy as np
import pytest

from softq_ros.learning.actor import Actor
from softq_ros.learning.ddpg import Ddpg
from softq_ros.learning.settings import make_settings
from softq_ros.records import Batch


def test_policy_climbs_to_the_goal():
    settings = make_settings('ddpg', {'hidden': [32, 32], 'learning_rate': 2e-3})
    agent, rng = Ddpg(1, 1, settings, 0), np.random.default_rng(0)
    zeros = np.zeros((64, 1), np.float32)
    for _ in range(300):
        action = rng.uniform(-1, 1, (64, 1)).astype(np.float32)
        reward = -(action[:, 0] + 0.3) ** 2
        agent.update(Batch(zeros, action, reward, np.zeros(64, np.float32), zeros))
    action = Actor('ddpg', agent.weights(), 0.0).act(zeros[0], rng, 'deterministic')
    assert action == pytest.approx([-0.3], abs=0.1)
