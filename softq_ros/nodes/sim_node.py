#!/usr/bin/env python3
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
"""The simulator's node: MuJoCo behind the topics of the real driver."""
import os
import time

from builtin_interfaces.msg import Time
import numpy as np
from rclpy.clock import Clock, ClockType
from rclpy.duration import Duration
from rclpy.node import Node
from std_msgs.msg import ColorRGBA, Float64MultiArray
from visualization_msgs.msg import MarkerArray

from softq_ros.bridge.conversions import ns_to_time, time_to_ns
from softq_ros.errors import PlantFault, SoftqError
from softq_ros.msg import Executed, SimStatus
from softq_ros.nodes import qos
from softq_ros.nodes.arrow import arrow
from softq_ros.nodes.driver_topics import DriverTopics
from softq_ros.nodes.parameters import declare, OPTIONS, Parameter, task_of
from softq_ros.nodes.run import run_node
from softq_ros.records import Sensors
from softq_ros.robot.contract_fields import POSITION_LIKE
from softq_ros.simulation.catalogue import make_plant
from softq_ros.simulation.rendering import ARROW_LENGTH, ARROW_WIDTH
from softq_ros.srv import Perturb, Reset
from softq_ros.tasks.catalogue import task_names

REPEAT_SEC = 0.2  # wall time after which an unanswered observation is published again
SHOWN_SEC = 0.5  # simulated time that a push is shown at least, so that a short one is seen
RED = ColorRGBA(r=1.0, g=0.1, b=0.1, a=0.9)
COMMAND_TIMEOUT_SEC = 0.2  # realtime: the plant's own time-out, then it stops

PARAMETERS = (
    Parameter('task', 'sawyer_stack', 'what is simulated', choices=task_names),
    OPTIONS,
    Parameter('stepping', 'lockstep', 'who drives time', choices=('lockstep', 'realtime')),
    Parameter('viewer', False, 'open a window'),
)


