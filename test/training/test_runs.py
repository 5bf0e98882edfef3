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
"""Runs: made, found, resumed, refused; the learner's arithmetic and its versions."""
import json
from pathlib import Path
from test.support.stream import feed, transition

import numpy as np
import pytest
import yaml

from softq_ros.errors import ConfigurationError, RunError
from softq_ros.tasks.catalogue import load_task
from softq_ros.training.learner import Learner
from softq_ros.training.run import open_run, read_run, resume_run
from softq_ros.training.settings import load_settings

TASK = load_task('multigoal')
SETTINGS = load_settings('sql', 'multigoal', {
    'hidden': [16, 16], 'warmup_steps': 20, 'replay_capacity': 1000,
    'updates_per_step': 1, 'publish_every': 5})


def start(folder, name='a', resume=False, owner='', settings=SETTINGS, seed=0):
    """Open a run of the multi-goal problem."""
    return open_run(folder, name, 'multigoal', 'sql', seed, settings, resume, owner)


def feed_and_publish(learner: Learner, first: int, last: int) -> None:
    """Add transitions, make what is owed and publish as the learner's node does."""
    for i in range(first, last):
        learner.add(transition(i))
    while learner.owed > 0:
        learner.update()
        if learner.publish_due:
            learner.publish()


def test_a_name_is_made_and_counted_up(tmp_path):
    names = [start(tmp_path, '').path.name for _ in range(2)]
    assert names == ['multigoal-sql-s0-1', 'multigoal-sql-s0-2']


def test_a_name_made_from_an_environment_is_one_folder(tmp_path):
    for number in (1, 2):
        run = open_run(tmp_path, '', 'there/Point-v0', 'sql', 0, SETTINGS)
        assert run.path == tmp_path / f'there_Point-v0-sql-s0-{number}'
    assert run.facts['task'] == 'there/Point-v0'


def test_an_existing_run_is_not_written_over(tmp_path):
    start(tmp_path)
    with pytest.raises(RunError, match='exists; accepted: resume'):
        start(tmp_path)
    assert start(tmp_path, resume=True).resumed


def test_the_same_owner_goes_on_by_itself(tmp_path):
    start(tmp_path, '', owner='17-99')
    assert start(tmp_path, '', owner='17-99').resumed
    assert not start(tmp_path, '', owner='18-1').resumed


def test_a_run_made_for_something_else_is_refused_by_name(tmp_path):
    start(tmp_path)
    with pytest.raises(RunError, match='seed 0, asked for 1; accepted: 0'):
        start(tmp_path, resume=True, seed=1)


def test_a_resumed_run_keeps_the_settings_it_was_made_with(tmp_path):
    start(tmp_path)
    changed = load_settings('sql', 'multigoal', {'discount': 0.5})
    assert start(tmp_path, resume=True, settings=changed).settings == SETTINGS


def test_a_budget_may_grow_and_stays(tmp_path):
    path = start(tmp_path).path
    assert resume_run(path, {}, 9000, command='more').settings.steps == 9000
    assert read_run(path).settings.steps == 9000
    assert read_run(path).facts['command'].endswith('; more')
    with pytest.raises(RunError, match='steps: got 8999; accepted: 9000'):
        resume_run(path, {}, 8999)


@pytest.mark.parametrize('name', ['..', '.', 'a/b', '/a', '-x', 'a b', 'a\n', 'a' * 101, 'ä'])
def test_an_odd_name_is_refused(tmp_path, name):
    with pytest.raises(RunError, match='name of a run: got .*; accepted: '):
        start(tmp_path, name)
    assert not list(tmp_path.iterdir())


def test_names_that_only_look_like_ours_do_not_count(tmp_path):
    start(tmp_path, 'multigoal-sql-s0-x')
    (tmp_path / 'multigoal-sql-s0-4').mkdir()  # a kill before its run.yaml was there
    assert start(tmp_path, '').path.name == 'multigoal-sql-s0-5'
    assert start(tmp_path, '', resume=True).path.name == 'multigoal-sql-s0-5'


@pytest.mark.parametrize('seed', [-1, 2**63])
def test_a_seed_that_numpy_or_torch_refuses_is_refused_first(tmp_path, seed):
    with pytest.raises(ConfigurationError, match='seed: got .*; accepted: 0 to '):
        start(tmp_path, seed=seed)
    assert not list(tmp_path.iterdir())


def test_the_largest_seed_learns(tmp_path):
    learner = Learner(TASK, SETTINGS, start(tmp_path, seed=2**63 - 1))
    feed(learner, 0, 22)
    assert learner.updates == 2
    learner.close()


@pytest.mark.parametrize('data', [
    b'', b'\xff\x00\x80', b'[]', b'a: b: c', b'task: [', b'task: multigoal\n', b'\x01',
    b'{' * 5000])
def test_a_broken_description_is_refused_in_one_line(tmp_path, data):
    path = start(tmp_path).path
    (path / 'run.yaml').write_bytes(data)
    with pytest.raises(RunError) as refused:
        start(tmp_path, resume=True)
    assert str(path) in str(refused.value) and '\n' not in str(refused.value)


