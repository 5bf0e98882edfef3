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
"""Calls that are repeated until they are answered."""
import time

from rclpy.task import Future

AGAIN_SEC = 5.0


class Asked:
    """
    A request that is harmless when repeated, sent again until an answer comes.

    A server may answer before it has found who asked; that answer is lost (rmw_fastrtps).
    """

    def __init__(self, client, request) -> None:
        """Ask a service that is ready."""
        self._client, self._request = client, request
        self._futures: list[Future] = []

    def done(self) -> bool:
        """Return whether there is an answer; ask, and ask again when it takes too long."""
        if not self._futures or time.monotonic() - self._asked > AGAIN_SEC:
            self._asked = time.monotonic()
            self._futures.append(self._client.call_async(self._request))
        return any(future.done() for future in self._futures)

    def result(self):
        """Return the first answer."""
        return next(future.result() for future in self._futures if future.done())
