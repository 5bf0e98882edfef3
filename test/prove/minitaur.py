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
The quadruped walks on the flat, then over ground it never saw; writes docs/results/minitaur.md.

Every training and every score is kept in runs/prove and goes on where it stopped; what is not
trained yet is called missing.
"""
import argparse
import json
import math
from pathlib import Path
from statistics import mean
from typing import NamedTuple

from curves import draw, returns_of
from rows import (
    campaign, IMAGES, MISSING, publish, RUNS, seen, softq, table, train, trained_at)

from softq_ros.tasks.catalogue import load_task, task_configuration

METHODS = {'sql': 'SQL', 'sac': 'SAC', 'td3': 'TD3'}
SCRIPTED = 'scripted'
WORDS = {SCRIPTED: 'open-loop trot'} | METHODS
SEED = 11  # of the tests
SPEED, HEADING = 0.35, 30.0  # m/s at least, degrees at most
MILD, HARD = 0.8, 1.5  # least share, least factor on the trot's
FALLEN = f'least_upright={load_task("minitaur_slope").options["least_upright"]}'  # in every test
TILTS = [math.degrees(math.acos(load_task(task).options['least_upright']))
         for task in ('minitaur_walk', 'minitaur_slope')]
STEPS = task_configuration('minitaur_walk')['learning']['steps']
MINUTES = STEPS / load_task('minitaur_walk').contract.control_rate / 60.0  # of robot time
ANY_WAY = ('success_distance=3.0', 'success_heading_deg=180.0', FALLEN)


class Ground(NamedTuple):
    """What a policy is tried on: a task and its options."""

    name: str
    words: str
    task: str
    options: tuple[str, ...] = ()
    episodes: int = 50


FLAT = Ground('flat', 'flat', 'minitaur_walk', (FALLEN,), episodes=100)
PAIRS = (  # the milder, the harder
    (Ground('slope-mild', 'slope of .12 rad', 'minitaur_slope'),
     Ground('slope-hard', 'slope of .2 rad', 'minitaur_slope', ('terrain_size=0.2',))),
    (Ground('steps-mild', 'steps of 15 mm', 'minitaur_steps'),
     Ground('steps-hard', 'steps of 30 mm', 'minitaur_steps', ('terrain_size=0.03',))),
    (Ground('blocks-mild', 'blocks of 30 mm', 'minitaur_blocks'),
     Ground('blocks-hard', 'blocks of 50 mm', 'minitaur_blocks', ('terrain_size=0.05',))),
    (Ground('push-mild', 'flat, a push of 20 N for 0.2 s', 'minitaur_walk',
            ('push_force=20.0', *ANY_WAY)),
     Ground('push-hard', 'flat, a push of 40 N for 0.2 s', 'minitaur_walk',
            ('push_force=40.0', *ANY_WAY))))
MILDER, HARDER = zip(*PAIRS, strict=True)
GROUNDS = (FLAT, *MILDER, *HARDER)


def run_of(method: str, seed: int = 0) -> Path:
    """Return the folder of a training, or of the trot's scores."""
    return RUNS / (f'minitaur_walk-{method}' + f'-s{seed}' * (method != SCRIPTED))


def kept_at(method: str, seed: int, ground: Ground) -> Path:
    """Return where a score is kept."""
    return run_of(method, seed) / f'score-{ground.name}.json'


def score(method: str, seed: int, ground: Ground) -> None:
    """Score last weights, or the trot, on a ground, once."""
    kept = kept_at(method, seed, ground)
    if not kept.exists():
        policy = SCRIPTED if method == SCRIPTED else seen(run_of(method, seed) / 'policy')
        options = [word for option in ground.options for word in ('--option', option)]
        found = softq('evaluate', policy, '--task', ground.task, '--episodes',
                      str(ground.episodes), '--seed', str(SEED), *options)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(found))


def prove(method: str, seed: int) -> None:
    """Train where something is to be learned, then score on every ground."""
    if method != SCRIPTED:
        train(run_of(method, seed).name, '--task', 'minitaur_walk', '--algorithm', method,
              '--seed', str(seed))
    for ground in GROUNDS:
        score(method, seed, ground)


def scores(method: str, seeds: int, ground: Ground) -> list[dict | None]:
    """Return the score of each training; nothing of one that is missing."""
    paths = [kept_at(method, seed, ground) for seed in range(1 if method == SCRIPTED else seeds)]
    return [json.loads(path.read_text()) if path.exists() else None for path in paths]


def cell(found: list[dict | None], text) -> str:
    """Return the scores of all seeds in words."""
    if not any(found):
        return MISSING
    return ', '.join(MISSING if one is None else text(one) for one in found)


def flat_line(method: str, seeds: int) -> list[str]:
    """Return the line of a method on the flat."""
    found = scores(method, seeds, FLAT)
    return [WORDS[method], cell(found, lambda one: f'{one["outcome"]["net_speed"]:.2f}'),
            cell(found, lambda one: f'{one["outcome"]["heading"]:.0f}'),
            cell(found, lambda one: f'{one["success_rate"]:.0%}')]


