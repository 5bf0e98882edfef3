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
"""The evaluator's node: has a robot disturbed while its policy flies, and reports recoveries."""
from collections.abc import Iterator
import json
from pathlib import Path

from action_msgs.msg import GoalStatus
import numpy as np
from rclpy.action import ActionClient
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from softq_ros.action import ResetEpisode
from softq_ros.errors import ConfigurationError
from softq_ros.msg import Episode, Executed
from softq_ros.nodes import qos
from softq_ros.nodes.observer import Observer
from softq_ros.nodes.parameters import declare, OPTIONS, Parameter, task_of
from softq_ros.nodes.person import Person
from softq_ros.nodes.run import run_node
from softq_ros.records import Sensors
from softq_ros.srv import Perturb
from softq_ros.tasks.catalogue import task_names
from softq_ros.training.recovery import summarise
from softq_ros.training.scenarios import load_scenario
from softq_ros.training.seeds import checked_seed, episode_seed
from softq_ros.training.trial import Trial

ALMOST = 0.9  # of a period, which drivers do not keep exactly
AGAIN = 3  # times that an episode which ended before anything was done is begun anew; our choice
PARAMETERS = (
    Parameter('task', 'sawyer_stack', 'what is asked of the robot', choices=task_names),
    OPTIONS,
    Parameter('contract', '', 'robot contract: a name, a path; empty: that of the task'),
    Parameter('mode', 'sim', 'who disturbs: sim/perturb, or a person who is told to',
              choices=('sim', 'robot')),
    Parameter('stepping', 'lockstep', 'who drives time', choices=('lockstep', 'realtime')),
    Parameter('policy', '', 'what flies, for the report'),
    Parameter('perturb', 'light', 'scenario: light, bully, or a .yaml file'),
    Parameter('episodes', 100, 'of each kind of event', minimum=1),
    Parameter('seed', 0, 'of all that is drawn', minimum=0),
    Parameter('report', '', 'file to write; empty: none'),
)


