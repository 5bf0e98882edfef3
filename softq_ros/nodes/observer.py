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
"""Joint states and tool pose of one instant, put together."""
from collections.abc import Callable
from dataclasses import replace
import time

from geometry_msgs.msg import PoseStamped
from rclpy.node import Node
from sensor_msgs.msg import JointState

from softq_ros.bridge.conversions import joint_state_to_sensors, time_to_ns
from softq_ros.errors import MessageError
from softq_ros.nodes import qos
from softq_ros.records import Sensors
from softq_ros.tasks.task import Task


class Observer:
    """
    Hears the contract's joint states and tool_pose (geometry_msgs/PoseStamped).

    Where the contract says so, the tool pose comes from its kinematics instead of the topic.

    :param exact: whether a pose must bear the joint states' very stamp, as in lockstep, or one at
        most a control period away, as from drivers that publish it on their own.
    :param wants: whether the observation of a stamp [ns] is of any use.
    :param seen: gets each observation.
    :param refused: gets the reason for each that was refused.
    """

    def __init__(self, node: Node, task: Task, exact: bool, wants: Callable[[int], bool],
                 seen: Callable[[Sensors], None], refused: Callable[[str], None]) -> None:
        """Connect."""
        self._contract = contract = task.contract
        self._wants, self._seen, self._refused = wants, seen, refused
        self._apart = 0 if exact else contract.period_ns
        self._computes = task.needs_tool_pose and contract.tool_pose == 'kinematics'
        self._hears = task.needs_tool_pose and not self._computes
        self._pose: PoseStamped | None = None
        self._joints: JointState | None = None
        self.arrived = time.perf_counter()
        if self._hears:
            node.create_subscription(PoseStamped, 'tool_pose', self._on_pose, qos.STATE_HEARD)
        node.create_subscription(JointState, contract.joint_states_topic, self._on_joints,
                                 qos.STATE_HEARD)

    def _on_pose(self, msg: PoseStamped) -> None:
        self._pose = msg
        self.look_again()

    def _on_joints(self, msg: JointState) -> None:
        self.arrived = time.perf_counter()
        self._joints = msg
        self.look_again()

    def look_again(self) -> None:
        """Hand over what is there, if it is wanted by now and complete."""
        joints, pose = self._joints, self._pose
        if joints is None:
            return
        stamp = time_to_ns(joints.header.stamp)
        if not self._wants(stamp):
            return
        if self._hears and (pose is None
                            or abs(time_to_ns(pose.header.stamp) - stamp) > self._apart):
            return
        self._joints = None
        try:
            sensors = joint_state_to_sensors(joints, self._contract,
                                             pose if self._hears else None)
        except MessageError as error:
            self._refused(str(error))
            return
        if self._computes:
            place, turn = self._contract.chain.pose(sensors.position)
            sensors = replace(sensors, tool_position=place, tool_quaternion=turn)
        self._seen(sensors)
