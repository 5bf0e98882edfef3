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
"""Joint states and what else a task needs of one instant, put together."""
from collections.abc import Callable
from dataclasses import replace
from functools import partial
import time

from geometry_msgs.msg import PoseStamped
from nav_msgs.msg import Odometry
from rclpy.node import Node
from sensor_msgs.msg import Imu, JointState

from softq_ros.bridge.base import base_state
from softq_ros.bridge.conversions import joint_state_to_sensors, time_to_ns
from softq_ros.errors import MessageError
from softq_ros.nodes import qos
from softq_ros.records import Sensors
from softq_ros.tasks.task import Task


class Observer:
    """
    Hears the contract's joint states and what else the task needs.

    That is tool_pose and object_pose (geometry_msgs/PoseStamped), odom (nav_msgs/Odometry) and imu
    (sensor_msgs/Imu).

    Where the contract says so, the tool pose comes from its kinematics instead of the topic.

    :param exact: whether all must bear the joint states' very stamp, as in lockstep, or one at
        most a control period away, as from drivers that publish on their own.
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
        beside = {'tool_pose': PoseStamped} if task.needs_tool_pose and not self._computes else {}
        beside |= {'object_pose': PoseStamped} if task.needs_object_pose else {}
        beside |= {'odom': Odometry, 'imu': Imu} if task.needs_base else {}
        self._newest: dict[str, PoseStamped | Odometry | Imu | None] = dict.fromkeys(beside)
        self._joints: JointState | None = None
        self.arrived = time.perf_counter()
        for topic, kind in beside.items():
            node.create_subscription(kind, topic, partial(self._on_beside, topic),
                                     qos.STATE_HEARD)
        node.create_subscription(JointState, contract.joint_states_topic, self._on_joints,
                                 qos.STATE_HEARD)

    def _on_beside(self, topic: str, msg: PoseStamped | Odometry | Imu) -> None:
        self._newest[topic] = msg
        self.look_again()

    def _on_joints(self, msg: JointState) -> None:
        self.arrived = time.perf_counter()
        self._joints = msg
        self.look_again()

    def look_again(self) -> None:
        """Hand over what is there, if it is wanted by now and complete."""
        joints = self._joints
        if joints is None:
            return
        stamp = time_to_ns(joints.header.stamp)
        if not self._wants(stamp):
            return
        if any(self._is_apart(msg, stamp) for msg in self._newest.values()):
            return
        self._joints = None
        try:
            sensors = self._put_together(joints)
        except MessageError as error:
            self._refused(str(error))
            return
        self._seen(sensors)

    def _put_together(self, joints: JointState) -> Sensors:
        contract, newest = self._contract, self._newest
        sensors = joint_state_to_sensors(joints, contract, newest.get('tool_pose'),
                                         newest.get('object_pose'))
        if 'odom' in newest:
            sensors = replace(sensors, **base_state(newest['odom'], newest['imu'], contract))
        if self._computes:
            place, turn = contract.chain.pose(sensors.position)
            sensors = replace(sensors, tool_position=place, tool_quaternion=turn)
        return sensors

    def _is_apart(self, msg: PoseStamped | Odometry | Imu | None, stamp: int) -> bool:
        return msg is None or abs(time_to_ns(msg.header.stamp) - stamp) > self._apart
