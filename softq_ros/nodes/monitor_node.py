#!/usr/bin/env python3
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
"""The monitor: one panel for a person, evaluations beside the training, and its report."""
from pathlib import Path
import threading

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from std_srvs.srv import Trigger

from softq_ros.bridge.experience import message_to_episode, message_to_weights
from softq_ros.errors import ConfigurationError, SoftqError
from softq_ros.msg import Episode, GateStatus, LearnerStatus, PolicyStatus, PolicyWeights
from softq_ros.nodes import qos
from softq_ros.nodes.parameters import declare, OPTIONS, Parameter, task_of
from softq_ros.nodes.run import run_node
from softq_ros.policies.bundle import Bundle, Manifest
from softq_ros.tasks.catalogue import task_names
from softq_ros.training.examiner import Examiner
from softq_ros.training.panel import Panel, Progress
from softq_ros.training.report import BUDGET, Outcome, REACHED, write_report
from softq_ros.training.run import describe, FILE, read_run, Run
from softq_ros.training.settings import load_settings
from softq_ros.training.story import Story

PARAMETERS = (
    Parameter('task', 'sawyer_stack', 'what is watched', choices=task_names),
    OPTIONS,
    Parameter('contract', '', 'robot contract: a name, a path; empty: that of the task'),
    Parameter('seed', 0, 'first number of every random stream', minimum=0),
    Parameter('until', 'reached', 'when training ends', choices=('reached', 'budget')),
    Parameter('examine', True, 'measure the learning curve and write a report'),
)
POLL_SEC = 0.25
GROUNDED = 'policy: there is none yet and exploration is off: lead by hand, or set exploration'


