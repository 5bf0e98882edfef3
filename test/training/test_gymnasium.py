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
"""Our trainer runs any continuous gymnasium environment by its id."""
import json

import gymnasium
from gymnasium.spaces import Box, Discrete
import numpy as np
import pytest

from softq_ros import cli
from softq_ros.errors import ConfigurationError, LearningError
from softq_ros.learning.replay import ReplayBuffer
from softq_ros.simulation.gymnasium_task import GymnasiumTask
from softq_ros.training.settings import is_environment, load_settings


class Line(gymnasium.Env):
    """A point that ends the world at 1; the range of its action is not centred."""

    dt = 0.02

    def __init__(self, actions=Box(-1.0, 3.0, (1,)), reward=0.5) -> None:
        self.action_space, self._reward = actions, reward
        self.observation_space = Box(-np.inf, np.inf, (2,))
        self.asked = []

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._at, self._steps = 0.0, 0
        return np.array([self._at, 1.0]), {}

    def step(self, action):
        assert self.action_space.low <= action <= self.action_space.high
        self._at += 0.1 * float(action[0])
        self._steps += 1
        return np.array([self._at, 1.0]), self._reward, self._at > 1.0, self._steps >= 15, {}


for name, words in {'Line-v0': {}, 'Choice-v0': {'actions': Discrete(2)},
                    'Narrow-v0': {'actions': Box(1.0, 1.0, (1,))},
                    'Endless-v0': {'actions': Box(-np.inf, np.inf, (1,))},
                    'Broken-v0': {'reward': float('nan')}}.items():
    gymnasium.register(name, Line, kwargs=words, disable_env_checker=True)


def test_ids_are_told_from_names_of_tasks():
    assert is_environment('HalfCheetah-v5') and is_environment('module:space/Name-v0')
    assert not is_environment('sawyer_stack') and not is_environment('multigoal')


def test_spaces_become_specs_and_actions_their_range():
    task = GymnasiumTask('Line-v0')
    assert (task.observation_spec.size, task.action_spec.size) == (2, 1)
    assert task.contract.control_rate == pytest.approx(50.0)
    assert [float(task.command(np.array([a]))[0]) for a in (-1, 0, 1)] == [-1.0, 1.0, 3.0]


@pytest.mark.parametrize('name, says', [
    ('Choice-v0', 'action space Discrete'), ('Narrow-v0', 'finite ranges of some width'),
    ('Endless-v0', 'finite ranges of some width'), ('Missing-v0', 'unknown task: Missing-v0')])
def test_what_cannot_be_learned_is_refused(name, says):
    with pytest.raises(ConfigurationError, match=says):
        GymnasiumTask(name)


def test_numbers_that_are_not_finite_are_refused():
    task = GymnasiumTask('Line-v0')
    for observation, reward in (([np.nan, 0.0], 0.0), ([0.0, 0.0], np.inf)):
        with pytest.raises(LearningError, match='accepted: finite numbers'):
            task.checked(np.array(observation), reward)


def test_an_environment_without_a_file_takes_the_algorithm_as_it_is():
    assert load_settings('sac', 'Line-v0', {}) == load_settings('sac', 'Missing-v0', {})
    assert load_settings('sac', 'HalfCheetah-v5', {}).steps == 300_000


def train(capsys, *words: str) -> tuple[int, dict]:
    code = cli.main(['train', *words, '--json'])
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])


@pytest.mark.parametrize('algorithm', ['sql', 'td3'])
def test_it_trains_scores_and_goes_on(tmp_path, capsys, algorithm):
    run = tmp_path / 'one'
    code, result = train(capsys, '--task', 'Line-v0', '--algorithm', algorithm, '--steps', '540',
                         '--run', str(run))
    assert code == 0 and result['ended'] == 'budget'
    assert (result['steps'], result['updates']) == (540, 40)
    assert 0.5 <= result['return_mean'] <= 7.5
    code, result = train(capsys, '--resume', str(run), '--steps', '560')
    assert code == 0 and (result['steps'], result['updates']) == (560, 60)
    replay = ReplayBuffer(1_000_000, 2, 1, run / 'replay' / 'transitions.bin')
    rows = np.asarray(replay._rows[:560])
    position, discount = rows['values'][:, 5], rows['values'][:, 4]
    assert np.array_equal(discount == 0.0, position > 1.0)  # only a true end is no time-out
    assert (rows['last'] & (discount == 1.0)).any()
    assert (rows['values'][:500, 2] != 0).all() and (rows['source'][:500] == b'random').all()
    replay.close()


def test_a_broken_environment_ends_the_training_with_its_reason(tmp_path, capsys):
    code = cli.main(['train', '--task', 'Broken-v0', '--steps', '20', '--no-curve',
                     '--run', str(tmp_path / 'one'), '--json'])
    assert 'reward nan; accepted: finite numbers' in capsys.readouterr().err
    assert code == 2
