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
"""Learning curves as PNG."""
from pathlib import Path

import matplotlib

matplotlib.use('Agg')
from matplotlib import pyplot as plt  # noqa: E402, I100
import numpy as np  # noqa: E402

from softq_ros.errors import RunError  # noqa: E402
from softq_ros.training.examiner import CURVE  # noqa: E402
from softq_ros.training.metrics import read_rows  # noqa: E402

PANELS = (('success_rate', 'success [%]', 100.0), ('return_mean', 'return', 1.0))


def _curve(rows: list[dict[str, str]], column: str) -> tuple[np.ndarray, np.ndarray]:
    return (np.array([float(row['robot_time_min']) for row in rows]),
            np.array([float(row[column]) for row in rows]))


def plot_runs(runs: list[Path], out: Path) -> None:
    """
    Draw success and return over robot time, one line a run and, for several, their median.

    Success is left out when a run knows none, as those of gymnasium's environments.

    :raises RunError: when a run has no point yet.
    """
    found = [read_rows(run / f'{CURVE}.csv') for run in runs]
    for run, rows in zip(runs, found):
        if not rows:
            raise RunError(f'{run}: no evaluations yet; accepted: a run with {CURVE}.csv')
    panels = [panel for panel in PANELS if all(panel[0] in rows[0] for rows in found)]
    figure, axes = plt.subplots(1, len(panels), figsize=(5 * len(panels), 3.8), squeeze=False,
                                constrained_layout=True)
    for axis, (column, label, factor) in zip(axes[0], panels):
        curves = [_curve(rows, column) for rows in found]
        for run, (time, value) in zip(runs, curves):
            axis.plot(time, value * factor, 'o-', markersize=3,
                      alpha=1.0 if len(runs) == 1 else 0.5, label=run.name)
        if len(runs) > 1:
            _draw_band(axis, curves, factor)
        axis.set_xlabel('robot time [min], simulation')
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
        if column == 'success_rate':
            axis.set_ylim(-3, 103)
    axes[0, 0].legend(fontsize=7)
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=120)
    plt.close(figure)


def _draw_band(axis, curves: list, factor: float) -> None:
    """Draw median and quartiles at the points that all curves share."""
    shared = sorted(set.intersection(*(set(time) for time, _ in curves)))
    if not shared:
        return
    values = np.array([[v for t, v in zip(time, value) if t in shared]
                       for time, value in curves]) * factor
    low, middle, high = np.percentile(values, (25, 50, 75), axis=0)
    axis.plot(shared, middle, 'k', linewidth=2, label='median')
    axis.fill_between(shared, low, high, color='k', alpha=0.15)
