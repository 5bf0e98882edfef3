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
"""What the driver of a robot publishes, from a plant."""
from geometry_msgs.msg import PoseStamped
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Imu, JointState

from softq_ros.bridge.base import sensors_to_imu, sensors_to_odometry
from softq_ros.bridge.conversions import (
    ns_to_time, sensors_to_joint_state, sensors_to_object_pose, sensors_to_pose)
from softq_ros.nodes import qos
from softq_ros.records import Sensors
from softq_ros.tasks.task import Task


class DriverTopics:
    """Publishes measurements; its messages are filled again and again."""

    def __init__(self, node: Node, task: Task) -> None:
        """Advertise what the task needs."""
        self._contract = task.contract
        self._clock, self._clock_pub = Clock(), node.create_publisher(Clock, '/clock', qos.STATE)
        self._pose: PoseStamped | None = None
        self._pose_pub = node.create_publisher(PoseStamped, 'tool_pose', qos.STATE)
        self._object: PoseStamped | None = None
        self._object_pub = node.create_publisher(
            PoseStamped, 'object_pose', qos.STATE) if task.needs_object_pose else None
        self._odometry: Odometry | None = None
        self._imu: Imu | None = None
        if task.needs_base:
            self._odometry_pub = node.create_publisher(Odometry, 'odom', qos.STATE)
            self._imu_pub = node.create_publisher(Imu, 'imu', qos.STATE)
        self._needs_base = task.needs_base
        self._joints: JointState | None = None
        self._joints_pub = node.create_publisher(JointState, 'joint_states', qos.STATE)

    def publish(self, sensors: Sensors) -> None:
        """Publish the clock, then poses, then joints: who has heard those has heard all."""
        contract = self._contract
        if self._clock_pub.get_subscription_count():
            ns_to_time(self._clock.clock, sensors.stamp)
            self._clock_pub.publish(self._clock)
        if sensors.tool_position is not None:
            self._pose = sensors_to_pose(sensors, contract, self._pose)
            self._pose_pub.publish(self._pose)
        if self._object_pub:
            self._object = sensors_to_object_pose(sensors, contract, self._object)
            self._object_pub.publish(self._object)
        if self._needs_base:
            self._odometry = sensors_to_odometry(sensors, contract, self._odometry)
            self._odometry_pub.publish(self._odometry)
            self._imu = sensors_to_imu(sensors, contract, self._imu)
            self._imu_pub.publish(self._imu)
        self._joints = sensors_to_joint_state(sensors, self._joints)
        self._joints_pub.publish(self._joints)
