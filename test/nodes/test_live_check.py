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
"""The live check against nodes that behave as a driver does, and against such that do not."""
from dataclasses import replace
import json
import threading

from geometry_msgs.msg import PoseStamped, TwistStamped
import pytest
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

from softq_ros import cli
from softq_ros.nodes import qos
from softq_ros.nodes.live_check import live_checks
from softq_ros.robot.contract import load_contract

GENERIC = replace(load_contract('generic_ros2_control'), tool_pose='topic',
                  ready_topics=('driver/ready',))
GOOD = {'controller': 'forward_position_controller', 'topic': GENERIC.command_topic,
        'kind': Float64MultiArray,
        'parameters': {'joints': ['joint1', 'joint2'], 'interface_name': 'position'},
        'names': ['joint2', 'joint1'], 'position': [0.1, -0.1], 'rate': 40.0, 'late_sec': 0.0,
        'frame': 'base_link', 'ready': True, 'rivals': ()}


class Driver:
    """A controller, a joint state broadcaster and whoever else publishes commands."""

    def __init__(self, **given):
        """Start the nodes in a thread of their own."""
        self.words = GOOD | given
        self.context = Context()
        rclpy.init(context=self.context, signal_handler_options=SignalHandlerOptions.NO)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.nodes = [self._controller(), self._broadcaster()]
        self.nodes += [self._rival(name) for name in self.words['rivals']]
        for node in self.nodes:
            self.executor.add_node(node)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._spin)

    def __enter__(self):
        """Run."""
        self.thread.start()
        return self

    def __exit__(self, *_):
        """Stop."""
        self.stop.set()
        self.thread.join(10.0)
        for node in self.nodes:  # or it stays in its domain, with what it latched
            node.destroy_node()
        rclpy.shutdown(context=self.context)

    def _spin(self):
        while not self.stop.is_set():
            self.executor.spin_once(timeout_sec=0.05)

    def _controller(self):
        node = Node(self.words['controller'], context=self.context)
        for name, value in self.words['parameters'].items():
            node.declare_parameter(name, value)
        if self.words['topic']:
            node.create_subscription(self.words['kind'], self.words['topic'], print, 1)
        return node

    def _broadcaster(self):
        node = Node('broadcaster', context=self.context)
        states = node.create_publisher(JointState, 'joint_states', 10)
        poses = node.create_publisher(PoseStamped, 'tool_pose', 10)
        if self.words['ready'] is not None:
            node.create_publisher(Bool, 'driver/ready', qos.LATCHED).publish(
                Bool(data=self.words['ready']))

        def publish():
            stamp = node.get_clock().now() - rclpy.duration.Duration(
                seconds=self.words['late_sec'])
            state = JointState(name=self.words['names'], position=self.words['position'])
            pose = PoseStamped()
            state.header.stamp = pose.header.stamp = stamp.to_msg()
            pose.header.frame_id = self.words['frame']
            states.publish(state)
            poses.publish(pose)
        if self.words['rate']:
            node.create_timer(1.0 / self.words['rate'], publish)
        return node

    def _rival(self, name):
        node = Node(name, context=self.context)
        node.create_publisher(self.words['kind'], self.words['topic'], 1)
        return node


def wrong(contract, **given):
    """Return what is found wrong with a driver, by name of the check."""
    with Driver(**given):
        checks = live_checks(contract)
    return {check.name: check.found for check in checks if not check.ok}


def test_a_driver_as_it_must_be_passes_every_check_beside_a_gate(ros_environment):
    with Driver(rivals=('gate',)):
        checks = live_checks(GENERIC)
    assert [str(check) for check in checks if not check.ok] == []
    assert [check.name for check in checks] == [
        'interface_name', 'joints', 'command topic', 'publishers', 'joint states', 'rate',
        'stamps', 'position', 'tool_pose', 'ready driver/ready']


