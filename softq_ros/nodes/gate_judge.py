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
"""What becomes of each Command: the rules while all is well, else the hold, and why."""
from collections.abc import Callable
from dataclasses import replace
import time

import numpy as np

from softq_ros.bridge.conversions import all_finite, time_to_ns
from softq_ros.errors import MessageError
from softq_ros.msg import Command
from softq_ros.nodes.gate_report import GateReport
from softq_ros.nodes.gate_watch import CommandRate, Often
from softq_ros.records import Executed, Sensors
from softq_ros.robot.ages import Ages
from softq_ros.robot.arming import Arming
from softq_ros.robot.contract import RobotContract
from softq_ros.robot.gate import Gate

REFUSALS, REFUSALS_SEC = 10, 1.0  # so many refused commands in so long are a fault


class Judge:
    """
    Puts the rules, the time-outs and the arming of one gate together.

    In realtime each hold lasts a control period: asked for again within it, it is the same one,
    so that braking takes its steps at the control rate whoever asks.

    :param lockstep: no time-outs; a command must answer the newest observation.
    :param obstacle: returns what else keeps the robot from moving, or nothing.
    :param early: how much before its time a hold may be renewed [ns].
    """

    def __init__(self, contract: RobotContract, lockstep: bool, arming: Arming,
                 report: GateReport, obstacle: Callable[[], str], early: int) -> None:
        """Start without a command."""
        self._contract, self._lockstep, self._arming = contract, lockstep, arming
        self._report, self._obstacle = report, obstacle
        self._gate, self._ages = Gate(contract), Ages(contract)
        self._rate = CommandRate(contract.period_ns)
        self._refusals = Often(REFUSALS, REFUSALS_SEC)
        self._lasts = contract.period_ns - early
        self._episode: tuple[int, int] | None = None
        self._episodes = self._since = 0
        self.sensors: Sensors | None = None
        self.held: Executed | None = None

    def looked_at(self) -> None:
        """Forget that joint states were frozen, since whoever arms has looked at the robot."""
        self._ages.looked_at()

    def restart(self) -> None:
        """Begin anew from the measured state, as after arming."""
        self._gate.restart()
        self.held = None

    def observed(self, sensors: Sensors) -> None:
        """
        Take the newest state; time that goes back is a fault.

        :raises MessageError: a real robot's stamp is far from this machine's clock.
        """
        unfit = ('' if self._contract.simulated
                 else self._ages.observation_refusal(sensors.stamp, time.time_ns())
                 or self._overtaken(sensors.stamp))
        if unfit:
            raise MessageError(f'{unfit}: stamp {sensors.stamp}; accepted: about the wall time')
        before, self.sensors = self.sensors, sensors
        if before is not None and sensors.stamp < before.stamp:
            self._report.count('time went back', f'{before.stamp} to {sensors.stamp} ns')
            self._arming.fault('time went back')
            self._gate.restart()
        if before is None or sensors.stamp != before.stamp:
            self._ages.observed(time.monotonic_ns(), sensors, self._gate.moving)

    def _overtaken(self, stamp: int) -> str:
        """Return that a newer observation came first, as from a network, or nothing."""
        before = self.sensors.stamp if self.sensors else stamp
        return ('observation out of order'
                if before - self._contract.period_ns <= stamp < before else '')

    def observation_late(self, now: int) -> str:
        """Return why the newest observation does not do, or nothing."""
        return '' if self._lockstep else self._ages.observation_late(now)

    def obstacle(self, now: int) -> str:
        """Return why nothing may move at all, or nothing."""
        return self._arming.why or self._obstacle() or self.observation_late(now)

    def silence(self, now: int) -> str:
        """Return why there is to be a hold though no command came, or nothing."""
        return self.obstacle(now) or self._ages.command_late(now)

    def answer(self, msg: Command) -> Executed:
        """Return the command within limits, or the hold that takes its place."""
        now = time.monotonic_ns()
        self._enter(msg)
        try:
            self._check_time(time_to_ns(msg.header.stamp), now)
            why, action = self.obstacle(now), np.frombuffer(msg.action, np.float32)
            executed = (self._hold_instead(action, why) if why else
                        self._gate.filter(action, self.sensors, self._episodes))
        except MessageError as error:
            return self._refuse(str(error), now)
        self._report.status.accepted += 1
        self._ages.commanded(now, msg.validity_sec)
        if not why:
            self.held = None
        return executed

    def hold(self, why: str) -> Executed:
        """Return the hold of this control period."""
        now, held = time.monotonic_ns(), self.held
        if self._lockstep or held is None or now - self._since >= self._lasts:
            self._since = now
            self.held = self._gate.hold(self.sensors, self._episodes, why)
        elif held.why != why:
            self.held = replace(held, why=why)
        return self.held

    def _hold_instead(self, action: np.ndarray, why: str) -> Executed:
        if len(action) != len(self._contract.action_scale) or not all_finite(action.tolist()):
            raise MessageError(f'action {action.tolist()}; accepted: finite numbers, one for each '
                               f'of {", ".join(self._contract.action_names)}')
        return self.hold(why)

    def _enter(self, msg: Command) -> None:
        """Begin the limiter of a simulated robot afresh; that of an arm only by arming."""
        if self._episode != (msg.boot_id, msg.episode):
            self._episode = (msg.boot_id, msg.episode)
            self._episodes += self._contract.simulated
            self._arming.new_episode()

    def _check_time(self, stamp: int, now: int) -> None:
        seen = self.sensors.stamp if self.sensors else stamp
        refusal = (self._ages.stamp_refusal(stamp, seen) if not self._lockstep
                   else '' if stamp == seen else 'out of date')
        if refusal:
            raise MessageError(f'{refusal}: stamp {stamp}; accepted: about {seen} ns')
        if not self._lockstep and self._rate.too_fast(now):
            raise MessageError(f'too fast; accepted: {self._contract.control_rate:g} Hz')

    def _refuse(self, reason: str, now: int) -> Executed:
        self._report.status.rejected += 1
        self._report.count('command', reason)
        if self._refusals.again(now) and not self._lockstep:
            self._arming.fault('refused commands')
        return self.hold('refused')
