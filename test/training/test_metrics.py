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
"""Rows and events of the metrics, through kills."""
import os
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from softq_ros.records import Transition
from softq_ros.tasks.catalogue import load_task
from softq_ros.training import learner as learner_module
from softq_ros.training.learner import Learner
from softq_ros.training.metrics import Metrics, read_rows
from softq_ros.training.run import open_run, resume_run
from softq_ros.training.settings import load_settings

TASK = load_task('multigoal')
SETTINGS = load_settings('sql', 'multigoal', {
    'hidden': [16, 16], 'warmup_steps': 20, 'replay_capacity': 1000,
    'updates_per_step': 1, 'batch_size': 4})


@pytest.fixture
def rows_every_ten(monkeypatch):
    """Write a row of metrics every ten updates."""
    monkeypatch.setattr(learner_module, 'LOG_EVERY', 10)


def feed(learner: Learner, last: int) -> None:
    """Add transitions up to a number of steps and make the updates they allow."""
    while learner.steps < last:
        learner.add(Transition(np.zeros(2, np.float32), np.zeros(2, np.float32), -1.0, 1.0,
                               np.ones(2, np.float32), sequence=learner.steps + 1))
        while learner.owed > 0:
            learner.update()


def updates(folder) -> list[int]:
    """Return the updates column of a run's metrics."""
    return [int(row['updates']) for row in read_rows(folder / 'metrics.csv')]


def test_a_kill_after_the_checkpoint_doubles_no_row(tmp_path, rows_every_ten):
    run = open_run(tmp_path, 'a', 'multigoal', 'sql', 0, SETTINGS)
    learner = Learner(TASK, SETTINGS, run)
    feed(learner, 20 + 20)
    learner.checkpoint()
    feed(learner, 20 + 40)
    assert updates(run.path) == [10, 20, 30, 40]
    again = Learner(TASK, SETTINGS, resume_run(run.path, {}))
    assert updates(run.path) == [10, 20]
    feed(again, 20 + 50)
    assert updates(run.path) == [10, 20, 30, 40, 50]


def test_a_kill_before_the_first_checkpoint_starts_the_rows_again(tmp_path, rows_every_ten):
    run = open_run(tmp_path, 'a', 'multigoal', 'sql', 0, SETTINGS)
    feed(Learner(TASK, SETTINGS, run), 20 + 20)
    again = Learner(TASK, SETTINGS, resume_run(run.path, {}))
    assert updates(run.path) == []
    feed(again, 21 + 20)
    assert updates(run.path) == [10, 20]


def test_rows_after_a_step_are_cut_and_new_columns_join(tmp_path):
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


def test_events_after_the_cut_are_purged_those_at_it_stay(tmp_path):
    metrics = Metrics(tmp_path, 'metrics')
    for step in (10, 20, 30):
        metrics.write(step, {'q_loss': float(step)})
    metrics.close()
    again = Metrics(tmp_path, 'metrics', after=20)
    again.write(25, {'q_loss': 1.0})
    again.close()
    folder = next((tmp_path / 'tensorboard').rglob('events.*')).parent
    events = EventAccumulator(str(folder)).Reload()
    assert [event.step for event in events.Scalars('q_loss')] == [10, 20, 25]


def test_one_writer_purges_nothing_of_another(tmp_path):
    curve = Metrics(tmp_path, 'evaluations')
    curve.write(30, {'success_rate': 0.5})
    Metrics(tmp_path, 'metrics', after=0).close()
    curve.close()
    found = [EventAccumulator(str(folder)).Reload() for folder in tmp_path.glob('tensorboard/*')]
    kept = [e for e in found if 'success_rate' in e.Tags()['scalars']]
    assert [event.step for event in kept[0].Scalars('success_rate')] == [30]


def test_a_torn_last_row_is_left_out(tmp_path):
    path = tmp_path / 'metrics.csv'
    path.write_text('step,q_loss,updates\n10,1.0,100\n20,1')
    assert [row['step'] for row in read_rows(path)] == ['10']


def test_every_row_is_on_the_disk_when_write_returns(tmp_path, monkeypatch):
    synced, sync = set(), os.fsync

    def note(handle):
        sync(handle)
        path = Path(f'/proc/self/fd/{handle}')
        if path.is_file():
            synced.add(path.read_bytes())

    monkeypatch.setattr(os, 'fsync', note)
    metrics = Metrics(tmp_path, 'metrics')
    for step, row in ((10, {'q_loss': 1.0}), (20, {'q_loss': 2.0}), (30, {'entropy': 3.0})):
        metrics.write(step, row)
        assert (tmp_path / 'metrics.csv').read_bytes() in synced
