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
How often trained arms seat the brick again after somebody disturbed them.

Shipped policies and the controllers that somebody wrote; then torques learned with and without
disturbances. Trainings and scores are kept in runs/prove and go on where they stopped.
"""
import argparse
import json
from pathlib import Path
from typing import NamedTuple

from rows import (
    campaign, MISSING, publish, ROOT, RUNS, seen, softq, table, train, trained_at, word_for)
from sawyer_rows import ADDED, CONVERGED, FAR, METHODS, SLOWER, SOLVED, SPEED_STEPS

from softq_ros.training.metrics import read_rows

SCENARIOS = ('light', 'bully')
SEED, REQUIRED, AIM = 12345, 0.85, 0.99
TASK, NEAR = 'sawyer_stack_torque', ('target=speed', 'start=above', 'horizon=100')


class Learned(NamedTuple):
    """How torques are learned: in words, control steps, options, settings, disturbances."""

    words: str
    steps: int
    options: tuple[str, ...]
    settings: tuple[str, ...] = ()
    perturb: str = 'none'

    def verb(self) -> list[str]:
        """Return the words of ``softq train``, but for seed and run."""
        told = [('--option', word) for word in self.options]
        told += [('--set', word) for word in self.settings]
        return ['--task', TASK, *(word for pair in told for word in pair),
                '--perturb', self.perturb, '--steps', str(self.steps)]


ROW = (*ADDED, *SLOWER, *METHODS['sql'][2])
LEARNED = {  # as the speed rows of sawyer.py, and as its converged ones
    'alone': Learned('torque, left alone while it learned', SPEED_STEPS, NEAR, ROW),
    'pushed': Learned('torque, bullied while it learned', SPEED_STEPS, NEAR, ROW, 'bully'),
    'far': Learned('torque, from starts anywhere, sees joints of the target', 60_000, (
        'target=speed', 'start=anywhere', 'horizon=200', *CONVERGED[3:], SOLVED),
        (*ADDED[:2], *METHODS['sql'][2], FAR[2]))}
HEAD = ['policy', 'undisturbed', 'kind', 'events', 'resisted', 'counted', 'seated again',
        'share (95 %)', 'median time [s]', 'median way of the tool [m]', 'steps at a limit']


class Entry(NamedTuple):
    """What is disturbed: a policy in words, and how the verb is told."""

    words: str
    name: str
    command: tuple[str, ...]


FIXED = (
    Entry('scripted, velocity', 'scripted-velocity',
          ('scripted', '--task', 'sawyer_stack', '--option', 'target=speed')),
    Entry('scripted, torque', 'scripted-torque',
          ('scripted', '--task', 'sawyer_stack_torque', '--option', 'target=speed')),
    *(Entry(name, name, (seen(ROOT / 'policies' / name),))
      for name in ('sawyer_stack', 'sawyer_stack_torque')))


def run_of(kind: str, seed: int) -> Path:
    """Return the folder of a training."""
    return RUNS / f'recovery-{kind}-s{seed}'


def learned(kind: str, seed: int) -> Entry:
    """Return the last weights of a training."""
    run = run_of(kind, seed)
    near = (word for option in NEAR for word in ('--option', option))  # the same for all
    return Entry(f'{LEARNED[kind].words}, seed {seed}', run.name, (seen(run / 'policy'), *near))


def kept_at(entry: Entry, scenario: str, episodes: int) -> Path:
    """Return where a score is kept."""
    return RUNS / f'recovery-scores/{entry.name}-{scenario}-{episodes}.json'


def prove(entry: Entry, kind: str, seed: int, episodes: int) -> None:
    """Train where something is to be learned, then disturb it in every scenario."""
    if kind:
        train(run_of(kind, seed).name, *LEARNED[kind].verb(), '--seed', str(seed), until='budget')
    for scenario in SCENARIOS:
        kept = kept_at(entry, scenario, episodes)
        if not kept.exists():
            found = softq('evaluate', *entry.command, '--perturb', scenario, '--episodes',
                          str(episodes), '--seed', str(SEED))
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(found))


def lines(entry: Entry, found: dict) -> list[list]:
    """Return a policy's lines of the table, the worst kind in bold; none of what never came."""
    made = []
    for kind, events in found['perturbations'].items():
        if not events['counted']:
            continue
        low, high = events['recovery_ci']
        share = f'{events["recovery_rate"]:.1%} ({low:.1%} to {high:.1%})'
        worst = kind == found['recovery_worst']
        made.append([entry.words, f'{found["success_rate"]:.0%}', f'**{kind}**' if worst else kind,
                     events['events'], events['resisted'], events['counted'],
                     events['recovered'], f'**{share}**' if worst else share,
                     f'{events["recovery_time_sec"] or 0.0:.1f}', f'{events["path_m"] or 0.0:.2f}',
                     f'{events["limited_share"] or 0.0:.1%}'])
    return made


