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
"""What RViz shows beside the robot: workspace, target, the action that was asked and executed."""
from geometry_msgs.msg import PoseStamped
import numpy as np
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from softq_ros.bridge.conversions import joint_state_to_sensors
from softq_ros.errors import MessageError
from softq_ros.msg import Executed
from softq_ros.nodes import qos
from softq_ros.nodes.arrow import arrow
from softq_ros.nodes.parameters import declare, OPTIONS, Parameter, task_of
from softq_ros.nodes.run import run_node
from softq_ros.robot.contract import RobotContract
from softq_ros.tasks.catalogue import task_names

PERIOD_SEC = 0.1
AHEAD_SEC = 0.5  # how far ahead of the tool the arrow of a motion ends
PER_NEWTON = 0.01  # m of an arrow's length for each newton of a force
BRICK = (0.0636, 0.0318, 0.0192)  # m
GREY, GREEN = ColorRGBA(r=0.6, g=0.6, b=0.6, a=0.15), ColorRGBA(g=0.8, a=0.5)
ORANGE, BLUE = ColorRGBA(r=1.0, g=0.6, a=0.9), ColorRGBA(r=0.1, g=0.3, b=1.0, a=0.9)

PARAMETERS = (
    Parameter('task', 'sawyer_stack', 'whose target is shown', choices=task_names),
    OPTIONS,
    Parameter('contract', '', 'robot contract: a name, a path; empty: that of the task'),
)


def tool_arrow(contract: RobotContract, position: np.ndarray, command: np.ndarray) -> np.ndarray:
    """
    Return where a command drives the tool, ``(3,)`` [m]: its way in half a second.

    Torques are shown as the force at the tool that does the same work, 10 mm for a newton.

    :param position: of the joints, ``(J,)``.
    :param command: ``(A,)`` in the contract's units.
    """
    interface, jacobian = contract.interface, contract.chain.jacobian(position)[:3]
    if interface == 'twist':
        return AHEAD_SEC * command[:3]
    if interface == 'effort':
        force = np.linalg.lstsq(contract.chain.jacobian(position).T, command, rcond=None)[0]
        return PER_NEWTON * force[:3]
    if interface == 'velocity':
        return AHEAD_SEC * jacobian @ command
    return jacobian @ (command - position)


class MarkersNode(Node):
    """
    Draws for RViz; nothing depends on it.

    Subscribes
    ----------
    the contract's joint states (sensor_msgs/JointState), object_pose (geometry_msgs/PoseStamped),
    gate/executed (softq_ros/Executed)

    Publishes
    ---------
    markers (visualization_msgs/MarkerArray): namespaces workspace, target, asked, executed, in
    the contract's base frame; the simulator adds push

    Parameters
    ----------
    task, options, contract; all read-only
    """

    def __init__(self, **kwargs) -> None:
        """Connect."""
        super().__init__('markers', **kwargs)
        self._task = task_of(declare(self, PARAMETERS))
        self._contract = self._task.contract
        self._joints: JointState | None = None
        self._executed: Executed | None = None
        self._object: PoseStamped | None = None
        self._publisher = self.create_publisher(MarkerArray, 'markers', qos.STATE)
        self.create_subscription(JointState, self._contract.joint_states_topic, self._on_joints,
                                 qos.STATE_HEARD)
        self.create_subscription(PoseStamped, 'object_pose', self._on_object, qos.STATE_HEARD)
        self.create_subscription(Executed, 'gate/executed', self._on_executed, qos.EXECUTED)
        self.create_timer(PERIOD_SEC, self._publish, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _on_joints(self, msg: JointState) -> None:
        self._joints = msg

    def _on_object(self, msg: PoseStamped) -> None:
        self._object = msg

    def _on_executed(self, msg: Executed) -> None:
        self._executed = msg

    def _publish(self) -> None:
        markers = [*self._workspace(), *self._target(), *self._arrows()]
        if markers:
            self._publisher.publish(MarkerArray(markers=markers))

    def _marker(self, name: str, kind: int, colour: ColorRGBA) -> Marker:
        marker = Marker(ns=name, type=kind, action=Marker.ADD, color=colour)
        marker.header.frame_id = self._contract.base_frame
        marker.pose.orientation.w = 1.0
        return marker

    def _workspace(self) -> list[Marker]:
        lower, upper = self._contract.workspace_lower, self._contract.workspace_upper
        if lower is None:
            return []
        marker = self._marker('workspace', Marker.CUBE, GREY)
        _place(marker.pose.position, (lower + upper) / 2)
        _place(marker.scale, upper - lower)
        return [marker]

    def _target(self) -> list[Marker]:
        marker = self._marker('target', Marker.CUBE, GREEN)
        _place(marker.scale, BRICK)
        if self._object is not None:
            marker.header.frame_id, marker.pose = (self._object.header.frame_id,
                                                   self._object.pose)
            return [marker]
        if self._task.target is None:
            return []
        position, quaternion = self._task.target
        _place(marker.pose.position, position)
        turn = marker.pose.orientation
        turn.w, turn.x, turn.y, turn.z = map(float, quaternion)
        return [marker]

    def _arrows(self) -> list[Marker]:
        contract = self._contract
        if self._joints is None or self._executed is None or contract.chain is None:
            return []
        try:
            position = joint_state_to_sensors(self._joints, contract).position
        except MessageError:
            return []
        tool = contract.chain.position(position)
        asked = np.array(self._executed.asked) * contract.action_scale
        if contract.position_like:
            asked = asked + (contract.reset_pose if contract.interface == 'position' else position)
        return [arrow(contract.base_frame, name, colour, tool,
                      tool + tool_arrow(contract, position, command), 0.01)
                for name, command, colour in (
                    ('asked', asked, ORANGE),
                    ('executed', np.array(self._executed.command), BLUE))]

    def on_shutdown(self) -> None:
        """Leave nothing behind."""


def _place(vector, values) -> None:
    vector.x, vector.y, vector.z = map(float, values)


def main(args: list[str] | None = None) -> None:
    """Run the node until a signal."""
    run_node(MarkersNode, args)


if __name__ == '__main__':
    main()
