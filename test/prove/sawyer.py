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
Stacking with the Sawyer: how soon, how surely, beside what else; writes docs/results/sawyer.md.

Every training is kept in runs/prove and goes on where it stopped; the page is written anew after
each, and what is not trained yet is called missing.
"""
import argparse
import json
from pathlib import Path
import statistics
from typing import NamedTuple

from curves import draw, successes_of
from rows import (
    campaign, IMAGES, MISSING, publish, RUNS, score, softq, table, train, trained_at)

from softq_ros.training.metrics import read_rows
from softq_ros.training.run import read_run

RATE, RESET_SEC, HORIZON = 20.0, 8.0, 100  # Hz, s, control steps: those of config/
SPEED_STEPS, CONVERGED_STEPS, ABLATED_STEPS, ABLATED_SEEDS = 36_000, 120_000, 20_000, 3
TEST_EPISODES, TEST_SEED, SAMPLING = 500, 7, 'best_of_32'
PLAIN = 'plain'  # soft Q-learning without what is added to every other method:
ADDED = ('hindsight_share=0.8', 'hindsight_ends=4000', 'value_ceiling=0')
# name: words, algorithm, settings
METHODS = {'sql': ('SQL', 'sql', ADDED), PLAIN: ('SQL, plain', 'sql', ()),
           'sac': ('SAC, learned temperature', 'sac', ADDED),
           'sac-fixed': ('SAC, temperature 0.02', 'sac', (*ADDED, 'temperature=0.02')),
           'td3': ('TD3', 'td3', ADDED), 'ddpg': ('DDPG', 'ddpg', ADDED),
           'droq': ('DroQ, 20 updates a step', 'droq', (*ADDED, 'temperature=0.02'))}
SPEED = ('target=speed', 'start=above')
SOLVED = 'observe_ik=true'
VELOCITY, TORQUE = 'sawyer_stack', 'sawyer_stack_torque'
REALISM = ('delay_steps=1', 'noise_position=0.0005', 'noise_angle_deg=0.2', 'randomise=true')
SLOWER = ('hindsight_ends=8000',)  # what is learned later is told with other targets for longer
LONG = ('hindsight_ends=20000',)
CONVERGED = ('target=converged', 'start=anywhere', 'horizon=300')  # 15 s: the way is up to 1 m


class Row(NamedTuple):
    """One line of a table: a task with its options, and settings other than the files'."""

    name: str
    words: str
    options: tuple[str, ...]
    settings: tuple[str, ...] = ()
    task: str = VELOCITY
    methods: tuple[str, ...] = ('sql',)


SPEED_ROWS = (
    Row('velocity', 'velocity', SPEED, methods=tuple(METHODS)),
    Row('velocity-ik', 'velocity, sees joints of the target', (*SPEED, SOLVED)),
    Row('torque', 'torque', SPEED, SLOWER, TORQUE, tuple(METHODS)),
    Row('torque-ik', 'torque, sees joints of the target', (*SPEED, SOLVED), SLOWER, TORQUE),
    Row('realism', 'velocity; delay, noise, randomised', (*SPEED, *REALISM), SLOWER),
)
CONVERGED_ROWS = (
    Row('loose', 'loose fit', CONVERGED, LONG),
    Row('press', 'press fit', (*CONVERGED, 'fit=press'), LONG),
)


ABLATION_ROWS = tuple(
    Row(f'ablation-{name}', words, SPEED, settings, methods=(PLAIN,))
    for name, words, settings in (
        ('u2', '2 updates a step', ('updates_per_step=2',)),
        ('u4', '4 updates a step', ('updates_per_step=4',)),
        ('norm', 'layer norm in the Qs', ('layer_norm=true',)),
        ('huber', 'Huber loss from 1', ('huber=1.0',)),
        ('n3', '3-step returns', ('n_step=3',)),
        ('reset', 'new networks after 5000 updates', ('reset_every=5000',)),
        ('b128', 'batch of 128', ('batch_size=128',)),
        ('v8', '8 value samples', ('value_samples=8',)),
        ('single', 'one critic', ('critics=1',)),
        ('hindsight', 'hindsight, .8 to 0 over 4000 steps', ADDED[:2]),
        ('hindsight-stays', 'hindsight, .5 to the end', ('hindsight_share=0.5',)),
        ('ceiling', 'no value above 0', ADDED[2:])))


