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
When a person has the robot, and what they make it do.

Plain numbers in, plain numbers out: whoever listens to the topics passes time and values, and
nothing a message may hold raises.
"""
from collections import Counter
from collections.abc import Sequence

import numpy as np

from softq_ros.errors import ConfigurationError, MessageError
from softq_ros.nodes.pad import Pad
from softq_ros.records import NANOSECONDS, Sensors
from softq_ros.robot.contract import RobotContract
from softq_ros.robot.steering import ToolSteering

JOY_NS = NANOSECONDS // 4  # older, and the pad may be out of range or its cable pulled
INTERVENTION_PERIODS = 5  # older, and whoever sent it has gone; the gate's own measure
VERDICTS = ('success', 'failure')


class Hands:
    """
    Two ways to take over: a game pad steers the tool, a program sends actions.

    The pad's takeover button wins over the program. Times are nanoseconds of one monotonic clock.
    ``refused`` counts the messages that were not accepted, by topic; ``reason`` is the last one's.
    """

    def __init__(self, contract: RobotContract, pad: Pad) -> None:
        """Begin with nobody at the robot."""
        self._contract, self._pad = contract, pad
        try:
            self._steering = ToolSteering(contract)
        except ConfigurationError:
            self._steering = None
        self._axes: list[float] | None = None
        self._heard = 0
        self._down = (True, True)  # a button that is down from the first is not a press
        self._action: np.ndarray | None = None
        self._acted = 0
        self._verdict = ''
        self._steps: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.reason = ''

    def joy(self, axes: Sequence[float], buttons: Sequence[int], now: int) -> None:
        """Take in a message of the pad; one that is refused takes the person's hands off."""
        self._axes = None
        try:
            self._pad.check(axes, buttons)
            self._hear_buttons(buttons)
            if buttons[self._pad.takeover_button]:
                self._hold(axes, now)
        except MessageError as error:
            self._refuse('joy', str(error))

    def _hold(self, axes: Sequence[float], now: int) -> None:
        if self._steering is None:
            raise MessageError(f'takeover without a chain in the contract {self._contract.name}; '
                               'accepted: success and failure buttons')
        self._axes, self._heard = list(axes), now

    def _hear_buttons(self, buttons: Sequence[int]) -> None:
        pad, before = self._pad, self._down
        self._down = bool(buttons[pad.success_button]), bool(buttons[pad.failure_button])
        pressed = [verdict for verdict, down, was in zip(VERDICTS, self._down, before)
                   if down and not was]
        if len(pressed) > 1:
            raise MessageError('success and failure at once; accepted: one of them')
        if pressed:
            self._verdict = pressed[0]

    def intervention(self, action: Sequence[float], now: int) -> None:
        """Take in the action of a program that a person runs; all of it is good or none."""
        self._action = None
        size = self._contract.action_scale.size
        if len(action) != size:
            self._refuse('intervention', f'got {len(action)} numbers; accepted: {size}')
        elif not all(-1.0 <= value <= 1.0 for value in action):
            self._refuse('intervention', f'got {list(action)}; accepted: within [-1, 1]')
        else:
            self._action, self._acted = np.array(action, np.float32), now

    def _refuse(self, topic: str, reason: str) -> None:
        self.refused[topic] += 1
        self.reason = f'{topic}: {reason}'

    def takeover(self, sensors: Sensors, now: int) -> np.ndarray | None:
        """
        Return the person's action ``(A,)`` for this control step, or nothing if they let go.

        :param sensors: the newest state, where the tool is steered from.
        """
        if self._axes is not None and now - self._heard <= JOY_NS:
            return self._steering.action(sensors, self._pad.twist(self._axes))
        if self._steering is not None:
            self._steering.restart()
        late = INTERVENTION_PERIODS * self._contract.period_ns
        if self._action is not None and now - self._acted <= late:
            return self._action
        return None

    def verdict(self) -> str:
        """Return success or failure once for each press of its button, otherwise nothing."""
        verdict, self._verdict = self._verdict, ''
        return verdict

    def count(self, source: str) -> None:
        """Count a control step by who made it."""
        self._steps[source] += 1

    @property
    def share(self) -> float:
        """Return the share of the counted control steps that a person made."""
        return self._steps['human'] / max(1, self._steps.total())
