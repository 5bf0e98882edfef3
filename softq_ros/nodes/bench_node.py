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
"""Measures the control loop of a graph: its rate in lockstep, its regularity in realtime."""
import json
import time

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import JointState

from softq_ros.bridge.conversions import time_to_ns
from softq_ros.msg import Executed, LearnerStatus, PolicyStatus
from softq_ros.nodes import qos
from softq_ros.nodes.loop_times import LoopTimes
from softq_ros.nodes.parameters import declare, OPTIONS, Parameter, task_of
from softq_ros.nodes.run import run_node
from softq_ros.tasks.catalogue import task_names

PARAMETERS = (
    Parameter('task', 'sawyer_stack', 'names the contract when none is given',
              choices=task_names),
    OPTIONS,
    Parameter('contract', '', 'robot contract: a name, a path; empty: that of the task'),
    Parameter('measure', 'lockstep', 'steps a second; or, with a learner, times of a loop',
              choices=('lockstep', 'loop')),
    Parameter('seconds', 10.0, 'how long to measure', minimum=1.0),
)
WARM_UP_SEC = 2.0


class BenchNode(Node):
    """
    Prints one JSON object: ``rate`` [control steps/s] and latencies.

    Subscribes
    ----------
    policy/status (softq_ros/PolicyStatus); for the loop also learner/status
    (softq_ros/LearnerStatus), the contract's joint states (sensor_msgs/JointState) and
    gate/executed (softq_ros/Executed)

    Parameters
    ----------
    task, contract, measure, seconds; all read-only
    """

    def __init__(self, **kwargs) -> None:
        """Wait for the policy's first step, and for the loop for the learner's first update."""
        super().__init__('bench', **kwargs)
        settings = declare(self, PARAMETERS)
        self._seconds = settings['seconds']
        self._first: tuple[int, float] | None = None
        self._began: float | None = None
        self._newest: tuple[PolicyStatus, float] | None = None
        self._loop: LoopTimes | None = None
        self._learner = LearnerStatus(updates=1)
        self.done = False
        self.create_subscription(PolicyStatus, 'policy/status', self._on_policy, qos.LATCHED)
        self.create_timer(0.1, self._on_timer, clock=Clock(clock_type=ClockType.STEADY_TIME))
        if settings['measure'] == 'loop':
            self._watch_loop(task_of(settings).contract)

    def _watch_loop(self, contract) -> None:
        self._contract, self._learner = contract, LearnerStatus()
        self._loop = LoopTimes(contract.period_sec)
        self.create_subscription(LearnerStatus, 'learner/status', self._on_learner, qos.LATCHED)
        self.create_subscription(JointState, contract.joint_states_topic, self._on_joints,
                                 qos.STATE_HEARD)
        self.create_subscription(Executed, 'gate/executed', self._on_executed, qos.EXECUTED)

    def _on_policy(self, msg: PolicyStatus) -> None:
        now = time.monotonic()
        if msg.sequence and self._learner.updates and self._began is None:
            self._began = now
        if self._began and now - self._began > WARM_UP_SEC and self._first is None:
            self._first = (msg.sequence, now)
        self._newest = (msg, now)

    def _on_learner(self, msg: LearnerStatus) -> None:
        self._learner = msg

    def _on_joints(self, msg: JointState) -> None:
        self._loop.observed(time_to_ns(msg.header.stamp), time.monotonic())

    def _on_executed(self, msg: Executed) -> None:
        if self._first is not None:
            self._loop.answered(msg, time.monotonic())

    def _on_timer(self) -> None:
        if self._first is None or time.monotonic() - self._first[1] < self._seconds:
            return
        results = self._lockstep_results() if self._loop is None else self._loop_results()
        print(json.dumps(results), flush=True)
        self.done = True

    def _lockstep_results(self) -> dict:
        status, now = self._newest
        rate = (status.sequence - self._first[0]) / (now - self._first[1])
        return {'rate': rate, 'median_sec': status.act_median_sec,
                'p99_sec': status.act_p99_sec, 'seconds': now - self._first[1],
                'what': 'lockstep: sim, gate, policy as three processes'}

    def _loop_results(self) -> dict:
        learner, contract = self._learner, self._contract
        return self._loop.results() | {
            'update_rate': learner.update_rate, 'steps_behind': learner.steps_behind,
            'seconds': self._seconds,
            'what': f'{contract.name} at {contract.control_rate:g} Hz: observation to the gate\'s '
                    'answer, as heard beside the loop; the learner works as fast as it can'}


def main(args: list[str] | None = None) -> None:
    """Run the node until it has measured."""
    run_node(BenchNode, args)


if __name__ == '__main__':
    main()
