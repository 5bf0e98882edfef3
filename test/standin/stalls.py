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
How late this machine wakes a process that only sleeps.

As a script it says so in one line for each time: when it woke and by how much, seconds of the
monotonic clock.
"""
from pathlib import Path
import signal
import subprocess
import sys
import time

NAP_SEC, LATE_SEC = 0.002, 0.002


class Stalls:
    """
    A process that only sleeps, and how late this machine woke it.

    What a bound is exceeded by is held against it: a loaded machine delays the idle as well.

    :param folder: takes its notes.
    """

    def __init__(self, folder: Path) -> None:
        """Start it."""
        self._path = folder / f'stalls-{time.monotonic_ns()}'
        with open(self._path, 'w') as notes:
            self.process = subprocess.Popen([sys.executable, __file__],
                                            stdout=notes)

    def worst(self, since: float, until: float) -> float:
        """Return the longest stall that fell into a span of the monotonic clock [s]."""
        time.sleep(0.01)  # what is under way is noted
        rows = [tuple(map(float, line.split())) for line in
                self._path.read_text().splitlines() if line.count(' ') == 1]
        return max((late for woke, late in rows if woke > since and woke - late < until),
                   default=0.0)

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()


def main() -> None:
    """Nap until killed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    before = time.monotonic()
    while True:
        time.sleep(NAP_SEC)
        now = time.monotonic()
        if now - before - NAP_SEC > LATE_SEC:
            print(f'{now:.6f} {now - before - NAP_SEC:.6f}', flush=True)
        before = now


if __name__ == '__main__':
    main()
