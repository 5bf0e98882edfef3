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
"""Joint states are read by name or refused whole; stamps and poses come back as they went."""
from geometry_msgs.msg import PoseStamped
from hypothesis import given, settings, strategies as st
import numpy as np
import pytest
from sensor_msgs.msg import JointState

from softq_ros.bridge.conversions import (
    all_finite, joint_state_to_sensors, ns_to_time, pose_to_arrays,
    sensors_to_joint_state, sensors_to_pose, time_to_ns)
from softq_ros.errors import MessageError
from softq_ros.records import Sensors
from softq_ros.robot.contract import load_contract

SAWYER = load_contract('sim_sawyer')
QUARTER_TURN = np.array([np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5)])


def sensors() -> Sensors:
    ones = np.ones(7)
    return Sensors(12_345_678_901, SAWYER.joints, SAWYER.reset_pose, 0.1 * ones, 2 * ones,
                   np.array([0.1, 0.2, 0.3]), QUARTER_TURN)


def joint_state(**changes) -> JointState:
    msg = sensors_to_joint_state(sensors())
    for name, value in changes.items():
        setattr(msg, name, value)
    return msg


def test_a_time_message_is_seconds_and_the_rest():
    msg = JointState().header.stamp
    ns_to_time(msg, 12_345_678_901)
    assert (msg.sec, msg.nanosec) == (12, 345_678_901)


@given(st.integers(0, 2**31 * 10**9 - 1))
def test_nanoseconds_come_back_as_they_went(nanoseconds):
    msg = JointState().header.stamp
    ns_to_time(msg, nanoseconds)
    assert time_to_ns(msg) == nanoseconds


def test_sensors_come_back_with_the_bits_they_went_with():
    sent = sensors()
    got = joint_state_to_sensors(joint_state(), SAWYER, sensors_to_pose(sent, SAWYER))
    assert got.stamp == sent.stamp and got.joint_names == sent.joint_names
    for name in ('position', 'velocity', 'effort', 'tool_position', 'tool_quaternion'):
        assert getattr(got, name).tobytes() == getattr(sent, name).tobytes()


def test_without_a_pose_there_is_none():
    got = joint_state_to_sensors(joint_state(), SAWYER)
    assert got.tool_position is None and got.tool_quaternion is None


@settings(max_examples=50)
@given(st.permutations(range(9)))
def test_joints_are_matched_by_name_whatever_their_order_and_company(order):
    names = [*SAWYER.joints, 'head_pan', 'gripper']
    values = [*SAWYER.reset_pose, 8.0, 9.0]
    msg = JointState(name=[names[i] for i in order], position=[values[i] for i in order],
                     velocity=[0.1 * i for i in order], effort=[1.0 * i for i in order])
    got = joint_state_to_sensors(msg, SAWYER)
    assert got.position.tolist() == SAWYER.reset_pose.tolist()
    assert got.velocity == pytest.approx(0.1 * np.arange(7))
    assert got.effort.tolist() == list(range(7))


def test_a_driver_that_reports_no_effort_counts_as_zero():
    got = joint_state_to_sensors(joint_state(effort=[]), SAWYER)
    assert got.effort.tolist() == [0.0] * 7


def test_a_missing_joint_is_refused_with_the_names_expected_and_present():
    with pytest.raises(MessageError, match='lacks right_j6; expected: right_j0, .*right_j6; '
                                           'present: right_j0, .*right_j5$'):
        joint_state_to_sensors(joint_state(name=list(SAWYER.joints[:6]), position=[0.0] * 6,
                                           velocity=[0.0] * 6, effort=[0.0] * 6), SAWYER)


def test_a_renamed_joint_is_refused_with_its_name():
    renamed = ['left_j0', *SAWYER.joints[1:]]
    with pytest.raises(MessageError, match='lacks right_j0; .*present: left_j0'):
        joint_state_to_sensors(joint_state(name=renamed), SAWYER)


def test_a_joint_named_twice_is_refused():
    msg = joint_state(name=[*SAWYER.joints, 'right_j0'], position=[0.0] * 8, velocity=[0.0] * 8,
                      effort=[0.0] * 8)
    with pytest.raises(MessageError, match='names right_j0 more than once'):
        joint_state_to_sensors(msg, SAWYER)


@pytest.mark.parametrize('field', ['position', 'velocity', 'effort'])
@pytest.mark.parametrize('size', [6, 8])
def test_a_field_of_another_length_than_the_names_is_refused(field, size):
    with pytest.raises(MessageError, match=f'{size} values as {field}; accepted: 7'):
        joint_state_to_sensors(joint_state(**{field: [0.0] * size}), SAWYER)


@pytest.mark.parametrize('field', ['position', 'velocity'])
def test_a_driver_that_reports_no_position_or_velocity_is_refused(field):
    with pytest.raises(MessageError, match=f'0 values as {field}'):
        joint_state_to_sensors(joint_state(**{field: []}), SAWYER)


@pytest.mark.parametrize('field', ['position', 'velocity', 'effort'])
@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_is_refused(field, bad):
    with pytest.raises(MessageError, match=f'{field} is .*finite'):
        joint_state_to_sensors(joint_state(**{field: [0.0] * 6 + [bad]}), SAWYER)


def test_an_empty_message_is_refused():
    with pytest.raises(MessageError, match='lacks right_j0'):
        joint_state_to_sensors(JointState(), SAWYER)


def test_a_pose_is_position_and_quaternion_with_w_first():
    msg = PoseStamped()
    msg.header.frame_id = 'base'
    msg.pose.position.x, msg.pose.position.z = 1.0, 3.0
    msg.pose.orientation.w, msg.pose.orientation.z = 0.6, 0.8
    position, quaternion = pose_to_arrays(msg, SAWYER)
    assert position.tolist() == [1.0, 0.0, 3.0] and quaternion.tolist() == [0.6, 0.0, 0.0, 0.8]


def test_a_pose_in_another_frame_is_refused_with_both_names():
    msg = sensors_to_pose(sensors(), SAWYER)
    msg.header.frame_id = 'world'
    with pytest.raises(MessageError, match="'world'; accepted: 'base'"):
        pose_to_arrays(msg, SAWYER)


@pytest.mark.parametrize('w', [0.0, 2.0, np.nan, np.inf])
def test_a_quaternion_that_is_no_rotation_is_refused(w):
    msg = PoseStamped()
    msg.header.frame_id = 'base'
    msg.pose.orientation.w = w
    with pytest.raises(MessageError, match='length 1'):
        pose_to_arrays(msg, SAWYER)


def test_a_position_that_is_not_finite_is_refused():
    msg = sensors_to_pose(sensors(), SAWYER)
    msg.pose.position.y = np.nan
    with pytest.raises(MessageError, match='finite'):
        pose_to_arrays(msg, SAWYER)


def test_numbers_whose_sum_overflows_are_finite_all_the_same():
    assert all_finite([1e308, 1e308]) and not all_finite([1e308, np.inf])
    assert not all_finite([np.inf, -np.inf])
