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
"""A contract held against the running graph: controller, topics, types, rates, frames."""
from collections import deque
from collections.abc import Iterator
import json
from statistics import median
import sys
import time

from geometry_msgs.msg import PoseStamped
from rcl_interfaces.msg import ParameterValue
from rcl_interfaces.srv import GetParameters
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import parameter_value_to_python
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool

from softq_ros.bridge.conversions import time_to_ns
from softq_ros.nodes import qos
from softq_ros.nodes.gate_watch import hear
from softq_ros.records import NANOSECONDS
from softq_ros.robot.check import Check
from softq_ros.robot.contract import load_contract, RobotContract

PATIENCE_SEC = 10.0  # for what is not heard; a loaded machine needs seconds to find a driver
SETTLE_SEC = 1.0  # after everything is heard: the last to be found are other publishers
ASK_AGAIN_SEC = 0.4
SLOW = 0.9  # of the control rate: what a rate measured over that time may lack


def expected_parameters(contract: RobotContract) -> dict[str, object]:
    """Return what the parameters of the contract's controller, or of Servo, must be."""
    joints = list(contract.joints)
    if contract.interface == 'twist':
        return {'moveit_servo.command_in_type': 'speed_units',
                'moveit_servo.incoming_command_timeout': contract.downstream_timeout_sec}
    if contract.interface == 'trajectory':
        return {'command_interfaces': ['position'], 'joints': joints}
    return {'interface_name': 'position' if contract.position_like else contract.interface,
            'joints': joints}


class Listener(Node):
    """
    Hears what the gate would hear, and asks the controller what it is.

    :param contract: whose topics are meant.
    """

    def __init__(self, contract: RobotContract, context: Context) -> None:
        """Subscribe, and call the controller."""
        super().__init__('softq_robot_check', context=context)
        self.contract = contract
        self.states: deque[tuple[float, int, JointState]] = deque(maxlen=10_000)
        self.pose: PoseStamped | None = None
        self.ready: dict[str, bool] = {}
        self.parameters: dict[str, object] = {}
        self.create_subscription(JointState, contract.joint_states_topic, self._on_state,
                                 qos.STATE_HEARD)
        self.create_subscription(PoseStamped, 'tool_pose', self._on_pose, qos.STATE_HEARD)
        for topic in contract.ready_topics:
            hear(self, topic, lambda msg, topic=topic: self._on_ready(topic, msg))
        self.controller = contract.command_topic.rpartition('/')[0]
        self._names = list(expected_parameters(contract))
        self._client = self.create_client(GetParameters, f'{self.controller}/get_parameters')
        self._asked = -ASK_AGAIN_SEC

    def _on_state(self, msg: JointState) -> None:
        now = self.get_clock().now().nanoseconds
        self.states.append((time.monotonic(), now - time_to_ns(msg.header.stamp), msg))

    def _on_pose(self, msg: PoseStamped) -> None:
        self.pose = msg

    def _on_ready(self, topic: str, msg: Bool) -> None:
        self.ready[topic] = msg.data

    def _on_parameters(self, future) -> None:
        values: list[ParameterValue] = future.result().values
        self.parameters = {name: parameter_value_to_python(value)
                           for name, value in zip(self._names, values)}

    @property
    def complete(self) -> bool:
        """Return whether everything was heard that the contract names."""
        posed = self.contract.tool_pose != 'topic' or self.pose is not None
        return bool(self.parameters and len(self.states) > 1 and posed
                    and len(self.ready) == len(self.contract.ready_topics))

    def ask(self) -> None:
        """Call the controller until it answers: the first answer may come before we can hear."""
        now = time.monotonic()
        if self.parameters or now - self._asked < ASK_AGAIN_SEC:
            return
        if self._client.service_is_ready():
            self._asked = now
            future = self._client.call_async(GetParameters.Request(names=self._names))
            future.add_done_callback(self._on_parameters)


def _check_controller(heard: Listener) -> Iterator[Check]:
    contract, said = heard.contract, heard.parameters
    if not said:
        yield Check('controller', False, f'no parameters of {heard.controller or "none"}; '
                    'accepted: a controller that runs under the first part of command_topic')
        return
    for name, wanted in expected_parameters(contract).items():
        found, same = said[name], said[name] == wanted
        if contract.interface == 'trajectory' and found:  # whose messages carry the names
            same = sorted(found) == sorted(wanted)
        yield Check(name, same, f'got {found!r}; accepted: {wanted!r}')


