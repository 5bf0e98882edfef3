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
Two passages, the tempting one closed: who finds the other, and who keeps both where both are open.

Every training is kept in runs/prove and goes on where it stopped; the page is written anew after
each, and what is not trained yet is called missing.
"""
import argparse
import json
from pathlib import Path

from curves import draw, returns_of
from paths import draw_paths
from rows import (
    campaign, fisher, IMAGES, MISSING, publish, RUNS, seen, softq, table, train, trained_at)

METHODS = {'sql': 'SQL', 'sac': 'SAC', 'ddpg': 'DDPG'}
EPISODES, SEED = 20, 7  # of the test
ENOUGH = 0.8  # share of them that must get past
CARRIED = 0.2  # of the episodes by each passage: both are kept
CLOSED, OPEN = 'upper', 'open'
OPEN_SEEDS = 5  # trainings of a method with both open
MIDDLE = ('--option', 'start=[-1.2,0.0]', '--option', 'goal=[1.3,0.0]', '--set', 'discount=0.9',
          '--steps', '8000')
SOFTER = 0.3  # temperature with both open, where it is not learned
SOFT = f'temperature={SOFTER}'
IN_OPEN = METHODS | {'sac-soft': f'SAC, temperature {SOFTER}'}


def words_of(wall: str, method: str) -> tuple[str, ...]:
    """Return what a training is told beside its task."""
    if wall != OPEN:
        return ()
    return (*MIDDLE, *(('--set', SOFT) if method in ('sql', 'sac-soft') else ()))


def methods_of(wall: str) -> dict[str, str]:
    """Return the methods that are tried, and what they are called."""
    return IN_OPEN if wall == OPEN else METHODS


def run_of(wall: str, method: str, seed: int) -> Path:
    """Return the folder of a training."""
    kind = 'minimaze' if wall == CLOSED else f'minimaze-{wall}'
    return RUNS / f'{kind}-{method}-s{seed}'


def rollouts(run: Path, wall: str, sampling: str) -> dict:
    """Return the score of a run's last weights with a door closed, kept once made."""
    kept = run / f'score-{wall}-{sampling}.json'
    if not kept.exists():
        kept.write_text(json.dumps(softq(
            'evaluate', seen(run / 'policy'), '--episodes', str(EPISODES), '--seed', str(SEED),
            '--sampling', sampling, '--option', f'wall={wall}')))
    return json.loads(kept.read_text())


def prove(wall: str, method: str, seed: int) -> None:
    """Train, score, and close the busier passage where both were taken."""
    run = train(run_of(wall, method, seed).name, '--task', 'minimaze', '--algorithm',
                method.split('-')[0], '--seed', str(seed), '--option', f'wall={wall}',
                *words_of(wall, method))
    found = rollouts(run, wall, 'stochastic')
    if wall == OPEN and (busier := kept_both(found)):
        for sampling in ('stochastic', 'deterministic'):
            rollouts(run, busier, sampling)


def kept_both(score: dict) -> str:
    """Return the busier passage where each carried its share of the episodes, or nothing."""
    shares = score['mode_shares']
    return max(shares, key=shares.get) if min(shares.values()) >= CARRIED else ''


def seeds_of(wall: str, seeds: int) -> int:
    """Return how many trainings of a method there are to be."""
    return min(seeds, OPEN_SEEDS) if wall == OPEN else seeds


def finished(wall: str, method: str, seeds: int) -> list[Path]:
    """Return the folders of the trainings that are there."""
    runs = [run_of(wall, method, seed) for seed in range(seeds_of(wall, seeds))]
    return [run for run in runs if (run / 'proved.json').exists()]


def passed(method: str, seeds: int) -> list[float]:
    """Return of each training there is the share of its episodes that got past."""
    return [rollouts(run, CLOSED, 'stochastic')['success_rate']
            for run in finished(CLOSED, method, seeds)]


def closed_line(method: str, seeds: int) -> list:
    """Return the line of a method where the tempting passage is closed."""
    shares = passed(method, seeds)
    count = f'{sum(share >= ENOUGH for share in shares)} of {len(shares)}' if shares else MISSING
    return [METHODS[method], count, ', '.join(f'{share:.0%}' for share in shares),
            seeds - len(shares) or '']


