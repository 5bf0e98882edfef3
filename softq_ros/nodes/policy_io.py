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
The control loop of the policy's process.

Callbacks store, :meth:`PolicyIo._advance` acts: it finishes the step whose result is in, then
starts the next one if everything it needs is there. In lockstep it is called whenever something
arrived, in realtime once a control period.
"""
import os
import time

import numpy as np
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from softq_ros.bridge.experience import command_message, message_to_executed
from softq_ros.errors import MessageError
from softq_ros.msg import Command, Executed
from softq_ros.nodes import qos
from softq_ros.nodes.cockpit import Cockpit
from softq_ros.nodes.episodes import Episodes
from softq_ros.nodes.hands_link import HandsLink
from softq_ros.nodes.learner_link import LearnerLink
from softq_ros.nodes.observer import Observer
from softq_ros.nodes.pace import Pace
from softq_ros.nodes.policy_report import PolicyReport
from softq_ros.records import Sensors, Transition as Step
from softq_ros.tasks.task import Task
from softq_ros.training.interaction import Interaction


class PolicyIo(Node):
    """
    Turns observations into commands and executed commands into transitions.

    Subscribes
    ----------
    gate/executed (softq_ros/Executed), and what :class:`Observer`, :class:`Episodes`,
    :class:`LearnerLink` and :class:`HandsLink` hear

    Publishes
    ---------
    policy/command (softq_ros/Command), policy/transitions (softq_ros/Transition),
    policy/status (softq_ros/PolicyStatus), episodes (softq_ros/Episode)

    Calls
    -----
    in simulation sim/reset (softq_ros/Reset)

    Services
    --------
    episode/confirm (std_srvs/Trigger): a person lets the next episode begin
    """

    def __init__(self, task: Task, cockpit: Cockpit, settings: dict, **kwargs) -> None:
        """Connect; the first reset is asked for once the plant reports."""
        super().__init__('policy_io', **kwargs)
        self._cockpit, self._actor = cockpit, settings['actor']
        self._robot = settings['mode'] == 'robot'
        self._lockstep = settings['stepping'] == 'lockstep'
        self._pending: Sensors | None = None
        self._command: Command | None = None
        self._executed: Executed | None = None
        boot_id = int.from_bytes(os.urandom(7), 'little')
        self._interaction = Interaction(task, task.contract, settings['seed'], self._actor,
                                        boot_id, pushed=self._robot)
        self._pace = Pace(task.contract.period_sec)
        self._report = PolicyReport(self, cockpit, self._actor, boot_id)
        self._learner = LearnerLink(self, task, cockpit, settings, boot_id, self._report,
                                    self._on_learner)
        self._hands = HandsLink(self, task.contract, settings['hands'], self._report.say)
        self._episodes = Episodes(self, task, cockpit, settings, self._interaction,
                                  self._learner, self._report, self._on_running)
        self.resets = self._episodes.resets
        self._commands = self.create_publisher(Command, 'policy/command',
                                               qos.command(settings['stepping']))
        self._observer = Observer(self, task, self._lockstep, self._wants, self._on_sensors,
                                  self._report.reject)
        self.create_subscription(Executed, 'gate/executed', self._on_executed, qos.EXECUTED)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(0.5, self._on_status_timer, clock=steady)
        if not self._lockstep:
            self.create_timer(task.contract.period_sec, self._on_period, clock=steady)
        self._publish_status()

    # what comes in

    def _wants(self, stamp: int) -> bool:
        """Return whether an observation is new; the answer to a repeated one is repeated."""
        episodes = self._episodes
        if stamp < episodes.first_stamp or not (self._robot or episodes.phase == 'running'):
            return False
        if stamp == episodes.answered and self._lockstep:
            self._commands.publish(self._command)
        return stamp > episodes.answered

    def _on_sensors(self, sensors: Sensors) -> None:
        self._pending = sensors
        if self._episodes.phase == 'waiting_plant':
            self._episodes.begin()
        if self._lockstep or self._pace.late:
            self._advance()

    def _on_executed(self, msg: Executed) -> None:
        ours = self._command is not None and msg.boot_id == self._command.boot_id
        if ours and msg.header.stamp == self._command.header.stamp:
            self._executed = msg
            if self._pending is not None and (self._lockstep or self._pace.late):
                self._advance()

    def _on_period(self) -> None:
        self._observer.arrived = time.perf_counter()
        self._pace.tick()
        if self._episodes.moving:
            self._move()
        if not self._episodes.moving:
            self._advance()
            if self._episodes.moving:  # the way to the next start begins in the same period
                self._move()
        self._pace.check(self._episodes.phase == 'running' and self._may_act())
        if self._interaction.waiting and self._pace.unanswered:
            self._episodes.lose_gate('fault')

    def _on_running(self) -> None:
        if not self._robot:
            self._pending = self._executed = None
        self._hands.verdict()  # of what came before
        self._observer.look_again()

    def _on_learner(self) -> None:
        if self._episodes.phase == 'waiting_learner':
            self._episodes.begin()
        if self._lockstep:
            self._advance()

    # the step

    def _advance(self) -> None:
        """Finish the running step if its outcome is in, then start the next if it may start."""
        if self.resets:
            self._episodes.serve()
        if self._episodes.phase != 'running' or self._pending is None:
            return
        finished = None
        if self._interaction.waiting:
            finished = self._finish_step()
            if self._interaction.waiting or self._episodes.phase != 'running':
                return
        by_hand = self._hands.takeover(self._pending)
        if not self._interaction.finished and self._may_act(by_hand is not None):
            self._act(by_hand)
        if finished:  # after the command, which the plant waits for
            self._cockpit.seen.append(finished.observation)
            self._learner.send(finished)
        verdict = self._hands.verdict()
        if self._interaction.finished:
            self._episodes.publish()
            self._episodes.begin()
        elif verdict is not None:
            self._episodes.end('person', verdict)

    def _finish_step(self) -> Step | None:
        """Return the step that ends with the pending observation, or nothing where it has none."""
        if self._executed is None:
            if not self._lockstep:  # it may have been lost; the gate answers a repeated one again
                self._commands.publish(self._command)
            return None
        answer, self._executed = self._executed, None
        try:
            executed = message_to_executed(answer)
        except MessageError as error:
            self._report.reject(f'gate/executed: {error}')
            self._episodes.end('fault')
            return None
        if executed.holding:
            self._episodes.lose_gate('hold')
            return None
        why = self._learner.learns and self._interaction.interference(executed, self._pending)
        if why:
            self._report.lose(why)
            self._interaction.lose_step(self._pending)
            return None
        return self._interaction.complete(executed, self._pending)

    @property
    def _grounded(self) -> bool:
        """Return whether there is no policy yet and chance is not allowed."""
        return self._cockpit.flight.actor is None and not self._cockpit.exploration

    def _may_act(self, by_hand: bool = False) -> bool:
        cockpit = self._cockpit
        if cockpit.paused or not cockpit.active or (self._grounded and not by_hand):
            return False
        return self._learner.allows(self._interaction.sequence)

    def _act(self, by_hand: np.ndarray | None) -> None:
        interaction, flight = self._interaction, self._cockpit.flight
        if not interaction.started:
            interaction.first(self._pending)
        action = (interaction.act(flight.actor, self._cockpit.sampling, flight.version)
                  if by_hand is None else interaction.take(by_hand))
        self._hands.count(interaction.source)
        self._say(action, interaction.source)
        self._report.acted(time.perf_counter() - self._observer.arrived)

    def _move(self) -> None:
        """Say the next action on the way to the start; a person's, where one steers."""
        if self._pending is None or self._cockpit.paused or not self._cockpit.active:
            return
        action, by_hand = self._episodes.move(self._pending), self._hands.takeover(self._pending)
        if action is not None:
            self._say(*(action, 'reset') if by_hand is None else (by_hand, 'human'))

    def _say(self, action: np.ndarray, source: str) -> None:
        interaction, stamp = self._interaction, self._pending.stamp
        self._command = command_message(action, stamp, self._actor, interaction.boot_id,
                                        interaction.sequence + 1, interaction.episode,
                                        interaction.step, source)
        self._executed, self._pending, self._episodes.answered = None, None, stamp
        self._commands.publish(self._command)
        self._pace.sent()

    # status

    def _on_status_timer(self) -> None:
        self._episodes.tend()
        self._learner.tend()
        self._publish_status()

    def _publish_status(self) -> None:
        state = self._episodes.phase
        if state == 'running' and self._grounded:
            state = 'waiting_policy'
        elif state == 'running' and self._pending is not None and self._lockstep:
            state = 'waiting_learner'
        self._report.publish(
            self._episodes.answered, state, self._interaction.sequence,
            episode=self._interaction.episode, missed=self._pace.missed,
            human_share=self._hands.share, **self._learner.counts())

    def on_shutdown(self) -> None:
        """Say the last word: the status, and the last accepted weights to disk."""
        self._learner.tend(at_once=True)
        self._publish_status()
