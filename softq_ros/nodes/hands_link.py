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
"""How a person reaches the control loop: a game pad, or a program of theirs."""
from collections.abc import Callable
import time

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import Joy

from softq_ros.msg import Command
from softq_ros.nodes import qos
from softq_ros.nodes.hands import Hands
from softq_ros.nodes.pad import load_pad
from softq_ros.records import Sensors
from softq_ros.robot.contract import RobotContract


class HandsLink:
    """
    Hears joy (sensor_msgs/Joy) and intervention (softq_ros/Command, of which the action counts).

    :param pad: layout of the game pad, a name in ``config/hands`` or a file.
    :param say: gets the reason for each message that was refused.
    """

    def __init__(self, node: Node, contract: RobotContract, pad: str,
                 say: Callable[[str], None]) -> None:
        """Connect."""
        self._hands, self._say = Hands(contract, load_pad(pad)), say
        self.count = self._hands.count
        node.create_subscription(Joy, 'joy', self._on_joy, qos.STATE_HEARD)
        node.create_subscription(Command, 'intervention', self._on_intervention, qos.STATE_HEARD)

    def _on_joy(self, msg: Joy) -> None:
        self._take_in(self._hands.joy, msg.axes, msg.buttons)

    def _on_intervention(self, msg: Command) -> None:
        self._take_in(self._hands.intervention, msg.action)

    def _take_in(self, hear: Callable, *values) -> None:
        before = self._hands.refused.total()
        hear(*values, time.monotonic_ns())
        if self._hands.refused.total() > before:
            self._say(self._hands.reason)

    def takeover(self, sensors: Sensors) -> np.ndarray | None:
        """Return the person's action ``(A,)`` for this control step, or nothing."""
        return self._hands.takeover(sensors, time.monotonic_ns())

    def verdict(self) -> bool | None:
        """Return whether a person has just called the episode a success, or nothing."""
        word = self._hands.verdict()
        return word == 'success' if word else None

    @property
    def share(self) -> float:
        """Return the share of control steps that a person made."""
        return self._hands.share

    @property
    def refused(self) -> int:
        """Return how many messages were refused."""
        return self._hands.refused.total()