@pytest.mark.parametrize(('change', 'says'), [
    (lambda facts: facts.pop('identity'), 'identity is None'),
    (lambda facts: facts.update(seed='one'), "seed is 'one'"),
    (lambda facts: facts.update(seed=-3), 'seed: got -3'),
    (lambda facts: facts.update(algorithm='magic'), "'magic'; accepted: "),
    (lambda facts: facts['settings'].pop('discount'), 'settings without discount'),
    (lambda facts: facts['settings'].update(steps=10**400), 'run.yaml'),
    (lambda facts: facts['settings'].update(discount=2), 'discount: got 2; accepted: 0 to 1')])
def test_a_description_that_lacks_something_is_refused_by_name(tmp_path, change, says):
    run = start(tmp_path)
    change(run.facts)
    (run.path / 'run.yaml').write_text(yaml.safe_dump(run.facts))
    with pytest.raises(RunError, match=says):
        start(tmp_path, resume=True)


def test_a_broken_neighbour_does_not_stop_a_new_run(tmp_path):
    (start(tmp_path, '').path / 'run.yaml').write_text('')
    assert start(tmp_path, '', owner='17-99').path.name == 'multigoal-sql-s0-2'


def test_there_must_be_something_to_resume(tmp_path):
    with pytest.raises(RunError, match='nothing to resume'):
        start(tmp_path, resume=True)


def test_updates_are_those_the_ratio_allows(tmp_path):
    learner = Learner(TASK, SETTINGS, start(tmp_path))
    feed(learner, 0, 20)
    assert learner.updates == 0 and learner.owed == 0
    feed(learner, 20, 50)
    assert learner.updates == 30 and learner.updates_per_step_held == 1.0
    learner.close()


def test_a_resumed_learner_goes_on_bit_for_bit(tmp_path):
    straight = Learner(TASK, SETTINGS, start(tmp_path, 'straight'))
    feed(straight, 0, 40)
    expected = feed(straight, 40, 50)
    broken = Learner(TASK, SETTINGS, start(tmp_path, 'broken'))
    feed(broken, 0, 40)
    broken.checkpoint()
    broken.close()
    again = Learner(TASK, SETTINGS, start(tmp_path, 'broken', resume=True))
    assert again.steps == 40 and again.updates == 20
    found = feed(again, 40, 50)
    assert found == expected
    for name, value in straight._agent.state().items():
        assert np.array_equal(value, again._agent.state()[name]), name
    straight.close(), again.close()


def test_versions_never_come_again_after_a_kill(tmp_path):
    learner = Learner(TASK, SETTINGS, start(tmp_path))
    feed(learner, 0, 40)
    learner.checkpoint()
    for i in range(40, 60):
        learner.add(transition(i))
        learner.update()
        if learner.publish_due:
            learner.publish()
    highest = learner.version
    again = Learner(TASK, SETTINGS, start(tmp_path, resume=True))
    assert again.owed == 20 and again.version >= highest


def test_versions_never_go_back_when_kills_come_before_any_checkpoint(tmp_path):
    learner = Learner(TASK, SETTINGS, start(tmp_path))
    feed_and_publish(learner, 0, 60)
    assert learner.version == 8
    for kill in range(3):
        before = learner.version
        learner = Learner(TASK, SETTINGS, start(tmp_path, resume=True))
        assert learner.version > before and learner.weights()
        feed_and_publish(learner, 60 + kill, 61 + kill)


def test_versions_never_go_back_when_a_second_kill_comes_while_catching_up(tmp_path):
    learner = Learner(TASK, SETTINGS, start(tmp_path))
    feed_and_publish(learner, 0, 40)
    learner.checkpoint()
    for i in range(40, 90):
        learner.add(transition(i))
    for _ in range(3):
        before = learner.version
        learner = Learner(TASK, SETTINGS, start(tmp_path, resume=True))
        assert learner.updates == 20 and learner.version > before
        feed_and_publish(learner, 0, 0)


def test_versions_need_their_note_before_they_go_out(tmp_path):
    learner = Learner(TASK, SETTINGS, start(tmp_path))
    feed(learner, 0, 25)
    learner._checkpoints = tmp_path / 'nowhere'
    with pytest.raises(RunError, match='versions'):
        learner.publish()
    assert learner.version == 0 and not learner.weights()


def test_the_description_of_a_run_names_its_versions(tmp_path):
    facts = start(tmp_path).facts
    assert json.dumps(facts['versions']) and facts['versions']['torch']


def test_what_a_run_has_trained_names_the_ground_it_walked_on(tmp_path):
    run, walk = start(tmp_path), load_task('minitaur_walk')
    digest = run.trained(walk, 1, 1)['terrain_digest']
    assert len(digest) == 64 and digest == walk.provenance['terrain_digest']
    assert 'terrain_digest' not in run.trained(TASK, 1, 1)


def test_a_run_says_on_what_it_was_made(tmp_path):
    found = start(tmp_path).facts['versions']['processor']
    assert f'{found}\n' in Path('/proc/cpuinfo').read_text()
