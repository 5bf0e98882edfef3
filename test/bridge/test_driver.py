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
from dataclasses import replace

from geometry_msgs.msg import TwistStamped
import numpy as np
import pytest
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

from softq_ros.bridge.driver import COMMAND_TYPES, speaker
from softq_ros.robot.contract import load_contract

SAWYER = load_contract('sim_sawyer')
COMMAND = np.array([0.1, -0.2, 1e-300, 0.4, -0.5, 0.6, 0.7])
NOW = 12_345_678_901


def said(command, kind: str, **changes):
    return speaker(replace(SAWYER, command_type=kind, **changes), lambda: NOW)(command)


def test_a_command_keeps_its_bits_as_an_array():
    msg = said(COMMAND, 'std_msgs/Float64MultiArray')
    assert isinstance(msg, Float64MultiArray) and not msg.layout.dim
    assert np.frombuffer(msg.data).tobytes() == COMMAND.tobytes()


def test_a_trajectory_is_one_point_a_period_away_with_stamp_zero():
    msg = said(COMMAND, 'trajectory_msgs/JointTrajectory')
    assert isinstance(msg, JointTrajectory) and tuple(msg.joint_names) == SAWYER.joints
    assert (msg.header.stamp.sec, msg.header.stamp.nanosec) == (0, 0)
    point, = msg.points
    assert np.frombuffer(point.positions).tobytes() == COMMAND.tobytes()
    assert (point.time_from_start.sec, point.time_from_start.nanosec) == (0, 50_000_000)
    assert not (point.velocities or point.accelerations or point.effort)


def test_a_period_of_more_than_a_second_is_told_in_seconds_and_the_rest():
    msg = said(COMMAND, 'trajectory_msgs/JointTrajectory', control_rate=0.4)
    at = msg.points[0].time_from_start
    assert (at.sec, at.nanosec) == (2, 500_000_000)


def test_a_twist_has_the_base_frame_and_the_time_it_was_said():
    msg = said(COMMAND[:6], 'geometry_msgs/TwistStamped')
    assert isinstance(msg, TwistStamped) and msg.header.frame_id == SAWYER.base_frame
    assert (msg.header.stamp.sec, msg.header.stamp.nanosec) == (12, 345_678_901)
    linear, angular = msg.twist.linear, msg.twist.angular
    assert [linear.x, linear.y, linear.z, angular.x, angular.y, angular.z] == list(COMMAND[:6])


@pytest.mark.parametrize('name', COMMAND_TYPES)
def test_a_type_is_called_as_ros_calls_it(name):
    kind = COMMAND_TYPES[name]
    assert name == f'{kind.__module__.split(".")[0]}/{kind.__name__}'
