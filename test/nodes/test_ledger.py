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
"""The learner admits each transition once and in order."""
from softq_ros.msg import Transition as Message
from softq_ros.nodes.ledger import Ledger
from softq_ros.records import Transition


class StoredRows:
    """Stands for a replay that holds one actor's rows up to a sequence number."""

    def __init__(self, **last) -> None:
        """Take actor=(boot, sequence, episode)."""
        self._last = last

    def actors(self):
        """Return the actors seen."""
        return list(self._last)

    def last_of(self, actor):
        """Return the newest row's identity."""
        return self._last[actor]


def offer(ledger: Ledger, sequence: int, oldest: int = 1, boot: int = 7) -> bool:
    """Offer one transition and record it when admitted."""
    admitted = ledger.admits(Message(actor='sim', boot_id=boot, sequence=sequence, oldest=oldest))
    if admitted:
        ledger.record(Transition(None, None, 0.0, 1.0, None, actor='sim', boot_id=boot,
                                 sequence=sequence, episode=4))
    return admitted


def test_a_new_sender_starts_at_the_oldest_it_keeps():
    ledger = Ledger(StoredRows())
    assert not offer(ledger, 6, oldest=5)
    assert offer(ledger, 5, oldest=5)
    assert offer(ledger, 6, oldest=5)
    assert ledger.gaps == 1


def test_doubles_and_gaps_are_counted_and_refused():
    ledger = Ledger(StoredRows())
    assert offer(ledger, 1)
    assert not offer(ledger, 1)
    assert not offer(ledger, 3)
    assert (ledger.doubled, ledger.gaps) == (1, 1)
    assert ledger.durable() == [('sim', 7, 1, 4)]


def test_stored_rows_are_known_after_a_restart():
    ledger = Ledger(StoredRows(sim=(7, 40, 3)))
    assert not offer(ledger, 40)
    assert offer(ledger, 41)


def test_a_restarted_actor_is_granted_from_nothing_but_keeps_its_episodes():
    ledger = Ledger(StoredRows(sim=(7, 40, 3)))
    ledger.register('sim', 8)
    assert ledger.newest() == [('sim', 8, 0)]
    assert ledger.durable() == [('sim', 8, 0, 3)]
    assert offer(ledger, 1, boot=8)
