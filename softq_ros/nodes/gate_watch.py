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
"""What besides the policy decides whether the robot may move."""
from collections import deque
from collections.abc import Callable

from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.node import Node
from std_msgs.msg import Bool

from softq_ros.nodes import qos
from softq_ros.records import NANOSECONDS, Sensors
from softq_ros.robot.contract import RobotContract

HASTE = 1.5  # periods by which commands may run ahead of the clock, as after a pause
FASTEST = 0.9  # of a period: commands that come closer than that for long are too fast


class Often:
    """Whether something has happened ``count`` times within ``seconds``."""

    def __init__(self, count: int, seconds: float) -> None:
        """Start with nothing."""
        self._times: deque[int] = deque(maxlen=count)
        self._span = round(seconds * NANOSECONDS)

    def again(self, now: int) -> bool:
        """Note that it happens now [ns]; return whether that is often."""
        self._times.append(now)
        return len(self._times) == self._times.maxlen and now - self._times[0] <= self._span


class CommandRate:
    """
    Whether commands come faster than the control rate, for whose period the limits are made.

    :param period: of control [ns].
    """

    def __init__(self, period: int) -> None:
        """Start with no command."""
        self._spacing, self._haste = round(FASTEST * period), round(HASTE * period)
        self._due = 0

    def too_fast(self, now: int) -> bool:
        """Note a command that comes now [ns]; return whether it is one too many."""
        ahead = max(self._due - now, 0)
        if ahead > self._haste:
            return True
        self._due = now + ahead + self._spacing
        return False


def outside_limits(sensors: Sensors, contract: RobotContract) -> str:
    """Return which joints were measured beyond the contract's limits, or nothing."""
    rows = zip(contract.joints, sensors.position.tolist(), contract.position_lower.tolist(),
               contract.position_upper.tolist())
    return ', '.join(f'{joint} at {place:.4g}; accepted: {lower:.4g} to {upper:.4g}'
                     for joint, place, lower, upper in rows if not lower <= place <= upper)


def hear(node: Node, topic: str, callback: Callable[[Bool], None]) -> None:
    """Subscribe so that a latched word is heard late, and one that is not latched at all."""
    for profile in (qos.LATCHED, qos.STATE_HEARD):  # of whose mismatch nothing need be logged
        node.create_subscription(
            Bool, topic, callback, profile,
            event_callbacks=SubscriptionEventCallbacks(use_default_callbacks=False))


class Watch:
    """
    Listens to the contract's ``ready`` topics and counts who publishes commands.

    :param topic: the command topic, with its namespace.
    :param unready: is told why whenever a topic says that the robot is not ready.
    """

    def __init__(self, node: Node, contract: RobotContract, topic: str,
                 unready: Callable[[str], None]) -> None:
        """Take no topic for ready before it is heard."""
        self._node, self._contract, self._topic = node, contract, topic
        self._unready, self._crowd = unready, ''
        self._said: dict[str, bool | None] = dict.fromkeys(contract.ready_topics)
        for name in contract.ready_topics:
            hear(node, name, self._listener(name))

    def _listener(self, topic: str) -> Callable[[Bool], None]:
        def on_ready(msg: Bool) -> None:
            self._said[topic] = msg.data
            if not msg.data:
                self._unready(self.not_ready)
        return on_ready

    @property
    def not_ready(self) -> str:
        """Return which topic does not say that the robot is ready, or nothing."""
        return next((f'not ready: {topic} {"was not heard" if said is None else "said false"}'
                     for topic, said in self._said.items() if not said), '')

    def count_publishers(self) -> bool:
        """Return whether another publisher of commands has come since the last count."""
        before = self._crowd
        self._crowd = ('second publisher' if self._node.count_publishers(self._topic) > 1 else '')
        return bool(self._crowd) and not before

    def obstacle(self) -> str:
        """Return what keeps the robot from moving, or nothing."""
        return self._crowd or self.not_ready

    def arm_refusal(self, sensors: Sensors | None) -> str:
        """Return why a robot in this state is not armed, or nothing."""
        outside = ''
        if sensors is not None and not self._contract.simulated:
            outside = outside_limits(sensors, self._contract)
        return self.obstacle() or (outside and f'outside its limits: {outside}')
