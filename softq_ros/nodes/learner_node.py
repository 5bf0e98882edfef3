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
"""The learner's node: experience in, gradient steps, weights and credit out."""
import os
from pathlib import Path

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from std_srvs.srv import Trigger

from softq_ros.bridge.experience import message_to_transition
from softq_ros.errors import ConfigurationError, LearningError, MessageError, RunError
from softq_ros.learning.devices import open_device
from softq_ros.msg import PolicyStatus, Transition
from softq_ros.nodes import qos
from softq_ros.nodes.learner_report import LearnerReport
from softq_ros.nodes.ledger import Ledger
from softq_ros.nodes.parameters import declare, OPTIONS, Parameter, read_words, task_of
from softq_ros.nodes.run import run_node
from softq_ros.tasks.catalogue import task_names
from softq_ros.training.hindsight import check_hindsight
from softq_ros.training.learner import Learner, prepare_process
from softq_ros.training.run import open_run
from softq_ros.training.settings import ALGORITHMS, load_settings

PARAMETERS = (
    Parameter('task', 'sawyer_stack', 'what is learned', choices=task_names),
    OPTIONS,
    Parameter('contract', '', 'robot contract: a name, a path; empty: that of the task'),
    Parameter('stepping', 'lockstep', 'who drives time', choices=('lockstep', 'realtime')),
    Parameter('algorithm', 'sql', 'how', choices=ALGORITHMS),
    Parameter('settings', '', 'of the algorithm, other than the files say: NAME=VALUE NAME=VALUE'),
    Parameter('seed', 0, 'first number of every random stream', minimum=0),
    Parameter('runs', 'runs', 'directory that holds runs'),
    Parameter('run', '', 'name of the run; empty: made from task, algorithm and seed'),
    Parameter('resume', False, 'go on with an existing run'),
    Parameter('steps', 0, 'control steps to train for; 0: what the configuration says', minimum=0),
    Parameter('governor', 'on', 'whether acting waits for the learner',
              choices=('on', 'strict', 'off')),
    Parameter('command', '', 'what was launched, for the record'),
)
NICE = 10  # in realtime: control loops come first
SLACK = {'on': 8, 'strict': 1, 'off': 1_000_000}  # steps the plant may run ahead of updates


def launcher() -> str:
    """Return what names the process that started us: its id and the time it started."""
    parent = os.getppid()
    try:
        started = Path(f'/proc/{parent}/stat').read_text().rsplit(')', 1)[1].split()[19]
    except (OSError, IndexError):
        started = '0'
    return f'{parent}-{started}'


def asked_settings(chosen: dict) -> dict:
    """
    Return what the parameter ``settings`` says, by name.

    :raises ConfigurationError: for words that cannot be read, or any when a run is resumed.
    """
    if chosen['resume'] and chosen['settings']:
        raise ConfigurationError(f'parameter settings: got {chosen["settings"]!r} with resume; '
                                 'accepted: nothing, a run goes on as it was made')
    return read_words('settings', chosen)


