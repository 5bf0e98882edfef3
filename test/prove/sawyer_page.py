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
"""The page on stacking with the Sawyer, from what its trainings have left."""
import json
from pathlib import Path
import statistics
from typing import NamedTuple

from curves import draw, successes_of
from rows import (
    IMAGES, MISSING, publish, reached, RUNS, softq, table, trained_at, word_for)
from sawyer_rows import (
    ABLATED_SEEDS, ABLATED_STEPS, ABLATION_ROWS, CONVERGED_MODE, converged_score, CONVERGED_ROWS,
    CONVERGED_STEPS, finished, HORIZON, LEAN, METHODS, PLAIN, RATE, RESET_SEC, Row, run_of,
    SPEED_ROWS, SPEED_STEPS, TEST_EPISODES, TEST_SEED)

# of rows: minutes to the first brick and to nine of ten, asked and aimed at
ASKED = {'velocity': ((4.0, 1.5), (12.0, 3.5)), 'torque': ((6.0, 2.5), (20.0, 8.0)),
         'realism': (None, (30.0, 10.0))}
DRAWN = tuple(ASKED)
# of rows: share of test episodes, asked and aimed at
ASKED_SHARE = {'loose': (0.95, 0.995), 'press': (0.8, 0.95)}


class Speed(NamedTuple):
    """When a training came where: control steps, and processor time [s] of the second."""

    first: int | None
    reached: int | None
    cpu_sec: float | None
    success: float


def speed_of(run: Path) -> Speed:
    """Return what a finished training tells."""
    first = json.loads((run / 'story.json').read_text())['first_success_step']
    success = json.loads((run / 'proved.json').read_text())['success_rate']
    point = reached(run)
    if point is None:
        return Speed(first, None, None, success)
    return Speed(first, int(point['step']), float(point['cpu_sec']), success)


def speeds(row: Row, method: str, seeds: int) -> list[Speed | None]:
    """Return what each training tells; nothing of those that are not there."""
    return [speed_of(run) if finished(run := run_of(row, method, seed)) else None
            for seed in range(seeds)]


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


def scripted_success(row: Row) -> str:
    """Return the share of test episodes that the controller which somebody wrote succeeds in."""
    kept = RUNS / f'sawyer-{row.name}-scripted.json'
    if not kept.exists():
        words = [word for option in row.options for word in ('--option', option)]
        kept.write_text(json.dumps(softq('evaluate', 'scripted', '--task', row.task, '--episodes',
                                         '100', '--seed', str(TEST_SEED), *words)))
    return f'{json.loads(kept.read_text())["success_rate"]:.0%}'


def speed_line(row: Row, method: str, seeds: int) -> list:
    """Return the line of a table: medians once all seeds are there, then every seed."""
    found = speeds(row, method, seeds)
    there = [one for one in found if one]

    def middle(values: list, text) -> str:
        return median(values, text) if len(there) == seeds else MISSING

    def time(steps: int | None) -> str:
        return minutes(steps, ABLATED_STEPS if row in ABLATION_ROWS else SPEED_STEPS)

    def each(text) -> str:
        return ', '.join(text(one) if one else MISSING for one in found) if there else MISSING

    return [row.words, METHODS[method][0], middle([f.first for f in there], time),
            middle([f.reached for f in there], time),
            each(lambda f: f'{f.first or "-"} / {f.reached or "-"}'),
            middle([f.cpu_sec for f in there], lambda v: '-' if v is None else f'{v:.0f}'),
            each(lambda f: f'{f.success:.0%}')]


def verdict(words: str, steps: list[int | None], asked: tuple[float, float]) -> str:
    """Return the median in minutes of robot time without resets, and what of it was asked."""
    most, aim = asked
    middle = median(steps, lambda v: float('inf') if v is None else v / RATE / 60)
    return (f'* {words}: {middle:.1f} min ({most:g} asked, {aim:g} the aim): '
            f'{word_for(middle, most, aim)}')


def whole(row: Row, method: str, seeds: int) -> list[Speed]:
    """Return what the trainings tell once all are there, nothing before."""
    found = speeds(row, method, seeds) if method in row.methods else []
    return found if all(found) else []


def time_verdicts(row: Row, seeds: int) -> list[str]:
    """Return what was asked of the robot's time."""
    found, (first, most) = whole(row, 'sql', seeds), ASKED[row.name]
    asked = [('first seated', 'first', first), ('90 %', 'reached', most)]
    return [verdict(f'{row.words}, {what}', [getattr(one, part) for one in found], limits)
            for what, part, limits in asked if found and limits]


def processor_verdicts(row: Row, seeds: int) -> list[str]:
    """Return what was asked of the processor's time, beside that of the better SAC."""
    middles = {}
    for method in ('sql', LEAN, 'sac', 'sac-fixed'):
        found = whole(row, method, seeds)
        if found and (middle := median([f.cpu_sec for f in found], lambda v: v)) is not None:
            middles[method] = middle
    if not {'sac', 'sac-fixed'} <= set(middles):
        return []
    ratios = {METHODS[method][0]: middles[method] / min(middles['sac'], middles['sac-fixed'])
              for method in ('sql', LEAN) if method in middles}
    return [f'* {row.words}, CPU time of {words} beside that of the better SAC: {ratio:.2f} '
            f'(2 asked, 1 the aim): {word_for(ratio, 2, 1)}' for words, ratio in ratios.items()]


