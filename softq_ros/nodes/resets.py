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
"""How an episode gets its start: the plant's reset service, and who asked for one."""
from collections import deque
from collections.abc import Callable
import time

from rclpy.node import Node
from rclpy.task import Future

from softq_ros.bridge.conversions import ns_to_time
from softq_ros.srv import Reset

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


class ResetDesk:
    """Requests of people and evaluators for a new episode; any thread may hand one in."""

    def __init__(self) -> None:
        """Start with none."""
        self._asked: deque[tuple[Future, int]] = deque()
        self._waiting: list[Future] = []

    def ask(self, waiter: Future, seed: int = 0) -> None:
        """
        Ask for a new episode.

        :param waiter: gets the number of the episode that begins.
        :param seed: of its start; 0 for the next of the policy's own sequence.
        """
        self._asked.append((waiter, seed))

    def __bool__(self) -> bool:
        """Return whether somebody asks."""
        return bool(self._asked)

    def take(self) -> int:
        """Return the seed of the oldest request; its waiter is told when the episode begins."""
        waiter, seed = self._asked.popleft()
        self._waiting.append(waiter)
        return seed

    def begun(self, episode: int) -> None:
        """Tell those who wait which episode has begun."""
        for waiter in self._waiting:
            waiter.set_result(episode)
        self._waiting = []
