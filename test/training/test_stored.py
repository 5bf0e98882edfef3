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
from pathlib import Path
from test.support.stream import make_run

import numpy as np
import pytest
import yaml

from softq_ros.cli import main
from softq_ros.errors import ConfigurationError, RunError
from softq_ros.learning.replay import ReplayBuffer
from softq_ros.records import Batch, Transition
from softq_ros.tasks.catalogue import load_task
from softq_ros.training.learner import Learner
from softq_ros.training.run import open_run, resume_run
from softq_ros.training.settings import load_settings
from softq_ros.training.stored import judged, SharedReplay, stored_states

TASK, X, Y = (load_task(name) for name in ('multigoal', 'pusher_x', 'pusher_y'))
SMALL = {'hidden': [16, 16], 'warmup_steps': 4, 'batch_size': 8, 'updates_per_step': 1.0,
         'steps': 30, 'replay_capacity': 100}


def pushes(task, seed: int, count: int) -> list[Transition]:
    """Return transitions as a task's own loop stores them."""
    rng, made = np.random.default_rng(seed), []
    for i in range(count):
        before, after = (rng.normal(size=10).astype(np.float32) for _ in range(2))
        action = rng.uniform(-1, 1, 3).astype(np.float32)
        said = task.judge(task.sensors_of(before), action, task.sensors_of(after))
        made.append(Transition(before, action, said.reward, 1.0, after, sequence=i + 1, boot_id=1,
                               actor='sim', episode=0, step=i))
    return made


def pushed(folder: Path, task, seed: int, count: int = 30):
    """Make a run that stored such transitions."""
    run = open_run(folder, task.name, task.name, 'sql', seed, load_settings(
        'sql', task.name, SMALL), options=task.options)
    replay = ReplayBuffer(100, 10, 3, run.path / 'replay' / 'transitions.bin')
    for transition in pushes(task, seed, count):
        replay.add(transition)
    replay.close()
    return run


def test_states_of_a_run_are_read_and_nothing_is_written(tmp_path):
    run = make_run(tmp_path, 'one', 5, TASK)
    before = (run.path / 'replay' / 'transitions.bin').read_bytes()
    assert stored_states(run.path, TASK).tolist() == [[i, i] for i in range(5)]
    full = make_run(tmp_path, 'full', 130, TASK)
    assert sorted(stored_states(full.path, TASK)[:, 0]) == list(range(30, 130))
    assert (run.path / 'replay' / 'transitions.bin').read_bytes() == before


def test_runs_without_states_or_with_others_are_refused(tmp_path):
    with pytest.raises(RunError, match='no transitions'):
        stored_states(make_run(tmp_path, 'empty', 0, TASK).path, TASK)
    with pytest.raises(RunError, match='its states lack'):
        stored_states(make_run(tmp_path, 'one', 3, TASK).path, load_task('sawyer_reach'))
    with pytest.raises(RunError, match='no run'):
        stored_states(tmp_path, TASK)


def test_an_observation_of_the_pusher_says_all_it_is_judged_by():
    observation = np.random.default_rng(0).normal(size=10).astype(np.float32)
    assert X.observe(X.sensors_of(observation)) == pytest.approx(observation)


def test_what_another_run_stored_is_judged_by_the_own_task(tmp_path):
    run = pushed(tmp_path, Y, 1)
    own, others = judged(run.path, Y), judged(run.path, X)
    wanted = [pushes(task, 1, 30) for task in (Y, X)]
    for batch, transitions in zip((own, others), wanted):
        assert batch.reward == pytest.approx([one.reward for one in transitions], abs=1e-6)
        assert np.array_equal(batch.observation, [one.observation for one in transitions])
        assert np.array_equal(batch.action, [one.action for one in transitions])
        assert np.array_equal(batch.next_observation,
                              [one.next_observation for one in transitions])
        assert (batch.discount == 1.0).all()
    assert not np.allclose(own.reward, others.reward, atol=0.01)
    assert len(judged(run.path, X, 3).reward) == 3


