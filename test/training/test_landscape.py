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
"""The figure of the multi-goal problem shows what it says it shows."""
import numpy as np
import pytest

from softq_ros.errors import BundleError
from softq_ros.learning.actor import Actor
from softq_ros.learning.settings import make_settings
from softq_ros.learning.sql import SoftQLearning
from softq_ros.tasks.catalogue import load_task
from softq_ros.training.landscape import action_values, draw_landscape, paths, rewards

TASK = load_task('multigoal')


def fresh_actor(observation: int, action: int) -> Actor:
    agent = SoftQLearning(observation, action, make_settings('sql', {'hidden': (16, 16)}), 0)
    return Actor('sql', agent.weights(), 1.0)


def test_rewards_are_those_of_standing_still():
    found = rewards(TASK, np.array([-5.0, 0.0, 5.0]))
    # middle: 5 m from each goal; on a goal: the bonus of 10; corners: 5 m from two goals
    assert found == pytest.approx(np.array([[-25.0, 10, -25], [10, -25, 10], [-25, 10, -25]]))


def test_paths_are_those_of_the_episodes():
    for path in paths(fresh_actor(2, 2), TASK, 3, seed=1):
        assert path.shape[1] == 2 and 2 <= len(path) <= TASK.horizon + 1
        assert np.abs(np.diff(path, axis=0)).max() <= 1.0 + 1e-6  # one step moves 1 m at most
        assert np.abs(path[0]).max() < 1.0


def test_action_values_lie_where_the_axes_say():
    actor, state = fresh_actor(2, 2), np.array([1.0, -1.0], np.float32)
    grid = np.linspace(-1, 1, 5)
    at = np.array([[grid[3], grid[1]]], np.float32)  # x is the column, y the row
    assert action_values(actor, state, grid)[1, 3] == pytest.approx(actor.q(state, at)[0])


def test_it_draws_a_file_and_refuses_an_arm(tmp_path):
    draw_landscape(fresh_actor(2, 2), TASK, tmp_path / 'plots' / 'figure.png', episodes=2)
    assert (tmp_path / 'plots' / 'figure.png').stat().st_size > 20_000
    with pytest.raises(BundleError, match='32 observations and 7 actions; accepted: 2 and 2'):
        draw_landscape(fresh_actor(32, 7), load_task('sawyer_reach'), tmp_path / 'none.png')
