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
Stacking and keeping clear of a box, composed on the arm; writes docs/results/avoid.md.

Every training and score is kept in runs/prove; the page is written anew after each, and what is
not there yet is called missing.
"""
import argparse
from collections.abc import Callable
import json
from pathlib import Path
import sys
from typing import NamedTuple

import numpy as np
from rows import MISSING, publish, ROOT, RUNS, table, train, trained_at
import torch

from softq_ros.policies.bundle import load_bundle
from softq_ros.policies.composed import make_actor
from softq_ros.tasks.catalogue import load_task
from softq_ros.training.evaluation import evaluate, wilson_interval

sys.path.append(str(Path(__file__).resolve().parents[1]))
from support.pushing import Averaged  # noqa: E402

TASK = load_task('sawyer_stack_avoid')
STACK, AVOID = (ROOT / 'policies' / name for name in ('sawyer_stack', 'sawyer_avoid'))
SUMMED = RUNS / 'sawyer_stack_avoid-sql-s0'
OUT = RUNS / 'sawyer-composed' / '-'.join(load_bundle(one).digest[:8] for one in (STACK, AVOID))
SAMPLING = 'best_of_32'  # as the task is deployed
EPISODES, SEED = 200, 7  # of the test
TRIED, TRIED_SEED = 50, 100  # of the choice of weights
WEIGHTS = (0.2, 0.35, 0.5, 0.65, 0.8)  # of stacking
LEAST_TOUCHED, MOST_TOUCHED, LEAST_SEATED = 0.8, 0.05, 0.8
HEAD = ['policy', 'touched the box', 'seated', 'seated and never touched', 'return']


def composed(weight: float):
    """Return what acts by both skills, as the policy node composes them."""
    bundles = {'stack': load_bundle(STACK), 'avoid': load_bundle(AVOID)}
    return make_actor(bundles, TASK, (weight, 1.0 - weight))


def alone(bundle: Path):
    """Return what acts by one bundle."""
    return make_actor({bundle.name: load_bundle(bundle)}, TASK)


def averaged():
    """Return the mean of what both skills say."""
    return Averaged([alone(STACK), alone(AVOID)])


class Method(NamedTuple):
    """
    A line of the table.

    :param needs: trainings without which it cannot be scored.
    """

    words: str
    needs: tuple[Path, ...]
    make: Callable


METHODS = {
    'stack': Method('sawyer_stack alone', (), lambda: alone(STACK)),
    'avoid': Method('sawyer_avoid alone', (), lambda: alone(AVOID)),
    'averaged': Method('averaged actions', (), averaged),
    'summed': Method('trained on the summed reward', (SUMMED,),
                     lambda: alone(SUMMED / 'policy')),
    'scripted': Method('scripted: the servo to the seat', (), TASK.scripted)}
COMPOSED = {weight: Method(f'composed, {weight:g} of stacking', (),
                           lambda weight=weight: composed(weight)) for weight in WEIGHTS}


class Score(NamedTuple):
    """What episodes came to, one entry each."""

    touched: np.ndarray
    seated: np.ndarray
    returns: np.ndarray

    @property
    def clean(self) -> np.ndarray:
        """Return which were seated without ever touching the box."""
        return self.seated & ~self.touched


def score(name: str, method: Method, episodes: int, seed: int) -> Score | None:
    """Return the score of a method, kept once made; nothing: not trained yet."""
    if not all((run / 'proved.json').exists() for run in method.needs):
        return None
    kept = OUT / f'{name}-{seed}.json'
    if not kept.exists():
        found = evaluate(method.make(), TASK, episodes, seed, sampling=SAMPLING)
        OUT.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps({
            'touched': [one['contact'] > 0 for one in found.outcomes],
            'seated': [one.success for one in found.summaries],
            'returns': [one.reward_sum for one in found.summaries]}))
    return Score(**{what: np.array(of) for what, of in json.loads(kept.read_text()).items()})


def share(events: np.ndarray) -> str:
    """Return a rate with its 95 % interval."""
    low, high = wilson_interval(int(events.sum()), len(events))
    return f'{events.mean():.1%} ({low:.1%} to {high:.1%})'


def line(words: str, found: Score | None) -> list:
    """Return the cells of a method."""
    if found is None:
        return [words, MISSING, '', '', '']
    return [words, *map(share, (found.touched, found.seated, found.clean)),
            f'{found.returns.mean():.1f}']


def chosen(tried: dict[float, Score | None]) -> float | None:
    """Return the weight with which most episodes were seated and untouched; at a tie, the mean."""
    if None in tried.values():
        return None
    best = max(found.clean.mean() for found in tried.values())
    return min((w for w, found in tried.items() if found.clean.mean() == best),
               key=lambda weight: abs(weight - 0.5))


def bound(words: str, value: float, limit: float, at_least: bool) -> str:
    """Say whether a share keeps to a bound."""
    kept = value >= limit if at_least else value <= limit
    return (f'{words} {value:.1%}, {"at least" if at_least else "at most"} {limit:.0%}: '
            f'{"kept" if kept else "**missed**"}')


def verdicts(alone: Score | None, both: Score | None) -> str:
    """Say whether the box is in the way, and whether the composition gets round it."""
    lines = [bound('sawyer_stack alone touched the box in', alone.touched.mean(), LEAST_TOUCHED,
                   True) if alone else f'sawyer_stack alone: {MISSING}']
    if both is None:
        return '\n'.join(f'* {one}' for one in (*lines, f'composed: {MISSING}'))
    lines += [bound('composed: touched in', both.touched.mean(), MOST_TOUCHED, False),
              bound('composed: seated in', both.seated.mean(), LEAST_SEATED, True)]
    return '\n'.join(f'* {one}' for one in lines)


def write() -> None:
    """Score what is new and write the page from what is there."""
    tried = {weight: score(f'composed-{weight:g}', method, TRIED, TRIED_SEED)
             for weight, method in COMPOSED.items()}
    weight = chosen(tried)
    both = weight and score(f'composed-{weight:g}', COMPOSED[weight], EPISODES, SEED)
    found = {name: score(name, method, EPISODES, SEED) for name, method in METHODS.items()}
    words = COMPOSED[weight].words if weight else 'composed'
    runs = [run for run in (SUMMED,) if (run / 'proved.json').exists()]
    publish('avoid', 'Stacking round a box', 'python test/prove/avoid.py', [
        'sawyer_avoid was trained to keep the arm clear of a box, sawyer_stack to stack where '
        'there is none (the shipped policies); neither sees the box. Composed live, without any '
        'training, they are to stack from the other side of it. Task sawyer_stack_avoid; on its '
        f'summed reward {trained_at(runs)}, last weights; {EPISODES} starts, test seed {SEED}, '
        'all acting as '
        f'{SAMPLING}. Touched: at any control step the capsules around arm, hand and brick '
        '(up to 2 cm wider than what they hold) overlapped the box. Seated: as in sawyer_stack. '
        'Return: of the summed reward. In brackets 95 % intervals.',
        table(HEAD, [line(words, both), *(line(method.words, found[name])
                                          for name, method in METHODS.items())]),
        '## Verdicts', verdicts(found['stack'], both),
        '## The weights',
        f'{TRIED} starts of validation seed {TRIED_SEED}; the weight with most episodes that were '
        'seated and never touched was taken to the test, at a tie the nearest to equal weights.',
        table(HEAD, [line(COMPOSED[w].words, one) for w, one in tried.items()])])


def main() -> None:
    """Train what is missing, score what is new, write the page."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument('--no-training', action='store_true', help='what is there is scored')
    options = words.parse_args()
    torch.set_num_threads(1)
    RUNS.mkdir(parents=True, exist_ok=True)
    if not options.no_training:
        train(SUMMED.name, '--task', TASK.name, '--algorithm', 'sql', '--seed', '0')
    write()


if __name__ == '__main__':
    main()
