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
"""odom and imu, there and back."""
import numpy as np
import pytest

from softq_ros.bridge.base import base_state, sensors_to_imu, sensors_to_odometry
from softq_ros.errors import MessageError
from softq_ros.records import Sensors
from softq_ros.robot.contract import load_contract
from softq_ros.robot.rotations import turn_about

CONTRACT = load_contract('sim_minitaur')


def sensors(heading: float = 0.5) -> Sensors:
    still = np.zeros(8)
    return Sensors(12_345_678_901, CONTRACT.joints, still, still, still,
                   base_position=np.array([1.0, 2.0, 0.2]), base_quaternion=turn_about(2, heading),
                   base_velocity=np.array([0.3, 0.1, -0.2]),
                   base_angular_velocity=np.array([0.4, 0.5, 0.6]))


def messages(**changes) -> tuple:
    odometry = sensors_to_odometry(sensors(**changes), CONTRACT)
    return odometry, sensors_to_imu(sensors(**changes), CONTRACT)


def test_the_base_comes_back_as_it_went():
    got, sent = base_state(*messages(), CONTRACT), sensors()
    for name in ('base_position', 'base_quaternion', 'base_angular_velocity'):
        assert got[name].tobytes() == getattr(sent, name).tobytes()
    assert got['base_velocity'] == pytest.approx(sent.base_velocity, abs=1e-15)


def test_a_twist_is_said_in_the_body():
    odometry, imu = messages(heading=np.pi / 2)  # x of the world is -y of the body
    said = odometry.twist.twist.linear
    assert (said.x, said.y, said.z) == pytest.approx((0.1, -0.3, -0.2))
    assert (odometry.header.frame_id, odometry.child_frame_id) == ('odom', 'base')
    assert odometry.header.stamp == imu.header.stamp and imu.header.stamp.sec == 12
    assert imu.linear_acceleration_covariance[0] == -1.0  # not measured


def test_attitude_and_spin_are_those_of_the_inertial_unit():
    odometry, _ = messages(heading=0.5)
    _, imu = messages(heading=0.6)
    assert base_state(odometry, imu, CONTRACT)['base_quaternion'] == pytest.approx(
        turn_about(2, 0.6))


def test_an_earlier_message_is_used_again():
    odometry, imu = messages()
    assert sensors_to_odometry(sensors(), CONTRACT, odometry) is odometry
    assert sensors_to_imu(sensors(), CONTRACT, imu) is imu


@pytest.mark.parametrize('spoil, says', [
    (lambda o, i: setattr(o.header, 'frame_id', 'map'), "'base' in frame 'map'; .*'odom'"),
    (lambda o, i: setattr(o, 'child_frame_id', 'odom'), "'odom' in frame 'odom'; .*'base' in"),
    (lambda o, i: setattr(o.pose.pose.position, 'x', float('nan')), 'odom position'),
    (lambda o, i: setattr(o.twist.twist.linear, 'z', float('inf')), 'odom velocity'),
    (lambda o, i: setattr(o.pose.pose.orientation, 'w', 2.0), 'odom orientation'),
    (lambda o, i: setattr(i.orientation, 'x', float('nan')), 'imu orientation'),
    (lambda o, i: setattr(i.angular_velocity, 'y', float('nan')), 'imu angular velocity')])
def test_what_is_no_state_of_the_base_is_refused_whole(spoil, says):
    odometry, imu = messages()
    spoil(odometry, imu)
    with pytest.raises(MessageError, match=says):
        base_state(odometry, imu, CONTRACT)
