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
"""Who watches the arm's topic, the gate and the driver, and when it hears what."""
from collections.abc import Callable
import os
import threading
import time
from typing import NamedTuple

import numpy as np
import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float64, Float64MultiArray
from std_srvs.srv import SetBool, Trigger

from softq_ros.msg import Command, GateStatus
from softq_ros.srv import Perturb, Reset
from test.support.asked import Asked

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
HEARD = QoSProfile(depth=100, reliability=ReliabilityPolicy.BEST_EFFORT)
DEADLINE_SEC = 30.0
JOINTS = 7


class Heard(NamedTuple):
    """A message on the arm's topic: when it was heard and when it was said, monotonic [s]."""

    heard: float
    said: float
    values: np.ndarray


class Ask(NamedTuple):
    """A Command of the policy: when it was said, monotonic [s], and by whom."""

    said: float
    boot_id: int
    episode: int
    source: str


def said(info: dict) -> float:
    """Return when a message was said, on the monotonic clock [s]."""
    return time.monotonic() - (time.time_ns() - info['source_timestamp']) * 1e-9


class Watcher:
    """
    A node in a thread of its own that notes what is said and when (monotonic clock) [s].

    :param topic: the arm's command topic.
    """

    def __init__(self, topic: str) -> None:
        """Listen in the domain of the environment."""
        self.commands: list[Heard] = []
        self.asked: list[float] = []
        self.asks: list[Ask] = []
        self.states: list[tuple[float, JointState]] = []
        self.status: GateStatus | None = None
        self.unready = 0.0  # when the driver last said that it is not ready
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=int(os.environ['ROS_DOMAIN_ID']))
        self.node = node = Node('watcher', context=self.context)
        clock = time.monotonic
        node.create_subscription(Float64MultiArray, topic, self._on_command, 100)
        node.create_subscription(Command, 'policy/command', self._on_asked, HEARD)
        node.create_subscription(JointState, 'joint_states',
                                 lambda m: self.states.append((clock(), m)), HEARD)
        node.create_subscription(GateStatus, 'gate/status', self._on_status, LATCHED)
        node.create_subscription(Bool, 'standin/ready', self._on_ready, LATCHED)
        self.hang = node.create_publisher(Float64, 'asker/hang', 1)
        self.arm = node.create_client(Trigger, 'gate/arm')
        self.protective_stop = node.create_client(SetBool, 'standin/protective_stop')
        self.perturb = node.create_client(Perturb, 'standin/perturb')
        self.reset = node.create_client(Reset, 'sim/reset')
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def _on_asked(self, msg: Command, info: dict) -> None:
        self.asked.append(time.monotonic())
        self.asks.append(Ask(said(info), msg.boot_id, msg.episode, msg.source))

    def _on_command(self, msg: Float64MultiArray, info: dict) -> None:
        self.commands.append(Heard(time.monotonic(), said(info), np.array(msg.data)))

    def _on_ready(self, msg: Bool, info: dict) -> None:
        if not msg.data:
            self.unready = said(info)

    def _on_status(self, msg: GateStatus) -> None:
        self.status = msg

    def _spin(self) -> None:
        try:  # what measures does not queue behind what is measured
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), -10)
        except PermissionError:
            pass
        executor = SingleThreadedExecutor(context=self.context)
        executor.add_node(self.node)
        try:
            while self.context.ok():
                executor.spin_once(timeout_sec=0.1)
        except ExternalShutdownException:
            pass

    def call(self, client, request):
        """Return the answer of a service."""
        assert client.wait_for_service(DEADLINE_SEC), client.srv_name
        asked = Asked(client, request)
        wait(asked.done, f'an answer of {client.srv_name}')
        return asked.result()

    def hold(self, since: float) -> Heard | None:
        """Return the first zeros that were heard after a time [s], if any were."""
        first = None
        for row in reversed(self.commands):
            if row.heard <= since:
                break
            if len(row.values) == JOINTS and not row.values.any():
                first = row
        return first

    def malformed(self) -> list[list[float]]:
        """Return what was heard on the arm's topic that is no vector of finite numbers."""
        return [row.values.tolist() for row in self.commands
                if len(row.values) != JOINTS or not np.isfinite(row.values).all()]

    def close(self) -> None:
        """Stop listening."""
        self.context.shutdown()
        self._thread.join()


def wait(condition: Callable[[], object], what: str, deadline: float = DEADLINE_SEC) -> None:
    """Poll until a condition holds."""
    end = time.monotonic() + deadline
    while not condition():
        assert time.monotonic() < end, f'waited for {what}'
        time.sleep(0.005)
