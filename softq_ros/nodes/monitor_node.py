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
"""The monitor: one panel for a person, evaluations beside the training, and its report."""
from pathlib import Path
import threading
import time

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from std_srvs.srv import Trigger

from softq_ros.bridge.experience import message_to_episode, message_to_weights
from softq_ros.errors import MessageError, SoftqError
from softq_ros.learning.actor import Actor
from softq_ros.msg import Episode, GateStatus, LearnerStatus, PolicyStatus, PolicyWeights
from softq_ros.nodes import qos
from softq_ros.nodes.parameters import declare, Parameter
from softq_ros.nodes.run import run_node
from softq_ros.tasks.catalogue import load_task, task_names
from softq_ros.training.examiner import Examiner
from softq_ros.training.panel import Panel, Progress

PARAMETERS = (
    Parameter('task', 'sawyer_stack', 'what is watched', choices=task_names),
    Parameter('seed', 0, 'first number of every random stream', minimum=0),
    Parameter('until', 'reached', 'when training ends', choices=('reached', 'budget')),
)
POLL_SEC = 0.25


class MonitorNode(Node):
    """
    Watches a training and ends it.

    Subscribes
    ----------
    learner/status, learner/weights, policy/status, gate/status, episodes (softq_ros/...)

    Calls
    -----
    learner/finish (std_srvs/Trigger): once 90 % are reached

    Parameters
    ----------
    task, seed, until; all read-only
    """

    def __init__(self, **kwargs) -> None:
        """Connect and wait for the learner's first status."""
        super().__init__('monitor', **kwargs)
        chosen = declare(self, PARAMETERS)
        self._task = load_task(chosen['task'])
        self._seed, self._until = chosen['seed'], chosen['until']
        self._panel: Panel | None = None
        self._examiner: Examiner | None = None
        self._progress = Progress()
        self._learner: LearnerStatus | None = None
        self._newest: PolicyWeights | None = None
        self._examined: PolicyWeights | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._report_written = False
        self._finish_future = None
        self.done = False
        self.exit_code = 0
        self._finish_client = self.create_client(Trigger, 'learner/finish')
        for kind, topic, callback, profile in (
                (LearnerStatus, 'learner/status', self._on_learner, qos.LATCHED),
                (PolicyWeights, 'learner/weights', self._on_weights, qos.LATCHED),
                (PolicyStatus, 'policy/status', self._on_policy, qos.LATCHED),
                (GateStatus, 'gate/status', self._on_gate, qos.LATCHED),
                (Episode, 'episodes', self._on_episode, qos.EPISODES)):
            self.create_subscription(kind, topic, callback, profile)
        self.create_timer(POLL_SEC, self._on_timer, clock=Clock(clock_type=ClockType.STEADY_TIME))
