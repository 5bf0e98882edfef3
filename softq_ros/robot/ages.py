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
"""How old things may be: commands and observations on the monotonic clock, stamps on their own."""
from softq_ros.records import NANOSECONDS, Sensors
from softq_ros.robot.contract import RobotContract

MOST_PERIODS = 5
MOST_SEC = 0.2
SKEW_NS = 50_000_000  # how far a stamp may be ahead of what it is held against
SAME_SAMPLES = 10  # as many with the same bits, while told to move, come from a dead source


class Ages:
    """
    Time-outs of one gate; every time is passed in, in nanoseconds of the monotonic clock.

    :param contract: its time-outs; a command's is at most 5 periods and at most 0.2 s.
    """

    def __init__(self, contract: RobotContract) -> None:
        """Start with neither observation nor command."""
        self._longest = min(MOST_PERIODS * contract.period_ns, round(MOST_SEC * NANOSECONDS),
                            round(contract.command_timeout_sec * NANOSECONDS))
        self._patience = round(contract.observation_timeout_sec * NANOSECONDS)
        self._simulated = contract.simulated
        self._observed: int | None = None
        self._expires: int | None = None
        self._bits = b''
        self.looked_at()

    def observed(self, now: int, sensors: Sensors | None = None, moving: bool = False) -> None:
        """
        Note that an observation with a newer stamp has come.

        Frozen is a source that repeats its bits for ten samples and for the observations' time-out
        while the robot is told to move; at rest it may well repeat itself. Frozen it remains until
        a bit changes or somebody has looked. The simulator never freezes.

        :param sensors: without them only the time counts.
        :param moving: whether the command in force asks for a motion that must show.
        """
        self._observed = now
        if sensors is None or self._simulated:
            return
        bits = sensors.position.tobytes() + sensors.velocity.tobytes()
        if bits != self._bits or not (moving or self._frozen):
            self._bits, self._same, self._since, self._frozen = bits, 0, now, False
        self._same += 1
        self._frozen = (self._frozen or self._same >= SAME_SAMPLES
                        and now - self._since >= self._patience)

    def looked_at(self) -> None:
        """Forget that the source was frozen, since whoever arms has looked at the robot."""
        self._same, self._since, self._frozen = 0, 0, False

    def commanded(self, now: int, validity_sec: float) -> None:
        """Note a command; what it says of its validity can only shorten ours."""
        asked = validity_sec * NANOSECONDS
        self._expires = now + (round(asked) if 0 < asked < self._longest else self._longest)

    def observation_late(self, now: int) -> str:
        """Return why the newest observation does not do, or nothing."""
        if self._observed is None or now - self._observed > self._patience:
            return 'no observation'
        return 'frozen observation' if self._frozen else ''

    def observation_refusal(self, stamp: int, clock: int) -> str:
        """Return why an observation's stamp [ns] does not fit a clock [ns], or nothing."""
        if stamp > clock + SKEW_NS:
            return 'observation from the future'
        return 'observation out of date' if stamp < clock - self._patience else ''

    def command_late(self, now: int) -> str:
        """Return why the newest command does not do, or nothing."""
        return 'no command' if self._expires is None or now > self._expires else ''

    def stamp_refusal(self, command: int, observation: int) -> str:
        """Return why a command's stamp [ns] does not fit the newest observation's, or nothing."""
        if command > observation + SKEW_NS:
            return 'from the future'
        return 'out of date' if command < observation - self._longest else ''
