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
Soft Q-learning beside SAC on gymnasium's HalfCheetah and Hopper, and what four settings change.

The page is written anew after every training, so it can be read and the script stopped at any
time; what is not trained yet is called missing.
"""
import argparse
from pathlib import Path

import matplotlib
import numpy as np
from rows import campaign, MISSING, publish, ROOT, RUNS, score, table, train, trained_at

from softq_ros.learning.replay import HEADER, HEADER_BYTES, row_type
from softq_ros.training.settings import load_settings

matplotlib.use('Agg')
from matplotlib import pyplot as plt  # noqa: E402, I100

EPISODES, SEED = 20, 7  # of the test, each way of acting
WINDOW = 10  # training episodes that a point of the curve is the mean of
ABLATED, SHORT = 'HalfCheetah-v5', 100_000
ALGORITHMS = {'sql': 'SQL', 'sac': 'SAC'}
MODES = ('stochastic', 'deterministic')
CHANGED = {'value_samples': 64, 'svgd_states': 256, 'temperature': 0.2, 'critics': 1}  # ablations
REFERENCE = {'HalfCheetah-v5': ('5700 at 0.5 M steps, 6500 at 1 M', '9535 at 1 M steps'),
             'Hopper-v5': ('2400 at 0.5 M steps, 2600 at 1 M (1000 to 3200)',
                           '2326 at 1 M steps')}
DIFFERS = """\
The PyTorch numbers are those of ChienFeng-hub/softqlearning-pytorch@5d6bd41, read off its
figures to about 5 %: five seeds, stochastic evaluation, the v4 environments, 0.5 to 5 million
steps, twin Q, 2 x 128, batch 256, learning rate 3e-4, 16 value samples, 16 + 16 particles,
a temperature of 1/30 (its reward scale of 30), uniform actions for the soft value, particles and
kernel in the space of actions (which samples a law narrower than the one it claims). Ours: v5,
300 k steps, half of the value samples around the sampler's own actions (on HalfCheetah; Hopper's
three dimensions are drawn uniformly), particles and kernel before the tanh, the sampler's step on
64 of the 256 states. Those of SAC are the benchmark of rl-baselines3-zoo (v3 environments,
2 x 256, deterministic). None of them is at 300 k steps, so they stand beside ours and decide
nothing."""


def name_of(environment: str, algorithm: str, seed: int) -> str:
    """Return the name of a run; SAC's are those of the page on SAC."""
    return f'{environment}-{algorithm}-s{seed}'


def changes() -> dict[str, float]:
    """Return the settings that the ablations change, one each, and what they are otherwise."""
    ours = load_settings('sql', ABLATED, {})
    return {f'{name}={value}': getattr(ours, name) for name, value in CHANGED.items()}


def short_name(setting: str) -> str:
    """Return the name of the run of an ablation."""
    return f'{ABLATED}-sql-{setting.replace("=", "-")}-s0'


def finished(name: str) -> bool:
    """Return whether a run has been trained to its end."""
    return (RUNS / name / 'proved.json').exists()


