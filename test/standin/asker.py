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
The least of a policy: asks for the same speed, back and forth about a pose, at a rate.

A message on asker/hang keeps the callback that takes it for so many seconds.
"""
import argparse
import os
import signal
import sys
import time

import numpy as np
import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.experimental import EventsExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64

from softq_ros.msg import Command

BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
JOINTS = [f'right_j{i}' for i in range(7)]
POSE = np.array([0.298, -1.177, -0.351, 1.168, 0.056, 1.394, 3.298])  # rad
SPAN = 0.05  # rad; how far it goes to either side
ACTION = 0.3  # never less, so that zero on the arm's topic is a hold


class Asker(Node):
    """Publishes Commands that answer the newest joint states."""

    def __init__(self, rate: float) -> None:
        """Ask for nothing before there are joint states."""
        super().__init__('asker')
        self._state: JointState | None = None
        self._direction = np.ones(7)
        self._msg = Command(actor='asker', source='policy', episode=1,
                            boot_id=int.from_bytes(os.urandom(7), 'little'))
        self._commands = self.create_publisher(Command, 'policy/command', BEST_EFFORT)
        self.create_subscription(JointState, 'joint_states', self._on_state, BEST_EFFORT)
        self.create_subscription(Float64, 'asker/hang', lambda msg: time.sleep(msg.data), 1)
        self.create_timer(1.0 / rate, self._on_period,
                          clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _on_state(self, msg: JointState) -> None:
        self._state = msg

    def _on_period(self) -> None:
        if self._state is None:
            return
        place = dict(zip(self._state.name, self._state.position))
        off = np.array([place[joint] for joint in JOINTS]) - POSE
        self._direction[off > SPAN] = -1.0
        self._direction[off < -SPAN] = 1.0
        self._msg.header.stamp = self._state.header.stamp
        self._msg.sequence += 1
        self._msg.step += 1
        self._msg.action = (ACTION * self._direction).tolist()
        self._commands.publish(self._msg)


def main() -> None:
    """Ask until killed."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[1])
    parser.add_argument('--rate', type=float, default=20.0, help='[Hz]')
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    rclpy.init()
    executor = EventsExecutor()
    executor.add_node(Asker(options.rate))
    while rclpy.ok():
        executor.spin_once(timeout_sec=0.1)


if __name__ == '__main__':
    main()