class MonitorNode(Node):
    """
    Watches a training, measures its learning curve in a plant of its own, and ends it.

    Subscribes
    ----------
    learner/status, learner/weights, policy/status, gate/status, episodes (softq_ros/...)

    Calls
    -----
    learner/finish (std_srvs/Trigger): once 90 % are reached

    Parameters
    ----------
    task, contract, seed, until, examine; all read-only
    """

    def __init__(self, **kwargs) -> None:
        """Connect and wait for the learner's first status."""
        super().__init__('monitor', **kwargs)
        self._chosen = declare(self, PARAMETERS)
        self._task = task_of(self._chosen)
        if self._chosen['examine'] and not self._task.contract.simulated:
            raise ConfigurationError('parameter examine: got true; accepted on a robot: false, '
                                     'since there evaluating moves it')
        self._progress = Progress(self._task.name, control_rate=self._task.contract.control_rate)
        self._panel = Panel()
        self._examiner: Examiner | None = None
        self._learner: LearnerStatus | None = None
        self._newest: PolicyWeights | None = None
        self._story: Story | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._reporting = False
        self._failed = False
        self._finish_future = None
        self.done = False
        self.exit_code = 0
        self._finish_client = self.create_client(Trigger, 'learner/finish')
        for kind, topic, callback, profile in (
                (LearnerStatus, 'learner/status', self._on_learner, qos.LATCHED),
                (PolicyWeights, 'learner/weights', self._on_weights, qos.LATCHED),
                (PolicyStatus, 'policy/status', self._on_policy, qos.LATCHED),
                (GateStatus, 'gate/status', self._on_gate, qos.LATCHED),
                (Episode, 'episodes', self._on_episode, qos.EPISODES)):
            self.create_subscription(kind, topic, callback, profile)
        self.create_timer(POLL_SEC, self._on_timer, clock=Clock(clock_type=ClockType.STEADY_TIME))

    # what comes in

    def _on_learner(self, msg: LearnerStatus) -> None:
        if self._learner is None:
            self._start(msg)
        self._learner = msg
        progress = self._progress
        progress.algorithm = msg.algorithm
        progress.state = 'writing the report' if self._reporting else msg.state.replace('_', ' ')
        progress.steps, progress.budget = msg.steps, msg.budget
        progress.updates_asked = msg.updates_per_step_asked
        progress.updates_held = msg.updates_per_step_held
        progress.notes['learner'] = msg.reason

    def _start(self, msg: LearnerStatus) -> None:
        self._folder = Path(msg.directory)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._run = self._find_run(msg)
        self._story = Story(self._folder, self._progress)
        if self._chosen['examine']:
            self._examiner = Examiner(self._task, self._folder, self._chosen['seed'],
                                      self._run.settings.evaluate_every, self._stop.is_set,
                                      msg.steps or None)
            self._progress.evaluated = self._examiner.headline

    def _find_run(self, msg: LearnerStatus) -> Run:
        if (self._folder / FILE).exists():
            return read_run(self._folder)
        # the learner keeps it on another machine
        settings = load_settings(msg.algorithm, self._task.name, {})
        command = (f'ros2 launch softq_ros train.launch.xml task:={msg.task} '
                   f'algorithm:={msg.algorithm} seed:={self._chosen["seed"]}')
        return Run(self._folder, describe(self._task.name, msg.algorithm, self._chosen['seed'],
                                          settings, command, self._task.options)
                   | {'identity': msg.run}, False)

    def _on_weights(self, msg: PolicyWeights) -> None:
        self._newest = msg

    def _on_policy(self, msg: PolicyStatus) -> None:
        self._progress.weights_age_sec = msg.weights_age_sec
        self._progress.notes['policy'] = GROUNDED if msg.state == 'waiting_policy' else ''

    def _on_gate(self, msg: GateStatus) -> None:
        asked = msg.stopped or not msg.armed
        self._progress.notes['gate'] = f'gate: {msg.why}' if asked else ''

    def _on_episode(self, msg: Episode) -> None:
        self._progress.saw(message_to_episode(msg))

    # what is done about it

    def _on_timer(self) -> None:
        self._panel.show(self._progress)
        status = self._learner
        if status is None:
            return
        self._keep_story()
        if self._thread and self._thread.is_alive():
            return
        if status.state == 'failed':
            self._end(1)
        elif status.state == 'finished':
            self._finish()
        elif self._ended():
            self._ask_to_finish()
        elif self._examiner and self._newest and self._examiner.due(status.steps):
            self._aside(self._examine, self._newest, status.steps)

    def _keep_story(self, at_once: bool = False) -> None:
        if self._story is None or self._reporting:
            return
        try:
            self._story.keep(at_once)
        except OSError as error:
            self._progress.notes['story'] = (
                f'cannot keep the story of this run: {error.strerror}')

    def _ended(self) -> bool:
        reached = self._examiner is not None and self._examiner.criterion.reached is not None
        return reached and self._chosen['until'] == 'reached'

    def _ask_to_finish(self) -> None:
        if self._finish_future is None or self._finish_future.done():
            self._finish_future = self._finish_client.call_async(Trigger.Request())

    def _finish(self) -> None:
        if self._reporting or not self._examiner or not self._newest:
            self._end(1 if self._failed else 0)
            return
        self._keep_story(at_once=True)
        self._reporting = True
        self._aside(self._report, self._newest, self._learner)

    def _end(self, exit_code: int) -> None:
        self.exit_code, self.done = exit_code, True

    def _aside(self, work, *arguments) -> None:
        def guarded() -> None:
            try:
                work(*arguments)
            except (SoftqError, OSError) as error:
                self._failed = self._reporting
                self._progress.notes['report'] = str(error)
                self.get_logger().error(str(error))

        self._thread = threading.Thread(target=guarded, daemon=True)
        self._thread.start()

    def _bundle(self, msg: PolicyWeights, steps: int) -> Bundle:
        trained = self._run.trained(self._task, steps, msg.updates)
        return Bundle(Manifest.of(self._task, msg.algorithm, msg.temperature,
                                  self._run.settings.discount, trained),
                      message_to_weights(msg)[0])

    def _examine(self, msg: PolicyWeights, steps: int) -> None:
        self._examiner.examine(steps, self._bundle(msg, steps), self._story.wall_sec)
        self._progress.evaluated = self._examiner.headline

    def _report(self, msg: PolicyWeights, status: LearnerStatus) -> None:
        bundle = self._examiner.passed if self._ended() else self._bundle(msg, status.steps)
        facts = self._run.facts
        outcome = Outcome(status.algorithm, self._chosen['seed'], status.steps, status.updates,
                          self._story.wall_sec, self._progress.first_success_step,
                          self._examiner.criterion.reached, facts['command'], facts['commit'],
                          REACHED if self._ended() else BUDGET)
        result = write_report(self._folder, self._task, bundle, outcome, self._stop.is_set)
        print(f'{self._folder / "summary.md"}: success {result.get("success_rate", 0):.0%}',
              flush=True)

    def on_shutdown(self) -> None:
        """End what runs beside, between two episodes."""
        self._stop.set()
        if self._thread:
            self._thread.join(timeout=0.5)
        self._keep_story(at_once=True)
        self._panel.close()


def main(args: list[str] | None = None) -> None:
    """Run the node until the training has ended or a signal."""
    run_node(MonitorNode, args)


if __name__ == '__main__':
    main()
