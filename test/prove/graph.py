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
How long the Sawyer takes to learn through the ROS graph, by the wall clock; writes graph.md.

One training at a time, since it is to have the machine to itself: `make train` with the options
and settings of sawyer.py's row velocity, in lockstep.
"""
import argparse
import json
import os
from pathlib import Path
import shutil
import statistics
import subprocess
import sys
import time

from rows import (
    campaign, MISSING, publish, reached, ROOT, RUNS, seen, table, trained_at, word_for)
from sawyer_rows import settings_of, SPEED, SPEED_ROWS, VELOCITY

SETTINGS = settings_of(SPEED_ROWS[0], 'sql')
REQUIRED_SEC, AIM_SEC = 600.0, 180.0
HEAD = ['seed', '90 % reached at step', 'by the wall clock [s]', 'the whole command [s]',
        'load at its start']


def run_of(seed: int) -> Path:
    """Return where a training is kept."""
    return RUNS / f'sawyer-graph-s{seed}'


def prove(seed: int) -> None:
    """Train through the graph; what was begun and not ended starts anew: time is measured."""
    run, done = run_of(seed), run_of(seed) / 'proved.json'
    if done.exists():
        return
    shutil.rmtree(run, ignore_errors=True)
    words = [f'task:={VELOCITY}', f'options:={" ".join(SPEED)}',
             f'settings:={" ".join(SETTINGS)}', f'seed:={seed}', f'runs:={seen(RUNS)}',
             f'run:={run.name}']
    load, began = os.getloadavg()[0], time.monotonic()
    made = subprocess.run([sys.executable, '-m', 'softq_ros.cli', 'launch', 'train', *words],
                          cwd=ROOT, env=os.environ | {'OMP_NUM_THREADS': '1'},
                          capture_output=True, text=True)
    if made.returncode:
        raise SystemExit(f'softq launch: {made.stderr.strip()[-500:]}')
    done.write_text(json.dumps({'command_sec': time.monotonic() - began, 'load': load}))


def line(seed: int) -> list:
    """Return a training's line of the table."""
    run = run_of(seed)
    if not (run / 'proved.json').exists():
        return [seed, *[MISSING] * (len(HEAD) - 1)]
    proved, point = json.loads((run / 'proved.json').read_text()), reached(run)
    found = [point['step'], f'{float(point["wall_sec"]):.0f}'] if point else ['-', '-']
    return [seed, *found, f'{proved["command_sec"]:.0f}', f'{proved["load"]:.1f}']


def verdict(runs: list[Path], seeds: int) -> str:
    """Return the median wall time and what of it was asked; not reached is later than all."""
    if len(runs) < seeds:
        return f'Median: {MISSING}.'
    points = [reached(run) for run in runs]
    middle = statistics.median_low(float(p['wall_sec']) if p else float('inf') for p in points)
    return (f'Median: **{middle:.0f} s** ({REQUIRED_SEC:.0f} s asked, {AIM_SEC:.0f} s the aim: '
            f'{word_for(middle, REQUIRED_SEC, AIM_SEC)}).')


def write(seeds: int) -> None:
    """Write the page from what is there."""
    runs = [run for seed in range(seeds) if ((run := run_of(seed)) / 'proved.json').exists()]
    publish('graph', 'Through the ROS graph, by the wall clock',
            f'python test/prove/graph.py --seeds {seeds}', [
                f'`softq launch train task:={VELOCITY} options:="{" ".join(SPEED)}" '
                f'settings:="{" ".join(SETTINGS)}"`, {trained_at(runs)}: sim, gate, policy, '
                'learner and monitor in processes of their own on two cores, in lockstep, one '
                'training at a time. The monitor scores the policy beside it; "90 % reached" as '
                'in [sawyer](sawyer.md).',
                verdict(runs, seeds), table(HEAD, [line(seed) for seed in range(seeds)])])


def main() -> None:
    """Train what is missing, one after the other."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument('--seeds', type=int, default=5)
    options = words.parse_args()
    campaign(prove, [(seed,) for seed in range(options.seeds)], lambda: write(options.seeds), 1)


if __name__ == '__main__':
    main()
