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
"""Transitions wait in the outbox until they are durable."""
from softq_ros.msg import Transition
from softq_ros.nodes.outbox import CAPACITY, Outbox


def make(sequences) -> tuple[Outbox, list[tuple[int, int]]]:
    """Return an outbox that has sent these, and what went out as (sequence, oldest)."""
    sent = []
    outbox = Outbox(lambda msg: sent.append((msg.sequence, msg.oldest)))
    for sequence in sequences:
        outbox.send(Transition(sequence=sequence))
    return outbox, sent


def test_each_transition_names_the_oldest_that_is_still_kept():
    outbox, sent = make([1, 2, 3])
    outbox.acknowledge(2)
    outbox.send(Transition(sequence=4))
    assert sent == [(1, 1), (2, 1), (3, 1), (4, 3)]


def test_acknowledged_ones_are_never_sent_again():
    outbox, sent = make([1, 2, 3])
    outbox.acknowledge(2)
    outbox.send_again()
    assert sent[3:] == [(3, 3)]
    assert outbox.resent == 1


def test_a_stuck_outbox_repeats_and_an_empty_one_does_not():
    outbox, sent = make([1])
    outbox.send_again_if_stuck(after_sec=60.0)
    assert len(sent) == 1
    outbox.send_again_if_stuck(after_sec=-1.0)
    assert len(sent) == 2
    outbox.acknowledge(1)
    outbox.send_again_if_stuck(after_sec=-1.0)
    assert len(sent) == 2


def test_beyond_its_capacity_the_oldest_goes_and_is_counted():
    outbox, sent = make(range(1, CAPACITY + 3))
    assert len(outbox) == CAPACITY
    assert outbox.overflowed == 2
    assert sent[-1] == (CAPACITY + 2, 3)
