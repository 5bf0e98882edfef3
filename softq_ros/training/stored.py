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
"""
What runs have stored, for others to learn from: states to compose on, transitions to judge anew.

Letters: B rows, O observation.
"""
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from softq_ros.errors import ConfigurationError, RunError
from softq_ros.learning.replay import ReplayBuffer
from softq_ros.learning.ring import HEADER, HEADER_BYTES, MAGIC, row_type
from softq_ros.records import Batch
from softq_ros.tasks.catalogue import load_task
from softq_ros.tasks.task import Task
from softq_ros.training.run import read_run


def _task_of(run: Path, task: Task) -> Task:
    """Return the task of a run that shows all that another one does."""
    facts = read_run(run).facts
    own = load_task(facts['task'], facts['options'])
    names = own.observation_spec.names
    missing = [name for name in task.observation_spec.names if name not in names]
    if missing:
        raise RunError(f'{run}: its states lack {missing[0]}; accepted: runs of a task that shows '
                       f'all of {", ".join(task.observation_spec.names)}')
    return own


def _rows(run: Path, own: Task) -> np.ndarray:
    """Return the values of each row of a run's replay; nothing is written."""
    path = run / 'replay' / 'transitions.bin'
    row = row_type(own.observation_spec.size, own.action_spec.size)
    header = np.fromfile(path, HEADER, 1) if path.is_file() else np.empty(0, HEADER)
    if not len(header) or header['magic'][0] != MAGIC or not header['total'][0]:
        raise RunError(f'{run}: no transitions in its replay; accepted: a run that stored some')
    held = int(min(header['total'][0], header['capacity'][0]))
    return np.memmap(path, row, 'r', HEADER_BYTES, (held,))['values']


def stored_states(run: Path, task: Task) -> np.ndarray:
    """
    Return the observations of a run's replay as a task sees them, ``(B, O)``; nothing is written.

    :raises RunError: when the run has none, or its task lacks a component.
    """
    own = _task_of(run, task)
    names = own.observation_spec.names
    columns = [names.index(name) for name in task.observation_spec.names]
    return np.asarray(_rows(run, own)[:, columns])


def judged(run: Path, task: Task, count: int | None = None) -> Batch:
    """
    Return the transitions of a run as a task would have judged them; nothing is written.

    :param count: only so many; nothing: all.
    :raises RunError: when the run has none, or its robot acts or sees otherwise.
    :raises ConfigurationError: for a task whose observation does not say all it judges by.
    """
    own = _task_of(run, task)
    for what in ('observation_spec', 'action_spec'):
        if getattr(own, what) != getattr(task, what):
            raise RunError(f'{run}: the {what} of {own.name} differs; accepted: runs whose robot '
                           f'sees and acts as in {task.name}')
    o, a = task.observation_spec.size, task.action_spec.size
    values = np.array(_rows(run, own)[:count])
    said = [task.judge(task.sensors_of(row[:o]), row[o:o + a], task.sensors_of(row[o + a + 2:]))
            for row in values.astype(np.float64)]
    return Batch(values[:, :o], values[:, o:o + a],
                 np.array([one.reward for one in said], np.float32),
                 np.array([not one.terminal for one in said], np.float32), values[:, o + a + 2:])


class SharedReplay:
    """
    A replay of which half of each batch is what other runs stored.

    Soft Q-learning learns from whoever acted. As in RLPD (Ball et al., ICML 2023) each half is
    drawn uniformly.

    :param own: of the run, which goes on being filled.
    :param others: of each other run.
    """

    def __init__(self, own: ReplayBuffer, others: Sequence[Batch]) -> None:
        """Lay the others end to end."""
        self._own, self._others = own, Batch(*map(np.concatenate, zip(*others)))

    def sample(self, batch_size: int, rng: np.random.Generator, n_step: int = 1,
               gamma: float = 1.0) -> Batch:
        """
        Draw ``B`` transitions, the own ones first.

        :raises ConfigurationError: for more than one step: the others' are not known in order.
        """
        if n_step != 1:
            raise ConfigurationError(f'n_step: got {n_step} with a replay of another run; '
                                     'accepted: 1')
        at = rng.integers(len(self._others.reward), size=batch_size // 2)
        own = self._own.sample(batch_size - len(at), rng)
        return Batch(*(np.concatenate([mine, theirs[at]])
                       for mine, theirs in zip(own, self._others)))
