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
from softq_ros.nodes.pace import Pace


class Clock:
    """A clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time [s]."""
        return self.now


def test_periods_that_pass_unnoticed_and_empty_ones_are_missed():
    clock = Clock()
    pace = Pace(0.05, clock)
    for now, sends in ((0.0, True), (0.05, True), (0.2, True), (0.25, False), (0.3, True),
                       (0.35, True)):
        clock.now = now
        pace.tick()
        if sends:
            clock.now += 0.001
            pace.sent()
        pace.check(True)
    assert pace.missed == 2 + 1  # 0.10 and 0.15 were never seen, 0.25 sent nothing


def test_a_period_in_which_nothing_is_due_is_not_missed():
    clock = Clock()
    pace = Pace(0.05, clock)
    for now in (0.0, 0.05, 0.1):
        clock.now = now
        pace.tick()
        pace.check(False)
    assert pace.missed == 0


def test_an_answer_may_take_five_periods():
    clock = Clock()
    pace = Pace(0.05, clock)
    pace.sent()
    clock.now = 0.24
    assert not pace.unanswered
    clock.now = 0.26
    assert pace.unanswered


def test_a_command_that_leaves_late_in_its_period_is_not_missed():
    clock = Clock()
    clock.now = 1.0
    pace = Pace(0.05, clock)
    pace.tick()
    pace.check(True)
    assert pace.late
    clock.now += 0.03
    pace.sent()
    assert not pace.late
    clock.now += 0.02
    pace.tick()
    assert pace.missed == 0