def open_line(method: str, seeds: int) -> list:
    """Return the line of a method where both were open while it learned."""
    runs, asked = finished(OPEN, method, seeds), seeds_of(OPEN, seeds)
    if not runs:
        return [IN_OPEN[method], MISSING, '', '', '', asked]
    found = [(run, rollouts(run, OPEN, 'stochastic')) for run in runs]
    both = [(run, busier) for run, score in found if (busier := kept_both(score))]
    after = {sampling: [rollouts(run, busier, sampling)['success_rate'] for run, busier in both]
             for sampling in ('stochastic', 'deterministic')}
    cells = [', '.join(f'{share:.0%}' for share in shares) for shares in after.values()]
    return [IN_OPEN[method], f'{len(both)} of {len(runs)}',
            ', '.join(f'{score["mode_shares"]["upper"]:.0%}/{score["mode_shares"]["lower"]:.0%}'
                      for _, score in found), *cells, asked - len(runs) or '']


def verdicts(seeds: int) -> str:
    """Say how sure the difference is, once every seed of two methods is there."""
    ours = passed('sql', seeds)
    lines = []
    for rival in ('ddpg', 'sac'):
        theirs = passed(rival, seeds)
        if len(ours) == len(theirs) == seeds:
            p = fisher(*(sum(s >= ENOUGH for s in some) for some in (ours, theirs)), seeds)
            lines.append(f'SQL against {METHODS[rival]}: p = {p:.2g} (Fisher, two-sided)'
                         f'{"" if p < 0.05 else ", so nothing is claimed"}.')
    return ' '.join(lines)


def write(seeds: int) -> None:
    """Write the page from what is there."""
    runs = [run for wall in (CLOSED, OPEN) for method in methods_of(wall)
            for run in finished(wall, method, seeds)]
    curves = draw({words: {name: [
        returns_of(run) for run in finished(wall, method, seeds)]
        for method, name in methods_of(wall).items()}
        for wall, words in ((CLOSED, 'the upper closed'), (OPEN, 'both open'))}, 'return',
        IMAGES / 'minimaze_curves.png')
    paths = draw_paths({
        'SQL, upper closed': (run_of(CLOSED, 'sql', 0) / 'policy', 'upper'),
        'DDPG, upper closed': (run_of(CLOSED, 'ddpg', 0) / 'policy', 'upper'),
        'SQL, both open': (run_of(OPEN, 'sql', 0) / 'policy', 'open'),
        'SQL, then upper closed': (run_of(OPEN, 'sql', 0) / 'policy', 'upper')},
        EPISODES, SEED, IMAGES / 'minimaze_paths.png')
    publish('minimaze', 'Two passages', f'python test/prove/minimaze.py --seeds {seeds}', [
        f'Task minimaze, its steps and settings in config/tasks/minimaze.yaml; the same number of '
        f'updates for all; {trained_at(runs)}. Last weights, {EPISODES} test episodes each, test '
        f'seed {SEED}, acting stochastically (DDPG has one action and no other). SAC learns its '
        'temperature.',
        '## The tempting passage is closed',
        f'A training counts when at least {ENOUGH:.0%} of its episodes end nearer to the goal '
        'than the closed passage leads.',
        table(['method', 'trainings that get past', 'share of each', 'still missing'],
              [closed_line(method, seeds) for method in METHODS]), verdicts(seeds), paths, curves,
        '## Both are open, then the busier is closed',
        'Start and goal lie in the middle, so that both passages are equally long: where one is '
        'longer by a step, the better law itself hardly takes it. `softq train --task minimaze '
        f'--option wall=open {" ".join(MIDDLE)}`, for SQL and where a temperature is named with '
        f'`--set {SOFT}`. Both are kept where each carried at least {CARRIED:.0%} of '
        'the episodes. Of those the busier passage is closed without any training; what then '
        'still gets to the goal:',
        table(['method', 'keep both', 'upper/lower of each', 'then, stochastic',
               'then, deterministic', 'still missing'],
              [open_line(method, seeds) for method in IN_OPEN])])


def main() -> None:
    """Train what is missing, score what is new, write the page."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument('--seeds', type=int, default=20)
    words.add_argument('--jobs', type=int, default=2)
    words.add_argument('--methods', nargs='*', default=list(IN_OPEN), choices=IN_OPEN)
    words.add_argument('--walls', nargs='*', default=[CLOSED, OPEN], choices=(CLOSED, OPEN))
    options = words.parse_args()
    campaign(prove, [(wall, method, seed) for wall in options.walls
                     for seed in range(seeds_of(wall, options.seeds))
                     for method in options.methods if method in methods_of(wall)],
             lambda: write(options.seeds), options.jobs)


if __name__ == '__main__':
    main()
