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
The swimmer and its finish line: who finds out that one of two good ways is better.

First it learns to swim either way; where that takes it says where the line is drawn. Every
training is kept in runs/prove and goes on where it stopped; what is missing is called so.
"""
import argparse
import json
from pathlib import Path

from curves import draw, returns_of
from rows import campaign, fisher, IMAGES, MISSING, publish, RUNS, score, table, train, trained_at
import torch
import yaml

from softq_ros.policies.bundle import load_bundle
from softq_ros.tasks.catalogue import load_task
from softq_ros.training.evaluation import evaluate

WARMER = 0.005  # temperature of the ablation [reward units]
METHODS = {'sql': 'SQL', 'sql-warmer': f'SQL, temperature {WARMER}', 'sac': 'SAC', 'ddpg': 'DDPG'}
SPEED_RUN = RUNS / 'swimmer_speed-sql-s0'
LINE = SPEED_RUN / 'line.json'
SHARE = 0.6  # of the median way of who swims either way: the line
EPISODES, SEED = 20, 7  # of the test
MEASURED, AT_RANDOM = 100, 100  # episodes that place the line, and that must not cross it
ENOUGH = 0.8  # share of the test's episodes that must end beyond the line


def run_of(method: str, seed: int) -> Path:
    """Return the folder of a training."""
    return RUNS / f'swimmer_finish-{method}-s{seed}'


def place() -> dict:
    """Return where the line is [m], and how far random episodes came; kept once found."""
    if not LINE.exists():
        train(SPEED_RUN.name, '--task', 'swimmer_speed', '--algorithm', 'sql', '--seed', '0')
        task = load_task('swimmer_speed')
        swum = evaluate(load_bundle(SPEED_RUN / 'policy').actor(), task, MEASURED, SEED).outcomes
        drifted = evaluate(None, task, AT_RANDOM, SEED).outcomes
        median = sorted(one['distance'] for one in swum)[MEASURED // 2]
        LINE.write_text(json.dumps({
            'median': median, 'finish': round(SHARE * median, 2),
            'at_random': max(one['furthest_x'] for one in drifted)}))
    return json.loads(LINE.read_text())


def prove(method: str, seed: int) -> None:
    """Train with the line, then score."""
    warmer = ('--set', f'temperature={WARMER}') if method == 'sql-warmer' else ()
    run = train(run_of(method, seed).name, '--task', 'swimmer_finish', '--algorithm',
                method.split('-')[0], '--seed', str(seed), '--option',
                f'finish={place()["finish"]}', *warmer)
    score(run, 'stochastic', EPISODES, SEED)


def finished(method: str, seeds: int) -> list[Path]:
    """Return the folders of the trainings that are scored."""
    runs = [run_of(method, seed) for seed in range(seeds)]
    return [run for run in runs if (run / 'score-stochastic.json').exists()]


def beyond(method: str, seeds: int) -> list[dict]:
    """Return the scores of the trainings that are there."""
    return [score(run, 'stochastic', EPISODES, SEED) for run in finished(method, seeds)]


def first_beyond(run: Path) -> int | None:
    """Return the control step of the first success of a training."""
    return json.loads((run / 'story.json').read_text())['first_success_step']


def line(method: str, seeds: int) -> list:
    """Return the cells of a method."""
    found = beyond(method, seeds)
    if not found:
        return [METHODS[method], MISSING, '', '', '', seeds]
    shares = [one['success_rate'] for one in found]
    return [METHODS[method], f'{sum(share >= ENOUGH for share in shares)} of {len(shares)}',
            ', '.join(f'{share:.0%}' for share in shares),
            ', '.join(f'{one["outcome"]["x"]:.1f}' for one in found),
            ', '.join(str(first_beyond(run) or '-') for run in finished(method, seeds)),
            seeds - len(found) or '']


def difference(rival: str, seeds: int) -> str:
    """Say how sure the difference to a rival is, once every seed of both is there."""
    ours, theirs = ([one['success_rate'] >= ENOUGH for one in beyond(method, seeds)]
                    for method in ('sql', rival))
    if not len(ours) == len(theirs) == seeds:
        return f'* SQL against {METHODS[rival]}: {MISSING}'
    p = fisher(sum(ours), sum(theirs), seeds)
    return (f'* SQL against {METHODS[rival]}: {sum(ours)} and {sum(theirs)} of {seeds}, '
            f'p = {p:.2g} (Fisher, two-sided){"" if p < 0.05 else ", so nothing is claimed"}')


def warm_up(runs: list[Path]) -> str:
    """Say whether a random start of a training crossed the line already."""
    if not runs:
        return ''
    early = 0
    for run in runs:
        first = first_beyond(run)
        warm = yaml.safe_load((run / 'run.yaml').read_text())['settings']['warmup_steps']
        early += first is not None and first <= warm
    return f'Of the warm-ups of {len(runs)} trainings {early or "none"} ended beyond it.'


def drawn() -> str:
    """Say where the line is and why."""
    if not LINE.exists():
        return f'The line: {MISSING}, since swimmer_speed is not trained yet.'
    found = place()
    return (f'swimmer_speed (SQL, seed 0) ends {found["median"]:.2f} m from the start, median of '
            f'{MEASURED} episodes of {load_task("swimmer_speed").horizon} steps; the line is at '
            f'{SHARE:.0%} of it, {found["finish"]:.2f} m. Of {AT_RANDOM} random episodes none '
            f'came further forward than {found["at_random"]:.2f} m.')


def write(seeds: int) -> None:
    """Write the page from what is there."""
    runs = [run for method in METHODS for run in finished(method, seeds)]
    curves = draw({'swimmer_finish': {words: [returns_of(run) for run in finished(method, seeds)]
                                      for method, words in METHODS.items()}}, 'return',
                  IMAGES / 'swimmer_curves.png')
    publish('swimmer', 'The swimmer and its finish line',
            f'python test/prove/swimmer.py --seeds {seeds}', [
                'Tasks swimmer_speed and swimmer_finish, their steps and settings in '
                f'config/tasks; the same number of updates for all; {trained_at(runs)}. Last '
                f'weights, {EPISODES} test episodes each, test seed {SEED}, acting '
                'stochastically (DDPG has one action and no other). SAC learns its temperature.',
                f'{drawn()} {warm_up(runs)}'.strip(),
                'Swimming pays its progress, either way; beyond the line forward speed pays four '
                f'times. A training counts when at least {ENOUGH:.0%} of its episodes end beyond '
                'the line.', curves,
                table(['method', 'trainings that end beyond', 'share of each',
                       'mean x at the end [m]', 'first beyond it, step', 'still missing'],
                      [line(method, seeds) for method in METHODS]),
                '\n'.join(difference(rival, seeds) for rival in METHODS if rival != 'sql')])


def main() -> None:
    """Train what is missing, score what is new, write the page."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument('--seeds', type=int, default=5)
    words.add_argument('--jobs', type=int, default=2)
    words.add_argument('--methods', nargs='*', default=list(METHODS), choices=METHODS)
    options = words.parse_args()
    torch.set_num_threads(1)
    place()
    campaign(prove, [(method, seed) for seed in range(options.seeds)
                     for method in options.methods], lambda: write(options.seeds), options.jobs)


if __name__ == '__main__':
    main()