class EvaluateNode(Node):
    """
    Asks for episodes, disturbs the robot in them, and writes the report of recoveries.

    Subscribes
    ----------
    gate/executed (softq_ros/Executed), episodes (softq_ros/Episode), and what :class:`Observer`
    hears

    Publishes
    ---------
    evaluation/prompt (std_msgs/String), by :class:`Person`

    Calls
    -----
    episode/reset (softq_ros/ResetEpisode); in simulation sim/perturb (softq_ros/Perturb)

    Parameters
    ----------
    task, options, contract, mode, stepping, policy, perturb, episodes, seed, report; all read-only
    """

    def __init__(self, **kwargs) -> None:
        """Connect; the first episode is asked for once the policy offers it."""
        super().__init__('evaluate', **kwargs)
        self._settings = settings = declare(self, PARAMETERS)
        self._task = task_of(settings)
        self._scenario = load_scenario(settings['perturb'])
        checked_seed(settings['seed'])
        if not self._task.needs_tool_pose:
            raise ConfigurationError(f'parameter task: got {self._task.name}; accepted: a task '
                                     'that measures its tool')
        self._by_hand = settings['mode'] == 'robot'
        self._count, self._total = 0, settings['episodes'] * len(self._scenario.events)
        self._again = 0
        self._outcomes, self._refusals = [], []
        self._trial: Trial | None = None
        self._episode = -1
        self._resetting = self._asking = False
        self._sensors: Sensors | None = None
        self._executed: Executed | None = None
        self.done, self.exit_code = False, 0
        self._connect()

    def _connect(self) -> None:
        self._person = Person(self, self._task.contract if self._by_hand else None)
        self._resets = ActionClient(self, ResetEpisode, 'episode/reset')
        self._perturb = None if self._by_hand else self.create_client(Perturb, 'sim/perturb')
        self.create_subscription(Executed, 'gate/executed', self._on_executed, qos.EXECUTED)
        self.create_subscription(Episode, 'episodes', self._on_episode, qos.EPISODES)
        self._observer = Observer(
            self, self._task, self._settings['stepping'] == 'lockstep',
            self._wants, self._on_sensors, self.get_logger().warning)
        self.create_timer(0.5, self._begin, clock=Clock(clock_type=ClockType.STEADY_TIME))

    # episodes

    def _begin(self) -> None:
        """Ask for the next episode, where none runs and none is asked for."""
        if self._trial or self._resetting or self.done or not self._resets.server_is_ready():
            return
        self._resetting = True
        self._person.tell(f'hands off: episode {self._count + 1} of {self._total} begins')
        seed = episode_seed(self._settings['seed'], 'test', self._count)
        goal = self._resets.send_goal_async(ResetEpisode.Goal(seed=seed))
        goal.add_done_callback(self._on_goal)

    def _on_goal(self, future) -> None:
        if not future.result().accepted:
            self._resetting = False
            return
        future.result().get_result_async().add_done_callback(self._on_begun)

    def _on_begun(self, future) -> None:
        self._resetting, answer = False, future.result()
        if answer.status != GoalStatus.STATUS_SUCCEEDED:
            self.get_logger().warning(f'episode/reset: {answer.result.message}')
            return
        self._episode, self._executed = answer.result.episode, None
        plan = self._scenario.plan(self._settings['seed'], self._count)
        self._trial = Trial(plan, self._scenario.settle_sec)

    def _on_episode(self, msg: Episode) -> None:
        if not self._trial or msg.episode != self._episode:
            return
        if self._trial.untouched and self._again < AGAIN:
            self._again += 1
            self.get_logger().warning(f'the episode ended ({msg.cause}) before anything was done; '
                                      'it is begun anew')
            self._forget()
            self._begin()
            return
        self._trial.stop()
        self._end()

    def _forget(self) -> None:
        self._trial, self._asking = None, False
        self._person.forget()

    def _end(self) -> None:
        self._outcomes += self._trial.outcomes
        self._refusals += self._trial.refusals
        self._forget()
        self._count, self._again = self._count + 1, 0
        if self._count == self._total:
            self._report()
        else:
            self._begin()

    def _report(self) -> None:
        settings = self._settings
        report = {'policy': settings['policy'], 'mode': settings['mode'],
                  'episodes': settings['episodes'], 'seed': settings['seed'],
                  'perturb': self._scenario.name} | summarise(
                      self._scenario.names, self._outcomes, self._refusals)
        if settings['report']:
            Path(settings['report']).write_text(json.dumps(report, indent=1))
        print(json.dumps(report), flush=True)
        self._person.tell('hands off: the evaluation is over')
        self.done = True

    # control steps

    def _wants(self, stamp: int) -> bool:
        """Return whether a control period has passed; drivers report more often than that."""
        period = self._task.contract.period_ns
        return self._sensors is None or stamp - self._sensors.stamp > ALMOST * period

    def _on_executed(self, msg: Executed) -> None:
        self._executed = msg

    def _on_sensors(self, sensors: Sensors) -> None:
        before, self._sensors = self._sensors, sensors
        trial, executed = self._trial, self._executed
        if trial is None or executed is None or before is None:
            return
        success = self._task.judge(before, np.array(executed.action), sensors).success
        trial.see(sensors, success, executed.limited)
        if self._by_hand:
            self._person.follow(trial, sensors, np.array(executed.command))
        elif trial.due and not self._asking:
            self._asking = True
            self._try(trial, trial.due.candidates(sensors, self._task.contract))
        if trial.finished:
            self._end()

    def _try(self, trial: Trial, candidates: Iterator[np.ndarray]) -> None:
        """Ask the simulator for one candidate after another until it takes one."""
        due, values = trial.due, next(candidates, None)
        if values is None:
            self._asking = False
            trial.refused()
            return

        def answered(future) -> None:
            if trial is not self._trial:
                return
            if future.result().success:
                self._asking = False
                trial.disturbed(due.duration_sec)
            else:
                self._try(trial, candidates)

        self._perturb.call_async(Perturb.Request(
            kind=due.event.kind, target=due.target, values=values.tolist(),
            duration_sec=due.duration_sec)).add_done_callback(answered)


def main(args: list[str] | None = None) -> None:
    """Run the node until the report is written, or a signal."""
    run_node(EvaluateNode, args)


if __name__ == '__main__':
    main()
