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
The planar pusher: two skills as one, live and distilled, beside what was trained for the corner.

Every training and score is kept in runs/prove; the page is written anew after each, and what is
not there yet is called missing.
"""
import argparse
from collections.abc import Sequence
import json
from pathlib import Path
import shutil
import sys
from typing import NamedTuple

import matplotlib
import numpy as np
from rows import campaign, IMAGES, MISSING, publish, RUNS, seen, table, train, trained_at
import torch
import yaml

from softq_ros.policies.bundle import load_bundle
from softq_ros.tasks.catalogue import load_task
from softq_ros.training.evaluation import evaluate
from softq_ros.training.settings import load_settings

sys.path.append(str(Path(__file__).resolve().parents[1]))
from support.pushing import (  # noqa: E402
    at_corner, CLIMBS, CORNER, METHODS, TEMPERATURES, tuned, TUNED_ON, TUNING_SEED, wander,
    WEIGHTS)

matplotlib.use('Agg')
from matplotlib import pyplot as plt  # noqa: E402

EPISODES, SEED = 100, 11  # of the test; the trainings' seeds are 0, 1, ...
LEAST_SUCCESS, MOST_DISTANCE = 0.9, 1.25  # of the composed, in those of the direct training
ALONE_MOST = 0.2  # success of a constituent at the corner
STARTS = {name: load_task('pusher_x').options[name] for name in ('puck_x', 'held_share')}
TRAININGS = {'corner': ('pusher_corner', 'sql'), 'x': ('pusher_x', 'sql'),
             'y': ('pusher_y', 'sql'), 'x-ddpg': ('pusher_x', 'ddpg'),
             'y-ddpg': ('pusher_y', 'ddpg')}
SHARED = {'x-shared': ('x', 'y'), 'y-shared': ('y', 'x')}  # goes on with the replay of the other
MORE = 40_000  # control steps then; the corner's training has as many more
TEMPERATURE = load_settings('sql', 'pusher_x', {}).temperature
COMPOSED = ('live', 'live-sum', 'live-tuned', 'distilled', 'distilled-tuned', 'live-apart')
HEAD = ['method', 'success', 'of each seed', 'held for five steps', 'distance [m]',
        'of each seed [m]']


def run_of(training: str, seed: int) -> Path:
    """Return the folder of a training."""
    if training in SHARED:
        own = run_of(SHARED[training][0], seed)
        return own.with_name(f'{own.name}-shared')
    task, algorithm = TRAININGS[training]
    return RUNS / f'{task}-{algorithm}-s{seed}'


def finished(training: str, seed: int) -> bool:
    """Return whether a training has come to its end."""
    return (run_of(training, seed) / 'proved.json').exists()


def made_of(runs: list[Path]) -> Path:
    """Return the folder of what is made of runs; another one once they have gone on."""
    digests = (load_bundle(run / 'policy').digest[:8] for run in runs)
    return RUNS / 'pusher-composed' / '-'.join(digests)


def share(training: str, seed: int) -> None:
    """Let a copy of a finished training go on, half of each batch from the replay of another."""
    own, other = (run_of(name, seed) for name in SHARED[training])
    run = run_of(training, seed)
    if not run.exists():
        made = run.with_name(f'{run.name}.new')
        shutil.rmtree(made, ignore_errors=True)
        shutil.copytree(own, made, ignore=shutil.ignore_patterns('proved.json'))
        made.rename(run)
    steps = yaml.safe_load((own / 'run.yaml').read_text())['settings']['steps'] + MORE
    train(run.name, '--steps', str(steps), '--replay', seen(other), resume=True)


def score(name: str, seed: int) -> dict | None:
    """Return where the pucks of a method ended, kept once scored; nothing: not trained yet."""
    method = METHODS[name]
    if not all(finished(training, seed) for training in method.needs):
        return None
    runs = [run_of(training, seed) for training in method.needs]
    out = made_of(runs)
    kept = out / f'{name}.json'
    if not kept.exists():
        found = evaluate(method.make(runs, seed, out), CORNER, EPISODES, SEED,
                         sampling=method.sampling)
        out.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(found.to_json() | {'episode': found.outcomes}))
    return json.loads(kept.read_text())


class Row(NamedTuple):
    """What a method came to: of each seed there, in order."""

    seeds: list[int]
    success: list[float]  # share of pucks within reach at the last step
    held: list[float]  # share that were there over the last five
    distance: list[float]  # m, mean


def row_of(found: dict[int, dict]) -> Row:
    """Return a row of scores by seed."""
    return Row(list(found), [at_corner(s['episode']) for s in found.values()],
               [s['success_rate'] for s in found.values()],
               [s['outcome']['distance'] for s in found.values()])


def line(words: str, row: Row) -> list:
    """Return the cells of a method."""
    if not row.seeds:
        return [words, MISSING, '', '', '', '']
    shares = ', '.join(f's{seed} {share:.0%}' for seed, share in zip(row.seeds, row.success))
    return [words, f'{np.mean(row.success):.1%}', shares, f'{np.mean(row.held):.1%}',
            f'{np.mean(row.distance):.3f}', ', '.join(f'{away:.3f}' for away in row.distance)]


def bound(words: str, value: float, most: float, at_least: bool = False) -> str:
    """Say whether a number keeps to a bound."""
    kept = value >= most if at_least else value <= most
    return f'{words} {value:.3f}, {"at least" if at_least else "at most"} {most:.3f}: ' + (
        'kept' if kept else '**missed**')


def verdict(name: str, rows: dict[str, Row]) -> str:
    """Say whether a composition reaches the direct training, over the seeds that both have."""
    one, direct = rows[name], rows['direct']
    seeds = sorted(set(one.seeds) & set(direct.seeds))
    if not seeds:
        return f'* {METHODS[name].words}: {MISSING}'

    def mean(row: Row, values: list[float]) -> float:
        return float(np.mean([values[row.seeds.index(seed)] for seed in seeds]))

    wanted = LEAST_SUCCESS * mean(direct, direct.success)
    said = [bound('success', mean(one, one.success), wanted, at_least=True) if wanted else
            'success: that training has none to be held against',
            bound('distance [m]', mean(one, one.distance),
                  MOST_DISTANCE * mean(direct, direct.distance))]
    return f'* {METHODS[name].words}, seeds {", ".join(map(str, seeds))}: {"; ".join(said)}'


def alone(name: str, rows: dict[str, Row]) -> str:
    """Say whether a constituent knows the corner already."""
    row = rows[name]
    return f'* {METHODS[name].words}: ' + (
        bound('success', float(np.mean(row.success)), ALONE_MOST) if row.seeds else MISSING)


def draw(scores: dict[str, dict[int, dict]], out: Path) -> None:
    """Draw where the pucks ended, one panel a method that was scored, one colour a seed."""
    scores = {name: found for name, found in scores.items() if found}
    columns = 3
    lines = -(-len(scores) // columns)
    figure, axes = plt.subplots(lines, columns, figsize=(9.0, 3.0 * lines),
                                sharex=True, sharey=True, squeeze=False, constrained_layout=True)
    for axis, (name, found) in zip(axes.flat, scores.items()):
        for seed, one in found.items():
            pucks = np.array([[e['puck x'], e['puck y']] for e in one['episode']])
            axis.plot(*pucks.T, '.', markersize=4, alpha=0.6, label=f'seed {seed}')
        axis.legend(loc='upper right')
        axis.add_patch(plt.Circle(CORNER.goal, CORNER.options['success_distance'], fill=False))
        axis.set(title=METHODS[name].words, aspect='equal', xlim=(-1.4, 1.4), ylim=(-1.4, 1.4))
    for axis in axes.flat[len(scores):]:
        axis.set_axis_off()
    for axis in axes[:, 0]:
        axis.set_ylabel('y [m]')
    for axis in axes[-1]:
        axis.set_xlabel('x [m]')
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=90)
    plt.close(figure)


def about(runs: list[Path]) -> str:
    """Return what the numbers of the page are."""
    low, high = STARTS['puck_x']
    (x, y), most = CORNER.goal, f'{CORNER.options["success_distance"]:g} m'
    return (
        f'Push a puck to the lines x = {x:g} m (pusher_x) and y = {y:g} m (pusher_y); nobody '
        f'trained the two together for their crossing. Each went on for {MORE} control steps in '
        'which half of every batch was what the other had stored, judged by its own reward '
        f'(`softq train --resume RUN --replay OTHER`). Trainings of {lengths(runs)} control '
        f'steps: {trained_at(runs)}; last weights, {EPISODES} starts of {CORNER.horizon} steps '
        f'for each training, test seed {SEED}, stochastic. While they learn, pucks start at x '
        f'from {low:g} to {high:g} m and {STARTS["held_share"]:.0%} of them in the fork, in all '
        f'trainings; in the test at x from {CORNER.options["puck_x"][0]:g} m on and none in the '
        'fork. '
        f'Success: the puck within {most} of the crossing at the last step; beside it the share '
        'that was there over the last five. Distance: of the puck at the last step, mean. Average '
        'and sum: equal weights, `temperature` 1 and 0.5 of docs/policies.md; tuned: the weight '
        f'of pusher_x, {words_of(WEIGHTS)}, and then the temperature, {words_of(TEMPERATURES)}, '
        f'with most success, live, from {TUNED_ON} starts of seed {TUNING_SEED}, chosen for each '
        "training. Distilled by `softq compose`. DDPG's sum: a new policy that climbs the sum of "
        f'two frozen DDPG critics, {CLIMBS} updates on both replays, as in the authors\' program; '
        'it acts without noise.')


def lengths(runs: list[Path]) -> str:
    """Return how many control steps trainings took."""
    found = {yaml.safe_load((run / 'run.yaml').read_text())['settings']['steps'] for run in runs}
    return words_of(sorted(found)) or MISSING


def words_of(numbers: Sequence[float]) -> str:
    """Return numbers in words of a page."""
    return ', '.join(f'{number:.6g}' for number in numbers)


def mixes(seeds: list[int]) -> str:
    """Say what was tuned."""
    found = [tuned(runs, made_of(runs)) for runs in (
        [run_of(name, seed) for name in SHARED] for seed in seeds)]
    return 'Tuned, weight of pusher_x and temperature of each seed: ' + (', '.join(
        f'{mix.weight:g} and {mix.temperature:g}' for mix in found) or MISSING) + '.'


def wandering(seeds: range) -> str:
    """Say how far the newest Qs lie from what the policies carry."""
    far = [wander(run_of(name, seed)) for seed in seeds for name in SHARED
           if finished(name, seed)]
    return ('Policies carry the mean of late Qs (docs/algorithm.md). Over the actions the newest '
            'Q of a skill differs from it by this much (standard deviation over 64 uniform '
            f'actions, median of 300 stored states; the temperature is {TEMPERATURE:g}): '
            f'{", ".join(f"{one:.3f}" for one in far) or MISSING}.')


def write(seeds: int, steps: int | None = None) -> None:
    """Score what is new and write page and picture from what is there."""
    command = f'python test/prove/pusher.py --seeds {seeds}'
    command += f' --steps {steps}' if steps else ''
    scores = {name: {seed: found for seed in range(seeds) if (found := score(name, seed))}
              for name in METHODS}
    rows = {name: row_of(found) for name, found in scores.items()}
    runs = [run_of(training, seed) for training in (*TRAININGS, *SHARED)
            for seed in range(seeds) if finished(training, seed)]
    picture = []
    if any(scores.values()):
        draw(scores, IMAGES / 'pusher.png')
        picture = ['![where the pucks ended](../images/pusher.png)']
    publish('pusher', 'Two skills as one', command, [
        about(runs),
        table(HEAD, [line(method.words, rows[name]) for name, method in METHODS.items()]),
        *picture, mixes(list(scores['live-tuned'])), wandering(range(seeds)),
        'A film: `softq evaluate "[runs/prove/pusher_x-sql-s0-shared/policy, '
        'runs/prove/pusher_y-sql-s0-shared/policy]" --task pusher_corner --episodes 0 --video '
        'pusher.mp4`.', '## Verdicts',
        f'Composed: at least {LEAST_SUCCESS:g} of the success and at most {MOST_DISTANCE:g} times '
        f'the distance of what was trained for the corner. A constituent alone: success of at '
        f'most {ALONE_MOST:g}.',
        '\n'.join([*(verdict(name, rows) for name in COMPOSED),
                   *(alone(name, rows) for name in ('x', 'y'))])])


def main() -> None:
    """Train what is missing, score what is new, write the page after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seeds', type=int, default=3)
    parser.add_argument('--jobs', type=int, default=2, help='trainings side by side')
    known = [*TRAININGS, *SHARED]
    parser.add_argument('--trainings', nargs='*', choices=known, default=known,
                        help='that are made where they are missing; none: what is there is scored')
    parser.add_argument('--steps', type=int, help='control steps of each training; those of the '
                        'tasks when left out')
    options = parser.parse_args()
    torch.set_num_threads(1)
    steps = options.steps or load_settings('sql', CORNER.name, {}).steps
    words = [word for pair in STARTS.items() for word in ('--option', '{}={}'.format(*pair))]

    def prove(seed: int, training: str) -> None:
        task, algorithm = TRAININGS[training]
        train(run_of(training, seed).name, '--task', task, '--algorithm', algorithm, '--seed',
              str(seed), '--steps', str(steps + MORE * (training == 'corner')), *words)

    def page() -> None:
        write(options.seeds, options.steps)

    campaign(prove, [(seed, training) for seed in range(options.seeds)
                     for training in options.trainings if training in TRAININGS],
             page, options.jobs)
    campaign(lambda seed, training: share(training, seed), [
        (seed, training) for seed in range(options.seeds) for training in options.trainings
        if training in SHARED and all(finished(name, seed) for name in SHARED[training])],
        page, options.jobs)


if __name__ == '__main__':
    main()
