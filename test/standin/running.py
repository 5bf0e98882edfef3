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
"""The stand-in as a process, and a node that speaks to it."""
from collections.abc import Callable
import os
from pathlib import Path
import subprocess
import sys
import time

import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float64MultiArray
from std_srvs.srv import SetBool
from trajectory_msgs.msg import JointTrajectory

from softq_ros.srv import Perturb
from test.support.asked import Asked

SCRIPT = Path(__file__).with_name('standin.py')
JOINTS = [f'right_j{i}' for i in range(7)]
DEADLINE_SEC = 20.0


class Running:
    """
    A stand-in in a process of its own; ``states`` and ``written`` keep what it said.

    :param topic: where its controller listens.
    """

    def __init__(self, topic: str, *words: str) -> None:
        """Start it in the domain of the environment and wait for its first joint states."""
        self.process = subprocess.Popen([sys.executable, str(SCRIPT), *words],
                                        stderr=subprocess.PIPE, text=True)
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=int(os.environ['ROS_DOMAIN_ID']))
        self.node = Node('listener', context=self.context)
        self._executor = SingleThreadedExecutor(context=self.context)
        self._executor.add_node(self.node)
        self.states: list[tuple[float, JointState]] = []  # wall time of arrival [s], message
        self.written: list[tuple[float, list[float]]] = []
        self.ready: bool | None = None
        self._connect(topic)
        try:
            self.until(lambda: self.states and self.ready is not None
                       and self.commands.get_subscription_count())
        except AssertionError:
            self.process.kill()
            raise

    def _connect(self, topic: str) -> None:
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        kind = JointTrajectory if topic.endswith('trajectory') else Float64MultiArray
        node, clock = self.node, time.time
        self.commands = node.create_publisher(kind, topic, 1)
        node.create_subscription(JointState, 'joint_states',
                                 lambda m: self.states.append((clock(), m)), 100)
        node.create_subscription(Float64MultiArray, 'standin/written',
                                 lambda m: self.written.append((clock(), list(m.data))), 100)
        node.create_subscription(Bool, 'standin/ready', self._on_ready, latched)
        self._stop = node.create_client(SetBool, 'standin/protective_stop')
        self._perturb = node.create_client(Perturb, 'standin/perturb')

    def _on_ready(self, msg: Bool) -> None:
        self.ready = msg.data

    def until(self, condition: Callable[[], object], deadline: float = DEADLINE_SEC) -> None:
        """Spin until a condition holds."""
        end = time.monotonic() + deadline
        while not condition():
            assert time.monotonic() < end, 'waited in vain'
            assert self.process.poll() is None, self.process.stderr.read()
            self._executor.spin_once(timeout_sec=0.02)

    def spin(self, seconds: float) -> None:
        """Listen for a time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._executor.spin_once(timeout_sec=0.01)

    def call(self, client, request):
        """Return the answer of a service."""
        self.until(client.service_is_ready)
        asked = Asked(client, request)
        self.until(asked.done)
        return asked.result()

    def command(self, *values: float) -> None:
        """Publish one command."""
        self.commands.publish(Float64MultiArray(data=values))

    def protective_stop(self, stopped: bool) -> None:
        """Set or release the protective stop."""
        assert self.call(self._stop, SetBool.Request(data=stopped)).success

    def perturb(self, kind: str, duration: float, values=(), target: str = '') -> bool:
        """Disturb it for a time [s]; return whether it knows the kind."""
        return self.call(self._perturb, Perturb.Request(
            kind=kind, target=target, values=values, duration_sec=duration)).success

    def column(self, name: str) -> np.ndarray:
        """Return the newest ``position``, ``velocity`` or ``effort`` ``(7,)``, by joint name."""
        msg = self.states[-1][1]
        values = dict(zip(msg.name, getattr(msg, name)))
        return np.array([values[joint] for joint in JOINTS])

    def close(self) -> str:
        """End the process and return what it logged."""
        self._executor.shutdown()
        self.node.destroy_node()
        self.context.shutdown()
        self.process.terminate()
        try:
            return self.process.communicate(timeout=DEADLINE_SEC)[1]
        finally:
            self.process.kill()