def verdict(entry: Entry, found: dict) -> str:
    """Return the figure of a policy, and what of it was asked."""
    rate = found['recovery_rate']
    return f'* {entry.words}: recovery_rate {rate:.1%}, {word_for(-rate, -REQUIRED, -AIM)}'


def learning_line(kind: str, seed: int) -> list:
    """Return when a training first had nine of ten validation episodes, and its end."""
    run = run_of(kind, seed)
    if not (run / 'proved.json').exists():
        return [LEARNED[kind].words, seed, MISSING, MISSING]
    reached = [int(row['step']) for row in read_rows(run / 'evaluations.csv')
               if float(row['success_rate']) >= 0.9]
    end = json.loads((run / 'proved.json').read_text())['success_rate']
    return [LEARNED[kind].words, seed, reached[0] if reached else '-', f'{end:.0%}']


def write(seeds: int, episodes: int) -> None:
    """Write the page from what is there."""
    pairs = [(kind, seed) for kind in LEARNED for seed in range(seeds)]
    entries = [*FIXED, *(learned(*pair) for pair in pairs)]
    runs = [run for pair in pairs if ((run := run_of(*pair)) / 'proved.json').exists()]
    parts = [
        f'Scenarios of config/scenarios, {episodes} episodes of each kind of event, test '
        f'seed {SEED}. An event counts when it moved the tool by 30 mm or unseated the brick; '
        'what did not is resisted. Seated again: within 10 s of release, and held for 1 s. The '
        'figure of a policy is that of its worst kind (bold): '
        f'{REQUIRED:.0%} asked, {AIM:.0%} the aim. Nobody pushed the shipped ones while they '
        'learned: sawyer_stack_torque is seed 0 of those from starts anywhere; the target of '
        'sawyer_stack is fixed, so that it is not moved.',
        '![sawyer_stack_torque pushed, and thrown away from the seat](../images/bullied.png)',
        'sawyer_stack_torque: pushed while seated; then put elsewhere, on its way back, seated '
        'again; the bar is green while the task succeeds. [The film](../videos/bullied.mp4): '
        '`softq evaluate sawyer_stack_torque --perturb bully --episodes 0 --seed 3 --video '
        'bullied.mp4`.']
    for scenario in SCENARIOS:
        found = [(entry, json.loads(kept.read_text())) for entry in entries
                 if (kept := kept_at(entry, scenario, episodes)).exists()]
        parts += [f'## {scenario}', '\n'.join(verdict(*pair) for pair in found),
                  table(HEAD, [line for pair in found for line in lines(*pair)])]
    parts += [
        '## How they learned',
        *(f'{one.words}: `softq train {" ".join(one.verb())} --until budget`.'
          for one in LEARNED.values()),
        '`--perturb bully` is one event in every episode, which grows over the first half of the '
        'training; steps that the arm by itself does not explain are not learned from '
        '([design](../design.md), *Interference*). '
        'Validation and test are undisturbed and from the starts that were learned from; above, '
        f'all of them start near the target. Runs {trained_at(runs)}.',
        table(['training', 'seed', '90 % of validation at step', 'test success of the last '
               'weights'], [learning_line(*pair) for pair in pairs])]
    publish('recovery', 'Pushed around', f'python test/prove/recovery.py --seeds {seeds} '
            f'--episodes {episodes}', parts)


def main() -> None:
    """Train what is missing, score what is new, write the page."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument('--seeds', type=int, default=3, help='trainings of each kind')
    words.add_argument('--episodes', type=int, default=100, help='of each kind of event')
    words.add_argument('--jobs', type=int, default=2)
    options = words.parse_args()
    items = [(entry, '', 0) for entry in FIXED]
    items += [(learned(kind, seed), kind, seed) for seed in range(options.seeds)
              for kind in LEARNED]
    campaign(lambda *item: prove(*item, options.episodes), items,
             lambda: write(options.seeds, options.episodes), options.jobs)


if __name__ == '__main__':
    main()
