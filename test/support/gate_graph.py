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
"""A gate and a probe that plays driver, policy and operator, on real DDS."""
from contextlib import contextmanager
import os
from pathlib import Path
import time

import numpy as np
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool
from std_srvs.srv import Trigger
import yaml

from softq_ros.bridge.conversions import sensors_to_joint_state
from softq_ros.bridge.driver import COMMAND_TYPES
from softq_ros.bridge.experience import command_message
from softq_ros.msg import Command, Executed, GateStatus
from softq_ros.nodes import qos
from softq_ros.nodes.gate_node import GateNode
from softq_ros.nodes.run import EventsExecutor
from softq_ros.records import Sensors
from softq_ros.robot.contract import load_contract, RobotContract

STANDIN = Path(__file__).resolve().parents[1] / 'standin' / 'standin_sawyer.yaml'
DEADLINE_SEC = 10.0
DOMAIN = 215 + os.getpid() % 18  # beyond those that the processes of other tests are given
SEVEN = [1.0] * 7
INTERFACES = {
    'velocity': {},
    'position_increment': {'hold': 'pose', 'lead_limit': [0.3] * 7, 'downstream_timeout_sec': 0.0,
                           'action_scale': [0.02] * 7},
    'position': {'hold': 'pose', 'lead_limit': [0.3] * 7, 'downstream_timeout_sec': 0.0,
                 'action_scale': [0.2] * 7},
    'trajectory': {'hold': 'pose', 'lead_limit': [0.3] * 7, 'downstream_timeout_sec': 0.0,
                   'action_scale': [0.02] * 7, 'output_rate': 20.0,
                   'command_type': 'trajectory_msgs/JointTrajectory'},
    'effort': {'hold': 'damp', 'effort_rate_limit': [100.0] * 7, 'damping': SEVEN,
               'action_scale': SEVEN},
    'twist': {'command_type': 'geometry_msgs/TwistStamped', 'twist_limit': [0.25, 1.0],
              'twist_acceleration_limit': [2.0, 8.0], 'action_scale': [0.1] * 3 + [0.4] * 3},
}


class Plain(yaml.SafeDumper):
    """Writes values out, since a contract may not hold aliases."""

    def ignore_aliases(self, data) -> bool:
        return True


def contract_file(folder: Path, interface: str = 'velocity', **changes) -> str:
    """Write a hardware contract of an interface; ``changes`` of None leave a field out."""
    fields = yaml.safe_load(STANDIN.read_text()) | {'interface': interface, 'ready_topics': []}
    fields |= INTERFACES[interface] | changes
    path = folder / 'arm.yaml'
    path.write_text(yaml.dump({k: v for k, v in fields.items() if v is not None}, Dumper=Plain))
    return str(path)


class Probe(Node):
    """Plays driver, policy and operator; keeps what the gate says and when."""

    def __init__(self, context, stepping: str, contract: RobotContract) -> None:
        super().__init__('probe', context=context)
        self.executed, self.commands, self.times, self.status = [], [], [], None
        self.joints = self.create_publisher(JointState, contract.joint_states_topic, qos.STATE)
        self.asks = self.create_publisher(Command, 'policy/command', qos.command(stepping))
        self.estop = self.create_publisher(Bool, 'estop', qos.LATCHED)
        self.create_subscription(Executed, 'gate/executed', self.executed.append, qos.EXECUTED)
        self.create_subscription(COMMAND_TYPES[contract.command_type], contract.command_topic,
                                 self._on_message, qos.STATE)
        self.create_subscription(GateStatus, 'gate/status', self._on_status, qos.LATCHED)
        self.arm = self.create_client(Trigger, 'gate/arm')
        self.stop = self.create_client(Trigger, 'gate/stop')

    def _on_status(self, msg: GateStatus) -> None:
        self.status = msg

    def _on_message(self, msg) -> None:
        self.commands.append(msg)
        self.times.append(time.monotonic())


