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
"""What the gate says of itself."""
from collections import Counter

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node

from softq_ros.bridge.conversions import ns_to_time
from softq_ros.msg import GateStatus
from softq_ros.nodes import qos
from softq_ros.records import Executed
from softq_ros.robot.arming import Arming

COUNTED = ('armed', 'stopped', 'holding', 'received', 'accepted', 'rejected', 'limited', 'held',
           'repeated')


def level(status: GateStatus) -> bytes:
    """Return how bad it is: error after a stop or fault, warning while holding or not armed."""
    if status.armed:
        return DiagnosticStatus.WARN if status.holding else DiagnosticStatus.OK
    return DiagnosticStatus.WARN if status.why == 'not armed' else DiagnosticStatus.ERROR


class GateReport:
    """
    Counts every intervention; publishes gate/status (softq_ros/GateStatus) and /diagnostics.

    :param node: publishes and logs.
    :param contract: name of the contract that is enforced.
    """

    def __init__(self, node: Node, contract: str, arming: Arming) -> None:
        """Start all counts at zero."""
        self._logger, self._clock, self._arming = node.get_logger(), node.get_clock(), arming
        self._name = node.get_fully_qualified_name()
        self._diagnostics = node.create_publisher(DiagnosticArray, '/diagnostics', qos.STATE)
        self._publisher = node.create_publisher(GateStatus, 'gate/status', qos.LATCHED)
        self._reasons: Counter[str] = Counter()
        self._why = ''
        self.status = GateStatus(contract=contract)

    def count(self, reason: str, text: str) -> None:
        """Count one reason; log the text at most once a second."""
        self._reasons[reason] += 1
        self._logger.warning(f'{reason}: {text}', throttle_duration_sec=1.0)

    def sent(self, executed: Executed) -> None:
        """Count what was published; say so at once when holding or its reason changes."""
        self.status.held += executed.holding
        self.status.limited += executed.limited and not executed.holding
        why = executed.why if executed.holding else ''
        if (self.status.holding, self._why) != (executed.holding, why):
            self.status.holding, self._why = executed.holding, why
            self.publish()

    def publish(self, stamp: int = 0) -> None:
        """Publish the status; ``stamp`` [ns] is that of the newest observation."""
        status, arming = self.status, self._arming
        if stamp:
            ns_to_time(status.header.stamp, stamp)
        status.armed, status.stopped = arming.armed, arming.stopped
        status.why = arming.why or self._why
        status.reasons, status.counts = list(self._reasons), list(self._reasons.values())
        self._publisher.publish(status)
        self._diagnose()

    def _diagnose(self) -> None:
        status, holding = self.status, self.status.holding
        counts = {name: getattr(status, name) for name in COUNTED} | self._reasons
        told = DiagnosticStatus(
            name=f'{self._name}: robot', hardware_id=status.contract,
            level=level(status), message=self.status.why or 'holding' * holding or 'armed',
            values=[KeyValue(key=key, value=str(value)) for key, value in counts.items()])
        msg = DiagnosticArray(status=[told])
        msg.header.stamp = self._clock.now().to_msg()
        self._diagnostics.publish(msg)
