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
Our SAC beside Stable-Baselines3's, with the same settings, on the same test episodes.

The page is written anew after every training; what is not trained yet is called missing.
"""
import argparse
import json
from pathlib import Path
import subprocess
import sys

import numpy as np
from rows import campaign, MISSING, publish, ROOT, RUNS, score, table, train, trained_at

from softq_ros.simulation.gymnasium_task import GymnasiumTask
from softq_ros.training import gymnasium_loop
from softq_ros.training.settings import load_settings

EPISODES, SEED = 20, 7  # of the test, both ways of acting
WIDER = 0.15  # by which the range of theirs is widened
HEAD = ['seed', 'ours', 'Stable-Baselines3']


class Theirs:
    """Acts as our test episodes ask, by a model of Stable-Baselines3."""

    def __init__(self, model) -> None:
        """Take the model."""
        self._model = model

    def act(self, observation: np.ndarray, rng: np.random.Generator, mode: str) -> np.ndarray:
        """Return an action in [-1, 1], which is the range their policies know too."""
        low, high = self._model.action_space.low, self._model.action_space.high
        action, _ = self._model.predict(observation, deterministic=mode == 'deterministic')
        return (2.0 * (action - low) / (high - low) - 1.0).astype(np.float32)


def train_theirs(environment: str, seed: int, out: str) -> None:
    """Train, score and write the result; run in a process of its own."""
    from stable_baselines3 import SAC
    ours, task = load_settings('sac', environment, {}), GymnasiumTask(environment)
    model = SAC('MlpPolicy', task.make(), seed=seed, device='cpu', buffer_size=ours.steps,
                learning_rate=ours.learning_rate, learning_starts=ours.warmup_steps,
                batch_size=ours.batch_size, tau=ours.polyak, gamma=ours.discount,
                policy_kwargs={'net_arch': list(ours.hidden)})
    model.learn(ours.steps)
    found = gymnasium_loop.score(Theirs(model), task, EPISODES, SEED, 'deterministic')
    with open(out, 'w', encoding='utf-8') as file:
        json.dump(found, file)


def theirs(environment: str, seed: int) -> dict:
    """Return the score of their training with a seed, kept once made."""
    kept = RUNS / f'{environment}-sb3-s{seed}' / 'score.json'
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, __file__, '--train', environment, str(seed), str(kept)],
                       cwd=ROOT, check=True)
    return json.loads(kept.read_text())


def ours(environment: str, seed: int) -> dict:
    """Return the score of our training with a seed."""
    run = train(run_of(environment, seed).name, '--task', environment, '--algorithm', 'sac',
                '--seed', str(seed))
    return score(run, 'deterministic', EPISODES, SEED)


def run_of(environment: str, seed: int) -> Path:
    """Return the folder of our training."""
    return RUNS / f'{environment}-sac-s{seed}'


def page(environment: str, mine: list[dict | None], other: list[dict | None]) -> str:
    """Return the table of an environment and whether our mean lies in their widened range."""
    means = [[found and found['return_mean'] for found in some] for some in (mine, other)]
    cells = [[seed, *(MISSING if value is None else f'{value:.1f}' for value in pair)]
             for seed, pair in enumerate(zip(*means, strict=True))]
    parts = [f'## {environment}', table(HEAD, cells)]
    return '\n\n'.join(parts if None in means[0] + means[1] else [*parts, verdict(*means)])


def verdict(ours: list[float], theirs: list[float]) -> str:
    """Say whether the mean of ours lies in the widened range of theirs."""
    margin = WIDER * abs(float(np.mean(theirs)))
    low, high = min(theirs) - margin, max(theirs) + margin
    mean = float(np.mean(ours))
    inside = 'inside' if low <= mean <= high else 'above' if mean > high else 'NOT inside'
    return (f'Our mean {mean:.1f} is {inside} their range widened by {WIDER:.0%} of its mean, '
            f'{low:.1f} to {high:.1f}.')


def write(environments: list[str], seeds: int, found: dict) -> None:
    """Write the page from the scores that are there."""
    runs = [run_of(name, seed) for who, name, seed in list(found) if who is ours]
    parts = [f'Seeds 0 to {seeds - 1}, ours {trained_at(runs)}; mean return of {EPISODES} '
             f'deterministic test episodes of the last weights, seed {SEED}; settings of '
             'config/environments for both, automatic temperature.']
    parts += [page(name, *([found.get((who, name, seed)) for seed in range(seeds)]
                           for who in (ours, theirs))) for name in environments]
    publish('sac', 'SAC beside Stable-Baselines3',
            f'python test/prove/sac.py --seeds {seeds} --environments ' + ' '.join(environments),
            parts)


def main() -> None:
    """Train what is missing, score what is new, write the page."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument('--environments', nargs='*', default=['Pendulum-v1', 'HalfCheetah-v5'])
    words.add_argument('--seeds', type=int, default=3)
    words.add_argument('--jobs', type=int, default=2)
    words.add_argument('--train', nargs=3, metavar=('ENVIRONMENT', 'SEED', 'OUT'),
                       help='train theirs once, and nothing else')
    options = words.parse_args()
    if options.train:
        train_theirs(options.train[0], int(options.train[1]), options.train[2])
        return
    found = {}

    def prove(who, name: str, seed: int) -> None:
        found[who, name, seed] = who(name, seed)

    campaign(prove, [(who, name, seed) for name in options.environments
                     for seed in range(options.seeds) for who in (ours, theirs)],
             lambda: write(options.environments, options.seeds, found), options.jobs)


if __name__ == '__main__':
    main()
