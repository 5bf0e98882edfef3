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
"""Multi-goal: many seeds, last weights, against the exact solution."""
import argparse
import json
from pathlib import Path
import shlex

import numpy as np
from rows import publish, RUNS, seen, side_by_side, softq, table, train, trained_at
import torch

from softq_ros.learning.actor import Actor
from softq_ros.learning.value import soft_value
from softq_ros.policies.bundle import load_bundle
from softq_ros.training.oracle_episodes import expected_episodes
from softq_ros.training.oracles import multigoal_problem, MultigoalOracle

EPISODES, SEED = 4000, 7  # of the test; the trainings' seeds are 0, 1, ...
SPACING = 0.05  # m; of the oracle's grid
ACTIONS = 201  # an axis, for the soft value of a learned Q
VARIANTS = {'single critic': ['--set', 'critics=1'], 'twin critics': [],
            **{f'preset {name}': ['--set', f'preset={name}', '--set', 'updates_per_step=1']
               for name in ('code', 'paper')}}
SEEDS = {'single critic': 10}  # trainings of a variant, 3 of those that are not named
PLACES = np.array([[0.0, 0.0], [-2.5, 0.0], [2.5, 2.5]], np.float32)
VALUES = ['V(0, 0)', 'V(-2.5, 0)', 'V(2.5, 2.5)']
HEAD = ['seed', 'return', 'right', 'left', 'up', 'down', 'misses', *VALUES]


def learned_value(actor: Actor, place: np.ndarray) -> float:
    """Return V of the learned Q in one place, by the midpoint rule over the box."""
    axis = (np.arange(ACTIONS) + 0.5) / ACTIONS * 2.0 - 1.0
    actions = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2).astype(np.float32)
    q = torch.from_numpy(actor.q(place, actions).astype(float)).unsqueeze(0)
    uniform = torch.full_like(q, -2.0 * np.log(2.0))
    return float(soft_value(q, uniform, actor.temperature))


def score(run) -> dict:
    """Return the score of a run's last weights, kept beside them."""
    kept = run / f'score-{EPISODES}.json'
    if not kept.exists():
        found = softq('evaluate', seen(run / 'policy'), '--episodes', str(EPISODES), '--seed',
                      str(SEED))
        actor = load_bundle(run / 'policy').actor()
        found['values'] = [learned_value(actor, place) for place in PLACES]
        kept.write_text(json.dumps(found))
    return json.loads(kept.read_text())


def row(name: str, found: dict) -> list:
    """Return the cells of one policy."""
    shares = list(found['mode_shares'].values())
    return [name, f'{found["return_mean"]:.1f}', *(f'{share:.1%}' for share in shares),
            f'{1.0 - sum(shares):.2%}', *(f'{value:.2f}' for value in found['values'])]


def exact(oracle: MultigoalOracle, authors: bool = False) -> list:
    """Return the cells of the exact solution."""
    episodes = expected_episodes(oracle, authors)
    shares = dict(enumerate(episodes.shares))
    name = 'exact, law of the code' if authors else 'exact'
    return row(name, {'return_mean': episodes.return_mean, 'mode_shares': shares,
                      'values': oracle.value(PLACES)})


def summary(found: list[dict]) -> str:
    """Say in how many seeds each bound holds."""
    count = len(found)
    shares = [list(one['mode_shares'].values()) for one in found]
    checks = {
        'return within 10 of -192': [abs(o['return_mean'] + 192.0) <= 10.0 for o in found],
        'within 5': [abs(o['return_mean'] + 192.0) <= 5.0 for o in found],
        'every share within 6 points of 25 %': [max(abs(s - 0.25) for s in one) <= 0.06
                                                for one in shares],
        'within 4': [max(abs(s - 0.25) for s in one) <= 0.04 for one in shares],
        'misses at most 1 %': [1.0 - sum(one) <= 0.01 for one in shares],
        'V(0, 0) within 0.7 of -12.24': [abs(o['values'][0] + 12.24) <= 0.7 for o in found]}
    return '; '.join(f'{name}: {sum(held)} of {count}' for name, held in checks.items()) + '.'


def bias(variant: str, found: list[dict], truth: np.ndarray) -> list:
    """Return the cells of learned less exact soft values: mean, and range over the seeds."""
    errors = np.array([one['values'] for one in found]) - truth
    return [variant, len(found), *(f'{mean:+.2f} ({low:+.2f} to {high:+.2f})' for mean, low, high
                                   in zip(errors.mean(0), errors.min(0), errors.max(0)))]


def run_of(variant: str, seed: int, steps: int) -> Path:
    """Return the folder of a training."""
    return RUNS / f'multigoal-{steps}-{variant.replace(" ", "-")}-s{seed}'


def prove(variant: str, seed: int, steps: int) -> dict:
    """Train where that is missing, then score."""
    return score(train(run_of(variant, seed, steps).name, '--task', 'multigoal', '--seed',
                       str(seed), '--steps', str(steps), *VARIANTS[variant]))


def page(found: dict[str, list[dict]], steps: int) -> list[str]:
    """Return the parts of the page from the scores of each variant, by seed."""
    oracle = MultigoalOracle(multigoal_problem(), SPACING)
    truth = np.asarray(oracle.value(PLACES))
    runs = [run_of(variant, seed, steps) for variant, some in found.items()
            for seed in range(len(some))]
    parts = [f'Trainings of {steps} control steps, seeds from 0, {trained_at(runs)}; last '
             f'weights, {EPISODES} stochastic test episodes each, seed {SEED}; misses are in the '
             'denominator. Goals in the order of config/tasks/multigoal.yaml.',
             table(HEAD, [exact(oracle), exact(oracle, authors=True)]),
             '## Bias of the soft value',
             'Learned less exact, after scaling of the reward, where the temperature is 1: mean '
             'over the seeds, least and largest. The smaller of two estimates, which the twin '
             'takes, lies below the truth on average.',
             table(['variant', 'seeds', *VALUES],
                   [bias(variant, some, truth) for variant, some in found.items()])]
    for variant, some in found.items():
        parts += [f'## {variant.capitalize()}',
                  table(HEAD, [row(str(seed), one) for seed, one in enumerate(some)]),
                  summary(some)]
    return parts


def main() -> None:
    """Train what is missing, score what is new, write the page."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument('--seeds', type=int, default=10,
                       help='of the single critic; the others get 3 of them at most')
    words.add_argument('--steps', type=int, default=5000, help='control steps of each training')
    words.add_argument('--variants', nargs='*', choices=list(VARIANTS), default=list(VARIANTS)[:2])
    words.add_argument('--jobs', type=int, default=2, help='trainings side by side')
    options = words.parse_args()
    RUNS.mkdir(parents=True, exist_ok=True)
    pairs = [(variant, seed) for variant in options.variants
             for seed in range(min(options.seeds, SEEDS.get(variant, 3)))]
    scores = side_by_side(lambda pair: prove(*pair, options.steps), pairs, options.jobs)
    found = {variant: [one for (name, _), one in zip(pairs, scores) if name == variant]
             for variant in options.variants}
    publish('multigoal', 'Multi-goal against the exact solution',
            shlex.join(['python', 'test/prove/multigoal.py', '--seeds', str(options.seeds),
                        '--steps', str(options.steps), '--variants', *options.variants]),
            page(found, options.steps))


if __name__ == '__main__':
    main()
