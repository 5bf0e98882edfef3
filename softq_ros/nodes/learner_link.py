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
"""The policy's side of the learner: its weights, its credit, what it has stored."""
from collections.abc import Callable

from rclpy.node import Node

from softq_ros.bridge.experience import transition_to_message
from softq_ros.msg import Credit, LearnerStatus, PolicyWeights, Transition
from softq_ros.nodes import qos
from softq_ros.nodes.cockpit import Cockpit
from softq_ros.nodes.outbox import Outbox
from softq_ros.nodes.policy_report import PolicyReport
from softq_ros.nodes.weights import WeightsReceiver
from softq_ros.records import Transition as Step
from softq_ros.tasks.task import Task

RETRY_SEC = 1.0


class LearnerLink:
    """
    Hears learner/weights, learner/credit and learner/status; speaks policy/transitions.

    :param settings: the read-only parameters of the policy.
    :param changed: called when acting may have become possible.
    """

    def __init__(self, node: Node, task: Task, cockpit: Cockpit, settings: dict, boot_id: int,
                 report: PolicyReport, changed: Callable[[], None]) -> None:
        """Connect; nothing is granted before the learner says so."""
        self._cockpit, self._report, self._changed = cockpit, report, changed
        self._actor, self._boot_id, self._task = settings['actor'], boot_id, task.name
        self.learns, self._governor = settings['learn'], settings['governor']
        self._lockstep = settings['stepping'] == 'lockstep'
        self._granted = (0, 0)
        self._learner_boot = 0
        self.first_episode: int | None = None if self._governor != 'off' else 0
        self._weights = WeightsReceiver(task, cockpit, settings['store'])
        self._outbox = Outbox(
            node.create_publisher(Transition, 'policy/transitions', qos.TRANSITIONS).publish)
        for kind, topic, callback in ((PolicyWeights, 'learner/weights', self._on_weights),
                                      (Credit, 'learner/credit', self._on_credit),
                                      (LearnerStatus, 'learner/status', self._on_status)):
            node.create_subscription(kind, topic, callback, qos.LATCHED)

    def _on_weights(self, msg: PolicyWeights) -> None:
        refused = self._weights.receive(msg)
        if refused:
            self._report.say(refused)
        self._changed()

    def _on_credit(self, msg: Credit) -> None:
        for entry in msg.actors:
            if entry.actor == self._actor and entry.boot_id == self._boot_id:
                self._granted = (entry.sequence, entry.weights_version)
        self._changed()

    def _on_status(self, msg: LearnerStatus) -> None:
        mine = [d for d in msg.durable if d.actor == self._actor]
        durable = max((d.sequence for d in mine if d.boot_id == self._boot_id), default=0)
        self._outbox.acknowledge(durable)
        if self._learner_boot not in (0, msg.boot_id):
            self._outbox.send_again()
        self._learner_boot = msg.boot_id
        if self.first_episode is None:
            self.first_episode = max((d.episode + 1 for d in mine), default=0)
            self._changed()

    def allows(self, sequence: int) -> bool:
        """Return whether the step after this many may be taken (the governor)."""
        if self._governor == 'off' or not self._lockstep:
            return True
        granted, version = self._granted
        fresh = self._governor != 'strict' or self._cockpit.stream.version >= version
        return fresh and sequence < granted

    def send(self, step: Step) -> None:
        """Publish a transition and keep it until the learner has stored it."""
        if self.learns:
            self._outbox.send(transition_to_message(step, self._task))

    def tend(self, at_once: bool = False) -> None:
        """Send again what got stuck; store the newest weights when it is time, or at once."""
        self._outbox.send_again_if_stuck(RETRY_SEC)
        self._weights.store_if_due(at_once)

    def counts(self) -> dict[str, int]:
        """Return what the policy's status says of it."""
        return {'unacknowledged': len(self._outbox), 'overflowed': self._outbox.overflowed,
                'resent': self._outbox.resent, 'rejected_weights': self._weights.rejected}