def _check_command_topic(heard: Listener) -> Iterator[Check]:
    topic = heard.resolve_topic_name(heard.contract.command_topic)
    kind = heard.contract.command_type.replace('/', '/msg/')
    types = {info.topic_type for info in heard.get_subscriptions_info_by_topic(topic)}
    yield Check('command topic', types == {kind}, f'{topic} is heard as {sorted(types)}; '
                f'accepted: somebody who hears {kind}')
    others = sorted({info.node_name for info in heard.get_publishers_info_by_topic(topic)}
                    - {'gate'})
    yield Check('publishers', not others, f'{others} beside the gate; accepted: nobody')


def _check_joint_states(heard: Listener) -> Iterator[Check]:
    contract, states = heard.contract, heard.states
    if len(states) < 2:
        yield Check('joint states', False, f'heard {len(states)} on '
                    f'{heard.resolve_topic_name(contract.joint_states_topic)}; accepted: '
                    f'{contract.control_rate:g} Hz')
        return
    missing = [joint for joint in contract.joints
               if any(joint not in msg.name for _, _, msg in states)]
    yield Check('joint states', not missing, f'without {missing}; accepted: every joint in every '
                'message' if missing else f'{len(states)} with every joint')
    rate = (len(states) - 1) / (states[-1][0] - states[0][0])
    yield Check('rate', rate >= SLOW * contract.control_rate, f'{rate:.1f} Hz of joint states; '
                f'accepted: {contract.control_rate:g} Hz or more')
    age = median(age for _, age, _ in states) / NANOSECONDS
    yield Check('stamps', abs(age) <= contract.observation_timeout_sec, f'{age:.3f} s old; '
                f'accepted: within {contract.observation_timeout_sec:g} s of the clock')
    if not missing:
        yield _check_limits(contract, states[-1][2])


def _check_limits(contract: RobotContract, state: JointState) -> Check:
    measured = dict(zip(state.name, state.position))
    outside = [f'{joint} at {measured.get(joint)}' for joint, lower, upper in zip(
        contract.joints, contract.position_lower, contract.position_upper)
        if not lower <= measured.get(joint, float('nan')) <= upper]
    return Check('position', not outside, f'outside the limits: {", ".join(outside)}'
                 if outside else 'every joint inside its limits')


def _check_frames(heard: Listener) -> Iterator[Check]:
    if heard.contract.tool_pose == 'topic':
        found = heard.pose.header.frame_id if heard.pose else None
        yield Check('tool_pose', found == heard.contract.base_frame,
                    f'frame {found!r}; accepted: {heard.contract.base_frame!r}')
    for topic in heard.contract.ready_topics:
        said = heard.ready.get(topic)
        yield Check(f'ready {topic}', said is not None, {
            None: 'not heard; accepted: std_msgs/Bool', True: 'said true',
            False: 'said false: the gate would hold'}[said])


def _listen(heard: Listener, executor: SingleThreadedExecutor) -> None:
    """Spin until everything has been heard for a while, or patience is at its end."""
    end, settled = time.monotonic() + PATIENCE_SEC, None
    while (now := time.monotonic()) < end and (settled is None or now < settled):
        heard.ask()
        executor.spin_once(timeout_sec=0.05)
        if settled is None and heard.complete:
            settled = time.monotonic() + SETTLE_SEC


def live_checks(contract: RobotContract) -> list[Check]:
    """
    Listen to the running graph and hold the contract against it; nothing is published.

    What comes up later is not seen here: the gate goes on looking for other publishers.
    """
    context = Context()
    rclpy.init(context=context, signal_handler_options=SignalHandlerOptions.NO)
    try:
        heard = Listener(contract, context)
        executor = SingleThreadedExecutor(context=context)
        executor.add_node(heard)
        _listen(heard, executor)
        checks = [*_check_controller(heard), *_check_command_topic(heard),
                  *_check_joint_states(heard), *_check_frames(heard)]
        heard.destroy_node()
        return checks
    finally:
        rclpy.shutdown(context=context)


def main() -> None:
    """Check the contract named by the one argument; print the checks as JSON."""
    checks = live_checks(load_contract(sys.argv[1]))
    print(json.dumps([check._asdict() for check in checks]))


if __name__ == '__main__':
    main()
