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
"""From the end of one episode to the beginning of the next: who is waited for, who resets."""
from collections.abc import Callable
import time

import numpy as np
from rclpy.node import Node
from std_srvs.srv import Trigger

from softq_ros.bridge.conversions import time_to_ns
from softq_ros.bridge.experience import episode_to_message
from softq_ros.errors import ConfigurationError
from softq_ros.msg import Episode, GateStatus, SimStatus
from softq_ros.nodes import qos
from softq_ros.nodes.cockpit import Cockpit
from softq_ros.nodes.learner_link import LearnerLink
from softq_ros.nodes.policy_report import PolicyReport
from softq_ros.nodes.resets import ResetClient, ResetDesk, ResetRequest, ScriptedReset
from softq_ros.records import Sensors
from softq_ros.srv import Reset
from softq_ros.tasks.task import Task
from softq_ros.training.interaction import Interaction


class Episodes:
    """
    Begins, ends and publishes episodes.

    ``phase`` is one of waiting_plant, waiting_gate, waiting_learner, waiting_person, resetting,
    running, finished.

    In simulation sim/reset (softq_ros/Reset) brings the start; a robot moves there by itself, once
    its gate is armed, and waits for episode/confirm (std_srvs/Trigger) where a person is asked to
    look, or after a reset that failed.

    :param settings: the read-only parameters of the policy.
    :param running: called when an episode has begun.
    """

    def __init__(self, node: Node, task: Task, cockpit: Cockpit, settings: dict,
                 interaction: Interaction, learner: LearnerLink, report: PolicyReport,
                 running: Callable[[], None]) -> None:
        """Connect; the first episode begins once the plant reports."""
        self._task, self._cockpit, self._settings = task, cockpit, settings
        self._interaction, self._learner, self._report = interaction, learner, report
        self._running = running
        self._robot = settings['mode'] == 'robot'
        self._next: int | None = None
        self._asked: ResetRequest | None = None
        self._sim_boot = 0
        self._failed = False
        self._gate_ready = not self._robot
        self._scripted = ScriptedReset(task)
        self.phase = 'waiting_plant'
        self.first_stamp = self.answered = 0
        self.resets = ResetDesk()
        self._logger = node.get_logger()
        self._publisher = node.create_publisher(Episode, 'episodes', qos.EPISODES)
        self._client = (None if self._robot
                        else ResetClient(node, interaction.boot_id, self._on_reset))
        node.create_subscription(GateStatus, 'gate/status', self._on_gate, qos.LATCHED)
        if not self._robot:
            node.create_subscription(SimStatus, 'sim/status', self._on_sim, qos.LATCHED)
        node.create_service(Trigger, 'episode/confirm', self._on_confirm)

    @property
    def moving(self) -> bool:
        """Return whether the robot is on its way to a start."""
        return self.phase == 'resetting' and self._scripted.under_way

    def begin(self) -> None:
        """Begin the next episode, or wait for whom it takes."""
        if self._next is None:
            self._next = self._learner.first_episode
        self.phase = self._missing()
        if self.phase:
            return
        seed = self._interaction.begin(self._next)
        asked, self._asked = self._asked, None
        self._next += 1
        self.phase, self._failed = 'resetting', False
        self._ask_for_start(asked.seed or seed if asked else seed,
                            asked.timeout_sec if asked else 0.0)

    def _missing(self) -> str:
        """Return the phase in which something is waited for, or nothing."""
        if self._next is None:
            return 'waiting_learner'
        limit = self._settings['episodes']
        if limit and self._next >= limit:
            return 'finished'
        return '' if self._gate_ready else 'waiting_gate'

    def _ask_for_start(self, seed: int, timeout_sec: float) -> None:
        if self._client:
            self._client.call(self._interaction.episode, seed, self.answered)
            return
        try:
            self._scripted.begin(seed, timeout_sec)
        except ConfigurationError as error:
            self._fail(str(error))

    def move(self, sensors: Sensors) -> np.ndarray | None:
        """Return the next action ``(A,)`` on the way to the start; nothing when it has ended."""
        action = self._scripted.command(sensors, time.monotonic())
        if action is not None:
            self.resets.moved(self._scripted.distance(sensors))
        elif self._scripted.failure:
            self._fail(self._scripted.failure)
        elif self._settings['resets'] == 'confirmed':
            self.phase = 'waiting_person'
            self._report.say('at the start: episode/confirm lets the episode begin')
        else:
            self._run_from(sensors.stamp)
        return action

    def end(self, cause: str, verdict: bool | None = None) -> None:
        """End the running episode before its time, then begin the next."""
        if self.phase == 'running':
            self._interaction.abandon(cause, verdict)
            self.publish()
        self.begin()

    def lose_gate(self, cause: str) -> None:
        """End the episode because the gate holds or says nothing; its next status goes on."""
        self._gate_ready = False
        self.end(cause)

    def publish(self) -> None:
        """Publish what came of the episode, and say it where no panel does."""
        self._publisher.publish(episode_to_message(
            self._interaction.summary, self._settings['actor'], self._interaction.boot_id,
            self._task.name, self.answered, self._cockpit.flight.version))
        if not self._settings['learn']:
            self._logger.info(str(self._interaction.summary))

    def serve(self) -> None:
        """Begin anew for somebody who asks, once something runs that can be ended."""
        if self.resets and self.phase in ('running', 'finished', 'waiting_person'):
            self._asked = self.resets.take()
            self.end('stopped')

    def tend(self) -> None:
        """Repeat what was not answered; give up what is late."""
        if self._client:
            self._client.call_again_if_late()
        self.serve()
        self.resets.expire()

    def _fail(self, reason: str) -> None:
        self.phase, self._failed = 'waiting_person', True
        self._report.say(f'reset failed: {reason}; episode/confirm tries again')
        self.resets.failed(reason)

    def _run_from(self, stamp: int) -> None:
        self.first_stamp, self.phase = stamp, 'running'
        self.resets.begun(self._interaction.episode)
        self._running()

    # what comes in

    def _on_reset(self, response: Reset.Response) -> None:
        if self.phase != 'resetting':
            return
        if response.success:
            self._run_from(time_to_ns(response.stamp))
        else:
            self._report.reject(f'sim/reset: {response.message}')

    def _on_confirm(self, _, response: Trigger.Response) -> Trigger.Response:
        response.success = self.phase == 'waiting_person'
        response.message = '' if response.success else f'nobody is waited for: {self.phase}'
        if response.success and self._failed:
            self.begin()
        elif response.success:
            self._run_from(self.answered)
        return response

    def _on_gate(self, msg: GateStatus) -> None:
        self._gate_ready = not msg.stopped and (msg.armed or not self._robot)
        lost = (self._robot and not self._gate_ready
                and self.phase in ('resetting', 'waiting_person'))
        if self.phase == 'waiting_gate' or lost:
            self.begin()

    def _on_sim(self, msg: SimStatus) -> None:
        restarted = self._sim_boot not in (0, msg.boot_id)
        self._sim_boot = msg.boot_id
        faulty = msg.state == 'fault' and msg.episode == self._interaction.episode
        if self.phase == 'waiting_plant':
            self.begin()
        elif self.phase == 'running' and (restarted or faulty):
            self.end('fault')
