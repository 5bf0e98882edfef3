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
"""The learner: replay, governor, updates, versions of the weights, checkpoints."""
import math

import numpy as np
import torch

from softq_ros.errors import LearningError
from softq_ros.learning.agent import Agent, LOG_EVERY
from softq_ros.learning.ddpg import Ddpg
from softq_ros.learning.droq import Droq
from softq_ros.learning.precision import choose_matmul
from softq_ros.learning.replay import ReplayBuffer
from softq_ros.learning.sac import SoftActorCritic
from softq_ros.learning.settings import Settings
from softq_ros.learning.sql import SoftQLearning
from softq_ros.learning.td3 import Td3
from softq_ros.policies.bundle import Bundle, Manifest, save_bundle
from softq_ros.records import Transition
from softq_ros.tasks.task import Task
from softq_ros.training.checkpoint import (
    load_newest, reserve_versions, reserved_versions, save_checkpoint)
from softq_ros.training.hindsight import HindsightReplay
from softq_ros.training.metrics import Metrics
from softq_ros.training.run import Run
from softq_ros.training.stored import judged, SharedReplay

AGENTS = {'sql': SoftQLearning, 'sac': SoftActorCritic, 'td3': Td3, 'ddpg': Ddpg, 'droq': Droq}
RESERVED = 100  # versions for which one note on the disk is enough


def prepare_process() -> None:
    """Set torch up for small networks: one thread, fast products, no time for denormals."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    choose_matmul()


class Learner:
    """
    Owns the agent of one run.

    The governor's arithmetic counts stored transitions: ``owed`` updates are those that the asked
    ratio allows for the steps after warm-up. Each update draws its batch from a generator seeded
    by (seed, update), so a resumed learner goes on with the draws it would have made.
    """

    def __init__(self, task: Task, settings: Settings, run: Run) -> None:
        """
        Start, or go on from the newest checkpoint and the replay beside it.

        :raises RunError: when a run that it shall learn from, too, has nothing for it.
        :raises ConfigurationError: when the task cannot judge what others stored.
        """
        self._task, self._settings, self._run = task, settings, run
        self.algorithm = run.facts['algorithm']
        self._seed = run.facts['seed']
        sizes = task.observation_spec.size, task.action_spec.size
        self._agent: Agent = AGENTS[self.algorithm](*sizes, settings, self._seed)
        if settings.device != 'cpu':
            choose_matmul(settings.device)
        self.replay = ReplayBuffer(settings.replay_capacity, *sizes,
                                   run.path / 'replay' / 'transitions.bin')
        self._source = self.replay
        if settings.hindsight_share:
            self._source = HindsightReplay(self.replay, task, settings)
        shared = [judged(run.path / other, task) for other in run.facts.get('replays', [])]
        if shared:
            self._source = SharedReplay(self._source, shared)
        self.version = self._reserved = 0
        self._published_at = 0
        self._weights: dict[str, np.ndarray] = {}
        self._checkpoints = run.path / 'checkpoints'
        if run.resumed:
            self._resume()
        self.metrics = Metrics(run.path, 'metrics', self.updates if run.resumed else None,
                               'updates')

    def _resume(self) -> None:
        # a state is parameters and, once updated, two moments of each beside some small counts
        most = 3 * sum(part.nbytes for part in self._agent.state().values()) + 2**20
        stored = load_newest(self._checkpoints, most)
        if stored:
            self._agent.load_state(stored[0])
        # versions that may have gone out must not come again with other weights
        self._reserved = reserved_versions(self._checkpoints)
        self.version = max(self._reserved, stored[1]['version'] if stored else 0)
        if self.version:
            self.publish()

    @property
    def steps(self) -> int:
        """Return how many transitions were stored."""
        return self.replay.total

    @property
    def updates(self) -> int:
        """Return how many updates were made."""
        return self._agent.updates

    @property
    def budget(self) -> int:
        """Return the control steps after which training ends."""
        return self._settings.steps

    @property
    def warmup(self) -> int:
        """Return the control steps before the first update."""
        return self._settings.warmup_steps

    @property
    def updates_per_step(self) -> float:
        """Return the asked ratio."""
        return self._settings.updates_per_step

    @property
    def updates_per_step_held(self) -> float:
        """Return the ratio up to now; 0 during warm-up."""
        after = self.steps - self.warmup
        return self.updates / after if after > 0 else 0.0

    @property
    def owed(self) -> int:
        """Return how many updates the stored steps allow that were not made."""
        return int(self.updates_per_step * max(0, self.steps - self.warmup)) - self.updates

    @property
    def steps_behind(self) -> int:
        """Return how many control steps still wait for their updates."""
        return math.ceil(max(0, self.owed) / self.updates_per_step)

    @property
    def temperature(self) -> float:
        """Return alpha [scaled reward units]."""
        return self._agent.temperature

    @property
    def published(self) -> bool:
        """Return whether the newest version holds the newest weights."""
        return self.version > 0 and self._published_at == self.updates

    @property
    def publish_due(self) -> bool:
        """Return whether enough updates were made for a new version of the weights."""
        return self.updates - self._published_at >= self._settings.publish_every

    @property
    def checkpoint_due(self) -> bool:
        """Return whether a checkpoint should be written now."""
        return self.updates % self._settings.checkpoint_every == 0

    def add(self, transition: Transition) -> None:
        """Store one transition."""
        self.replay.add(transition)

    def update(self) -> dict[str, float]:
        """
        Make one update.

        :raises LearningError: when a loss or gradient is not finite; no parameter has moved then.
        """
        rng = np.random.default_rng([self._seed, self.updates])
        settings = self._settings
        metrics = self._agent.update(self._source.sample(
            settings.batch_size, rng, settings.n_step, settings.discount))
        if self.updates % LOG_EVERY == 0:
            self.metrics.write(self.steps, metrics | {'updates': self.updates})
        return metrics

    def publish(self) -> None:
        """
        Freeze the current weights as the next version.

        :raises LearningError: when they are not finite; the version before stands.
        :raises RunError: when the disk cannot hold how far versions go; likewise.
        """
        weights = self._agent.weights()
        if not all(np.isfinite(w).all() for w in weights.values()):
            raise LearningError(f'weights are not finite after {self.updates} updates')
        if self.version >= self._reserved:
            reserve_versions(self._checkpoints, self.version + RESERVED)
            self._reserved = self.version + RESERVED
        self._weights = weights
        self.version += 1
        self._published_at = self.updates

    def weights(self) -> dict[str, np.ndarray]:
        """Return the newest version of the weights."""
        return self._weights

    def bundle(self) -> Bundle:
        """Return the newest version as a bundle."""
        trained = self._run.trained(self._task, self.steps, self._published_at)
        return Bundle(Manifest.of(self._task, self.algorithm, self.temperature,
                                  self._settings.discount, trained), self._weights)

    def checkpoint(self) -> None:
        """Write the state, then the newest bundle; OSError leaves the last ones in place."""
        if not self.updates:
            return
        self.replay.flush()
        save_checkpoint(self._checkpoints, self.updates, self._agent.state(),
                        {'version': self.version, 'steps': self.steps})
        if self._weights:
            save_bundle(self._run.path / 'policy', self.bundle())

    def close(self) -> None:
        """Let go of the files."""
        self.metrics.close()
        self.replay.close()