def run_of(row: Row, method: str, seed: int) -> Path:
    """Return where a training is kept."""
    return RUNS / f'sawyer-{row.name}-{method}-s{seed}'


def finished(run: Path) -> bool:
    """Return whether a training has come to its end."""
    return (run / 'proved.json').exists()


def prove(row: Row, method: str, seed: int, steps: int, until: str) -> None:
    """Train, or go on."""
    _, algorithm, settings = METHODS[method]
    words = [word for option in row.options for word in ('--option', option)]
    words += [word for setting in (*settings, *row.settings) for word in ('--set', setting)]
    train(run_of(row, method, seed).name, '--task', row.task, '--algorithm', algorithm, '--seed',
          str(seed), '--steps', str(steps), *words, until=until)


class Speed(NamedTuple):
    """When a training came where: control steps, and processor time [s] of the second."""

    first: int | None
    reached: int | None
    cpu_sec: float | None
    wall_sec: float | None
    success: float


def speed_of(run: Path) -> Speed:
    """Return what a finished training tells."""
    first = json.loads((run / 'story.json').read_text())['first_success_step']
    points = {int(row['step']): row for row in read_rows(run / 'evaluations.csv')}
    success = json.loads((run / 'proved.json').read_text())['success_rate']
    if not (run / 'reached').exists():
        return Speed(first, None, None, None, success)
    import yaml
    reached = yaml.safe_load((run / 'reached' / 'policy.yaml').read_text())['trained']['steps']
    point = points[reached]
    return Speed(first, reached, float(point['cpu_sec']), float(point['wall_sec']), success)


def minutes(steps: int | None, budget: int) -> str:
    """Return robot time without and with resets; what was not reached is censored."""
    if steps is None:
        return f'> {budget / RATE / 60:.0f}'
    bare = steps / RATE
    return f'{bare / 60:.1f} ({(bare + steps / HORIZON * RESET_SEC) / 60:.1f})'


def median(values: list[float | None], text=str) -> str:
    """Return the median; what was not reached counts as later than all."""
    ordered = sorted(float('inf') if v is None else v for v in values)
    return text(None if (middle := statistics.median_low(ordered)) == float('inf') else middle)


def scripted_line(row: Row) -> list:
    """Return the line of the controller that somebody wrote: its success on test episodes."""
    kept = RUNS / f'sawyer-{row.name}-scripted.json'
    if not kept.exists():
        words = [word for option in row.options for word in ('--option', option)]
        kept.write_text(json.dumps(softq('evaluate', 'scripted', '--task', row.task, '--episodes',
                                         '100', '--seed', str(TEST_SEED), *words)))
    return [row.words, 'scripted', 0, 0, '', '',
            f'{json.loads(kept.read_text())["success_rate"]:.0%}']


def speed_line(row: Row, method: str, seeds: int) -> list:
    """Return the line of a table: medians once all seeds are there, then every seed."""
    runs = [run_of(row, method, seed) for seed in range(seeds)]
    found = [speed_of(run) if finished(run) else None for run in runs]
    there = [one for one in found if one]
    budget = read_run(runs[0]).settings.steps if there else 0

    def middle(values: list, text) -> str:
        return median(values, text) if len(there) == seeds else MISSING

    def time(steps: int | None) -> str:
        return minutes(steps, budget)

    def each(text) -> str:
        return ', '.join(text(one) if one else MISSING for one in found) if there else MISSING

    return [row.words, METHODS[method][0], middle([f.first for f in there], time),
            middle([f.reached for f in there], time),
            each(lambda f: f'{f.first or "-"} / {f.reached or "-"}'),
            middle([f.cpu_sec for f in there], lambda v: '-' if v is None else f'{v:.0f}'),
            each(lambda f: f'{f.success:.0%}')]


SPEED_HEAD = ['row', 'method', 'first seated, min (with resets)',
              '90 % reached, min (with resets)', 'steps of each seed, first / 90 %', 'CPU s to it',
              'test success of each seed']


