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
"""How an episode gets its start: a simulator's reset service, or a motion of the robot itself."""
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
import time

import numpy as np
from rclpy.node import Node
from rclpy.task import Future

from softq_ros.bridge.conversions import ns_to_time
from softq_ros.records import Sensors
from softq_ros.robot.steering import ResetMotion
from softq_ros.srv import Reset
from softq_ros.tasks.task import Task

RETRY_SEC = 2.0


class ResetClient:
    """
    Calls sim/reset (softq_ros/Reset) until it answers; repeating a call is harmless.

    :param answered: gets each answer to the newest call.
    """

    def __init__(self, node: Node, boot_id: int,
                 answered: Callable[[Reset.Response], None]) -> None:
        """Connect."""
        self._client = node.create_client(Reset, 'sim/reset')
        self._boot_id, self._answered = boot_id, answered
        self._request: Reset.Request | None = None
        self._future: Future | None = None
        self._called = 0.0

    def call(self, episode: int, seed: int, not_before: int) -> None:
        """Ask for the start of an episode at a time of the plant [ns] that is not before."""
        self._request = Reset.Request(boot_id=self._boot_id, episode=episode, seed=seed)
        ns_to_time(self._request.not_before, not_before)
        self._send()

    def call_again_if_late(self) -> None:
        """Repeat a call that was not answered with success for two seconds."""
        if self._request is not None and time.monotonic() - self._called > RETRY_SEC:
            self._send()

    def _send(self) -> None:
        self._called = time.monotonic()
        self._future = self._client.call_async(self._request)
        self._future.add_done_callback(self._on_done)

    def _on_done(self, future: Future) -> None:
        if future is not self._future:
            return
        if future.result().success:
            self._request = None
        self._answered(future.result())


class ScriptedReset:
    """
    Brings a robot to the start of an episode by ordinary actions, which the gate limits.

    The way leads over the task's place to retreat to, so that a seated brick comes off upwards.
    """

    def __init__(self, task: Task) -> None:
        """Wait for the first start."""
        self._task = task
        self._motion: ResetMotion | None = None
        self.failure = ''

    @property
    def under_way(self) -> bool:
        """Return whether there is a motion to go on with."""
        return self._motion is not None

    def begin(self, seed: int, timeout_sec: float) -> None:
        """
        Take the start that a seed draws as goal.

        :param timeout_sec: time after which the motion has failed; 0: that of the motion itself.
        :raises ConfigurationError: when no start within the robot's limits is found.
        """
        start = self._task.start_within_limits(np.random.default_rng(seed)).position
        self._motion = ResetMotion(self._task.contract, [*self._task.retreat, start],
                                   timeout_sec or None)

    def command(self, sensors: Sensors, now: float) -> np.ndarray | None:
        """Return the next action ``(A,)``, or nothing once arrived or failed; ``now`` in s."""
        action = self._motion.command(sensors, now)
        if action is None:
            self.failure = self._motion.failed
            self._motion = None
        return action

    def distance(self, sensors: Sensors) -> float:
        """Return the largest distance of a joint to the goal [rad or m]."""
        return self._motion.distance(sensors) if self._motion else 0.0


@dataclass(eq=False)
class ResetRequest:
    """One request for a new episode; ``outcome`` gets (success, message, episode)."""

    seed: int
    timeout_sec: float
    outcome: Future
    asked: float = field(default_factory=time.monotonic)
    distance: float = float('nan')

    @property
    def elapsed_sec(self) -> float:
        """Return the wall time since it was asked [s]."""
        return time.monotonic() - self.asked


class ResetDesk:
    """Requests of people and evaluators for a new episode; any thread may hand one in."""

    def __init__(self) -> None:
        """Start with none."""
        self._asked: deque[ResetRequest] = deque()
        self._waiting: list[ResetRequest] = []

    def ask(self, seed: int = 0, timeout_sec: float = 0.0) -> ResetRequest:
        """
        Ask for a new episode.

        :param seed: of its start; 0 for the next of the policy's own sequence.
        :param timeout_sec: after which the request has failed; 0: when the motion says so.
        """
        request = ResetRequest(seed, timeout_sec, Future())
        self._asked.append(request)
        return request

    def __bool__(self) -> bool:
        """Return whether somebody asks."""
        return bool(self._asked)

    def take(self) -> ResetRequest:
        """Return the oldest request; it is answered when the episode begins or cannot."""
        request = self._asked.popleft()
        self._waiting.append(request)
        return request

    def moved(self, distance: float) -> None:
        """Note how far the robot still is from its start [rad or m]."""
        for request in self._waiting:
            request.distance = distance

    def begun(self, episode: int) -> None:
        """Tell those who wait which episode has begun."""
        self._answer(True, '', episode)

    def failed(self, reason: str) -> None:
        """Tell those who wait why there is none."""
        self._answer(False, reason, 0)

    def expire(self) -> None:
        """Tell those who have waited longer than they allow."""
        for request in [*self._asked, *self._waiting]:
            if 0 < request.timeout_sec < request.elapsed_sec:
                request.outcome.set_result(
                    (False, f'timed out after {request.timeout_sec:g} s', 0))
        self._asked = deque(r for r in self._asked if not r.outcome.done())
        self._waiting = [r for r in self._waiting if not r.outcome.done()]

    def _answer(self, success: bool, message: str, episode: int) -> None:
        for request in self._waiting:
            request.outcome.set_result((success, message, episode))
        self._waiting = []
