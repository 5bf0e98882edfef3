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
Measure 60 swaps at 1 Hz between bundles of 8 MB, and every refusal, beside a 20 Hz loop.

Usage: ``python test/prove/swaps.py [--swaps 60]``. A period is the time between two answers of the
gate; those over an episode's end are left out, as the reset takes its own time. The last block is
the loop left alone, which shows what the machine does by itself.
"""
import argparse
import os
from pathlib import Path
import random
import sys
import tempfile
import time

import numpy as np
from rows import publish, table

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]
os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')

sys.path.append(str(Path(__file__).resolve().parents[1]))
from support.bad_bundles import BAD, spoil  # noqa: E402
from support.bundles import save_random  # noqa: E402
from support.pilot import flying, Pilot  # noqa: E402

TASK, UNITS = 'sawyer_reach', 800  # of two layers in three networks: 8 MB a bundle
SWAP_SEC = 1.0
HEAD = ['block', 'n', 'periods', 'median [ms]', 'p99 [ms]', 'largest [ms]', 'above two periods']


def block(pilot: Pilot, name: str, count: int, work) -> list:
    """Do something once a second so many times; return the row of periods meanwhile."""
    first, began = len(pilot.executed), time.monotonic()
    for number in range(count):
        work(number)
        end = began + (number + 1) * SWAP_SEC
        pilot.wait(lambda: time.monotonic() >= end, name)
    periods = pilot.periods(first)
    return [name, count, len(periods), *(f'{1e3 * value:.1f}' for value in (
        np.median(periods), np.percentile(periods, 99), periods.max())),
        int((periods > 0.1).sum())]


def swap(pilot: Pilot, names: tuple):
    """Return what sets the parameter to one name after the other."""
    def work(number: int) -> None:
        accepted, reason = pilot.set('policy', names[number % len(names)])
        if not accepted:
            raise SystemExit(f'refused: {reason}')
    return work


def refuse(pilot: Pilot, said: list):
    """Return what asks for one bad bundle after the other."""
    def work(number: int) -> None:
        accepted, reason = pilot.set('policy', f'bad_{number}')
        if accepted:
            raise SystemExit(f'bad_{number}: accepted')
        said.append([list(BAD)[number], reason.removeprefix('parameter policy: ')])
    return work


def fill(root: Path) -> float:
    """Make every bundle; return the size of a large one [MB]."""
    for seed, name in enumerate(('one', 'two')):
        save_random(root, name, TASK, seed, UNITS)
        save_random(root, f'small_{name}', TASK, seed, 256)
    for number, how in enumerate(BAD):
        spoil(save_random(root, f'bad_{number}', TASK, 2), how)
    return sum(path.stat().st_size for path in (root / 'one').iterdir()) / 1e6


def measure(swaps: int, folder: Path, domain: str) -> tuple[list, list]:
    """Fly, swap and refuse; return the rows of periods and what was said of bad bundles."""
    root, said = folder / 'policies', []
    size = fill(root)
    with flying(folder, domain, f'task:={TASK}', 'policy:=one', 'stepping:=realtime',
                'sampling:=stochastic') as pilot:
        pilot.wait(lambda: pilot.status.sequence > 40, 'flight')
        rows = [block(pilot, 'left alone', swaps, lambda number: None),
                block(pilot, f'swap of {size:.1f} MB', swaps, swap(pilot, ('two', 'one'))),
                block(pilot, 'bad bundle', len(BAD), refuse(pilot, said)),
                block(pilot, 'swap to a composition of two 2 x 256 and back', swaps // 4,
                      swap(pilot, (['small_one', 'small_two'], 'one'))),
                block(pilot, 'left alone', swaps, lambda number: None)]
        if (root / 'executed').exists():
            raise SystemExit('a bad bundle ran')
    return rows, said


def main() -> None:
    """Measure and write docs/results/swaps.md."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--swaps', type=int, default=60)
    options = parser.parse_args()
    domain = str(random.SystemRandom().randint(101, 200))
    os.environ['ROS_DOMAIN_ID'] = domain
    with tempfile.TemporaryDirectory() as folder:
        rows, said = measure(options.swaps, Path(folder), domain)
    publish('swaps', 'Policies swapped in flight', 'python test/prove/swaps.py', [
        'Period: from one answer of the gate to the next, at 20 Hz, heard over DDS by another '
        'process; an episode\'s end is left out.', table(HEAD, rows),
        'What was said of each bad bundle; the old policy flew on.',
        table(['bundle', 'reason'], said)])


if __name__ == '__main__':
    main()
