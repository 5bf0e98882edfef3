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
"""Made-up transitions: a stream for learners of the multi-goal problem, runs that stored some."""
from pathlib import Path

import numpy as np

from softq_ros.learning.replay import ReplayBuffer
from softq_ros.learning.settings import make_settings
from softq_ros.records import Transition
from softq_ros.tasks.task import Task
from softq_ros.training.learner import Learner
from softq_ros.training.run import open_run, Run


def transition(i: int) -> Transition:
    """Return the i-th of the stream, in episodes of ten."""
    rng = np.random.default_rng(i)
    return Transition(rng.normal(size=2).astype(np.float32),
                      rng.uniform(-1, 1, 2).astype(np.float32), -float(i % 7), 1.0,
                      rng.normal(size=2).astype(np.float32), last=i % 10 == 9, sequence=i + 1,
                      boot_id=1, actor='sim', episode=i // 10, step=i % 10)


def feed(learner: Learner, first: int, last: int) -> list[dict]:
    """Add transitions, make the updates they allow and return what they measured."""
    metrics = []
    for i in range(first, last):
        learner.add(transition(i))
        while learner.owed > 0:
            metrics.append(learner.update())
    return metrics


def make_run(folder: Path, name: str, count: int, task: Task) -> Run:
    """Make a run whose replay holds so many states: 0, 1, 2 ..."""
    run = open_run(folder, name, task.name, 'sql', 0, make_settings('sql', {'hidden': [16, 16]}),
                   options=task.options)
    sizes = task.observation_spec.size, task.action_spec.size
    replay = ReplayBuffer(100, *sizes, run.path / 'replay' / 'transitions.bin')
    for index in range(count):
        state = np.full(sizes[0], index, np.float32)
        replay.add(Transition(state, np.zeros(sizes[1], np.float32), 0.0, 1.0, state + 1))
    replay.close()
    return run
