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
"""The sampler while it learns: its distance to long chains on the current Q, along a training."""
import argparse
import json
from pathlib import Path

import matplotlib
import numpy as np
from rows import IMAGES, publish, RUNS, seen, softq, table
import torch

from softq_ros.learning.replay import ReplayBuffer
from softq_ros.learning.sql import SoftQLearning
from softq_ros.tasks.catalogue import load_task
from softq_ros.training.checkpoint import load_newest
from softq_ros.training.run import read_run
from softq_ros.learning.sampler_check import check_sampler

matplotlib.use('Agg')
from matplotlib import pyplot as plt  # noqa: E402

STATES = 200  # drawn from the replay
MOST = 2**28  # bytes of a checkpoint
POINTS = {'multigoal': range(1500, 6001, 750), 'sawyer_stack': range(2000, 12001, 2000)}  # steps
HEAD = ['steps', 'divergence [nats]', 'distance to chains', 'of chains to chains', 'acceptance']
KEYS = ['divergence', 'distance', 'distance_of_chains', 'acceptance']


def check(run: Path) -> dict:
    """Check the sampler of a run's newest checkpoint in states of its replay."""
    made = read_run(run)
    task = load_task(made.facts['task'])
    sizes = task.observation_spec.size, task.action_spec.size
    agent = SoftQLearning(*sizes, made.settings, 0)
    agent.load_state(load_newest(run / 'checkpoints', MOST)[0])
    replay = ReplayBuffer(made.settings.replay_capacity, *sizes,
                          run / 'replay' / 'transitions.bin')
    states = replay.sample(STATES, np.random.default_rng(0)).observation
    replay.close()
    agent.generator.manual_seed(0)
    return check_sampler(agent, torch.from_numpy(states))


def follow(task: str, seed: int) -> list[list]:
    """Train in parts, check the sampler after each; return the rows."""
    run, rows = RUNS / f'sampler-{task}-s{seed}', []
    for steps in POINTS[task]:
        kept = RUNS / f'{run.name}-{steps}.json'
        if not kept.exists():
            words = ['--resume', seen(run)] if (run / 'run.yaml').exists() else [
                '--run', seen(run), '--task', task, '--seed', str(seed)]
            softq('train', '--no-curve', '--until', 'budget', '--steps', str(steps), *words)
            kept.write_text(json.dumps(check(run)))
        rows.append([steps, *(json.loads(kept.read_text())[key] for key in KEYS)])
        print(task, rows[-1], flush=True)
    return rows


def draw(found: dict[str, list], out: Path) -> None:
    """Draw divergence and distances over training."""
    figure, axes = plt.subplots(2, len(found), figsize=(5.0 * len(found), 6.0), squeeze=False,
                                constrained_layout=True)
    for (task, rows), (above, below) in zip(found.items(), axes.T):
        steps, divergence, distance, floor, _ = np.array(rows, float).T
        above.plot(steps, divergence, 'o-')
        above.set(title=task, ylabel='divergence [nats]', ylim=(0.0, None))
        below.plot(steps, distance, 'o-', label='sampler to chains')
        below.plot(steps, floor, 's--', color='grey', label='chains to chains')
        below.set(xlabel='control steps', ylabel='sliced Wasserstein distance', ylim=(0.0, None))
        below.legend()
    figure.savefig(out, dpi=110)
    plt.close(figure)


def main() -> None:
    """Train what is missing, check what is new, write page and picture."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument('--seed', type=int, default=0)
    words.add_argument('--tasks', nargs='*', choices=list(POINTS), default=list(POINTS))
    options = words.parse_args()
    torch.set_num_threads(1)
    RUNS.mkdir(parents=True, exist_ok=True)
    found = {task: follow(task, options.seed) for task in options.tasks}
    draw(found, IMAGES / 'sampler_in_training.png')
    parts = [f'Seed {options.seed}; {STATES} states of the replay. Divergence: (V - E[Q]) / alpha '
             '- H, nought for a perfect sampler. Distances: sliced Wasserstein, 64 actions of the '
             'sampler against the ends of 64 Metropolis-adjusted Langevin chains of 400 steps, '
             'beside two sets of such chains. The critics are still moving while it is measured: '
             'what a sampler is behind them by biases neither the soft value, which weighs its '
             'draws by their density, nor the choice of the best of N draws, which is made by Q.',
             '![divergence and distance over training](../images/sampler_in_training.png)']
    for task, rows in found.items():
        cells = [[row[0], *(f'{value:.3f}' for value in row[1:])] for row in rows]
        parts += [f'## {task}', table(HEAD, cells)]
    publish('sampler_in_training', 'The sampler while it learns',
            f'python test/prove/sampler_in_training.py --seed {options.seed} --tasks '
            + ' '.join(options.tasks), parts)


if __name__ == '__main__':
    main()