def test_the_command_line_says_what_it_heard_and_whether_it_fits(ros_environment, capsys):
    with Driver(position=[0.1, 2.0], rate=100.0):
        assert cli.main(['robot', 'check', 'generic_ros2_control', '--live', '--json']) == 2
        result = json.loads(capsys.readouterr().out)
    found = {check['name']: check['ok'] for check in result['checks']}
    assert not result['ok'] and [name for name, ok in found.items() if not ok] == ['position']
    assert {'contract', 'reset_pose', 'interface_name', 'joints', 'publishers'} < set(found)


@pytest.mark.parametrize('given, name, says', [
    ({'parameters': {'joints': ['joint2', 'joint1'], 'interface_name': 'position'}}, 'joints',
     "got ['joint2', 'joint1']; accepted: ['joint1', 'joint2']"),
    ({'parameters': {'joints': ['joint1', 'joint2'], 'interface_name': 'velocity'}},
     'interface_name', "got 'velocity'; accepted: 'position'"),
    ({'controller': 'another_controller'}, 'controller', 'no parameters'),
    ({'topic': ''}, 'command topic', 'is heard as []'),
    ({'kind': JointTrajectory}, 'command topic', 'JointTrajectory'),
    ({'rivals': ('teleop', 'gate')}, 'publishers', "['teleop'] beside the gate"),
    ({'names': ['joint1', 'joint3']}, 'joint states', "without ['joint2']"),
    ({'rate': 0.0}, 'joint states', 'heard 0 on /joint_states'),
    ({'rate': 4.0}, 'rate', 'accepted: 10 Hz or more'),
    ({'late_sec': 5.0}, 'stamps', 'accepted: within 0.3 s'),
    ({'late_sec': -5.0}, 'stamps', '-'),
    ({'position': [2.0, 0.0]}, 'position', 'joint2 at 2.0'),
    ({'position': []}, 'position', 'joint1 at None'),
    ({'frame': 'world'}, 'tool_pose', "frame 'world'; accepted: 'base_link'"),
    ({'ready': None}, 'ready driver/ready', 'not heard'),
], ids=lambda value: value if isinstance(value, str) else None)
def test_what_is_wrong_with_a_driver_is_named(ros_environment, given, name, says):
    found = wrong(GENERIC, **given)
    assert says in found.get(name, ''), found
    silent = {name, 'tool_pose'}  # a driver that is silent has no pose either
    assert set(found) <= silent, found


def test_a_driver_that_is_not_ready_is_wired_well(ros_environment):
    with Driver(ready=False):
        checks = live_checks(GENERIC)
    assert 'ok  ready driver/ready: said false: the gate would hold' in map(str, checks)


def test_a_trajectory_controller_may_have_another_order(ros_environment):
    contract = replace(GENERIC, interface='trajectory', command_topic='jtc/joint_trajectory',
                       command_type='trajectory_msgs/JointTrajectory')
    jtc = {'controller': 'jtc', 'topic': contract.command_topic, 'kind': JointTrajectory}
    swapped = {'joints': ['joint2', 'joint1'], 'command_interfaces': ['position']}
    assert wrong(contract, **jtc, parameters=swapped) == {}
    found = wrong(contract, **jtc, parameters=swapped | {'command_interfaces': ['effort']})
    assert found == {'command_interfaces': "got ['effort']; accepted: ['position']"}


def test_servo_must_take_units_and_stop_by_itself_in_time(ros_environment):
    panda = load_contract('moveit_servo')
    servo = {'controller': 'servo_node', 'topic': panda.command_topic, 'kind': TwistStamped,
             'names': list(panda.joints), 'position': panda.reset_pose.tolist()}
    said = {'moveit_servo.command_in_type': 'speed_units',
            'moveit_servo.incoming_command_timeout': 0.1}
    assert wrong(panda, **servo, parameters=said) == {}
    found = wrong(panda, **servo, parameters={'moveit_servo.command_in_type': 'unitless',
                                              'moveit_servo.incoming_command_timeout': 0.0})
    assert found == {
        'moveit_servo.command_in_type': "got 'unitless'; accepted: 'speed_units'",
        'moveit_servo.incoming_command_timeout': 'got 0.0; accepted: 0.1'}
