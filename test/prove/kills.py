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
What dies, hangs or goes wrong in flight, in full counts: writes docs/results/kills.md.

Every trial is kept in runs/prove/kills as it is made, so that a run goes on where it stopped.
"""
import argparse
from collections.abc import Callable, Iterator
from contextlib import closing
import json
import os
from pathlib import Path
import random
import sys
import tempfile

import numpy as np
from rows import commit, MISSING, publish, RUNS, table

sys.path.append(str(Path(__file__).resolve().parents[1]))
from standin.endings import end_in_motion, ENDINGS  # noqa: E402
from standin.flight import Flight, no_shared_memory  # noqa: E402
from standin.learning import KILLS_A_LAUNCH, Learning  # noqa: E402
from standin.simulated import Simulated  # noqa: E402

FOLDER = RUNS / 'kills'
SLACK_SEC = 0.02
SHARED = ' shared'
HEAD = ['event', 'rate [Hz]', 'n', 'bound [ms]', 'median, said [ms]', 'largest, said [ms]',
        'said too late', 'largest, heard [ms]', 'heard too late', 'worst stall [ms]']


def kept(name: str) -> list:
    """Return the trials of a row that are made already."""
    path = FOLDER / f'{name}.jsonl'
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def repeat(name: str, count: int, trial: Callable[[], object]) -> None:
    """Make the trials of a row that are missing."""
    for number in range(len(kept(name)), count):
        try:
            result = trial()
        except AssertionError as error:
            with open(FOLDER / 'failed.jsonl', 'a') as file:
                file.write(json.dumps([name, str(error)[:200]]) + '\n')
            raise
        with open(FOLDER / f'{name}.jsonl', 'a') as file:
            file.write(json.dumps(result) + '\n')
        with open(FOLDER / f'{name}.commit', 'a') as file:
            file.write(f'{commit()}\n')
        print(name, number + 1, result, flush=True)


def made_at() -> str:
    """Return the commits that the trials were made at, with the rows of each."""
    rows: dict[str, list[str]] = {}
    for path in sorted(FOLDER.glob('*.commit')):
        for one in sorted(set(path.read_text().split())):
            rows.setdefault(one, []).append(path.stem)
    return '; '.join(f'{one}: {", ".join(names)}' for one, names in rows.items())


def missing(names: list[str], count: int) -> bool:
    """Return whether any of these rows lacks trials."""
    return any(len(kept(name)) < count for name in names)


def fly(folder: Path, rate: float, count: int, mark: str = '') -> None:
    """Silence the policy at one rate."""
    names = [f'{kind} {rate:g}{mark}' for kind in ('kill', 'stop', 'hang')]
    if missing(names, count):
        with closing(Flight(rate, folder)) as flight:
            flight.start_gate()
            for name in names:
                repeat(name, count, lambda: flight.silence(name.split()[0]))
            assert not flight.malformed, flight.malformed


def disturb(folder: Path, count: int) -> None:
    """Let observations, the graph and the driver go wrong, and gates end in motion."""
    trials = ['silent', 'frozen', 'shifted', 'crowd', 'protect']
    if missing(trials, count):
        with closing(Flight(20.0, folder)) as flight:
            flight.start_gate()
            for name in trials:
                repeat(name, count, getattr(flight, name, lambda: flight.disturb(name)))
            assert not flight.malformed, flight.malformed
    if missing(list(ENDINGS), count):
        with closing(Flight(20.0, folder)) as flight:
            for name in ENDINGS:
                repeat(name, count, lambda: end_in_motion(flight, name))
            assert not flight.malformed, flight.malformed


def kill_gates(count: int) -> None:
    """Kill the gate over the simulator."""
    if missing(['gate'], count):
        with closing(Simulated()) as simulated:
            repeat('gate', count, simulated.kill_gate)


def kill_learners(folder: Path, count: int) -> None:
    """Kill the learner of a training in realtime."""
    def trial(learning: Learning) -> list:
        periods, stall = learning.kill_learner()
        return [periods.tolist(), stall]
    while missing(['learner'], count):
        with closing(Learning(folder)) as learning:
            repeat('learner', min(count, len(kept('learner')) + KILLS_A_LAUNCH),
                   lambda: trial(learning))


def rows_of_silence(mark: str = '') -> Iterator[list]:
    """Return the rows of a policy that falls silent."""
    for rate in (20.0, 50.0):
        bound = min(5 / rate, 0.2) + SLACK_SEC
        for kind, words in (('kill', 'policy SIGKILLed'), ('stop', 'policy SIGSTOPped'),
                            ('hang', 'policy hung in a callback')):
            yield row(words, rate, f'{kind} {rate:g}{mark}', bound)


def rows_of_trouble() -> Iterator[list]:
    """Return the rows of what else must become a hold in time."""
    for kind, words, bound in (
            ('silent', 'joint states fall silent', 0.25), ('frozen', 'joint states freeze', 0.25),
            ('shifted', 'joint states from the future', 0.25),
            ('crowd', 'a second publisher', 1.0), ('protect', 'the driver is not ready', 0.1)):
        yield row(words, 20.0, kind, bound)


def row(words: str, rate: float, name: str, bound: float) -> list:
    """Return one row: what was measured of one event."""
    found = np.array(kept(name))
    if not len(found):
        return [words, f'{rate:g}', *[MISSING] * 8]
    heard, _, said, stall = 1e3 * found.T
    return [words, f'{rate:g}', len(found), f'{1e3 * bound:.0f}', f'{np.median(said):.0f}',
            f'{said.max():.0f}', (said > 1e3 * bound).sum(), f'{heard.max():.0f}',
            (heard > 1e3 * bound).sum(), f'{stall.max():.0f}']


def row_of_ending(name: str) -> list:
    """Return how often a gate that ended in one way left a hold, and nothing else."""
    found = kept(name)
    return [name, len(found), sum(last == 0.0 for last, _, _ in found),
            sum(bool(left) for _, _, left in found),
            f'{max(seconds for _, seconds, _ in found):.2f}']


def parts() -> list[str]:
    """Return the page."""
    moved, learned = np.array(kept('gate')), kept('learner')
    periods = 1e3 * np.concatenate([p for p, _ in learned])
    stall = 1e3 * max(s for _, s in learned)
    median, most = np.percentile(periods, [50.0, 99.9])
    return [
        'The stand-in driver (`test/standin`) in realtime; zeros on the arm\'s topic are a hold. '
        'Time runs from the event, or from the last command or good observation after it, to when '
        'the gate said the hold, and to when a listener heard it. What failed outright stands at '
        'the end. The '
        f'{os.cpu_count()} cores were shared with other work: a stall is how long a process that '
        'only sleeps was kept waiting during the trial. Messages went by UDP '
        f'(`{" ".join(f"{k}={v}" for k, v in no_shared_memory().items())}`).',
        table(HEAD, [*rows_of_silence(), *rows_of_trouble()]),
        '## With shared memory',
        'The same with the transports that Fast DDS chooses, and that rmw_fastrtps sets within '
        'LOCALHOST: a policy that is stopped or killed while it holds the lock of a port keeps '
        'gate or listener waiting until Fast DDS notices after one second.',
        table(HEAD, list(rows_of_silence(SHARED))),
        '## What a gate leaves behind',
        table(['it ends by', 'n', 'last word is a hold', 'something left running',
               'longest until gone [s]'], [row_of_ending(name) for name in ENDINGS]),
        '## The gate killed over the simulator',
        f'{len(moved)} times: the joints were below 1e-3 rad/s after at most '
        f'{1e3 * moved.max():.0f} ms (median {1e3 * np.median(moved):.0f}); bound 400 ms, twice '
        'the time-out of the plant.',
        '## The learner killed at full load, 20 Hz',
        f'{len(learned)} times: {len(periods)} periods of the policy\'s commands, median '
        f'{median:.0f} ms, p99.9 {most:.0f} ms, largest {periods.max():.0f} ms; bound on p99.9 '
        f'100 ms; worst stall {stall:.0f} ms. Another learner learned each time; no acknowledged '
        'transition was lost, none was stored twice.',
        '## Commits', made_at(),
        '## What failed outright', table(['event', 'why'], kept('failed') or [['nothing', '']])]


def main() -> None:
    """Make what is missing and write the page."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument('--silences', type=int, default=100, help='of the policy, each kind')
    words.add_argument('--shared', type=int, default=100, help='the same with shared memory')
    words.add_argument('--count', type=int, default=20, help='of everything else')
    options = words.parse_args()
    os.environ |= {'ROS_DOMAIN_ID': str(random.SystemRandom().randrange(1, 101)),
                   'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST', 'OMP_NUM_THREADS': '1'}
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for rate in (20.0, 50.0):
            fly(Path(folder), rate, options.shared, SHARED)
        os.environ |= no_shared_memory()
        for rate in (20.0, 50.0):
            fly(Path(folder), rate, options.silences)
        disturb(Path(folder), options.count)
        kill_gates(options.count)
        kill_learners(Path(folder), options.count)
    publish('kills', 'What dies, hangs or goes wrong in flight',
            f'python test/prove/kills.py --silences {options.silences} --shared {options.shared} '
            f'--count {options.count}',
            parts())


if __name__ == '__main__':
    main()
