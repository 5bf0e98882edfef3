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
"""What the driver hears, and when."""
import time

import numpy as np
from rclpy.duration import Duration
from rclpy.node import Node

from softq_ros.bridge.driver import COMMAND_TYPES, speaker
from softq_ros.errors import MessageError
from softq_ros.nodes import qos
from softq_ros.records import NANOSECONDS
from softq_ros.robot.contract import RobotContract

HEARD_SEC = 0.1
REPEATED_SEC = 1.0  # a hold of a disarmed robot is repeated for so long after it last changed


def next_point(point: np.ndarray, target: np.ndarray, left: int, most: np.ndarray) -> np.ndarray:
    """
    Return the next of the points ``(J,)`` [rad or m] that lead to a target in equal steps.

    :param left: how many steps the target is away, at least one.
    :param most: largest step of each joint; commands that came in haste are caught up slowly.
    """
    step = (target - point) / left
    if (np.abs(step) <= most).all():
        return target if left == 1 else point + step
    return point + np.clip(step, -most, most)


class Output:
    """
    Publishes the command in force at the contract's output rate.

    Between two commands positions are interpolated over one control period, all else is repeated;
    a trajectory is sent once, its controller interpolates. Before the first arming the robot
    hears nothing. The hold of a disarmed robot falls silent once it has not
    changed for a second: it was the last word, and whoever moves the arm by other means then is
    not fought.
    """

    def __init__(self, node: Node, contract: RobotContract) -> None:
        """Announce the topic; say nothing yet."""
        self._position_like = contract.position_like
        self._publisher = node.create_publisher(COMMAND_TYPES[contract.command_type],
                                                contract.command_topic, qos.DRIVER)
        self._message = speaker(contract, lambda: node.get_clock().now().nanoseconds)
        self.topic = self._publisher.topic_name
        once = contract.interface == 'trajectory'
        self._points = 1 if once else round(contract.output_rate / contract.control_rate)
        self._path = contract.position_like and self._points > 1
        self.spacing = contract.period_ns // self._points
        self._most = contract.velocity_limit * self.spacing / NANOSECONDS
        self._speaking = False
        self.restart()

    def restart(self) -> None:
        """Forget the last command, as after arming."""
        self._point: np.ndarray | None = None
        self._target: np.ndarray | None = None
        self._bits = b''
        self._left = self._changed = self._sent = self._published = 0

    def send(self, command: np.ndarray, armed: bool) -> None:
        """
        Put a command ``(A,)`` in force and publish it, or the first point of its way.

        An empty one is nothing: the hold of positions that were never measured.
        """
        if not command.size:
            return
        self._sent = now = time.monotonic_ns()
        bits = command.tobytes()
        if bits != self._bits:
            self._bits, self._changed = bits, now
        self._target, self._left = command, self._points
        if armed:
            self._speaking = True
        elif now - self._changed > REPEATED_SEC * NANOSECONDS:
            self._speaking = False
        if self._speaking:
            self._advance(now)

    def tick(self, slack: int) -> None:
        """Publish the next point once it is due, give or take ``slack`` [ns]."""
        now = time.monotonic_ns()
        due = self._points > 1 and now - self._published >= self.spacing - slack
        if due and self._speaking and self._target is not None:
            self._advance(now)

    @property
    def moving(self) -> bool:
        """Return whether the robot is still asked to move."""
        if not self._speaking or self._target is None:
            return False
        if self._position_like:
            return self._changed == self._sent or self._path and self._left > 0
        return bool(self._target.any())

    def rest(self) -> None:
        """Leave as the last word what keeps the robot where it is."""
        if self._speaking and self._point is not None:
            still = self._point if self._position_like else np.zeros_like(self._point)
            self._publish(still)

    def be_heard(self) -> None:
        """Wait until the driver has acknowledged the last word, for at most 0.1 s."""
        self._publisher.wait_for_all_acked(Duration(seconds=HEARD_SEC))

    def _advance(self, now: int) -> None:
        if self._path and self._point is not None:
            self._point = next_point(self._point, self._target, max(self._left, 1), self._most)
        else:
            self._point = self._target
        self._left -= 1
        self._published = now
        self._publish(self._point)

    def _publish(self, command: np.ndarray) -> None:
        if not np.isfinite(command).all():  # nothing below us would stop it
            raise MessageError(f'command {command.tolist()}; accepted: finite numbers')
        self._publisher.publish(self._message(command))
