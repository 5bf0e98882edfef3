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
"""Runs: made, found, resumed, refused; checkpoints torn; the learner's arithmetic."""
import json

import numpy as np
import pytest

from softq_ros.errors import RunError
from softq_ros.records import Transition
from softq_ros.tasks.catalogue import load_task
from softq_ros.training.checkpoint import load_newest, save_checkpoint
from softq_ros.training.learner import Learner
from softq_ros.training.metrics import Metrics, read_rows
from softq_ros.training.run import open_run
from softq_ros.training.settings import load_settings

TASK = load_task('multigoal')
SETTINGS = load_settings('sql', 'multigoal', {
    'hidden': [16, 16], 'warmup_steps': 20, 'replay_capacity': 1000, 'publish_every': 5})


def start(folder, name='a', resume=False, owner='', settings=SETTINGS, seed=0):
    """Open a run of the multi-goal problem."""
    return open_run(folder, name, 'multigoal', 'sql', seed, settings, resume, owner)


def transition(i: int) -> Transition:
    """Return the i-th of a stream of transitions."""
    rng = np.random.default_rng(i)
    return Transition(rng.normal(size=2).astype(np.float32),
                      rng.uniform(-1, 1, 2).astype(np.float32), -float(i % 7), 1.0,
                      rng.normal(size=2).astype(np.float32), sequence=i + 1, boot_id=1,
                      actor='sim')


def feed(learner: Learner, first: int, last: int) -> list[dict]:
    """Add transitions and make the updates they allow."""
    metrics = []
    for i in range(first, last):
        learner.add(transition(i))
        while learner.owed > 0:
            metrics.append(learner.update())
    return metrics


def test_a_name_is_made_and_counted_up(tmp_path):
    names = [start(tmp_path, '').path.name for _ in range(2)]
    assert names == ['multigoal-sql-s0-1', 'multigoal-sql-s0-2']


def test_an_existing_run_is_not_written_over(tmp_path):
    start(tmp_path)
    with pytest.raises(RunError, match='exists; accepted: resume'):
        start(tmp_path)
    assert start(tmp_path, resume=True).resumed


def test_the_same_owner_goes_on_by_itself(tmp_path):
    start(tmp_path, '', owner='17-99')
    assert start(tmp_path, '', owner='17-99').resumed
    assert not start(tmp_path, '', owner='18-1').resumed


@pytest.mark.parametrize('change', [{'seed': 1}, {'settings': load_settings(
    'sql', 'multigoal', {'discount': 0.5})}])
def test_a_run_made_for_something_else_is_refused_by_name(tmp_path, change):
    start(tmp_path)
    with pytest.raises(RunError, match='seed|discount|batch|hidden'):
        start(tmp_path, resume=True, **change)


def test_there_must_be_something_to_resume(tmp_path):
    with pytest.raises(RunError, match='nothing to resume'):
        start(tmp_path, resume=True)


def test_a_torn_checkpoint_gives_way_to_the_one_before(tmp_path):
    for number in (1, 2):
        save_checkpoint(tmp_path, number, {'x': np.full(3, number, np.float32)},
                        {'version': number})
    path = tmp_path / 'checkpoint-000000000002' / 'state.safetensors'
    path.write_bytes(path.read_bytes()[:-2])
    state, counts = load_newest(tmp_path)
    assert counts == {'version': 1} and state['x'].tolist() == [1, 1, 1]
    (tmp_path / 'checkpoint-000000000001' / 'checkpoint.json').write_text('{')
    with pytest.raises(RunError, match='none of 2'):
        load_newest(tmp_path)


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


def test_rows_after_the_checkpoint_are_cut_on_resume(tmp_path):
    metrics = Metrics(tmp_path, 'metrics')
    for step in (10, 20, 30):
        metrics.write(step, {'q_loss': float(step)})
    metrics.close()
    again = Metrics(tmp_path, 'metrics', after=20)
    again.write(25, {'q_loss': 1.0, 'entropy': 2.0})
    again.close()
    rows = read_rows(tmp_path / 'metrics.csv')
    assert [row['step'] for row in rows] == ['10', '20', '25']
    assert rows[0]['entropy'] == '' and rows[2]['entropy'] == '2.0'


def test_the_description_of_a_run_names_its_versions(tmp_path):
    facts = start(tmp_path).facts
    assert json.dumps(facts['versions']) and facts['versions']['torch']
