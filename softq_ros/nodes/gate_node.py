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

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from softq_ros.bridge.conversions import joint_state_to_sensors, time_to_ns
from softq_ros.bridge.experience import executed_message
from softq_ros.errors import ConfigurationError, MessageError
from softq_ros.msg import Command, Executed as ExecutedMessage
from softq_ros.nodes import qos
from softq_ros.nodes.gate_judge import Judge
from softq_ros.nodes.gate_output import Output
from softq_ros.nodes.gate_report import GateReport
from softq_ros.nodes.gate_watch import hear, Often, Watch
from softq_ros.nodes.parameters import declare, OPTIONS, Parameter, task_of
from softq_ros.nodes.run import run_node
from softq_ros.records import Executed, NANOSECONDS
from softq_ros.robot.arming import Arming
from softq_ros.robot.contract import load_contract
from softq_ros.tasks.catalogue import task_names

SHUTDOWN_SEC = 0.2  # longest time to brake before the process ends
TICK_SEC = 0.0025  # longest time between two looks at the watch
CROWD_SEC = 0.1  # between two counts of the command topic's publishers
STATUS_SEC = 0.5
EXCEPTIONS, EXCEPTIONS_SEC = 5, 10.0  # so many in so long end the process

PARAMETERS = (
    Parameter('contract', '', 'robot contract: a name, a path; empty: that of the task'),
    Parameter('task', 'sawyer_stack', 'names the contract when none is given',
              choices=task_names),
    OPTIONS,
    Parameter('stepping', 'lockstep', 'who drives time', choices=('lockstep', 'realtime')),
    Parameter('stop_file', '', 'file that keeps a stop through restarts; empty: none'),
)


def tick_ns(spacing: int) -> int:
    """Return the time between two looks: it divides that between two outputs, both in ns."""
    return spacing // max(-(-spacing // round(TICK_SEC * NANOSECONDS)), 1)


