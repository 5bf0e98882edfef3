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
"""Training in one process: what ``softq train`` does, the same steps as the graph in lockstep."""
import signal

from softq_ros.errors import PlantFault
from softq_ros.learning.actor import Actor
from softq_ros.records import Sensors
from softq_ros.robot.gate import Gate
from softq_ros.simulation.catalogue import make_plant
from softq_ros.tasks.task import Task
from softq_ros.training.examiner import Examiner
from softq_ros.training.interaction import Interaction
from softq_ros.training.learner import Learner
from softq_ros.training.panel import Panel, Progress
from softq_ros.training.report import BUDGET, Outcome, REACHED, write_report
from softq_ros.training.run import Run
from softq_ros.training.scenarios import Scenario
from softq_ros.training.shoves import Shoves
from softq_ros.training.story import Story

import numpy as np

ACTOR = 'sim'


class Training:
    """
    One robot in simulation, one learner, in turn.

    :param until: ``reached`` ends at 90 %, ``budget`` only at the budget.
    :param examined: whether the learning curve is measured on the way.
    :param scenario: what disturbs the robot while it learns; nothing: nobody does.
    """

    def __init__(self, task: Task, run: Run, learner: Learner, until: str = 'reached',
                 examined: bool = True, scenario: Scenario | None = None) -> None:
        """Build the plant; a resumed run goes on with the next episode."""
        self._task, self._run, self._learner, self._until = task, run, learner, until
        seed = run.facts['seed']
        boots = learner.replay.last_of(ACTOR) if learner.steps else (0, 0, -1)
        self._episode = boots[2] + 1
        self._interaction = Interaction(task, task.contract, seed, ACTOR, boots[0] + 1,
                                        pushed=scenario is not None)
        self._plant, self._gate = make_plant(task), Gate(task.contract)
        self._shoves = Shoves(scenario, task.contract, task.horizon, seed,
                              learner.budget) if scenario else None
        self._actor: Actor | None = None
        self._actor_version = 0
        self.interrupted = False
        self._examiner = Examiner(task, run.path, seed, run.settings.evaluate_every,
                                  lambda: self.interrupted,
                                  learner.steps if run.resumed else None) if examined else None
        self._progress = Progress(task.name, learner.algorithm, 'learning',
                                  control_rate=task.contract.control_rate, budget=learner.budget,
                                  updates_asked=learner.updates_per_step)
        self._progress.steps = learner.steps
        if self._examiner:
            self._progress.evaluated = self._examiner.headline
        self._story = Story(run.path, self._progress)
        self._reason = BUDGET

    def run(self, panel: Panel | None) -> str:
        """
        Train until the end or a signal and return why it ended.

        :raises LearningError: after a checkpoint, when a number is not finite.
        """
        previous = {n: signal.signal(n, self._interrupt) for n in (signal.SIGINT, signal.SIGTERM)}
        self._refresh()
        try:
            while not self._over():
                self._run_episode(panel)
        finally:
            self._learner.checkpoint()
            self._story.keep(at_once=True)
            for number, handler in previous.items():
                signal.signal(number, handler)
        return 'interrupted' if self.interrupted else self._reason

    def _interrupt(self, *_) -> None:
        self.interrupted = True

    def _over(self) -> bool:
        reached = self._examiner is not None and self._examiner.criterion.reached is not None
        if reached and self._until == 'reached':
            self._reason = REACHED
            return True
        return self.interrupted or self._learner.steps >= self._learner.budget

    def _run_episode(self, panel: Panel | None) -> None:
        seed = self._interaction.begin(self._episode)
        if self._shoves:
            self._shoves.begin(self._episode)
        self._episode += 1
        sensors = self._plant.reset(self._task.start(np.random.default_rng(seed)), 0)
        self._interaction.first(sensors)
        while not self._interaction.finished and not self._over():
            sensors = self._step(sensors)
            if panel and self._learner.steps % 20 == 0:
                self._show(panel)
        if self._interaction.finished:
            self._progress.steps = self._learner.steps
            self._progress.saw(self._interaction.summary)
        self._story.keep()

    def _step(self, sensors: Sensors) -> Sensors:
        interaction, learner = self._interaction, self._learner
        action = interaction.act(self._actor, 'stochastic', self._actor_version)
        executed = self._gate.filter(action, sensors, interaction.episode)
        if executed.holding:
            interaction.abandon('hold')
            return sensors
        if self._shoves:
            self._shoves.disturb(self._plant, sensors, interaction.step, learner.steps)
        try:
            sensors = self._plant.step(executed.command)
        except PlantFault:
            interaction.abandon('fault')
            return sensors
        if self._shoves and interaction.interference(executed, sensors):
            interaction.lose_step(sensors)
            return sensors
        learner.add(interaction.complete(executed, sensors))
        while learner.owed > 0:
            learner.update()
            if learner.publish_due:
                learner.publish()
            if learner.checkpoint_due:
                learner.checkpoint()
        if not learner.version and learner.steps >= learner.warmup:
            learner.publish()
        self._refresh()
        if self._examiner and self._actor and self._examiner.due(learner.steps):
            self._examine()
        return sensors

    def _refresh(self) -> None:
        learner = self._learner
        if learner.version != self._actor_version:
            self._actor = Actor(learner.algorithm, learner.weights(), learner.temperature)
            self._actor_version = learner.version

    def _examine(self) -> None:
        with self._story.aside():
            self._examiner.examine(self._learner.steps, self._learner.bundle(),
                                   self._story.wall_sec, self._story.cpu_sec)
        self._progress.evaluated = self._examiner.headline

    def _show(self, panel: Panel) -> None:
        self._progress.steps = self._learner.steps
        self._progress.updates_held = self._learner.updates_per_step_held
        panel.show(self._progress)

    def report(self) -> dict:
        """Score, draw, film and write the page of an examined training that has ended."""
        learner, facts = self._learner, self._run.facts
        if not learner.published:
            learner.publish()
            learner.checkpoint()
        outcome = Outcome(
            learner.algorithm, facts['seed'], learner.steps, learner.updates,
            self._story.wall_sec, self._progress.first_success_step,
            self._examiner.criterion.reached, facts['command'], facts['commit'], self._reason)
        bundle = self._examiner.passed if self._reason == REACHED else learner.bundle()
        return write_report(self._run.path, self._task, bundle, outcome)
