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
"""
What dies, hangs or goes wrong in flight, a few times each: the arm is told to hold in time.

Bounds are those of the safety case. What a loaded machine adds is measured by a process that only
sleeps, and nothing else is added to a bound; ``test/prove/kills.py`` publishes both.
"""
from contextlib import closing

import numpy as np
import pytest

from test.standin.endings import end_in_motion, ENDINGS
from test.standin.flight import Flight, no_shared_memory
from test.standin.learning import KILLS_A_LAUNCH, Learning
from test.standin.simulated import Simulated

COUNT = 5
SLACK_SEC = 0.02


@pytest.fixture(autouse=True)
def transports(monkeypatch):
    """Let no process wait for another in shared memory."""
    for name, value in no_shared_memory().items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize('rate', [20.0, 50.0])
def test_a_policy_that_dies_stops_or_hangs_becomes_a_hold(tmp_path, ros_environment, rate):
    with closing(Flight(rate, tmp_path)) as flight:
        flight.start_gate()
        for kind in ('stop', 'hang', 'kill'):
            delays = [flight.silence(kind) for _ in range(COUNT)]
            assert all(d.within(flight.timeout + SLACK_SEC) for d in delays), (kind, delays)
        assert not flight.malformed


def test_observations_that_do_not_do_become_a_hold_and_it_recovers(tmp_path, ros_environment):
    with closing(Flight(20.0, tmp_path)) as flight:
        flight.start_gate()
        for kind in ('silent', 'frozen', 'shifted'):
            delays = [flight.disturb(kind) for _ in range(COUNT)]
            assert all(d.within(flight.observation_timeout + 2 / flight.rate)
                       for d in delays), (kind, delays)
        flight.move()
        assert not flight.malformed


def test_a_second_publisher_or_a_driver_not_ready_holds_and_disarms(tmp_path, ros_environment):
    with closing(Flight(20.0, tmp_path)) as flight:
        flight.start_gate()
        crowds = [flight.crowd() for _ in range(COUNT)]
        assert all(d.within(1.0) for d in crowds), crowds
        stops = [flight.protect() for _ in range(COUNT)]
        assert all(d.within(2 / flight.rate) for d in stops), stops
        assert not flight.malformed


def test_the_last_word_of_a_gate_is_a_hold_and_nothing_is_left(tmp_path, ros_environment):
    with closing(Flight(20.0, tmp_path)) as flight:
        for kind in ENDINGS:
            ends = [end_in_motion(flight, kind) for _ in range(COUNT)]
            assert not any(e.last or e.left for e in ends), (kind, ends)
        assert not flight.malformed


def test_without_a_gate_the_simulator_stops_by_itself(ros_environment):
    with closing(Simulated()) as simulated:
        moved = [simulated.kill_gate() for _ in range(COUNT)]
        assert max(moved) < 2 * simulated.timeout, moved


def test_the_arm_never_waits_for_a_learner_that_dies(tmp_path, ros_environment):
    with closing(Learning(tmp_path)) as learning:
        periods, stalls = zip(*(learning.kill_learner() for _ in range(KILLS_A_LAUNCH)))
        assert not learning.malformed
    found = np.concatenate(periods)
    assert np.percentile(found, 99.9) <= 2 / learning.rate + max(stalls), (
        np.percentile(found, [50.0, 99.0, 99.9, 100.0]), stalls)