def test_a_task_that_cannot_judge_and_a_robot_that_differs_are_refused(tmp_path):
    run = make_run(tmp_path, 'one', 3, TASK)
    with pytest.raises(ConfigurationError, match='multigoal: what other runs stored'):
        judged(run.path, TASK)
    with pytest.raises(RunError, match='its states lack'):
        judged(run.path, X)


def test_half_of_a_batch_is_of_others_each_drawn_from_all_of_them():
    own = ReplayBuffer(50, 10, 3)
    for transition in pushes(X, 0, 20):
        own.add(transition)
    others = [Batch(*(np.full((count, *part), value, np.float32)
                      for part in ((10,), (3,), (), (), (10,))))
              for value, count in ((7.0, 1), (8.0, 3))]
    batch = SharedReplay(own, others).sample(4001, np.random.default_rng(0))
    assert len(batch.reward) == 4001 and (batch.reward[:2001] < 7.0).all()
    theirs = batch.reward[2001:]
    assert set(theirs) == {7.0, 8.0} and (theirs == 8.0).mean() == pytest.approx(0.75, abs=0.03)
    assert (batch.observation[2001:, 0] == theirs).all()
    with pytest.raises(ConfigurationError, match='n_step: got 3'):
        SharedReplay(own, others).sample(4, np.random.default_rng(0), 3)


def test_a_run_goes_on_with_the_replay_of_another_bit_for_bit(tmp_path):
    other = pushed(tmp_path, Y, 1)
    states, transitions = [], pushes(X, 0, 24)
    for name, breaks in (('straight', ()), ('broken', (16,))):
        run = open_run(tmp_path, name, X.name, 'sql', 0, load_settings('sql', X.name, SMALL),
                       options=X.options, replays=[str(other.path)])
        learner = Learner(X, run.settings, run)
        for i, transition in enumerate(transitions):
            if i in breaks:
                learner.checkpoint()
                learner.close()
                run = resume_run(run.path, {})
                learner = Learner(X, run.settings, run)
            learner.add(transition)
            while learner.owed > 0:
                learner.update()
        states.append(learner._agent.state())
        learner.close()
    assert all(np.array_equal(states[0][name], states[1][name]) for name in states[0])


def test_the_replay_of_another_may_be_said_when_a_run_goes_on_and_is_kept(tmp_path, capsys):
    other, run = pushed(tmp_path, Y, 1), pushed(tmp_path, X, 0)
    words = ['train', '--resume', str(run.path), '--no-curve']
    assert main([*words, '--steps', '33', '--replay', str(other.path)]) == 0
    facts = yaml.safe_load((run.path / 'run.yaml').read_text())
    assert facts['replays'] == ['../pusher_y'] and '--replay' in facts['command']
    assert main([*words, '--steps', '35']) == 0
    assert yaml.safe_load((run.path / 'run.yaml').read_text())['replays'] == ['../pusher_y']


def test_a_replay_that_does_not_do_is_refused_before_anything_is_written(tmp_path, capsys):
    run, other = pushed(tmp_path, X, 0), make_run(tmp_path, 'one', 3, TASK)
    before = (run.path / 'run.yaml').read_bytes()
    for words in (['--resume', str(run.path)], ['--run', str(tmp_path / 'new'), '--task', X.name]):
        for bad, says in ((other.path, 'its states lack'), (tmp_path / 'none', 'no run')):
            assert main(['train', '--no-curve', *words, '--replay', str(bad)]) == 2
            assert says in capsys.readouterr().err
    assert (run.path / 'run.yaml').read_bytes() == before and not (tmp_path / 'new').exists()


def test_a_run_that_sums_steps_learns_from_no_other(tmp_path):
    other = pushed(tmp_path, Y, 1)
    settings = load_settings('sql', X.name, SMALL | {'n_step': 3})
    with pytest.raises(RunError, match='n_step: got 3 with the replay of another run'):
        open_run(tmp_path, 'a', X.name, 'sql', 0, settings, replays=[str(other.path)])
    assert not (tmp_path / 'a').exists()
