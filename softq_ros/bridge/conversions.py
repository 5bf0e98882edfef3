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
"""What drivers and simulators say, as arrays, and back."""
from array import array
from collections.abc import Iterable
from math import hypot, isfinite

from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped
import numpy as np
from sensor_msgs.msg import JointState

from softq_ros.errors import MessageError
from softq_ros.records import NANOSECONDS, Sensors
from softq_ros.robot.contract import RobotContract

UNIT_TOLERANCE = 1e-3  # how far a quaternion's norm may be from 1


def time_to_ns(time: Time) -> int:
    """Return a time message as nanoseconds."""
    return time.sec * NANOSECONDS + time.nanosec


def ns_to_time(time: Time, nanoseconds: int) -> None:
    """Write nanoseconds into a time message."""
    time.sec, time.nanosec = divmod(nanoseconds, NANOSECONDS)


def floats(vector: np.ndarray) -> array:
    """Return a float32 vector as what a ``float32[]`` field takes without looking at each."""
    return array('f', np.asarray(vector, np.float32).tobytes())


def doubles(vector: np.ndarray) -> array:
    """Return a float64 vector as what a ``float64[]`` field takes without looking at each."""
    return array('d', np.asarray(vector, np.float64).tobytes())


def all_finite(values: Iterable[float]) -> bool:
    """Return whether every number is finite; a finite sum is the fast answer."""
    return isfinite(sum(values)) or all(map(isfinite, values))


def joint_state_to_sensors(msg: JointState, contract: RobotContract,
                           pose: PoseStamped | None = None,
                           thing: PoseStamped | None = None) -> Sensors:
    """
    Return the contract's joints, matched by name, tool pose and object pose of the same instant.

    Other joints in the message are passed over; an empty effort counts as zero.

    :raises MessageError: a joint missing or named twice, a wrong length, a number not finite, a
        pose in another frame.
    """
    order = _order(msg.name, contract)
    count = len(msg.name)
    position = _column('position', msg.position, count, order)
    velocity = _column('velocity', msg.velocity, count, order)
    effort = (_column('effort', msg.effort, count, order) if len(msg.effort)
              else np.zeros(len(contract.joints)))
    tool = pose_to_arrays(pose, contract) if pose is not None else (None, None)
    seat = (pose_to_arrays(thing, contract, 'object_pose') if thing is not None
            else (None, None))
    return Sensors(time_to_ns(msg.header.stamp), contract.joints, position, velocity, effort,
                   *tool, *seat)


def _order(names: list[str], contract: RobotContract) -> list[int] | None:
    if tuple(names) == contract.joints:
        return None
    expected = ', '.join(contract.joints)
    missing = [joint for joint in contract.joints if joint not in names]
    if missing:
        raise MessageError(f'joint_states lacks {", ".join(missing)}; expected: {expected}; '
                           f'present: {", ".join(names)}')
    twice = [joint for joint in contract.joints if names.count(joint) > 1]
    if twice:
        raise MessageError(f'joint_states names {", ".join(twice)} more than once; '
                           f'expected: {expected}; present: {", ".join(names)}')
    return [names.index(joint) for joint in contract.joints]


def _column(what: str, values: array, count: int, order: list[int] | None) -> np.ndarray:
    if len(values) != count:
        raise MessageError(f'joint_states has {len(values)} values as {what}; '
                           f'accepted: {count}, one for each name')
    column = np.frombuffer(values, np.float64)
    column = column if order is None else column[order]
    if not all_finite(column.tolist()):
        raise MessageError(f'joint_states {what} is {column.tolist()}; accepted: finite numbers')
    return column


def pose_to_arrays(pose: PoseStamped, contract: RobotContract, topic: str = 'tool_pose'
                   ) -> tuple[np.ndarray, np.ndarray]:
    """
    Return position ``(3,)`` [m] and quaternion ``(4,)`` as w, x, y, z.

    :param topic: named in what is raised.
    :raises MessageError: another frame than the contract's base, not finite, not a rotation.
    """
    if pose.header.frame_id != contract.base_frame:
        raise MessageError(f'{topic} is in frame {pose.header.frame_id!r}; '
                           f'accepted: {contract.base_frame!r}')
    place, turn = pose.pose.position, pose.pose.orientation
    position, quaternion = (place.x, place.y, place.z), (turn.w, turn.x, turn.y, turn.z)
    # a comparison with NaN is false, so this refuses what is not finite as well
    if not (all_finite(position) and abs(hypot(*quaternion) - 1.0) < UNIT_TOLERANCE):
        raise MessageError(f'{topic} is {position}, {quaternion} (w, x, y, z); accepted: '
                           'finite numbers, a quaternion of length 1')
    return np.array(position), np.array(quaternion)


def sensors_to_joint_state(sensors: Sensors, msg: JointState | None = None) -> JointState:
    """Return what a driver would publish; ``msg``, an earlier one of it, is used again."""
    msg = msg or JointState(name=list(sensors.joint_names))
    ns_to_time(msg.header.stamp, sensors.stamp)
    msg.position = doubles(sensors.position)
    msg.velocity = doubles(sensors.velocity)
    msg.effort = doubles(sensors.effort)
    return msg


def sensors_to_pose(sensors: Sensors, contract: RobotContract,
                    msg: PoseStamped | None = None) -> PoseStamped:
    """Return the tool pose in the contract's base frame; an earlier ``msg`` is used again."""
    return _to_pose(sensors.stamp, sensors.tool_position, sensors.tool_quaternion, contract, msg)


def sensors_to_object_pose(sensors: Sensors, contract: RobotContract,
                           msg: PoseStamped | None = None) -> PoseStamped:
    """Return the object's pose in the contract's base frame; ``msg`` is used again."""
    return _to_pose(sensors.stamp, sensors.object_position, sensors.object_quaternion, contract,
                    msg)


def _to_pose(stamp: int, position: np.ndarray, quaternion: np.ndarray, contract: RobotContract,
             msg: PoseStamped | None) -> PoseStamped:
    if msg is None:
        msg = PoseStamped()
        msg.header.frame_id = contract.base_frame
    ns_to_time(msg.header.stamp, stamp)
    place, turn = msg.pose.position, msg.pose.orientation
    place.x, place.y, place.z = position.tolist()
    turn.w, turn.x, turn.y, turn.z = quaternion.tolist()
    return msg
