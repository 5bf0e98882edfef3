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
from softq_ros.records import NANOSECONDS
from softq_ros.robot.contract import RobotContract

MOST_PERIODS = 5
MOST_SEC = 0.2
SKEW_NS = 50_000_000  # how far a command's stamp may be ahead of the newest observation's


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
        self._observed: int | None = None
        self._expires: int | None = None

    def observed(self, now: int) -> None:
        """Note that an observation with a newer stamp has come."""
        self._observed = now

    def commanded(self, now: int, validity_sec: float) -> None:
        """Note a command; what it says of its validity can only shorten ours."""
        asked = validity_sec * NANOSECONDS
        self._expires = now + (round(asked) if 0 < asked < self._longest else self._longest)

    def observation_late(self, now: int) -> str:
        """Return why the newest observation does not do, or nothing."""
        if self._observed is None or now - self._observed > self._patience:
            return 'no observation'
        return ''

    def command_late(self, now: int) -> str:
        """Return why the newest command does not do, or nothing."""
        return 'no command' if self._expires is None or now > self._expires else ''

    def stamp_refusal(self, command: int, observation: int) -> str:
        """Return why a command's stamp [ns] does not fit the newest observation's, or nothing."""
        if command > observation + SKEW_NS:
            return 'from the future'
        return 'out of date' if command < observation - self._longest else ''
