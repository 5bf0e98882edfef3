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
"""Training on a gymnasium environment: the learner, replay and run directory of the robots."""
import signal
import time

import numpy as np

from softq_ros.learning.actor import Actor
from softq_ros.records import Transition
from softq_ros.simulation.gymnasium_task import GymnasiumTask
from softq_ros.training.examiner import CURVE
from softq_ros.training.learner import Learner
from softq_ros.training.metrics import Metrics
from softq_ros.training.panel import Panel, Progress
from softq_ros.training.report import BUDGET
from softq_ros.training.run import Run
from softq_ros.training.seeds import episode_seed

EPISODES = 10  # of one point of the curve
MODES = {'deterministic': '', 'stochastic': '_stochastic'}  # and the end of their columns
ACTOR = 'environment'


def score(actor: Actor, task: GymnasiumTask, episodes: int, seed: int, sampling: str) -> dict:
    """Return mean and standard deviation of the return, and the mean length, of test episodes."""
    environment, returns, lengths = task.make(), [], []
    for episode in range(episodes):
        start = episode_seed(seed, 'test', episode)
        rng = np.random.default_rng(start)
        observation, _ = environment.reset(seed=start % 2**31)
        total, length, ended = 0.0, 0, False
        while not ended:
            action = actor.act(task.checked(observation), rng, sampling)
            observation, reward, terminal, late, _ = environment.step(task.command(action))
            total, length, ended = total + float(reward), length + 1, terminal or late
        returns.append(total)
        lengths.append(length)
    environment.close()
    return {'return_mean': float(np.mean(returns)), 'return_std': float(np.std(returns)),
            'length_mean': float(np.mean(lengths))}


class GymnasiumTraining:
    """
    One environment, one learner, in turn.

    :param examined: whether the learning curve is measured on the way.
    """

    def __init__(self, task: GymnasiumTask, run: Run, learner: Learner,
                 examined: bool = True) -> None:
        """Build the environment; a resumed run begins a new episode."""
        self._task, self._learner, self._examined = task, learner, examined
        self._seed, self._every = run.facts['seed'], run.settings.evaluate_every
        last = learner.replay.last_of(ACTOR) if learner.steps else (0, 0, -1)
        self._boot, self._episode, self._sequence = last[0] + 1, last[2], 0
        self._environment = task.make()
        after = learner.steps if run.resumed else None
        self._curve = Metrics(run.path, CURVE, after)
        self._next = (learner.steps // self._every + 1) * self._every
        self._actor: Actor | None = None
        self._version = 0
        self._interrupted = False
        self._began = time.monotonic()
        self._progress = Progress(task.name, learner.algorithm, 'learning',
                                  control_rate=task.contract.control_rate, budget=learner.budget,
                                  updates_asked=learner.updates_per_step)

    def run(self, panel: Panel | None) -> str:
        """
        Train until the budget or a signal and return why it ended.

        :raises LearningError: after a checkpoint, when a number is not finite.
        """
        previous = {n: signal.signal(n, self._interrupt) for n in (signal.SIGINT, signal.SIGTERM)}
        try:
            self._refresh()
            while not self._over():
                self._run_episode(panel)
        finally:
            if not self._learner.published and self._learner.version:
                self._learner.publish()
            self._learner.checkpoint()
            self._curve.close()
            self._environment.close()
            for number, handler in previous.items():
                signal.signal(number, handler)
        return 'interrupted' if self._interrupted else BUDGET

    def report(self) -> dict:
        """Score the last weights on 20 test episodes, both ways of acting."""
        self._refresh()
        found = {}
        for mode, end in MODES.items():
            result = score(self._actor, self._task, 2 * EPISODES, self._seed, mode)
            found |= {f'{name}{end}': value for name, value in result.items()}
        return found

    def _interrupt(self, *_) -> None:
        self._interrupted = True

    def _over(self) -> bool:
        return self._interrupted or self._learner.steps >= self._learner.budget

    def _run_episode(self, panel: Panel | None) -> None:
        self._episode += 1
        rng = np.random.default_rng([self._seed, self._episode])
        start = episode_seed(self._seed, 'training', self._episode)
        observation, _ = self._environment.reset(seed=start % 2**31)
        observation, step, last = self._task.checked(observation), 0, False
        while not last and not self._over():
            action = (self._actor.act(observation, rng) if self._actor else
                      rng.uniform(-1, 1, self._task.action_spec.size).astype(np.float32))
            after, reward, terminal, late, _ = self._environment.step(self._task.command(action))
            after, last = self._task.checked(after, reward), terminal or late
            self._sequence += 1
            self._learner.add(Transition(
                observation, action, float(reward), 0.0 if terminal else 1.0, after, last, 0,
                ACTOR, self._boot, self._episode, step, self._sequence, self._version,
                'policy' if self._actor else 'random'))
            observation, step = after, step + 1
            self._learn(panel)

    def _learn(self, panel: Panel | None) -> None:
        learner = self._learner
        while learner.owed > 0:
            learner.update()
            if learner.checkpoint_due:
                learner.checkpoint()
        if learner.steps >= learner.warmup and (learner.publish_due or not learner.version):
            learner.publish()
            self._refresh()
        if self._examined and self._actor and learner.steps >= self._next:
            self._examine()
        if panel and learner.steps % 100 == 0:
            self._progress.steps = learner.steps
            self._progress.updates_held = learner.updates_per_step_held
            panel.show(self._progress)

    def _refresh(self) -> None:
        if self._learner.version != self._version:
            self._version = self._learner.version
            self._actor = Actor(self._learner.algorithm, self._learner.weights(),
                                self._learner.temperature)

    def _examine(self) -> None:
        steps = self._learner.steps
        self._next = (steps // self._every + 1) * self._every
        row = {'robot_time_min': steps / self._task.contract.control_rate / 60,
               'wall_sec': time.monotonic() - self._began}
        for mode, end in MODES.items():
            found = score(self._actor, self._task, EPISODES, self._seed, mode)
            row |= {f'{name}{end}': value for name, value in found.items()}
        self._curve.write(steps, row)
        self._progress.evaluated = f'return {row["return_mean"]:.1f} at step {steps}'
