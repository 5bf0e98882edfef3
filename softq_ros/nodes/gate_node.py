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
"""The gate's node: the only publisher of the robot's command topic."""
from collections.abc import Callable
from functools import wraps
from pathlib import Path
import time

import numpy as np
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float64MultiArray
from std_srvs.srv import Trigger

from softq_ros.bridge.conversions import command_to_array, joint_state_to_sensors, time_to_ns
from softq_ros.bridge.experience import executed_message
from softq_ros.errors import ConfigurationError, MessageError
from softq_ros.msg import Command, Executed as ExecutedMessage
from softq_ros.nodes import qos
from softq_ros.nodes.gate_report import GateReport
from softq_ros.nodes.parameters import declare, Parameter
from softq_ros.nodes.run import run_node
from softq_ros.records import Executed, NANOSECONDS, Sensors
from softq_ros.robot.ages import Ages
from softq_ros.robot.arming import Arming
from softq_ros.robot.contract import load_contract
from softq_ros.robot.gate import Gate
from softq_ros.tasks.catalogue import load_task, task_names

SHUTDOWN_SEC = 0.2  # longest time to brake before the process ends

PARAMETERS = (
    Parameter('contract', '', 'robot contract: a name, a path; empty: that of the task'),
    Parameter('task', 'sawyer_stack', 'names the contract when none is given',
              choices=task_names),
    Parameter('stepping', 'lockstep', 'who drives time', choices=('lockstep', 'realtime')),
    Parameter('stop_file', '', 'file that keeps a stop through restarts; empty: none'),
)


