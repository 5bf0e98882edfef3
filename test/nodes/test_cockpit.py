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
import numpy as np

from softq_ros.nodes.cockpit import Cockpit, Flight

NONE, RNG = np.zeros(1, np.float32), np.random.default_rng(0)


class Says:
    """A policy of one word."""

    def __init__(self, word):
        self._word = word

    def act(self, observation, rng, mode):
        return np.full(2, self._word, np.float32)


def flight(word):
    return Flight(Says(word), f'says {word}', digests=(str(word),))


def said(cockpit):
    return float(cockpit.flight.actor.act(NONE, RNG, 'stochastic')[0])


def test_a_switch_takes_effect_with_the_next_act():
    cockpit = Cockpit()
    assert cockpit.flight.actor is None and cockpit.flight.name == 'learner'
    cockpit.switch(flight(1.0))
    assert said(cockpit) == 1.0
    cockpit.switch(flight(-1.0))
    assert said(cockpit) == -1.0 and cockpit.flight.name == 'says -1.0'


def test_a_fade_goes_over_in_equal_steps_and_leaves_nothing_behind():
    cockpit = Cockpit()
    cockpit.switch(flight(0.0))
    cockpit.switch(flight(1.0), 3)
    assert cockpit.chosen.name == cockpit.flight.name == 'says 1.0'
    assert [said(cockpit) for _ in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert isinstance(cockpit.flight.actor, Says)


def test_a_fade_may_be_cut_short_by_another():
    cockpit = Cockpit()
    cockpit.switch(flight(0.0))
    cockpit.switch(flight(1.0), 1)
    assert said(cockpit) == 0.5
    cockpit.switch(flight(0.0), 1)
    assert [said(cockpit) for _ in range(2)] == [0.5, 0.0]


def test_the_learner_fades_in_with_whatever_weights_it_has():
    cockpit = Cockpit()
    cockpit.switch(flight(0.0))
    cockpit.switch(None, 3)
    cockpit.stream = Flight(Says(1.0), 'learner', 1)
    assert said(cockpit) == 0.25
    cockpit.stream = Flight(Says(-1.0), 'learner', 2)
    assert said(cockpit) == -0.5 and cockpit.flight.version == 2


def test_before_there_are_weights_nothing_fades():
    cockpit = Cockpit()
    cockpit.switch(flight(1.0), 5)
    assert said(cockpit) == 1.0
    cockpit.switch(None, 5)
    assert cockpit.flight.actor is None
