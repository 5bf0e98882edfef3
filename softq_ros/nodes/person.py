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
"""Tells a person how to disturb a robot by hand, and notices when it is done."""
import numpy as np
from rclpy.node import Node
from std_msgs.msg import String

from softq_ros.nodes import qos
from softq_ros.records import NANOSECONDS, Sensors
from softq_ros.robot.contract import RobotContract
from softq_ros.training.touch import Touch
from softq_ros.training.trial import Trial

PATIENCE_SEC = 30.0  # after a prompt, for a person to do what it says; our choice
HANDS_OFF_SEC = 0.3  # without a touch, after which the person has let go; our choice


class Person:
    """
    Publishes evaluation/prompt (std_msgs/String, latched): what is to be done now.

    :param contract: of the robot that is disturbed by hand; nothing: people only look on.
    """

    def __init__(self, node: Node, contract: RobotContract | None) -> None:
        """Connect."""
        self._node = node
        self._touch = Touch(contract) if contract else None
        self._prompts = node.create_publisher(String, 'evaluation/prompt', qos.LATCHED)
        self._prompted: int | None = None
        self._touched = 0

    def tell(self, text: str) -> None:
        """Say what is to be done."""
        self._prompts.publish(String(data=text))
        if self._touch:
            self._node.get_logger().info(text)

    def forget(self) -> None:
        """Take back what was asked for, since the trial has ended."""
        self._prompted = None

    def follow(self, trial: Trial, sensors: Sensors, command: np.ndarray) -> None:
        """Ask for the disturbance that is due, and tell the trial when it comes and goes."""
        expected = trial.due is not None or self._prompted is not None
        touched = self._touch.touched(sensors, command, expected)
        begun = trial.due and (touched or self._touch.displaced(sensors))
        if touched or begun:
            self._touched = sensors.stamp
        if trial.due and self._prompted is None:
            self._prompted = sensors.stamp
            self.tell(str(trial.due))
        elif begun:
            trial.disturbed(None)
        elif trial.due and sensors.stamp - self._prompted > PATIENCE_SEC * NANOSECONDS:
            self._prompted = None
            trial.refused()
        elif (trial.recovery and self._prompted is not None
              and sensors.stamp - self._touched > HANDS_OFF_SEC * NANOSECONDS):
            self._prompted = None
            trial.recovery.release(self._touched)
            self.tell('hands off: the robot recovers')