class GateNode(Node):
    """
    Answers each Command with exactly one Executed, within the contract's limits or holding.

    On hardware nothing is said before the first arming. Armed, the gate says something at the
    contract's rates, commands or holds. Disarmed, it holds until the hold has not changed for a
    second, and then its last word was that hold.

    Subscribes
    ----------
    policy/command (softq_ros/Command), the contract's joint states (sensor_msgs/JointState) and
    ready topics (std_msgs/Bool), estop (std_msgs/Bool): true stops, false does not clear a stop

    Publishes
    ---------
    the contract's command topic with its type, gate/executed (softq_ros/Executed),
    gate/status (softq_ros/GateStatus), /diagnostics (diagnostic_msgs/DiagnosticArray)

    Services
    --------
    gate/arm, gate/stop (std_srvs/Trigger): only gate/arm clears a stop, and says why it does not

    Parameters
    ----------
    contract, task, options, stepping, stop_file; all read-only
    """

    def __init__(self, **kwargs) -> None:
        """Come up disarmed unless the contract is simulated and says otherwise."""
        super().__init__('gate', **kwargs)
        settings = declare(self, PARAMETERS)
        name = settings['contract'] or task_of(settings).contract.name
        self._contract = contract = load_contract(name)
        self._lockstep = settings['stepping'] == 'lockstep'
        if self._lockstep and not contract.simulated:
            raise ConfigurationError(f'parameter stepping: got lockstep, which has no time-outs; '
                                     f'accepted for {contract.name}: realtime')
        stop_file = Path(settings['stop_file']) if settings['stop_file'] else None
        self._arming = Arming(contract, stop_file)
        self._report = GateReport(self, contract.name, self._arming)
        self._output = Output(self, contract)
        self._tick_ns = tick_ns(self._output.spacing)
        self._watch = Watch(self, contract, self._output.topic, self._guarded(self._on_unready))
        self._judge = Judge(contract, self._lockstep, self._arming, self._report,
                            self._watch.obstacle, self._tick_ns // 2)
        self._exceptions = Often(EXCEPTIONS, EXCEPTIONS_SEC)
        self._unfit = ''
        self._waiting: Command | None = None
        self._answered: tuple[tuple, ExecutedMessage] | None = None
        self.done, self.exit_code = False, 0
        self.urgent = not self._lockstep
        self._connect()

    def _connect(self) -> None:
        contract, guarded = self._contract, self._guarded
        self._executed = self.create_publisher(ExecutedMessage, 'gate/executed', qos.EXECUTED)
        self.create_subscription(JointState, contract.joint_states_topic,
                                 guarded(self._on_joints), qos.STATE_HEARD)
        self.create_subscription(Command, 'policy/command', guarded(self._on_command),
                                 qos.command('lockstep' if self._lockstep else 'realtime'))
        hear(self, 'estop', guarded(self._on_estop))
        self.create_service(Trigger, 'gate/arm', guarded(self._on_arm))
        self.create_service(Trigger, 'gate/stop', guarded(self._on_stop))
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(CROWD_SEC, guarded(self._on_crowd_timer), clock=steady)
        self.create_timer(STATUS_SEC, guarded(self._on_status_timer), clock=steady)
        if not self._lockstep:
            self.create_timer(self._tick_ns / NANOSECONDS, guarded(self._on_tick), clock=steady)
        self._report.publish()

    def _guarded(self, callback: Callable) -> Callable:
        """Return a callback that counts what it raises, disarms and holds, and never raises."""
        @wraps(callback)
        def call(*arguments):
            try:
                return callback(*arguments)
            except Exception as error:
                self._report.count('exception', f'{callback.__name__}: {error!r}')
                self._stay('exception')
                if self._exceptions.again(time.monotonic_ns()):
                    self.done, self.exit_code = True, 1
                return arguments[-1] if arguments else None  # a service's empty response
        return call

    # what comes in

    def _on_joints(self, msg: JointState) -> None:
        try:
            self._judge.observed(joint_state_to_sensors(msg, self._contract))
            self._unfit = ''
        except MessageError as error:
            self._unfit = str(error)
            self._report.count('joint_states', self._unfit)
            return
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

    def _on_unready(self, why: str) -> None:
        if self._arming.armed:
            self._fault(why)

    def _on_arm(self, _, response: Trigger.Response) -> Trigger.Response:
        self._on_crowd_timer()
        judge = self._judge
        judge.looked_at()
        late = judge.observation_late(time.monotonic_ns())
        response.message = (': '.join(filter(None, (late, late and self._unfit)))
                            or self._watch.arm_refusal(judge.sensors))
        if not response.message:
            try:
                self._arming.arm()
            except OSError as error:
                response.message = f'the stop file stays: {error}'
        response.success = not response.message
        if response.success:
            self._waiting = None
            judge.restart()
            self._output.restart()
        self._report.publish()
        return response

    def _on_stop(self, _, response: Trigger.Response) -> Trigger.Response:
        self._stop('gate/stop')
        response.success, response.message = True, 'stopped; gate/arm clears it'
        return response

    def _stop(self, why: str) -> None:
        try:
            self._send_hold(why)  # before the disk, which may take its time
        finally:
            self._latch(why)

    def _latch(self, why: str) -> None:
        try:
            self._arming.stop(why)
        finally:
            self._report.publish()

    def _fault(self, why: str) -> None:
        """Disarm and hold; in simulation the next episode arms again."""
        self._arming.fault(why)
        self._send_hold(why)

    def _stay(self, why: str) -> None:
        """Hold by the rules, and without them where it is they that fail."""
        try:
            self._fault(why)
        except Exception as error:
            self._report.count('exception', f'hold: {error!r}')
            self._output.rest()

    # what goes out

    def _answer_waiting(self) -> None:
        msg, sensors = self._waiting, self._judge.sensors
        if msg is None:
            return
        if self._lockstep and (sensors is None or time_to_ns(msg.header.stamp) > sensors.stamp):
            return  # the joint states it answers are still on their way
        self._waiting = None
        self._report.status.received += 1
        before, executed = self._judge.held, self._judge.answer(msg)
        answer = executed_message(executed, msg)
        self._answered = (_identity(msg), answer)
        if self._lockstep:  # the plant steps on the answer; the driver's topic only shows it
            self._executed.publish(answer)
            self._send(executed)
        else:
            self._send(executed, before)
            self._executed.publish(answer)

    def _send_hold(self, why: str) -> None:
        before = self._judge.held
        self._send(self._judge.hold(why), before)

    def _send(self, executed: Executed, before: Executed | None = None) -> None:
        """Put it in force unless it is the hold that is so already."""
        if executed is not before:
            self._output.send(executed.command, self._arming.armed)
            self._report.sent(executed)

    # time

    def _on_tick(self) -> None:
        why = self._judge.silence(time.monotonic_ns())
        if why:
            self._send_hold(why)
        self._output.tick(self._tick_ns // 2)

    def _on_crowd_timer(self) -> None:
        if self._watch.count_publishers():
            self.get_logger().error(f'a second publisher on {self._output.topic}: holding '
                                    'and disarmed until it is gone and somebody arms the gate')
            self._fault('second publisher')

    def _on_status_timer(self) -> None:
        sensors = self._judge.sensors
        self._report.publish(sensors.stamp if sensors else 0)

    def on_shutdown(self) -> None:
        """Brake, for at most 0.2 s, and leave what keeps the robot where it is."""
        deadline = time.monotonic() + SHUTDOWN_SEC
        while True:
            self._stay('shutdown')
            if not self._output.moving or time.monotonic() > deadline:
                break
            self._output.tick(self._tick_ns // 2)
            time.sleep(TICK_SEC)
        self._output.rest()
        self._output.be_heard()


def _identity(msg: Command) -> tuple:
    return msg.boot_id, msg.sequence, msg.header.stamp.sec, msg.header.stamp.nanosec


def main(args: list[str] | None = None) -> None:
    """Run the node until a signal, or until it failed too often."""
    run_node(GateNode, args)


if __name__ == '__main__':
    main()
