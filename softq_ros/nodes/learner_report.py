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
"""What the learner's process says: weights, credit, and how it stands."""
import os
import time

from rclpy.node import Node

from softq_ros.bridge.experience import weights_to_message
from softq_ros.msg import ActorCredit, ActorDurable, Credit, LearnerStatus, PolicyWeights
from softq_ros.nodes import qos
from softq_ros.nodes.ledger import Ledger
from softq_ros.training.learner import Learner


class LearnerReport:
    """
    Publishes learner/weights, learner/credit and learner/status (softq_ros), all latched.

    :param node: publishes and logs.
    :param run: identity of the run.
    :param directory: where it is kept.
    :param task: its name.
    """

    def __init__(self, node: Node, learner: Learner, ledger: Ledger, run: str, directory: str,
                 task: str) -> None:
        """Start with nothing said."""
        self._logger, self._learner, self._ledger = node.get_logger(), learner, ledger
        self._run, self._directory, self._task = run, directory, task
        self.state, self.reason = 'warming_up', ''
        self.metrics: dict[str, float] = {}
        self._rejected = 0
        self._boot_id = int.from_bytes(os.urandom(7), 'little')
        self._rates = (learner.updates, time.monotonic())
        self._granted: list[tuple] = []
        self._weights, self._credit, self._status = (
            node.create_publisher(kind, topic, qos.LATCHED) for kind, topic in (
                (PolicyWeights, 'learner/weights'), (Credit, 'learner/credit'),
                (LearnerStatus, 'learner/status')))

    def reject(self, reason: str) -> None:
        """Count a transition that was no use, and say why."""
        self._rejected += 1
        self.reason = reason
        self._logger.warning(f'policy/transitions: {reason}', throttle_duration_sec=1.0)

    def cannot(self, reason: str) -> None:
        """Say what could not be done, and what stands."""
        self.reason = reason
        self._logger.error(reason, throttle_duration_sec=10.0)

    def fail(self, reason: str) -> None:
        """Say why no weights are published from now on."""
        self.state, self.reason = 'failed', reason
        self._logger.error(f'stopped publishing weights: {reason}')

    def publish_weights(self) -> None:
        """Publish the newest version, unless the training has failed."""
        learner = self._learner
        if learner.version and self.state != 'failed':
            self._weights.publish(weights_to_message(
                learner.weights(), run=self._run, task=self._task, algorithm=learner.algorithm,
                version=learner.version, updates=learner.updates,
                temperature=learner.temperature))

    def grant(self, ahead: int) -> None:
        """Publish how far each actor may go: so many steps beyond its newest stored one."""
        granted = [(actor, boot, last + ahead) for actor, boot, last in self._ledger.newest()]
        if granted == self._granted:
            return
        self._granted = granted
        self._credit.publish(Credit(run=self._run, actors=[
            ActorCredit(actor=actor, boot_id=boot, sequence=sequence,
                        weights_version=self._learner.version)
            for actor, boot, sequence in granted]))

    def publish_status(self) -> None:
        """Publish where the training stands."""
        learner = self._learner
        (updates, then), now = self._rates, time.monotonic()
        self._rates = (learner.updates, now)
        self._status.publish(LearnerStatus(
            run=self._run, directory=self._directory, task=self._task,
            algorithm=learner.algorithm, boot_id=self._boot_id, state=self.state,
            steps=learner.steps, budget=learner.budget, warmup=learner.warmup,
            updates=learner.updates, updates_per_step_asked=learner.updates_per_step,
            updates_per_step_held=learner.updates_per_step_held,
            steps_behind=learner.steps_behind,
            update_rate=(learner.updates - updates) / max(now - then, 1e-9),
            replay_size=len(learner.replay), replay_capacity=learner.replay.capacity,
            version=learner.version, rejected=self._rejected, doubled=self._ledger.doubled,
            gaps=self._ledger.gaps, metric_names=list(self.metrics),
            metric_values=[float(v) for v in self.metrics.values()],
            durable=[ActorDurable(actor=a, boot_id=b, sequence=s, episode=e)
                     for a, b, s, e in self._ledger.durable()], reason=self.reason))
