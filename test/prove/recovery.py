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

Shipped policies, and the trainings of the page on the Sawyer that are there. Every score is kept
in runs/prove.
"""
import argparse
import json
from pathlib import Path

from rows import MISSING, publish, ROOT, RUNS, side_by_side, softq, table

SHIPPED = ('sawyer_stack', 'sawyer_stack_torque')
TRAINED = ('velocity', 'torque')  # rows of sawyer.py
SCENARIOS = ('light', 'bully')
SEED, REQUIRED, AIM = 12345, 0.85, 0.99
HEAD = ['policy', 'undisturbed', 'kind', 'events', 'resisted', 'counted', 'seated again',
        'share (95 %)', 'median time [s]', 'median way of the tool [m]', 'steps at a limit']


def policies(seeds: int) -> dict[str, Path]:
    """Return the bundles that are there, by name."""
    found = {name: ROOT / 'policies' / name for name in SHIPPED}
    for row in TRAINED:
        found |= {f'row {row}, seed {seed}': RUNS / f'sawyer-{row}-sql-s{seed}' / 'policy'
                  for seed in range(seeds)}
    return found


def score(folder: Path, scenario: str, episodes: int) -> dict | None:
    """Return what a policy does in a scenario, kept once made; nothing where it is not trained."""
    if folder.parent.parent == RUNS and not (folder.parent / 'proved.json').exists():
        return None
    name = folder.name if folder.parent.parent != RUNS else folder.parent.name
    kept = RUNS / f'recovery-{name}-{scenario}-{episodes}.json'
    if not kept.exists():
        kept.write_text(json.dumps(softq(
            'evaluate', str(folder), '--perturb', scenario, '--episodes', str(episodes),
            '--seed', str(SEED))))
    return json.loads(kept.read_text())


def lines(name: str, found: dict | None) -> list[list]:
    """Return a policy's lines of the table, the worst kind in bold."""
    if found is None:
        return [[name, MISSING, *[''] * 9]]
    made = []
    for kind, events in found['perturbations'].items():
        low, high = events['recovery_ci']
        rate = events['recovery_rate']
        share = '' if rate is None else f'{rate:.1%} ({low:.1%} to {high:.1%})'
        numbers = ['' if events[key] is None else text.format(events[key]) for key, text in (
            ('recovery_time_sec', '{:.1f}'), ('path_m', '{:.2f}'), ('limited_share', '{:.1%}'))]
        worst = kind == found['recovery_worst']
        made.append([name, f'{found["success_rate"]:.0%}', f'**{kind}**' if worst else kind,
                     events['events'], events['resisted'], events['counted'],
                     events['recovered'], f'**{share}**' if worst else share, *numbers])
    return made


def verdict(name: str, found: dict | None) -> str:
    """Return the figure of a policy, and what of it was asked."""
    if found is None or found['recovery_rate'] is None:
        return f'* {name}: {MISSING}'
    rate = found['recovery_rate']
    word = 'aim reached' if rate >= AIM else 'kept' if rate >= REQUIRED else '**missed**'
    return f'* {name}: recovery_rate {rate:.1%}, {word}'


def main() -> None:
    """Score what is new, write the page."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument('--seeds', type=int, default=5, help='trainings of each row')
    words.add_argument('--episodes', type=int, default=100, help='of each kind of event')
    words.add_argument('--jobs', type=int, default=2)
    options = words.parse_args()
    RUNS.mkdir(parents=True, exist_ok=True)
    items = [(name, folder, scenario) for scenario in SCENARIOS
             for name, folder in policies(options.seeds).items()]
    scores = side_by_side(lambda item: score(*item[1:], options.episodes), items, options.jobs)
    parts = [
        f'Scenarios of config/scenarios, {options.episodes} episodes of each kind of event, test '
        f'seed {SEED}. An event counts when it moved the tool by 30 mm or unseated the brick; '
        'what did not is resisted. Seated again: within 10 s of release, and held for 1 s. The '
        'figure of a policy is that of its worst kind (bold): '
        f'{REQUIRED:.0%} asked, {AIM:.0%} the aim. Nobody pushed these while they learned.']
    for scenario in SCENARIOS:
        found = [(name, one) for (name, _, of), one in zip(items, scores) if of == scenario]
        parts += [f'## {scenario}', '\n'.join(verdict(*pair) for pair in found),
                  table(HEAD, [line for pair in found for line in lines(*pair)])]
    publish('recovery', 'Pushed around', f'python test/prove/recovery.py --seeds {options.seeds} '
            f'--episodes {options.episodes}', parts)


if __name__ == '__main__':
    main()