class GateNode(Node):
    """
    Answers each Command with exactly one Executed, within the contract's limits or holding.

    Subscribes
    ----------
    policy/command (softq_ros/Command), joint_states (sensor_msgs/JointState),
    estop (std_msgs/Bool): true stops, false does not clear a stop

    Publishes
    ---------
    the contract's command topic (std_msgs/Float64MultiArray), gate/executed (softq_ros/Executed),
    gate/status (softq_ros/GateStatus)

    Services
    --------
    gate/arm, gate/stop (std_srvs/Trigger): only gate/arm clears a stop

    Parameters
    ----------
    contract, task, stepping, stop_file; all read-only
    """

    def __init__(self, **kwargs) -> None:
        """Come up disarmed unless the contract is simulated and says otherwise."""
        super().__init__('gate', **kwargs)
        settings = declare(self, PARAMETERS)
        name = settings['contract'] or load_task(settings['task']).contract.name
        self._contract = contract = load_contract(name)
        self._lockstep = settings['stepping'] == 'lockstep'
        if self._lockstep and not contract.simulated:
            raise ConfigurationError(f'parameter stepping: got lockstep, which has no time-outs; '
                                     f'accepted for {contract.name}: realtime')
        stop_file = Path(settings['stop_file']) if settings['stop_file'] else None
        self._gate, self._ages = Gate(contract), Ages(contract)
        self._arming = Arming(contract, stop_file)
        self._report = GateReport(self, contract.name, self._arming)
        self._crowded = False
        self._episode: tuple[int, int] | None = None
        self._episodes = 0
        self._sensors: Sensors | None = None
        self._waiting: Command | None = None
        self._answered: tuple[tuple, ExecutedMessage] | None = None
        self._published = 0
        self._connect()

    def _connect(self) -> None:
        command_topic = self._contract.command_topic
        self._commands = self.create_publisher(Float64MultiArray, command_topic, qos.DRIVER)
        self._executed = self.create_publisher(ExecutedMessage, 'gate/executed', qos.EXECUTED)
        guarded, stepping = self._guarded, 'lockstep' if self._lockstep else 'realtime'
        self.create_subscription(JointState, 'joint_states', guarded(self._on_joints),
                                 qos.STATE_HEARD)
        self.create_subscription(Command, 'policy/command', guarded(self._on_command),
                                 qos.command(stepping))
        self.create_subscription(Bool, 'estop', guarded(self._on_estop), qos.LATCHED)
        self.create_service(Trigger, 'gate/arm', guarded(self._on_arm))
        self.create_service(Trigger, 'gate/stop', guarded(self._on_stop))
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(0.5, guarded(self._on_status_timer), clock=steady)
        if not self._lockstep:
            self.create_timer(self._contract.period_ns / NANOSECONDS, guarded(self._on_period),
                              clock=steady)
        self._report.publish()

    def _guarded(self, callback: Callable) -> Callable:
        """Return a callback that counts what it raises, disarms and holds, and never raises."""
        @wraps(callback)
        def call(*arguments):
            try:
                return callback(*arguments)
            except Exception as error:
                self._report.count('exception', f'{callback.__name__}: {error!r}')
                self._arming.fault('exception')
                self._send_hold('exception')
                return arguments[-1] if arguments else None  # a service's empty response
        return call

    # what comes in

    def _on_joints(self, msg: JointState) -> None:
        try:
            sensors = joint_state_to_sensors(msg, self._contract)
        except MessageError as error:
            self._report.count('joint_states', str(error))
            return
        before, self._sensors = self._sensors, sensors
        if before is not None and sensors.stamp < before.stamp:
            self._report.count('time went back', f'{before.stamp} to {sensors.stamp} ns')
            self._arming.fault('time went back')
            self._gate.restart()
        if before is None or sensors.stamp != before.stamp:
            self._ages.observed(time.monotonic_ns())
        self._answer_waiting()

    def _on_command(self, msg: Command) -> None:
        if self._answered is not None and self._answered[0] == _identity(msg):
            self._report.status.repeated += 1
            self._executed.publish(self._answered[1])
            return
        self._waiting = msg
        self._answer_waiting()

    def _on_estop(self, msg: Bool) -> None:
        if msg.data:
            self._stop('estop')

    def _on_arm(self, _, response: Trigger.Response) -> Trigger.Response:
        late = '' if self._lockstep else self._ages.observation_late(time.monotonic_ns())
        crowd = 'second publisher' if self._crowded else ''
        response.message = late or crowd
        response.success = not response.message
        if response.success:
            self._arming.arm()
            self._gate.restart()
            self._report.publish()
        return response

    def _on_stop(self, _, response: Trigger.Response) -> Trigger.Response:
        self._stop('gate/stop')
        response.success, response.message = True, 'stopped; gate/arm clears it'
        return response

    def _stop(self, why: str) -> None:
        try:
            self._arming.stop(why)
        finally:
            self._send_hold(why)
            self._report.publish()

    # what goes out

    def _answer_waiting(self) -> None:
        msg, sensors = self._waiting, self._sensors
        if msg is None:
            return
        stamp = time_to_ns(msg.header.stamp)
        if self._lockstep and (sensors is None or stamp > sensors.stamp):
            return  # the joint states it answers are still on their way
        self._waiting = None
        self._report.status.received += 1
        executed = self._judge(msg, stamp)
        answer = executed_message(executed, msg)
        self._answered = (_identity(msg), answer)
        if self._lockstep:  # the plant steps on the answer; the driver's topic only shows it
            self._executed.publish(answer)
            self._send(executed)
        else:
            self._send(executed)
            self._executed.publish(answer)

    def _judge(self, msg: Command, stamp: int) -> Executed:
        """Return the command within limits, or the hold that takes its place."""
        if self._episode != (msg.boot_id, msg.episode):
            self._episode = (msg.boot_id, msg.episode)
            self._episodes += 1
            self._arming.new_episode()
        now = time.monotonic_ns()
        try:
            self._check_age(stamp, now)
            why = self._why_not(now)
            action = np.frombuffer(msg.action, np.float32)
            executed = (self._hold(why) if why else
                        self._gate.filter(action, self._sensors, self._episodes))
        except MessageError as error:
            self._report.status.rejected += 1
            self._report.count('command', str(error))
            return self._hold('refused')
        self._report.status.accepted += 1
        self._ages.commanded(now, msg.validity_sec)
        return executed

    def _check_age(self, stamp: int, now: int) -> None:
        seen = self._sensors.stamp if self._sensors else stamp
        refusal = (self._ages.stamp_refusal(stamp, seen) if not self._lockstep
                   else '' if stamp == seen else 'out of date')
        if refusal:
            raise MessageError(f'{refusal}: stamp {stamp}; accepted: about {seen} ns')

    def _why_not(self, now: int) -> str:
        """Return why nothing may move at all, or nothing."""
        late = '' if self._lockstep else self._ages.observation_late(now)
        return ('second publisher' if self._crowded else self._arming.why) or late

    def _hold(self, why: str) -> Executed:
        return self._gate.hold(self._sensors, self._episodes, why)

    def _send_hold(self, why: str) -> np.ndarray:
        executed = self._hold(why)
        self._send(executed)
        return executed.command

    def _send(self, executed: Executed) -> None:
        self._commands.publish(command_to_array(executed.command))
        self._published = time.monotonic_ns()
        self._report.sent(executed)

    # time

    def _on_period(self) -> None:
        now = time.monotonic_ns()
        why = self._why_not(now) or self._ages.command_late(now)
        if why and now - self._published > 0.9 * self._contract.period_ns:
            self._send_hold(why)

    def _on_status_timer(self) -> None:
        crowded = self.count_publishers(self._commands.topic_name) > 1
        if crowded and not self._crowded:
            self.get_logger().error(f'a second publisher on {self._commands.topic_name}: holding '
                                    'and disarmed until it is gone and somebody arms the gate')
            self._arming.fault('second publisher')
            self._send_hold('second publisher')
        self._crowded = crowded
        self._report.publish(self._sensors.stamp if self._sensors else 0)

    def on_shutdown(self) -> None:
        """Brake, for at most 0.2 s, and leave zero as the last command."""
        deadline = time.monotonic() + SHUTDOWN_SEC
        while self._send_hold('shutdown').any() and time.monotonic() < deadline:
            time.sleep(self._contract.period_ns / NANOSECONDS)
        self._commands.publish(command_to_array(np.zeros(len(self._contract.joints))))


def _identity(msg: Command) -> tuple:
    return msg.boot_id, msg.sequence, msg.header.stamp.sec, msg.header.stamp.nanosec


def main(args: list[str] | None = None) -> int:
    """Run the node until a signal."""
    return run_node(GateNode, args)


if __name__ == '__main__':
    raise SystemExit(main())
