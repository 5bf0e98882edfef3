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
"""Which transition of which actor comes next, and which are already stored."""
from softq_ros.learning.replay import ReplayBuffer
from softq_ros.msg import Transition as TransitionMessage
from softq_ros.records import Transition


class Ledger:
    """
    Admits each actor's transitions in order and once.

    A sender that is new to us starts at the oldest sequence it still keeps; after that a gap is
    refused, since the sender repeats what was not acknowledged.

    :param replay: the rows that are already durable, read once at the start.
    """

    def __init__(self, replay: ReplayBuffer) -> None:
        """Take over what the replay holds."""
        self._last: dict[tuple[str, int], int] = {}
        self._episodes: dict[str, int] = {}
        self._boots: dict[str, int] = {}
        for actor in replay.actors():
            boot, sequence, episode = replay.last_of(actor)
            self._last[actor, boot] = sequence
            self._episodes[actor], self._boots[actor] = episode, boot
        self.doubled = 0
        self.gaps = 0

    def register(self, actor: str, boot_id: int) -> None:
        """Note that an actor has started anew."""
        self._boots[actor] = boot_id

    def admits(self, msg: TransitionMessage) -> bool:
        """Return whether this is the next transition of its sender; count it otherwise."""
        last = self._last.get((msg.actor, msg.boot_id), msg.oldest - 1)
        if msg.sequence <= last:
            self.doubled += 1
        elif msg.sequence > last + 1:
            self.gaps += 1
        return msg.sequence == last + 1

    def record(self, transition: Transition) -> None:
        """Note a transition whose row is committed."""
        actor = transition.actor
        self._last[actor, transition.boot_id] = transition.sequence
        self._boots[actor] = transition.boot_id
        self._episodes[actor] = max(transition.episode, self._episodes.get(actor, 0))

    def newest(self) -> list[tuple[str, int, int]]:
        """Return actor, boot and last stored sequence (0: none) of every actor alive."""
        return [(a, boot, self._last.get((a, boot), 0)) for a, boot in self._boots.items()]

    def durable(self) -> list[tuple[str, int, int, int]]:
        """Return actor, boot, last stored sequence and highest episode of every actor."""
        return [(a, boot, last, self._episodes.get(a, 0)) for a, boot, last in self.newest()
                if a in self._episodes]
