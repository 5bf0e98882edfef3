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
"""The base of a robot that moves through the world, as drivers say it: odom and imu."""
import numpy as np
from nav_msgs.msg import Odometry
from sensor_msgs.msg import Imu

from softq_ros.bridge.conversions import all_finite, ns_to_time, UNIT_TOLERANCE
from softq_ros.errors import MessageError
from softq_ros.records import Sensors
from softq_ros.robot.contract import RobotContract
from softq_ros.robot.rotations import rotation_matrix

UNKNOWN = -1.0  # first covariance of what an Imu message does not measure


def _vector(what: str, message) -> np.ndarray:
    values = (message.x, message.y, message.z)
    if not all_finite(values):
        raise MessageError(f'{what} is {values}; accepted: finite numbers')
    return np.array(values)


def _quaternion(what: str, message) -> np.ndarray:
    quaternion = np.array([message.w, message.x, message.y, message.z])
    # a comparison with NaN is false, so this refuses what is not finite as well
    if not abs(np.linalg.norm(quaternion) - 1.0) < UNIT_TOLERANCE:
        raise MessageError(f'{what} is {quaternion.tolist()} (w, x, y, z); accepted: a quaternion '
                           'of length 1')
    return quaternion


def base_state(odometry: Odometry, imu: Imu, contract: RobotContract) -> dict[str, np.ndarray]:
    """
    Return the ``base_*`` fields of sensors.

    Position and speed are the odometry's, whose twist is one of the body as REP 105 and the
    message want it; attitude and spin are the inertial unit's.

    :raises MessageError: another frame than the contract's base, not finite, not a rotation.
    """
    frames = odometry.header.frame_id, odometry.child_frame_id
    if frames != (contract.base_frame, contract.tool_frame):
        raise MessageError(f'odom is of {frames[1]!r} in frame {frames[0]!r}; accepted: '
                           f'{contract.tool_frame!r} in {contract.base_frame!r}')
    turn = _quaternion('odom orientation', odometry.pose.pose.orientation)
    velocity = _vector('odom velocity', odometry.twist.twist.linear)
    return {'base_position': _vector('odom position', odometry.pose.pose.position),
            'base_quaternion': _quaternion('imu orientation', imu.orientation),
            'base_velocity': rotation_matrix(turn) @ velocity,
            'base_angular_velocity': _vector('imu angular velocity', imu.angular_velocity)}


def _write(message, vector: np.ndarray) -> None:
    message.x, message.y, message.z = vector.tolist()


def sensors_to_odometry(sensors: Sensors, contract: RobotContract,
                        msg: Odometry | None = None) -> Odometry:
    """Return the base's pose and its twist in its own frame; ``msg`` is used again."""
    if msg is None:
        msg = Odometry(child_frame_id=contract.tool_frame)
        msg.header.frame_id = contract.base_frame
    ns_to_time(msg.header.stamp, sensors.stamp)
    turn = msg.pose.pose.orientation
    _write(msg.pose.pose.position, sensors.base_position)
    turn.w, turn.x, turn.y, turn.z = sensors.base_quaternion.tolist()
    to_body = rotation_matrix(sensors.base_quaternion).T
    _write(msg.twist.twist.linear, to_body @ sensors.base_velocity)
    _write(msg.twist.twist.angular, sensors.base_angular_velocity)
    return msg


def sensors_to_imu(sensors: Sensors, contract: RobotContract, msg: Imu | None = None) -> Imu:
    """Return the base's attitude and spin, without accelerations; ``msg`` is used again."""
    if msg is None:
        msg = Imu()
        msg.header.frame_id = contract.tool_frame
        msg.linear_acceleration_covariance[0] = UNKNOWN
    ns_to_time(msg.header.stamp, sensors.stamp)
    turn = msg.orientation
    turn.w, turn.x, turn.y, turn.z = sensors.base_quaternion.tolist()
    _write(msg.angular_velocity, sensors.base_angular_velocity)
    return msg
