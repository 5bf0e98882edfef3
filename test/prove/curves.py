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
"""Curves over training for the pages of results: the mean of the seeds and the band they fill."""
from pathlib import Path

import matplotlib
import numpy as np

from softq_ros.learning.ring import HEADER, HEADER_BYTES, row_type
from softq_ros.training.metrics import read_rows

matplotlib.use('Agg')
from matplotlib import pyplot as plt  # noqa: E402, I100

WINDOW = 10  # training episodes that a point of a curve is the mean of
POINTS = 200  # of a drawn curve
Series = tuple[np.ndarray, np.ndarray]  # control steps (N,), values (N,)


def training_returns(run: Path) -> Series:
    """Return the last steps and the returns of a run's whole training episodes."""
    path = run / 'replay' / 'transitions.bin'
    if not path.exists():
        rows = read_rows(run / 'returns.csv')
        return (np.array([int(row['step']) for row in rows]),
                np.array([float(row['return']) for row in rows]))
    header = np.fromfile(path, HEADER, 1)[0]
    o, a = int(header['observation']), int(header['action'])
    rows = np.memmap(path, row_type(o, a), 'r', HEADER_BYTES, (int(header['total']),))
    return episode_returns(rows['values'][:, o + a], rows['episode'], rows['last'])


def write_returns(run: Path, steps: np.ndarray, returns: np.ndarray) -> None:
    """Keep the returns of a run's training episodes beside its replay."""
    lines = [f'{step},{total:.6g}' for step, total in zip(steps, returns, strict=True)]
    (run / 'returns.csv').write_text('\n'.join(['step,return', *lines, '']))


def episode_returns(reward: np.ndarray, episode: np.ndarray, last: np.ndarray) -> Series:
    """Return the steps after which episodes ended, and their returns; cut ones are left out."""
    starts = np.append(0, np.flatnonzero(np.diff(episode)) + 1)
    ends = np.append(starts[1:], len(episode)) - 1
    totals = np.add.reduceat(np.asarray(reward, float), starts)
    return ends[last[ends]] + 1, totals[last[ends]]


def smoothed(steps: np.ndarray, returns: np.ndarray) -> Series:
    """Return the mean of each ``WINDOW`` episodes in a row, at the last one's step."""
    means = np.convolve(returns, np.ones(WINDOW) / WINDOW, 'valid')
    return steps[WINDOW - 1:], means


def returns_of(run: Path) -> Series:
    """Return the smoothed returns of a run's training episodes."""
    return smoothed(*training_returns(run))


def successes_of(run: Path) -> Series:
    """Return the shares of validation episodes that succeeded, as the run scored itself."""
    rows = read_rows(run / 'evaluations.csv')
    return (np.array([int(row['step']) for row in rows]),
            np.array([float(row['success_rate']) for row in rows]))


def band(series: list[Series]) -> tuple[np.ndarray, np.ndarray]:
    """
    Return control steps ``(POINTS,)`` and, there, least, mean and largest of all ``(3, POINTS)``.

    The steps are those that every series covers.
    """
    grid = np.linspace(max(steps[0] for steps, _ in series),
                       min(steps[-1] for steps, _ in series), POINTS)
    values = np.array([np.interp(grid, *one) for one in series])
    return grid, np.array([values.min(0), values.mean(0), values.max(0)])


def beyond(series: list[Series], end: float) -> list[Series]:
    """Return what series have after a step, from their value there on; of longer ones only."""
    longer = [(steps, values) for steps, values in series if steps[-1] > end]
    return [(np.append(end, steps[steps > end]),
             np.append(np.interp(end, steps, values), values[steps > end]))
            for steps, values in longer]


def draw(panels: dict[str, dict[str, list[Series]]], ylabel: str, out: Path) -> str:
    """Draw a panel for each title, a mean and a band for each label; return the page's words."""
    panels = {title: {label: [one for one in series if len(one[0])]
                      for label, series in lines.items()} for title, lines in panels.items()}
    if not any(any(lines.values()) for lines in panels.values()):
        return ''
    figure, axes = plt.subplots(1, len(panels), figsize=(5.0 * len(panels), 3.8), squeeze=False,
                                constrained_layout=True)
    for axis, (title, lines) in zip(axes[0], panels.items()):
        for label, series in lines.items():
            if series:
                steps, (least, mean, largest) = band(series)
                line, = axis.plot(steps / 1000, mean, label=f'{label} ({len(series)})')
                axis.fill_between(steps / 1000, least, largest, color=line.get_color(), alpha=0.2)
                for further, values in beyond(series, steps[-1]):
                    axis.plot(further / 1000, values, color=line.get_color(), lw=0.6, alpha=0.7)
        axis.set(title=title, xlabel='control steps [thousands]', ylabel=ylabel)
        axis.grid(alpha=0.3)
        if axis.lines:
            axis.legend()
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=90)
    plt.close(figure)
    return (f'![{ylabel} while training](../images/{out.name})\n\n'
            'Lines are means of the seeds (in brackets how many), the band goes from the least to '
            'the largest, up to where every seed has points; thin lines are single seeds.')
