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
"""Measures how many control steps a second the graph makes."""
import json
import time

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from softq_ros.msg import PolicyStatus
from softq_ros.nodes import qos
from softq_ros.nodes.parameters import declare, Parameter
from softq_ros.nodes.run import run_node

PARAMETERS = (Parameter('seconds', 10.0, 'how long to measure', minimum=1.0),)
WARM_UP_SEC = 2.0


class BenchNode(Node):
    """
    Prints one JSON object: ``rate`` [control steps/s] and the latency of acting.

    Subscribes
    ----------
    policy/status (softq_ros/PolicyStatus)

    Parameters
    ----------
    seconds; read-only
    """

    def __init__(self, **kwargs) -> None:
        """Wait for the policy's first step."""
        super().__init__('bench', **kwargs)
        self._seconds = declare(self, PARAMETERS)['seconds']
        self._first: tuple[int, float] | None = None
        self._began: float | None = None
        self._newest: tuple[PolicyStatus, float] | None = None
        self.done = False
        self.create_subscription(PolicyStatus, 'policy/status', self._on_policy, qos.LATCHED)
        self.create_timer(0.1, self._on_timer, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _on_policy(self, msg: PolicyStatus) -> None:
        now = time.monotonic()
        if msg.sequence and self._began is None:
            self._began = now
        if self._began and now - self._began > WARM_UP_SEC and self._first is None:
            self._first = (msg.sequence, now)
        self._newest = (msg, now)

    def _on_timer(self) -> None:
        if self._first is None or time.monotonic() - self._first[1] < self._seconds:
            return
        status, now = self._newest
        rate = (status.sequence - self._first[0]) / (now - self._first[1])
        print(json.dumps({'rate': rate, 'median_sec': status.act_median_sec,
                          'p99_sec': status.act_p99_sec, 'seconds': now - self._first[1],
                          'what': 'lockstep: sim, gate, policy as three processes'}), flush=True)
        self.done = True


def main(args: list[str] | None = None) -> int:
    """Run the node until it has measured."""
    return run_node(BenchNode, args)


if __name__ == '__main__':
    raise SystemExit(main())
