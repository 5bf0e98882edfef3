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
"""Learning from what an episode came to, as if that had been its target."""
import numpy as np

from softq_ros.errors import ConfigurationError
from softq_ros.learning.replay import ReplayBuffer
from softq_ros.learning.settings import Settings
from softq_ros.records import Batch
from softq_ros.tasks.task import Task


def check_hindsight(task: Task, settings: Settings) -> None:
    """
    Do nothing, where the settings ask for no hindsight or the task can be told with it.

    :raises ConfigurationError: otherwise, and when steps are summed: each would need its own.
    """
    if not settings.hindsight_share:
        return
    if settings.n_step != 1:
        raise ConfigurationError(f'n_step: got {settings.n_step} with hindsight_share '
                                 f'{settings.hindsight_share}; accepted: 1')
    if not isinstance(task, Task):
        raise ConfigurationError(f'{task.name}: hindsight_share: got {settings.hindsight_share}; '
                                 'accepted: 0 in a gymnasium environment')
    seen, done = (np.zeros((0, spec.size), np.float32)
                  for spec in (task.observation_spec, task.action_spec))
    task.relabelled(Batch(seen, done, done[:, 0], done[:, 0], seen), seen)


class HindsightReplay:
    """
    A replay of which some transitions are told with another target: one their episode came to.

    Hindsight experience replay (Andrychowicz et al., NeurIPS 2017), strategy "future". What it
    tells is not wholly true where a target is a thing that one can run into: there was nothing at
    the place that it says.

    :param own: of the run.
    :param task: which says what a target changes.
    :param settings: ``hindsight_share`` of a batch, in the mean, falls in a straight line to
        none at ``hindsight_ends`` stored steps.
    """

    def __init__(self, own: ReplayBuffer, task: Task, settings: Settings) -> None:
        """Take what :func:`check_hindsight` has passed."""
        self._own, self._task = own, task
        self._share, self._ends = settings.hindsight_share, settings.hindsight_ends

    @property
    def share(self) -> float:
        """Return the share by now."""
        left = 1.0 - self._own.total / self._ends if self._ends else 1.0
        return self._share * max(left, 0.0)

    def sample(self, batch_size: int, rng: np.random.Generator, n_step: int = 1,
               gamma: float = 1.0) -> Batch:
        """
        Draw ``B`` transitions of one step.

        :raises RunError: when the replay is empty.
        """
        if not self.share:
            return self._own.sample(batch_size, rng)
        batch, later = self._own.sample_with_later(batch_size, rng, self._task.horizon)
        told = rng.random(batch_size) < self.share
        anew = self._task.relabelled(Batch(*(part[told] for part in batch)), later[told])
        for part, values in zip(batch, anew):
            part[told] = values
        return batch
