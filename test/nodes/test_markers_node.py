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
"""What RViz is told, over real DDS."""
from dataclasses import replace
import time

import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
from visualization_msgs.msg import Marker, MarkerArray

from softq_ros.msg import Executed
from softq_ros.nodes import qos
from softq_ros.nodes.markers_node import MarkersNode, tool_arrow
from softq_ros.robot.contract import load_contract

CONTRACT = load_contract('sim_sawyer')
DEADLINE_SEC = 20.0


def test_a_velocity_is_shown_as_half_a_second_of_the_tools_way():
    position, command = np.array(CONTRACT.reset_pose), np.array([0.4, 0, 0, 0, 0, 0, 0])
    ahead = np.array(CONTRACT.chain.position(position + 1e-6 * command))
    here = CONTRACT.chain.position(position)
    assert tool_arrow(CONTRACT, position, command) == pytest.approx(
        0.5 * (ahead - here) / 1e-6, abs=1e-5)


def test_torques_are_shown_as_the_force_that_does_their_work():
    contract = replace(CONTRACT, interface='effort')
    position = np.array(CONTRACT.reset_pose)
    force = np.array([3.0, -2.0, 5.0, 0.0, 0.0, 0.0])
    torque = contract.chain.jacobian(position).T @ force
    assert tool_arrow(contract, position, torque) == pytest.approx(0.01 * force[:3])


def test_the_markers_follow_what_was_asked_and_executed(ros_environment):
    context = rclpy.Context()
    rclpy.init(context=context)
    node = MarkersNode(context=context, parameter_overrides=[
        Parameter('task', value='sawyer_stack'), Parameter('contract', value='sawyer')])
    probe, heard = rclpy.create_node('probe', context=context), []
    probe.create_subscription(MarkerArray, 'markers', heard.append, qos.STATE)
    joints = probe.create_publisher(
        JointState, load_contract('sawyer').joint_states_topic, qos.STATE)
    executed = probe.create_publisher(Executed, 'gate/executed', qos.EXECUTED)
    executor = SingleThreadedExecutor(context=context)
    for one in (node, probe):
        executor.add_node(one)
    end, found = time.monotonic() + DEADLINE_SEC, {}
    contract = load_contract('sawyer')
    while 'executed' not in found:
        assert time.monotonic() < end, found
        joints.publish(JointState(name=list(contract.joints),
                                  position=list(contract.reset_pose), velocity=[0.0] * 7))
        executed.publish(Executed(asked=[1.0] + [0.0] * 6, command=[0.1] + [0.0] * 6))
        executor.spin_once(timeout_sec=0.05)
        if heard:
            found = {marker.ns: marker for marker in heard[-1].markers}
    assert set(found) == {'workspace', 'target', 'asked', 'executed'}
    assert {m.header.frame_id for m in found.values()} == {contract.base_frame}
    assert found['target'].type == Marker.CUBE
    tool = contract.chain.position(np.array(contract.reset_pose))
    for name, speed in (('asked', contract.action_scale[0]), ('executed', 0.1)):
        start, stop = ([p.x, p.y, p.z] for p in found[name].points)
        assert start == pytest.approx(tool)
        assert np.subtract(stop, start) == pytest.approx(tool_arrow(
            contract, np.array(contract.reset_pose), np.array([speed, 0, 0, 0, 0, 0, 0])))
    for one in (node, probe):
        one.destroy_node()
    context.shutdown()