class LearnerNode(Node):
    """
    Runs updates at the asked ratio to the control steps it has stored.

    Subscribes
    ----------
    policy/transitions (softq_ros/Transition), policy/status (softq_ros/PolicyStatus)

    Publishes
    ---------
    learner/weights (softq_ros/PolicyWeights), learner/credit (softq_ros/Credit),
    learner/status (softq_ros/LearnerStatus)

    Services
    --------
    learner/finish (std_srvs/Trigger): end the training where it is, as at its budget

    Parameters
    ----------
    task, options, contract, stepping, algorithm, settings, seed, runs, run, resume, steps,
    governor, command; all read-only
    """

    def __init__(self, **kwargs) -> None:
        """Open or resume the run; a respawn under the same launcher goes on by itself."""
        super().__init__('learner', **kwargs)
        chosen = declare(self, PARAMETERS)
        self._task = task_of(chosen)
        if chosen['stepping'] == 'realtime':
            os.nice(NICE)
        settings = load_settings(chosen['algorithm'], self._task.name, asked_settings(chosen))
        check_hindsight(self._task, settings)
        open_device(settings.device)  # before anything is written
        self._run = open_run(Path(chosen['runs']), chosen['run'], self._task.name,
                             chosen['algorithm'], chosen['seed'], settings,
                             resume=chosen['resume'], owner=launcher(),
                             command=chosen['command'], steps=chosen['steps'],
                             options=self._task.options)
        self._learner = Learner(self._task, self._run.settings, self._run)
        self._slack = SLACK[chosen['governor']]
        self._ledger = Ledger(self._learner.replay)
        self._finishing = False
        self._handled = 0
        self._connect()

    def _connect(self) -> None:
        self._report = LearnerReport(self, self._learner, self._ledger, self._run.identity,
                                     str(self._run.path), self._task.name)
        self.create_subscription(Transition, 'policy/transitions', self._on_transition,
                                 qos.TRANSITIONS)
        self.create_subscription(PolicyStatus, 'policy/status', self._on_policy, qos.LATCHED)
        self.create_service(Trigger, 'learner/finish', self._on_finish)
        self.create_timer(0.5, self._report.publish_status,
                          clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._report.publish_weights()
        self._report.publish_status()

    # experience

    def _on_transition(self, msg: Transition) -> None:
        self._handled += 1
        if self._finished:
            return
        try:
            if msg.task != self._task.name:
                raise MessageError(f'task {msg.task!r}; accepted: {self._task.name!r}')
            transition = message_to_transition(msg, self._task.observation_spec.size,
                                               self._task.action_spec.size)
        except MessageError as error:
            self._report.reject(str(error))
            return
        if self._ledger.admits(msg):
            try:
                self._learner.add(transition)
            except RunError as error:
                self._report.reject(str(error))
                return
            self._ledger.record(transition)

    def _on_policy(self, msg: PolicyStatus) -> None:
        self._handled += 1
        self._ledger.register(msg.actor, msg.boot_id)
        self._grant()

    def _on_finish(self, _, response: Trigger.Response) -> Trigger.Response:
        self._finishing = True
        response.success, response.message = True, f'{self._learner.steps} steps'
        return response

    # updates

    @property
    def _finished(self) -> bool:
        learner = self._learner
        return self._finishing or learner.steps >= learner.budget

    def work(self) -> bool:
        """Drain what has arrived, then take one gradient step if one is owed."""
        handled, self._handled = self._handled, 0
        if handled:
            return True
        if self._report.state in ('finished', 'failed'):
            return False
        if self._learner.owed > 0 and not self._finishing:
            self._update()
            return True
        self._publish_first_weights()
        self._grant()
        if self._finished:
            self._finish()
        return False

    def _update(self) -> None:
        try:
            self._report.metrics = self._learner.update()
            self._report.state = 'learning'
            if self._learner.publish_due:
                self._next_version()
        except LearningError as error:
            self._report.fail(str(error))
            return
        if self._learner.checkpoint_due:
            self._save()
        self._grant()

    def _next_version(self) -> None:
        try:
            self._learner.publish()
        except RunError as error:
            self._report.cannot(f'cannot publish: {error}; the last weights stand')
            return
        self._report.publish_weights()

    def _publish_first_weights(self) -> None:
        if not self._learner.version and self._learner.steps >= self._learner.warmup:
            self._next_version()

    def _save(self) -> bool:
        try:
            self._learner.checkpoint()
            return True
        except (OSError, RunError) as error:
            self._report.cannot(f'cannot save: {error}; the last checkpoint stands')
            return False

    def _finish(self) -> None:
        saved = self._save()
        self._report.publish_weights()
        self._report.state = 'finished' if saved else 'failed'
        self._report.publish_status()

    def _grant(self) -> None:
        """Let actors go as far as stored steps whose updates are done, and the slack."""
        learner = self._learner
        ahead = max(0, self._slack - learner.steps_behind)
        self._report.grant(0 if self._finished else min(ahead, learner.budget - learner.steps))

    def on_shutdown(self) -> None:
        """Write a checkpoint and say where it stands."""
        if self._report.state != 'finished':
            self._save()
        self._report.publish_status()
        self._learner.close()


def main(args: list[str] | None = None) -> None:
    """Run the node until a signal."""
    prepare_process()
    run_node(LearnerNode, args)


if __name__ == '__main__':
    main()
