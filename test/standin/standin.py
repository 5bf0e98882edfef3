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
A stand-in for a robot's driver: ros2_control's controllers on MuJoCo, in real time.

It shares nothing with the nodes it is used to test. Its node bears the controller's name and has
its parameters ``joints`` and ``interface_name``.

Publishes: joint_states (in another order than the command's, with a joint more), standin/written
(what reached the drives), standin/tool_pose (the truth), standin/ready (latched).
Services: standin/protective_stop (std_srvs/SetBool), standin/perturb (softq_ros/Perturb), whose
kinds are ``wrench`` on a body, and of joint_states ``silent``, ``frozen`` and ``shifted`` (stamps
off by values[0] seconds), each for a time.
"""
import argparse
from pathlib import Path
import signal
import sys
import time

from arm import Arm
from controllers import Forward, Trajectory
from geometry_msgs.msg import PoseStamped
from links import Link
import numpy as np
import rclpy
from rclpy.experimental import EventsExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float64MultiArray
from std_srvs.srv import SetBool
from trajectory_msgs.msg import JointTrajectory
import yaml

from softq_ros.srv import Perturb

ROOT = Path(__file__).resolve().parents[2]
# controller: the name of its node, its interface
CONTROLLERS = {
    'forward_velocity': ('forward_velocity_controller', 'velocity'),
    'forward_position': ('forward_position_controller', 'position'),
    'forward_effort': ('forward_effort_controller', 'effort'),
    'trajectory': ('joint_trajectory_controller', 'position'),
}
KINDS = ('wrench', 'silent', 'frozen', 'shifted')
IDLE_SEC = 0.5e-3  # least time left for callbacks between two updates


class StandIn(Node):
    """One controller, one arm and what joint_state_broadcaster says of it."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Start the arm at rest, ready, without a command."""
        name, self._interface = CONTROLLERS[options.controller]
        super().__init__(name)
        self._arm = Arm(str(ROOT / 'sim' / options.scene), self._interface, options.pose,
                        options.tool)
        joints = self._arm.joints
        self.declare_parameter('joints', joints)
        if options.controller == 'trajectory':
            self.declare_parameter('command_interfaces', [self._interface])
            self._controller = Trajectory(joints, self._arm.position)
        else:
            self.declare_parameter('interface_name', self._interface)
            self._controller = Forward(len(joints), options.timeout)
        link = (options.latency, options.jitter, options.drop)
        self._commands, self._states = Link(*link, options.seed), Link(*link, options.seed + 1)
        self._base, self._order = options.base, list(range(len(joints)))[::-1]
        self._stopped = False
        self._trouble = ('', 0.0, 0.0)  # kind, value, until when
        self._measured: JointState | None = None
        self._connect()

    def _connect(self) -> None:
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        if isinstance(self._controller, Trajectory):
            self.create_subscription(JointTrajectory, '~/joint_trajectory', self._on_message, 10)
        else:
            self.create_subscription(Float64MultiArray, '~/commands', self._on_message, 10)
        self._states_pub = self.create_publisher(JointState, 'joint_states', 10)
        self._written_pub = self.create_publisher(Float64MultiArray, 'standin/written', 10)
        self._pose_pub = self.create_publisher(PoseStamped, 'standin/tool_pose', 10)
        self._ready_pub = self.create_publisher(Bool, 'standin/ready', latched)
        self.create_service(SetBool, 'standin/protective_stop', self._on_protective_stop)
        self.create_service(Perturb, 'standin/perturb', self._on_perturb)
        self._ready_pub.publish(Bool(data=True))

    def _on_message(self, msg: Float64MultiArray | JointTrajectory) -> None:
        self._commands.send(msg, time.monotonic())

    def _on_protective_stop(self, request: SetBool.Request, response: SetBool.Response):
        self._stopped = request.data
        self._controller.restart(self._arm.position)
        self._arm.rest()
        self._ready_pub.publish(Bool(data=not request.data))
        response.success = True
        return response

    def _on_perturb(self, request: Perturb.Request, response: Perturb.Response):
        until = time.monotonic() + request.duration_sec
        response.success = request.kind in KINDS
        if request.kind == 'wrench':
            self._arm.push(request.target, np.array(request.values), until)
        elif response.success:
            self._trouble = request.kind, sum(request.values), until
        return response

    def update(self, now: float) -> None:
        """Run one cycle of the controller: read commands, write, step."""
        for msg in self._commands.receive(now):
            refused = '' if self._stopped else self._take(msg, now)
            if refused:
                self.get_logger().error(refused)
        values = None if self._stopped else self._controller.sample(now)
        if values is not None:
            self._arm.write(values)
        self._arm.advance(now)
        for msg in self._states.receive(now):
            self._states_pub.publish(msg)

    def _take(self, msg: Float64MultiArray | JointTrajectory, now: float) -> str:
        if isinstance(msg, Float64MultiArray):
            return self._controller.command(msg.data, now)
        stamp = msg.header.stamp.sec + msg.header.stamp.nanosec * 1e-9
        points = [(p.time_from_start.sec + p.time_from_start.nanosec * 1e-9, p.positions,
                   p.velocities) for p in msg.points]
        return self._controller.command(msg.joint_names, points, now,
                                        now + stamp - time.time() if stamp else now)

    def broadcast(self, now: float) -> None:
        """Say where the arm is; what is wrong with joint_states is made here."""
        kind, value, until = self._trouble
        if now >= until:
            kind = ''
        stamp = time.time_ns() + (round(value * 1e9) if kind == 'shifted' else 0)
        if kind != 'frozen' or self._measured is None:
            self._measured = self._measure()
        msg = JointState(name=self._measured.name, position=self._measured.position,
                         velocity=self._measured.velocity, effort=self._measured.effort)
        msg.header.stamp.sec, msg.header.stamp.nanosec = divmod(stamp, 10**9)
        if kind != 'silent':
            self._states.send(msg, time.monotonic())  # delayed from when it was stamped
        self._written_pub.publish(Float64MultiArray(data=self._arm.written.tolist()))
        self._publish_tool(msg)

    def _measure(self) -> JointState:
        arm, order = self._arm, self._order
        return JointState(name=['head_pan', *(arm.joints[i] for i in order)],
                          position=[0.0, *arm.position[order].tolist()],
                          velocity=[0.0, *arm.velocity[order].tolist()],
                          effort=[0.0, *arm.effort[order].tolist()])

    def _publish_tool(self, state: JointState) -> None:
        place, turn = self._arm.tool
        msg = PoseStamped()
        msg.header.stamp, msg.header.frame_id = state.header.stamp, self._base
        p, q = msg.pose.position, msg.pose.orientation
        p.x, p.y, p.z = place.tolist()
        q.w, q.x, q.y, q.z = turn.tolist()
        self._pose_pub.publish(msg)


def after(due: float, period: float, now: float) -> float:
    """Return when something periodic is due again; what was missed by a period is left out."""
    return due + period if now < due + period else now + period


def run(node: StandIn, rate: float, state_rate: float) -> None:
    """Update at a rate on the monotonic clock; callbacks run in between."""
    executor = EventsExecutor()
    executor.add_node(node)
    following = broadcast = time.monotonic()
    while rclpy.ok():
        now = time.monotonic()
        following = after(following, 1.0 / rate, now)
        node.update(now)
        if now >= broadcast:
            broadcast = after(broadcast, 1.0 / state_rate, now)
            node.broadcast(now)
        executor.spin_once(timeout_sec=IDLE_SEC)
        while (left := following - time.monotonic()) > 0:
            executor.spin_once(timeout_sec=left)


def neutral_pose() -> list[float]:
    """Return the simulated Sawyer's reset pose ``(7,)`` [rad]."""
    text = (ROOT / 'config' / 'robots' / 'sim_sawyer.yaml').read_text(encoding='utf-8')
    return yaml.safe_load(text)['reset_pose']


def parse(words: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[1])
    parser.add_argument('--controller', choices=CONTROLLERS, default='forward_velocity')
    parser.add_argument('--rate', type=float, default=250.0, help='updates [Hz]')
    parser.add_argument('--state-rate', type=float, default=100.0, help='joint_states [Hz]')
    parser.add_argument('--latency', type=float, default=0.0, help='each direction [s]')
    parser.add_argument('--jitter', type=float, default=0.0, help='on top, uniform [s]')
    parser.add_argument('--drop', type=float, default=0.0, help='share lost, each direction')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--timeout', type=float, default=0.0,
                        help='forward controllers write zeros after it [s]; 0: never')
    parser.add_argument('--scene', default='sawyer/sawyer_stack.xml', help='below sim/')
    parser.add_argument('--tool', default='brick', help='site')
    parser.add_argument('--base', default='base', help='frame of standin/tool_pose')
    parser.add_argument('--pose', type=float, nargs='+', default=neutral_pose(), help='[rad]')
    return parser.parse_args(words)


def main() -> int:
    """Run until a signal."""
    options = parse(sys.argv[1:])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    run(StandIn(options), options.rate, options.state_rate)
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
