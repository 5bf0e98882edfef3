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
"""The page of the pushers' proof: its table, its verdicts, its picture."""
from pathlib import Path
import sys
from typing import NamedTuple

import matplotlib
import numpy as np
from rows import MISSING, table

sys.path.append(str(Path(__file__).resolve().parents[1]))
from support.pushing import at_corner, CORNER, METHODS  # noqa: E402

matplotlib.use('Agg')
from matplotlib import pyplot as plt  # noqa: E402

LEAST_SUCCESS, MOST_DISTANCE = 0.9, 1.25  # of the composed, in those of the direct training
ALONE_MOST = 0.2  # success of a constituent at the corner
COMPOSED = ('live', 'live-sum', 'live-tuned', 'distilled', 'distilled-tuned', 'live-apart')
HEAD = ['method', 'success', 'of each seed', 'held for five steps', 'distance [m]',
        'of each seed [m]']


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


def table_of(rows: dict[str, Row]) -> str:
    """Return the table of all methods."""
    return table(HEAD, [line(method.words, rows[name]) for name, method in METHODS.items()])


def verdicts(rows: dict[str, Row]) -> str:
    """Say what was asked and whether it was found."""
    return '\n'.join([
        f'Composed: at least {LEAST_SUCCESS:g} of the success and at most {MOST_DISTANCE:g} times '
        f'the distance of what was trained for the corner. A constituent alone: success of at '
        f'most {ALONE_MOST:g}.\n', *(verdict(name, rows) for name in COMPOSED),
        *(alone(name, rows) for name in ('x', 'y'))])


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
