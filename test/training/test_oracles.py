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
"""The grid solver of the multi-goal problem: published figures, identities, the code that runs."""
from dataclasses import replace

import numpy as np
import pytest

from softq_ros.errors import ConfigurationError
from softq_ros.records import Sensors
from softq_ros.tasks.catalogue import load_task
from softq_ros.training.oracle_episodes import expected_episodes
from softq_ros.training.oracles import multigoal_problem, MultigoalOracle, soft_maximum

STATES = np.array([[0.0, 0.0], [-2.5, 0.0], [2.5, 2.5]])
COARSE = 0.25


@pytest.fixture(name='oracle', scope='module')
def solve():
    return MultigoalOracle(multigoal_problem(), COARSE)


def box(points=81):
    """Return actions at the middles of equal cells, ``(K, 2)``, and the area of one."""
    line = (2.0 * np.arange(points) + 1.0) / points - 1.0
    return np.stack(np.meshgrid(line, line), -1).reshape(-1, 2), (2.0 / points) ** 2


def test_soft_maximum_by_hand():
    assert soft_maximum(np.log([[1.0, 3.0]]), 1.0) == pytest.approx([np.log(4.0)])
    assert soft_maximum(np.array([[1.0, 3.0]]), 0.0) == pytest.approx([3.0])


def test_values_are_the_published_ones(oracle):
    # reference/soft_q_learning.md 8.2, from another solver: -12.24, -2.90, -5.71, error .03
    finer = MultigoalOracle(multigoal_problem(), COARSE / 2).value(STATES)
    coarse = oracle.value(STATES)
    assert finer == pytest.approx([-12.24, -2.90, -5.71], abs=0.03)
    assert finer + (finer - coarse) / 3 == pytest.approx([-12.231, -2.892, -5.699], abs=0.006)


def test_episodes_are_the_published_ones(oracle):
    episodes = expected_episodes(oracle)
    assert episodes.return_mean == pytest.approx(-192, abs=1.5)
    assert episodes.return_std == pytest.approx(39, abs=1)
    assert episodes.length_mean == pytest.approx(10.0, abs=0.1)
    assert episodes.shares == pytest.approx([0.25] * 4, abs=0.001)
    assert 0 < episodes.misses < 0.003


def test_episodes_of_the_authors_law_are_the_published_ones(oracle):
    episodes = expected_episodes(oracle, authors=True)
    assert episodes.return_mean == pytest.approx(-201, abs=1.5)
    assert episodes.return_std == pytest.approx(43, abs=1)
    assert episodes.length_mean == pytest.approx(13.0, abs=0.1)


def test_hard_episodes_are_the_published_ones():
    oracle = MultigoalOracle(replace(multigoal_problem(), temperature=0.0), 0.1)
    episodes = expected_episodes(oracle)
    assert episodes.return_mean == pytest.approx(-105, abs=1)
    assert episodes.length_mean == pytest.approx(9.0, abs=0.1)


def test_low_temperature_recovers_hard_q_iteration():
    problem = multigoal_problem()
    hard = MultigoalOracle(replace(problem, temperature=0.0), COARSE).values
    gaps = [np.abs(MultigoalOracle(replace(problem, temperature=alpha), COARSE).values
                   - hard).max() for alpha in (0.3, 0.03, 0.003)]
    assert gaps[0] > 3 * gaps[1] > 9 * gaps[2] and gaps[2] < 0.2


def test_backup_is_a_contraction_by_the_discount(oracle):
    rng = np.random.default_rng(0)
    for spread in (0.1, 5.0):
        first, second = rng.normal(0, spread, (2, *oracle.values.shape))
        apart = np.abs(oracle.backup(first) - oracle.backup(second)).max()
        assert apart <= oracle.problem.discount * np.abs(first - second).max() + 1e-12


def test_every_iteration_shrinks_the_change_by_the_discount(oracle):
    changes = np.array(oracle.changes)
    assert (changes[1:] <= oracle.problem.discount * changes[:-1] + 1e-12).all()


def test_backup_of_a_constant_adds_the_discounted_constant_away_from_goals(oracle):
    rise = oracle.backup(oracle.values + 1.0) - oracle.backup(oracle.values)
    assert rise[0, 0] == pytest.approx(oracle.problem.discount)
    assert (rise <= oracle.problem.discount + 1e-12).all()


def test_values_are_as_symmetric_as_the_goals(oracle):
    values = oracle.values
    for turned in (values.T, values[::-1], values[:, ::-1]):
        assert values == pytest.approx(turned, abs=1e-9)


def test_value_is_the_soft_maximum_of_q(oracle):
    actions, area = box()
    for state in STATES:
        value = soft_maximum(oracle.q(state, actions)[None], 1.0)[0] + np.log(area)
        assert value == pytest.approx(oracle.value(state[None])[0], abs=0.08)


def test_value_is_expected_q_plus_temperature_times_entropy(oracle):
    actions, area = box()
    q = oracle.q(STATES[2], actions)
    value = soft_maximum(q[None], 1.0)[0] + np.log(area)
    density = np.exp(q - value)
    entropy = -(density * np.log(density)).sum() * area
    assert (density * q).sum() * area + entropy == pytest.approx(value, abs=1e-9)
    assert entropy < 2 * np.log(2.0)


def standing(task, position):
    still = np.zeros(2)
    return Sensors(0, task.contract.joints, np.asarray(position, float), still, still)


def test_q_is_the_reward_of_the_task_and_the_value_of_where_it_leads(oracle):
    task, rng = load_task('multigoal'), np.random.default_rng(0)
    problem = oracle.problem
    for _ in range(200):
        position, action = rng.uniform(-7, 7, 2), rng.uniform(-1, 1, 2)
        after = np.clip(position + action, -7, 7)
        found = task.judge(standing(task, position), action, standing(task, after))
        onward = 0.0 if found.terminal else problem.discount * oracle.value(after[None])[0]
        assert oracle.q(position, action[None])[0] == pytest.approx(
            problem.reward_scale * found.reward + onward)


def drawn_return(oracle, task, rng, actions):
    position, total, goal = task.start(rng).position, 0.0, None
    for _ in range(task.horizon):
        q = oracle.q(position, actions)
        law = np.exp(q - q.max())
        action = actions[rng.choice(len(actions), p=law / law.sum())]
        after = standing(task, np.clip(position + action, -7, 7))
        found = task.judge(standing(task, position), action, after)
        total, position = total + found.reward, after.position
        if found.terminal:
            goal = task.mode(after)
            break
    return total, goal


def test_drawn_episodes_bring_what_the_recursion_says(oracle):
    task, rng, (actions, _) = load_task('multigoal'), np.random.default_rng(0), box(31)
    drawn = [drawn_return(oracle, task, rng, actions) for _ in range(300)]
    expected = expected_episodes(oracle)
    error = expected.return_std / np.sqrt(len(drawn))
    assert np.mean([total for total, _ in drawn]) == pytest.approx(
        expected.return_mean, abs=3 * error)
    assert {goal for _, goal in drawn} == {0, 1, 2, 3}


@pytest.mark.parametrize('spacing', [0.3, 0.0, -0.1, 2.0])
def test_a_spacing_that_does_not_divide_is_refused(spacing):
    with pytest.raises(ConfigurationError, match='accepted: what divides 1 and 7'):
        MultigoalOracle(multigoal_problem(), spacing)
