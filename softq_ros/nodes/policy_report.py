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
"""What the policy's process says of itself."""
from collections import deque
import time

import numpy as np
from rclpy.node import Node

from softq_ros.bridge.conversions import ns_to_time
from softq_ros.learning.composed_actor import ComposedActor
from softq_ros.msg import PolicyStatus
from softq_ros.nodes import qos
from softq_ros.nodes.cockpit import Cockpit, Flight

LATENCIES = 1000  # how many are kept


class PolicyReport:
    """
    Publishes policy/status (softq_ros/PolicyStatus), counts and measures for it.

    :param node: publishes and logs.
    """

    def __init__(self, node: Node, cockpit: Cockpit, actor: str, boot_id: int) -> None:
        """Start with nothing seen."""
        self._logger, self._cockpit = node.get_logger(), cockpit
        self._publisher = node.create_publisher(PolicyStatus, 'policy/status', qos.LATCHED)
        self._status = PolicyStatus(actor=actor, boot_id=boot_id)
        self._latencies: deque[float] = deque(maxlen=LATENCIES)
        self._draws: deque[tuple[float, float]] = deque(maxlen=LATENCIES)
        self._since = 0
        self._then = (0, time.monotonic())
        self._reason = ''

    def say(self, reason: str) -> None:
        """Log why something was refused, at most once a second, and put it into the status."""
        self._reason = reason
        self._logger.warning(reason, throttle_duration_sec=1.0)

    def reject(self, reason: str) -> None:
        """Count and say why an observation or a reset was no use."""
        self._status.rejected_observations += 1
        self.say(reason)

    def lose(self, why: str) -> None:
        """Count and say why a control step is not learned from."""
        self._status.lost_steps += 1
        self.say(f'{why}; this step is not learned from')

    def acted(self, latency_sec: float) -> None:
        """Note how long after its observation a command left [s], and how it was drawn."""
        self._latencies.append(latency_sec)
        flight = self._cockpit.chosen
        if flight.since != self._since:
            self._draws.clear()
            self._since = flight.since
        if isinstance(flight.actor, ComposedActor):
            self._draws.append((flight.actor.effective_sample_size, flight.actor.acceptance))

    def publish(self, stamp: int, state: str, sequence: int, **counts: int) -> None:
        """
        Publish the status.

        :param stamp: of the last answered observation [ns].
        :param state: where the control loop is, while the cockpit lets it act.
        :param counts: further fields of the message.
        """
        status, flight, cockpit = self._status, self._cockpit.chosen, self._cockpit
        now = time.monotonic()
        before, then = self._then
        self._then = (sequence, now)
        for name, value in counts.items():
            setattr(status, name, value)
        status.state = 'paused' if cockpit.paused else state if cockpit.active else 'inactive'
        self._describe(flight)
        status.weights_age_sec = now - flight.accepted if flight.accepted else 0.0
        status.sequence, status.step_rate = sequence, (sequence - before) / max(now - then, 1e-9)
        latencies = np.array(self._latencies or [0.0])
        status.act_median_sec = float(np.median(latencies))
        status.act_p99_sec = float(np.percentile(latencies, 99))
        status.reason = cockpit.reason or self._reason
        ns_to_time(status.header.stamp, stamp)
        self._publisher.publish(status)

    def _describe(self, flight: Flight) -> None:
        status, choice = self._status, flight.choice
        status.policy, status.version, status.sampling = (flight.name, flight.version,
                                                          self._cockpit.sampling)
        status.sources, status.digests = list(flight.sources), list(flight.digests)
        status.weights, status.temperature = list(choice.weights), choice.temperature
        status.note = flight.note
        ns_to_time(status.since, flight.since)
        draws = np.array(list(self._draws) or [(np.nan, np.nan)])
        status.effective_sample_size, status.acceptance = draws.mean(0).tolist()
