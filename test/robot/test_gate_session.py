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
Arming, time-outs and rules together, in every order: only who is armed moves.

The gate's node puts them together the same way, with messages and clocks around them.
"""
import dataclasses
from pathlib import Path
import tempfile

from hypothesis import settings, strategies as st
from hypothesis.stateful import initialize, invariant, rule, RuleBasedStateMachine
import numpy as np

from softq_ros.errors import MessageError
from softq_ros.robot.ages import Ages
from softq_ros.robot.arming import Arming
from softq_ros.robot.gate import Gate
from test.support.arms import at, contract, followed, INTERFACES

MS = 1_000_000
NUMBERS = st.floats(-1.0, 1.0, width=32)


class Session(RuleBasedStateMachine):
    """A robot in use; the model beside it is a single flag, whether somebody has armed it."""

    @initialize(interface=st.sampled_from(INTERFACES), simulated=st.booleans())
    def power_on(self, interface, simulated):
        self.limits = dataclasses.replace(contract(interface), simulated=simulated,
                                          arm_on_start=False, ramp_sec=0.3)
        self.folder = tempfile.TemporaryDirectory()
        self.now, self.episode, self.position = 0, 0, np.array([0.1, -0.3, 0.0])
        self.armed = self.faulted = self.stopped = False
        self.start()

    def start(self):
        self.arming = Arming(self.limits, Path(self.folder.name) / 'stopped')
        self.gate, self.ages = Gate(self.limits), Ages(self.limits)
        self.armed = self.faulted = False
        self.last = None

    @rule()
    def restart_the_process(self):
        self.start()

    @rule()
    def arm(self):
        self.arming.arm()
        self.gate.restart()
        self.ages.looked_at()
        self.armed, self.faulted, self.stopped = True, False, False

    @rule()
    def stop(self):
        self.arming.stop('estop')
        self.armed, self.stopped = False, True
        self.send(self.hold('estop'))

    @rule()
    def fault(self):
        self.faulted = self.faulted or self.armed
        self.arming.fault('exception')
        self.armed = False

    @rule()
    def new_episode(self):
        self.episode += 1
        self.arming.new_episode()
        if self.limits.simulated and self.faulted and not self.stopped:
            self.armed, self.faulted = True, False

    @rule(wait=st.integers(0, 400), moved=st.floats(-0.2, 0.2))
    def observe(self, wait, moved):
        self.now += wait * MS
        self.position = self.position + moved
        self.ages.observed(self.now, at(self.position), self.gate.moving)

    @rule(action=st.lists(NUMBERS, min_size=6, max_size=6), broken=st.booleans(),
          wait=st.integers(0, 400))
    def command(self, action, broken, wait):
        self.now += wait * MS
        action = np.array(action[:len(self.limits.action_scale)], np.float32)
        if broken:
            action[0] = np.nan
        why = self.arming.why or self.ages.observation_late(self.now)
        try:
            executed = self.hold(why) if why else self.gate.filter(
                action, at(self.position, stamp=self.now), self.episode)
        except MessageError:
            executed = self.hold('refused')
        if not executed.why or not executed.holding:
            assert self.armed and not self.stopped and not broken
            assert not self.ages.observation_late(self.now)
        self.send(executed)

    def hold(self, why):
        return self.gate.hold(at(self.position, stamp=self.now), self.episode, why)

    def send(self, executed):
        assert np.isfinite(executed.command).all()
        if self.limits.interface in ('velocity', 'position_increment'):
            self.position = followed(self.limits, self.position, executed.command)

    @rule()
    def rest(self):
        held = [self.hold('no command').command for _ in range(12)][-3:]
        if self.limits.position_like:
            assert len({command.tobytes() for command in held}) == 1
        else:
            assert not held[-1].any()

    @invariant()
    def armed_as_the_model(self):
        if hasattr(self, 'arming'):
            assert self.arming.armed == self.armed
            assert self.arming.stopped == self.stopped
            assert bool(self.arming.why) != self.armed

    def teardown(self):
        if hasattr(self, 'folder'):
            self.folder.cleanup()


Session.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestSession = Session.TestCase
