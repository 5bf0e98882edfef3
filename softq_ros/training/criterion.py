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
"""When '90 % reached' holds (DESIGN section 11)."""
from dataclasses import dataclass

SCREEN, CONFIRM = (45, 50), (90, 100)


@dataclass
class Criterion:
    """
    At least 45 of 50 validation episodes and then at least 90 of 100 on new seeds.

    ``reached`` is the control step of the first of the two, once both have held.
    """

    reached: int | None = None
    _used: int = 0

    def episodes(self, confirming: bool) -> tuple[int, int]:
        """Return number of the first episode and how many to run; no seed is used twice."""
        first, count = self._used, CONFIRM[1] if confirming else SCREEN[1]
        self._used += count
        return first, count

    def screened(self, successes: int) -> bool:
        """Return whether a screening of 50 calls for its confirmation."""
        return successes >= SCREEN[0] and self.reached is None

    def confirmed(self, step: int, successes: int) -> bool:
        """Take in a confirmation of 100 for the screening at a step."""
        if successes >= CONFIRM[0] and self.reached is None:
            self.reached = step
        return self.reached is not None