def ground_line(ground: Ground, seeds: int) -> list[str]:
    """Return the line of a ground: the share of episodes of each training that get across."""
    def text(one: dict) -> str:
        return f'{one["success_rate"]:.0%} ({one["success_ever_rate"]:.0%})'

    return [ground.words, *(cell(scores(method, seeds, ground), text) for method in WORDS)]


def share(method: str, seeds: int, ground: Ground) -> float | None:
    """Return the share over all trainings, once all are there."""
    found = scores(method, seeds, ground)
    return None if None in found else mean(one['success_rate'] for one in found)


def word(kept: bool) -> str:
    """Return the verdict."""
    return 'kept' if kept else 'missed'


def flat_verdict(seeds: int) -> str:
    """Say whether every training of SQL walks fast and straight enough."""
    found = scores('sql', seeds, FLAT)
    if None in found:
        return MISSING
    ends = [one['outcome'] for one in found]
    return word(min(end['net_speed'] for end in ends) >= SPEED
                and max(end['heading'] for end in ends) <= HEADING)


def mild_verdict(seeds: int, ground: Ground) -> str:
    """Say whether SQL gets across a milder ground often enough."""
    ours = share('sql', seeds, ground)
    return MISSING if ours is None else f'{ours:.0%}, {word(ours >= MILD)}'


def hard_verdict(seeds: int, ground: Ground) -> str:
    """Say whether SQL gets across a harder ground more often than the trot."""
    ours, trot = share('sql', seeds, ground), share(SCRIPTED, seeds, ground)
    return MISSING if None in (ours, trot) else (
        f'{ours:.0%} to {trot:.0%}, {word(ours > 0 and ours >= HARD * trot)}')


def verdicts(seeds: int) -> str:
    """Say of every requirement whether it is kept."""
    rows = [['flat', f'every training of SQL: mean net speed at least {SPEED:g} m/s, mean heading '
             f'within {HEADING:g} degrees', flat_verdict(seeds)]]
    rows += [[ground.words, f'SQL gets across in at least {MILD:.0%}', mild_verdict(seeds, ground)]
             for ground in MILDER]
    rows += [[ground.words, f'SQL at least {HARD:g} times the trot', hard_verdict(seeds, ground)]
             for ground in HARDER]
    return table(['ground', 'required', 'found'], rows)


def write(seeds: int) -> None:
    """Write the page from what is there."""
    runs = [run for method in METHODS for seed in range(seeds)
            if ((run := run_of(method, seed)) / 'proved.json').exists()]
    curves = draw({'minitaur_walk': {words: [
        returns_of(run) for seed in range(seeds) if (run := run_of(method, seed)) in runs]
        for method, words in METHODS.items()}}, 'return', IMAGES / 'minitaur_curves.png')
    publish('minitaur', 'The quadruped walks', f'python test/prove/minitaur.py --seeds {seeds}', [
        f'Trained on the flat alone, task minitaur_walk, {STEPS} control steps, '
        f'{MINUTES:.0f} minutes of robot time without resets; settings in '
        'config/tasks/minitaur_walk.yaml, the same number of updates for all; '
        f'{trained_at(runs)}. SAC learns its temperature. Last weights, test seed {SEED}, '
        'episodes of 20 s. The reward is the reference\'s but for one change: the speed that pays '
        'falls with the angle to x. While it learns an episode ends where the body tilts by '
        f'{TILTS[0]:.0f} degrees, in the tests, as in bullet3, by {TILTS[1]:.0f}. The trot is '
        'a gait of bullet3 and sees nothing: .27 m/s over its first 8 s, then it turns away.',
        '## On the flat',
        f'{FLAT.episodes} episodes. Net speed: way along x over time. Heading: how far it looks '
        'away from x at the end, to either side. Success: 7 m, then within 30 degrees. Means '
        'of each training.',
        table(['method', 'net speed [m/s]', 'heading [degrees]', 'success'],
              [flat_line(method, seeds) for method in WORDS]), curves,
        '## What it never saw',
        f'Share of {MILDER[0].episodes} episodes that end after 20 s 3 m along x, not fallen, of '
        'each training; in brackets the share that got 3 m along x before any fall. Ten grounds '
        'of each kind, half of the slopes and steps downwards.',
        table(['ground', *WORDS.values()],
              [ground_line(ground, seeds) for ground in (*MILDER, *HARDER)]),
        '## Required', verdicts(seeds)])


def main() -> None:
    """Train what is missing, score what is new, write the page."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument('--seeds', type=int, default=3)
    words.add_argument('--jobs', type=int, default=2)
    words.add_argument('--methods', nargs='*', default=list(METHODS), choices=METHODS)
    options = words.parse_args()
    campaign(prove, [(SCRIPTED, 0), *((method, seed) for seed in range(options.seeds)
                                      for method in options.methods)],
             lambda: write(options.seeds), options.jobs)


if __name__ == '__main__':
    main()