class Graph:
    """A probe and, unless it runs in another process, a gate; one executor."""

    def __init__(self, context, stepping: str, inside: bool = True, contract: str = 'sim_sawyer',
                 **parameters) -> None:
        named = {'stepping': stepping, 'contract': contract, **parameters}
        overrides = [Parameter(name, value=value) for name, value in named.items()]
        self._executor = EventsExecutor(context=context)
        self.gate = None
        if inside:
            self.gate = GateNode(context=context, parameter_overrides=overrides)
            self._executor.add_node(self.gate)
        self.contract = load_contract(contract)
        self.size = len(self.contract.action_scale)
        self.position = self.contract.reset_pose
        self.probe = Probe(context, stepping, self.contract)
        self._executor.add_node(self.probe)
        self.sequence = self.stamp = 0
        self.frozen, self.asked = False, 0.0
        self.until(lambda: self.probe.arm.service_is_ready() and self.probe.status
                   and self.probe.asks.get_subscription_count()
                   and self.probe.joints.get_subscription_count()
                   and self.probe.count_publishers('gate/executed'))

    def until(self, condition) -> None:
        deadline = time.monotonic() + DEADLINE_SEC
        while not condition():
            assert time.monotonic() < deadline, 'nothing came'
            self.spin()

    def spin(self) -> None:
        self._executor.spin_once(timeout_sec=0.05)

    def tell(self, publisher, message, heard) -> None:
        """Publish again until it is heard: the first may precede the reader's knowing of us."""
        self.until(lambda: publisher.publish(message) or heard())

    def observe(self, stamp: int, position=None) -> None:
        position = self.position if position is None else position
        zero = np.zeros(len(self.contract.joints))
        noise = zero if self.frozen else zero + 1e-9 * (stamp // 1000 % 7)
        self.probe.joints.publish(sensors_to_joint_state(
            Sensors(stamp, self.contract.joints, position, noise, zero)))

    def command(self, action, stamp: int, sequence: int = 1, episode: int = 0,
                source: str = 'policy') -> None:
        self.probe.asks.publish(command_message(np.asarray(action), stamp, 'sim', 1, sequence,
                                                episode, 0, source))

    def step(self, action, stamp: int, **names) -> Executed:
        """Publish an observation and the command that answers it; return the gate's answer."""
        before = len(self.probe.executed)
        self.observe(stamp)
        self.command(action, stamp, **names)
        self.until(lambda: len(self.probe.executed) > before)
        return self.probe.executed[-1]

    def run(self, seconds: float, action=None, rate: float = 20.0, driver: bool = True) -> None:
        """Play driver at 100 Hz and, where there is an action, policy for a while."""
        end, driven = time.monotonic() + seconds, 0.0
        while (now := time.monotonic()) < end:
            if driver and now - driven >= 0.01:
                driven = now
                self.stamp = time.time_ns()
                self.observe(self.stamp)
            if action is not None and now - self.asked >= 1.0 / rate:
                self.asked, self.sequence = now, self.sequence + 1
                self.command(action, self.stamp, sequence=self.sequence)
            self._executor.spin_once(timeout_sec=0.002)

    def armed(self) -> None:
        """Arm the gate of a robot that stands still."""
        self.until(self.may_arm)

    def may_arm(self) -> bool:
        self.observe(time.time_ns())
        return self.call(self.probe.arm).success

    def call(self, client) -> Trigger.Response:
        future = client.call_async(Trigger.Request())
        self.until(future.done)
        return future.result()

    def status(self, condition) -> GateStatus:
        self.until(lambda: condition(self.probe.status))
        return self.probe.status

    def close(self) -> None:
        self._executor.shutdown()
        for node in filter(None, (self.gate, self.probe)):
            node.destroy_node()


def values(msg) -> np.ndarray:
    """Return the numbers ``(A,)`` of a command of any type."""
    if hasattr(msg, 'data'):
        return np.array(msg.data)
    if hasattr(msg, 'points'):
        return np.array(msg.points[0].positions)
    parts = msg.twist.linear, msg.twist.angular
    return np.array([getattr(part, axis) for part in parts for axis in 'xyz'])


@contextmanager
def graph(stepping='lockstep', domain: int | None = DOMAIN, **parameters):
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=domain)
    built = None
    try:
        built = Graph(context, stepping, **parameters)
        yield built
    finally:
        if built:
            built.close()
        context.shutdown()
