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

from pusher_page import draw, row_of, table_of, verdicts
from rows import campaign, IMAGES, MISSING, publish, RUNS, seen, train, trained_at
import torch
import yaml

from softq_ros.policies.bundle import load_bundle
from softq_ros.tasks.catalogue import load_task
from softq_ros.training.evaluation import evaluate
from softq_ros.training.settings import load_settings

sys.path.append(str(Path(__file__).resolve().parents[1]))
from support.pushing import (  # noqa: E402
    CLIMBS, CORNER, METHODS, TEMPERATURES, tuned, TUNED_ON, TUNING_SEED, wander, WEIGHTS)

EPISODES, SEED = 100, 11  # of the test; the trainings' seeds are 0, 1, ...
STARTS = {name: load_task('pusher_x').options[name] for name in ('puck_x', 'held_share')}
TRAININGS = {'corner': ('pusher_corner', 'sql'), 'x': ('pusher_x', 'sql'),
             'y': ('pusher_y', 'sql'), 'x-ddpg': ('pusher_x', 'ddpg'),
             'y-ddpg': ('pusher_y', 'ddpg')}
SHARED = {'x-shared': ('x', 'y'), 'y-shared': ('y', 'x')}  # goes on with the replay of the other
MORE = 40_000  # control steps then; the corner's training has as many more
TEMPERATURE = load_settings('sql', 'pusher_x', {}).temperature


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
        table_of(rows), *picture, mixes(list(scores['live-tuned'])), wandering(range(seeds)),
        'The policies that ship are those of seed 0, after sharing. A film: `softq evaluate '
        '"[pusher_x, pusher_y]" --task pusher_corner --episodes 0 --video pusher.mp4`.',
        '## Verdicts', verdicts(rows)])


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