def verdicts(seeds: int) -> str:
    """Return the figures that were asked of soft Q-learning, of rows that are whole."""
    return '\n'.join(line for row in SPEED_ROWS if row.name in ASKED
                     for line in time_verdicts(row, seeds) + processor_verdicts(row, seeds))


SPEED_HEAD = ['row', 'method', 'first seated, min (with resets)',
              '90 % reached, min (with resets)', 'steps of each seed, first / 90 %', 'CPU s to it',
              'test success of each seed']


def converged_lines(row: Row, seeds: int) -> list[list]:
    """Return lines of a table: test success of the controller and of each seed."""
    cells = []
    for run in (run_of(row, 'sql', seed) for seed in range(seeds)):
        if not finished(run):
            cells.append(MISSING)
            continue
        found = converged_score(run)
        low, high = found['success_ci']
        cells.append(f'{found["success_rate"]:.1%} ({low:.1%} to {high:.1%})')
    return [[row.words, 'scripted', scripted_success(row), *[''] * (seeds - 1)],
            [row.words, METHODS['sql'][0], *cells]]


def converged_verdict(row: Row, seeds: int) -> str:
    """Return the median success of a row that is whole, and what of it was asked."""
    runs = [run for seed in range(seeds) if finished(run := run_of(row, 'sql', seed))]
    if len(runs) < seeds:
        return f'* {row.words}: {MISSING}'
    middle = statistics.median(converged_score(run)['success_rate'] for run in runs)
    least, aim = ASKED_SHARE[row.name.removesuffix('-ik')]
    return (f'* {row.words}: {middle:.1%} ({least:.0%} asked, {aim:.1%} the aim): '
            f'{word_for(-middle, -least, -aim)}')


def write(seeds: int) -> None:
    """Write the page from what is there."""
    speed = [line for row in SPEED_ROWS for line in (
        [row.words, 'scripted', 0, 0, '', '', scripted_success(row)],
        *(speed_line(row, method, seeds) for method in row.methods))]
    converged = [line for row in CONVERGED_ROWS for line in converged_lines(row, seeds)]
    runs = [run for row in (*SPEED_ROWS, *ABLATION_ROWS, *CONVERGED_ROWS)
            for method in row.methods for seed in range(seeds)
            if finished(run := run_of(row, method, seed))]
    curves = draw({row.words: {METHODS[method][0]: [
        successes_of(run) for seed in range(seeds) if (run := run_of(row, method, seed)) in runs]
        for method in row.methods} for row in SPEED_ROWS if row.name in DRAWN},
        'share of validation episodes that succeed', IMAGES / 'sawyer_curves.png')
    publish('sawyer', 'The Sawyer stacks bricks', f'python test/prove/sawyer.py --seeds {seeds}', [
        'Everything here is simulation: no sensor noise, delay or wear but where a row says so; a '
        'real arm will take longer. The arm of the paper needed 30 minutes to its first seated '
        'brick, 60 to consistent success and 120 to convergence, without a count of successes '
        f'(Haarnoja et al. 2018). Runs {trained_at(runs)}; processor times of rows compare '
        'where they were trained on the same.',
        '## How soon',
        f'Medians over {seeds} seeds; at most {SPEED_STEPS} control steps at {RATE:g} Hz. The '
        'target is drawn for each episode (x .45 to .60 m, y within .15 m, yaw within 20 '
        'degrees), the start within .5 rad around the pose 15 cm above it. "90 % reached": 45 of '
        '50 validation episodes, then 90 of 100 on new seeds, dated at the first. Robot '
        'time includes random warm-up; in brackets with 8 s for each reset. Every method but the '
        'plain one has hindsight that fades, no value above 0, the largest reward '
        '([algorithm](../algorithm.md)), batches of 128 and a discount of 0.95; SQL 8 value '
        'samples, the lean one a single Q and 8 + 8 particles in 32 states besides. All were '
        'chosen with SQL on seeds 0, 1, 2, 10, 11 and 12, of which the first three are reported; '
        'the others were not tuned.',
        verdicts(seeds), table(SPEED_HEAD, speed), curves,
        '## One change at a time',
        f'The row velocity, plain SQL, with one setting changed, at most {ABLATED_STEPS} steps, '
        f'{ABLATED_SEEDS} seeds.',
        table(SPEED_HEAD, [speed_line(row, PLAIN, ABLATED_SEEDS) for row in ABLATION_ROWS]),
        '## How surely',
        f'Targets x .40 to .65 m, y within .25 m, yaw within 30 degrees; starts at any pose free '
        f'of contact with the tool in [.3, -.4, .2] to [.7, .4, .7]. {CONVERGED_STEPS} steps, the '
        f'last weights acting by `{CONVERGED_MODE}`, {TEST_EPISODES} test episodes of 15 s each, '
        '95 % intervals. Learned with `progress_pay` ([tasks](../tasks.md)), without hindsight, '
        'with layers of 256, what is loose with an action cost of .02.',
        '\n'.join(converged_verdict(row, seeds) for row in CONVERGED_ROWS),
        table(['row', 'method', *(f'seed {s}' for s in range(seeds))], converged)])
