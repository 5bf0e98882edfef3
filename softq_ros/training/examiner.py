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
"""Points of the learning curve: evaluations of frozen weights, beside or between the training."""
from collections.abc import Callable
from dataclasses import replace
import math
from pathlib import Path

from softq_ros.learning.actor import Actor
from softq_ros.policies.bundle import Bundle, load_bundle, save_bundle
from softq_ros.tasks.task import Task
from softq_ros.training.criterion import Criterion
from softq_ros.training.evaluation import evaluate, Evaluation
from softq_ros.training.metrics import Metrics
from softq_ros.training.settings import deployed_sampling

CURVE = 'evaluations'
SCORES = ('success_rate', 'success_ever_rate', 'return_mean', 'episodes')  # of each point
REACHED = 'reached'  # folder of the weights that reached 90 %


class Examiner:
    """
    Scores the last weights every so many steps and decides whether 90 % are reached.

    The weights that reached them are kept in ``passed`` and, through kills, in a bundle.

    :param every: control steps between two points.
    :param stopped: asked between episodes; true ends an evaluation early, without a point.
    """

    def __init__(self, task: Task, folder: Path, seed: int, every: int,
                 stopped: Callable[[], bool] = lambda: False, after: int | None = None) -> None:
        """Start the curve, or go on with it."""
        self._task, self._seed, self._every, self._stopped = task, seed, every, stopped
        self._folder = folder / REACHED
        self._metrics = Metrics(folder, CURVE, after)
        self.passed = load_bundle(self._folder) if self._folder.exists() else None
        self.criterion = Criterion(self.passed.manifest.trained.get('steps')
                                   if self.passed else None)
        self._sampling = deployed_sampling(task.name)
        self._next = every if after is None else (after // every + 1) * every

    @property
    def headline(self) -> str:
        """Return the newest point in words."""
        point = self._metrics.newest
        return (f'{float(point["success_rate"]):.0%} at step {point["step"]}' if point
                else 'not yet')

    def due(self, steps: int) -> bool:
        """Return whether the curve wants a point at this many control steps."""
        return steps >= self._next

    def examine(self, steps: int, bundle: Bundle, wall_sec: float,
                cpu_sec: float = math.nan) -> bool:
        """
        Add a point; return whether 90 % are reached now or were before.

        :param bundle: the weights in force at this many control steps.
        :param wall_sec: of the whole run so far [s].
        :param cpu_sec: processor time of the training so far, evaluations apart [s]; NaN where
            other processes train.
        """
        actor = bundle.actor()
        self._next = (steps // self._every + 1) * self._every
        screening = self._score(actor, steps, False)
        if screening is None:
            return False
        result = screening.to_json()
        minutes = steps / self._task.contract.control_rate / 60
        self._metrics.write(steps, {
            'robot_time_min': minutes, 'wall_sec': wall_sec, 'cpu_sec': cpu_sec,
            **{name: result[name] for name in SCORES}})
        if self.criterion.screened(screening.successes):
            confirmation = self._score(actor, steps, True)
            if confirmation and self.criterion.confirmed(steps, confirmation.successes):
                self._keep(steps, bundle, confirmation)
        return self.criterion.reached is not None

    def _keep(self, steps: int, bundle: Bundle, confirmation: Evaluation) -> None:
        manifest = replace(bundle.manifest, trained=bundle.manifest.trained | {'steps': steps},
                           scored={'block': 'validation'} | confirmation.to_json())
        self.passed = replace(bundle, manifest=manifest)
        save_bundle(self._folder, self.passed)

    def _score(self, actor: Actor, steps: int, confirming: bool) -> Evaluation | None:
        first, count = self.criterion.episodes(confirming)
        # the number of steps keeps seeds apart from those used before an interruption
        result = evaluate(actor, self._task, count, self._seed, 'validation', steps * 1000 + first,
                          self._sampling, self._stopped)
        return result if len(result.summaries) == count else None

    def close(self) -> None:
        """Flush the curve."""
        self._metrics.close()