class SimNode(Node):
    """
    Steps the plant of a task and speaks its robot driver's topics.

    Publishes
    ---------
    /clock (rosgraph_msgs/Clock), tool_pose and, where the task asks for it, object_pose
    (geometry_msgs/PoseStamped) [m]; for a robot that moves through the world odom
    (nav_msgs/Odometry) [m, m/s] and imu (sensor_msgs/Imu) [rad/s];
    joint_states (sensor_msgs/JointState) [rad, rad/s, N m], sim/status (softq_ros/SimStatus),
    markers (visualization_msgs/MarkerArray): a push

    Subscribes
    ----------
    gate/executed (softq_ros/Executed): lockstep steps when its stamp is the observation's;
    the contract's command topic (std_msgs/Float64MultiArray): realtime applies the newest

    Services
    --------
    sim/reset (softq_ros/Reset), sim/perturb (softq_ros/Perturb)

    Parameters
    ----------
    task, options, stepping, viewer; all read-only
    """

    def __init__(self, **kwargs) -> None:
        """Build the plant; it waits for the first reset."""
        super().__init__('sim', **kwargs)
        settings = declare(self, PARAMETERS)
        self._task = task_of(settings)
        self._contract = self._task.contract
        self._plant = make_plant(self._task)
        self._lockstep = settings['stepping'] == 'lockstep'
        self._status = SimStatus(boot_id=int.from_bytes(os.urandom(7), 'little'),
                                 state='waiting_reset')
        self._sensors: Sensors | None = None
        self._driver = DriverTopics(self, self._task)
        self._reset_reply: tuple[tuple[int, int], Reset.Response] | None = None
        self._command = (np.zeros(len(self._contract.joints)), 0.0)
        self._published = time.monotonic()
        self._asked = self._published
        self._viewer = None
        self._connect()
        if settings['viewer']:
            from softq_ros.simulation.rendering import open_viewer
            self._viewer = open_viewer(self._plant)

    def _connect(self) -> None:
        self._status_pub = self.create_publisher(SimStatus, 'sim/status', qos.LATCHED)
        self._markers_pub = self.create_publisher(MarkerArray, 'markers', qos.STATE)
        self.create_service(Reset, 'sim/reset', self._on_reset)
        self.create_service(Perturb, 'sim/perturb', self._on_perturb)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        if self._lockstep:
            self.create_subscription(Executed, 'gate/executed', self._on_executed, qos.EXECUTED)
            self.create_timer(REPEAT_SEC / 4, self._on_repeat_timer, clock=steady)
        else:
            self.create_subscription(Float64MultiArray, self._contract.command_topic,
                                     self._on_command, qos.DRIVER)
            self.create_timer(1.0 / self._contract.control_rate, self._on_period, clock=steady)
        self.create_timer(0.5, self._publish_status, clock=steady)
        self._publish_status()

    def _on_reset(self, request: Reset.Request, response: Reset.Response) -> Reset.Response:
        key = (request.boot_id, request.episode)
        if self._reset_reply and self._reset_reply[0] == key:
            return self._reset_reply[1]
        stamp = self._next_stamp(request.not_before)
        try:
            start = self._task.start(np.random.default_rng(request.seed))
            self._sensors = self._plant.reset(start, stamp)
        except SoftqError as error:
            response.message = str(error)
            return response
        self._command = (self._idle(self._sensors.position), 0.0)
        response.success = True
        ns_to_time(response.stamp, stamp)
        self._reset_reply = (key, response)
        self._status.episode = request.episode
        self._set_state('running')
        self._publish_observation()
        return response

    def _next_stamp(self, not_before: Time) -> int:
        own = self._sensors.stamp if self._sensors else 0
        return max(own, time_to_ns(not_before)) + self._contract.period_ns

    def _on_perturb(self, request: Perturb.Request, response: Perturb.Response):
        try:
            self._plant.perturb(request.kind, request.target, np.array(request.values),
                                request.duration_sec)
            response.success = True
        except (SoftqError, AttributeError) as error:
            response.message = str(error)
        if response.success and request.kind == 'wrench':
            self._show_push(request)
        return response

    def _show_push(self, push: Perturb.Request) -> None:
        tip, force = self._plant.data.body(push.target).xipos, np.array(push.values[:3])
        marker = arrow(self._contract.base_frame, 'push', RED, tip - ARROW_LENGTH * force, tip,
                       ARROW_WIDTH)
        marker.lifetime = Duration(seconds=max(push.duration_sec, SHOWN_SEC)).to_msg()
        self._markers_pub.publish(MarkerArray(markers=[marker]))

    def _on_executed(self, msg: Executed) -> None:
        running = self._status.state in ('running', 'waiting_command')
        if running and time_to_ns(msg.header.stamp) == self._sensors.stamp:
            self._step(np.frombuffer(msg.command, np.float64))

    def _on_command(self, msg: Float64MultiArray) -> None:
        if len(msg.data) == len(self._contract.joints):
            self._command = (np.array(msg.data), time.monotonic())

    def _on_period(self) -> None:
        if self._status.state != 'running':
            return
        command, received = self._command
        alive = time.monotonic() - received < COMMAND_TIMEOUT_SEC
        self._step(command if alive else self._idle(command))

    def _idle(self, command: np.ndarray) -> np.ndarray:
        """Return what stands for a command that does not come: a drive keeps its position."""
        keeps = self._contract.interface in POSITION_LIKE
        return command if keeps else np.zeros_like(command)

    def _step(self, command: np.ndarray) -> None:
        try:
            self._sensors = self._plant.step(command)
        except PlantFault as error:
            self.get_logger().warning(f'plant fault: {error}')
            self._set_state('fault', str(error))
            return
        self._status.steps += 1
        if self._status.state != 'running':
            self._set_state('running')
        self._publish_observation()

    def _publish_observation(self) -> None:
        self._asked = time.monotonic()
        self._send_observation()
        if self._viewer:
            self._viewer.sync()

    def _send_observation(self) -> None:
        self._published = time.monotonic()
        self._driver.publish(self._sensors)

    def _on_repeat_timer(self) -> None:
        now = time.monotonic()
        if self._status.state not in ('running', 'waiting_command'):
            return
        if now - self._published >= REPEAT_SEC:
            self._status.repeated += 1
            self._status.waiting_sec = now - self._asked
            self._send_observation()
        if now - self._asked > 1.0 and self._status.state == 'running':
            self._set_state('waiting_command', 'no gate/executed for the last observation')

    def _set_state(self, state: str, reason: str = '') -> None:
        self._status.state, self._status.reason = state, reason
        self._status.waiting_sec = 0.0
        self._publish_status()

    def _publish_status(self) -> None:
        if self._sensors:
            ns_to_time(self._status.header.stamp, self._sensors.stamp)
        self._status_pub.publish(self._status)

    def on_shutdown(self) -> None:
        """Close the plant."""
        self._plant.close()


def main(args: list[str] | None = None) -> None:
    """Run the node until a signal."""
    run_node(SimNode, args)


if __name__ == '__main__':
    main()