def training_returns(run: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the last steps and the returns of a run's whole training episodes."""
    path = run / 'replay' / 'transitions.bin'
    header = np.fromfile(path, HEADER, 1)[0]
    o, a = int(header['observation']), int(header['action'])
    rows = np.memmap(path, row_type(o, a), 'r', HEADER_BYTES, (int(header['total']),))
    return episode_returns(rows['values'][:, o + a], rows['episode'], rows['last'])


def episode_returns(reward: np.ndarray, episode: np.ndarray,
                    last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the steps after which episodes ended, and their returns; cut ones are left out."""
    starts = np.append(0, np.flatnonzero(np.diff(episode)) + 1)
    ends = np.append(starts[1:], len(episode)) - 1
    totals = np.add.reduceat(np.asarray(reward, float), starts)
    return ends[last[ends]] + 1, totals[last[ends]]


def smoothed(steps: np.ndarray, returns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of each ``WINDOW`` episodes in a row, at the last one's step."""
    means = np.convolve(returns, np.ones(WINDOW) / WINDOW, 'valid')
    return steps[WINDOW - 1:], means


def late_return(run: Path, step: int) -> float:
    """Return the mean of the last ``WINDOW`` training episodes that ended by a step."""
    steps, returns = training_returns(run)
    return float(returns[steps <= step][-WINDOW:].mean())


def cells(environment: str, algorithm: str, seed: int) -> list[str]:
    """Return the test returns of a run, both ways of acting, or that they are missing."""
    name = name_of(environment, algorithm, seed)
    if not finished(name):
        return [MISSING] * len(MODES)
    found = [score(RUNS / name, mode, EPISODES, SEED) for mode in MODES]
    return [f'{one["return_mean"]:.0f} ± {one["return_std"]:.0f}' for one in found]


def ground(environment: str, seeds: int) -> list[str]:
    """Return the parts of the page on one environment."""
    rows = [[seed, *(cell for algorithm in ALGORITHMS
                     for cell in cells(environment, algorithm, seed))] for seed in range(seeds)]
    head = ['seed', *(f'{label}, {mode}' for label in ALGORITHMS.values() for mode in MODES)]
    sql, sac = REFERENCE[environment]
    return [f'## {environment}', table(head, rows), f'Elsewhere: SQL in PyTorch {sql}; SAC {sac}.']


def ablations() -> list[str]:
    """Return the part of the page on one setting changed at a time."""
    names = {'ours': name_of(ABLATED, 'sql', 0)}
    names |= {f'{setting.replace("=", " ")} instead of {own}': short_name(setting)
              for setting, own in changes().items()}
    rows = [[label, f'{late_return(RUNS / name, SHORT):.0f}' if finished(name) else MISSING]
            for label, name in names.items()]
    return [f'## One setting changed, {ABLATED}',
            f'One seed (0), the last {WINDOW} training episodes before step {SHORT}: a hint, no '
            'more; seeds differ by as much.', table(['changed', 'return'], rows)]


def draw(environments: list[str], seeds: int, out: Path) -> None:
    """Draw the returns of the training episodes, one line a run."""
    figure, axes = plt.subplots(1, len(environments), figsize=(5.0 * len(environments), 3.8),
                                squeeze=False, constrained_layout=True)
    for axis, environment in zip(axes[0], environments):
        for algorithm, colour in zip(ALGORITHMS, ('tab:blue', 'tab:orange')):
            runs = [name for name in (name_of(environment, algorithm, s) for s in range(seeds))
                    if finished(name)]
            for at, name in enumerate(runs):
                steps, returns = smoothed(*training_returns(RUNS / name))
                axis.plot(steps / 1000, returns, color=colour, alpha=0.7,
                          label=ALGORITHMS[algorithm] if not at else None)
        axis.set(title=environment, xlabel='control steps [thousands]', ylabel='return')
        axis.grid(alpha=0.3)
        if axis.lines:
            axis.legend()
    figure.savefig(out, dpi=110)
    plt.close(figure)


def write(environments: list[str], seeds: int) -> None:
    """Write page and picture from what is there."""
    draw(environments, seeds, ROOT / 'docs' / 'images' / 'standard_ground.png')
    runs = [name_of(e, a, s) for e in environments for a in ALGORITHMS for s in range(seeds)]
    runs = [RUNS / name for name in runs + [short_name(setting) for setting in changes()]
            if finished(name)]
    publish('standard_ground', 'Soft Q-learning and SAC on standard ground',
            f'python test/prove/standard_ground.py --seeds {seeds} --environments '
            + ' '.join(environments),
            [f'Settings of config/environments, {trained_at(runs)}. Mean and standard deviation '
             f'of the return over {EPISODES} test episodes of the last weights, seed {SEED}; '
             'what is deployed is the stochastic policy.',
             f'![returns while training](../images/standard_ground.png)\n\nReturns of the '
             f'training episodes, each point the mean of {WINDOW}.',
             *(part for environment in environments for part in ground(environment, seeds)),
             *ablations(), '## Elsewhere', DIFFERS.replace('\n', ' ')])


def main() -> None:
    """Train what is missing, seed by seed, then the ablations; write the page after each."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument('--environments', nargs='*', choices=list(REFERENCE),
                       default=list(REFERENCE))
    words.add_argument('--seeds', type=int, default=3)
    words.add_argument('--jobs', type=int, default=2, help='trainings side by side')
    options = words.parse_args()
    items = [(name_of(environment, algorithm, seed), '--task', environment, '--algorithm',
              algorithm, '--seed', str(seed))
             for seed in range(options.seeds) for environment in options.environments
             for algorithm in ALGORITHMS]
    items += [(short_name(setting), '--task', ABLATED, '--steps', str(SHORT), '--set', setting)
              for setting in changes()]
    campaign(train, items, lambda: write(options.environments, options.seeds), options.jobs)


if __name__ == '__main__':
    main()