def converged_lines(row: Row, method: str, seeds: int) -> list:
    """Return the line of a table: test success of each seed over 500 episodes."""
    cells = []
    for run in (run_of(row, method, seed) for seed in range(seeds)):
        if not finished(run):
            cells.append(MISSING)
            continue
        found = score(run, SAMPLING, TEST_EPISODES, TEST_SEED)
        low, high = found['success_ci']
        cells.append(f'{found["success_rate"]:.1%} ({low:.1%} to {high:.1%})')
    return [row.words, METHODS[method][0], *cells]


def write(seeds: int) -> None:
    """Write the page from what is there."""
    speed = [line for row in SPEED_ROWS for line in (
        scripted_line(row), *(speed_line(row, method, seeds) for method in row.methods))]
    converged = [converged_lines(row, 'sql', seeds) for row in CONVERGED_ROWS]
    runs = [run for row in (*SPEED_ROWS, *ABLATION_ROWS, *CONVERGED_ROWS)
            for method in row.methods for seed in range(seeds)
            if finished(run := run_of(row, method, seed))]
    curves = draw({row.words: {METHODS[method][0]: [
        successes_of(run) for seed in range(seeds) if (run := run_of(row, method, seed)) in runs]
        for method in row.methods} for row in SPEED_ROWS if row.name in ('velocity', 'torque')},
        'share of validation episodes that succeed', IMAGES / 'sawyer_curves.png')
    publish('sawyer', 'The Sawyer stacks bricks', f'python test/prove/sawyer.py --seeds {seeds}', [
        'Everything here is simulation: no sensor noise, delay or wear but where a row says so; a '
        'real arm will take longer. The arm of the paper needed 30 minutes to its first seated '
        'brick, 60 to consistent success and 120 to convergence, without a count of successes '
        f'(Haarnoja et al. 2018). Runs {trained_at(runs)}.',
        '## How soon',
        f'Medians over {seeds} seeds; at most {SPEED_STEPS} control steps at {RATE:g} Hz. The '
        'target is drawn for each episode (x .45 to .60 m, y within .15 m, yaw within 20 '
        'degrees), the start within .5 rad around the pose 15 cm above it. "90 % reached": 45 of '
        '50 validation episodes, then 90 of 100 on new seeds, dated at the first. Robot '
        'time includes random warm-up; in brackets with 8 s for each reset. Every method but the '
        'plain one has hindsight that fades, and no value above 0, the largest reward '
        '([algorithm](../algorithm.md)), both chosen with SQL on seeds 0, 1, 2, 10, 11 and 12.',
        table(SPEED_HEAD, speed), curves,
        '## One change at a time',
        f'The row velocity, plain SQL, with one setting changed, at most {ABLATED_STEPS} steps, '
        f'{ABLATED_SEEDS} seeds.',
        table(SPEED_HEAD, [speed_line(row, PLAIN, ABLATED_SEEDS) for row in ABLATION_ROWS]),
        '## How surely',
        f'Targets x .40 to .65 m, y within .25 m, yaw within 30 degrees; starts at any pose free '
        f'of contact with the tool in [.3, -.4, .2] to [.7, .4, .7]. {CONVERGED_STEPS} steps, the '
        f'last weights, {TEST_EPISODES} test episodes of 15 s each, 95 % intervals.',
        table(['row', 'method', *(f'seed {s}' for s in range(seeds))], converged)])


def main() -> None:
    """Train what is missing, seed by seed, and write the page after each."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument('--seeds', type=int, default=5)
    words.add_argument('--jobs', type=int, default=2, help='trainings side by side')
    words.add_argument('--methods', nargs='*', choices=list(METHODS), default=list(METHODS))
    rows = [row.name for row in SPEED_ROWS + ABLATION_ROWS + CONVERGED_ROWS]
    words.add_argument('--rows', nargs='*', choices=rows, default=rows)
    options = words.parse_args()
    items = [(row, method, seed, SPEED_STEPS, 'reached') for row in SPEED_ROWS
             for method in row.methods for seed in range(options.seeds)]
    items += [(row, PLAIN, seed, ABLATED_STEPS, 'reached') for row in ABLATION_ROWS
              for seed in range(ABLATED_SEEDS)]
    items += [(row, 'sql', seed, CONVERGED_STEPS, 'budget') for row in CONVERGED_ROWS
              for seed in range(options.seeds)]
    campaign(prove, [i for i in items if i[0].name in options.rows and i[1] in options.methods],
             lambda: write(options.seeds), options.jobs)


if __name__ == '__main__':
    main()
