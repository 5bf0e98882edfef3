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
"""A command in the contract's units as the message its driver hears."""
from collections.abc import Callable

from builtin_interfaces.msg import Duration
from geometry_msgs.msg import TwistStamped, Vector3
import numpy as np
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from softq_ros.bridge.conversions import doubles, ns_to_time
from softq_ros.records import NANOSECONDS
from softq_ros.robot.contract import RobotContract

COMMAND_TYPES = {'std_msgs/Float64MultiArray': Float64MultiArray,
                 'trajectory_msgs/JointTrajectory': JointTrajectory,
                 'geometry_msgs/TwistStamped': TwistStamped}
Message = Float64MultiArray | JointTrajectory | TwistStamped


def command_to_array(command: np.ndarray) -> Float64MultiArray:
    """Return a command ``(A,)`` as the values of a forward controller's topic."""
    return Float64MultiArray(data=doubles(command))


def command_to_trajectory(command: np.ndarray, contract: RobotContract) -> JointTrajectory:
    """
    Return one point to be reached a control period after it is received.

    The stamp is zero: a trajectory with another would be cut short by what it was late.

    :param command: positions ``(J,)`` [rad or m] in the order of the contract's joints.
    """
    sec, nanosec = divmod(contract.period_ns, NANOSECONDS)
    point = JointTrajectoryPoint(positions=doubles(command),
                                 time_from_start=Duration(sec=sec, nanosec=nanosec))
    return JointTrajectory(joint_names=list(contract.joints), points=[point])


def command_to_twist(command: np.ndarray, contract: RobotContract, now: int) -> TwistStamped:
    """
    Return linear and angular velocity ``(6,)`` [m/s, rad/s] in the contract's base frame.

    :param now: ROS time [ns]; its receiver drops what is old.
    """
    msg = TwistStamped()
    msg.header.frame_id = contract.base_frame
    ns_to_time(msg.header.stamp, now)
    values = command.tolist()
    msg.twist.linear = Vector3(**dict(zip('xyz', values[:3])))
    msg.twist.angular = Vector3(**dict(zip('xyz', values[3:])))
    return msg


def speaker(contract: RobotContract, clock: Callable[[], int]) -> Callable[[np.ndarray], Message]:
    """
    Return what turns a command ``(A,)`` into a message of the contract's ``command_type``.

    :param clock: returns ROS time [ns].
    """
    kind = COMMAND_TYPES[contract.command_type]
    if kind is JointTrajectory:
        return lambda command: command_to_trajectory(command, contract)
    if kind is TwistStamped:
        return lambda command: command_to_twist(command, contract, clock())
    return command_to_array
