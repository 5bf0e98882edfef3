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
Do soft policies recover better: SQL, SAC and TD3 from narrow and from wide starts, pushed around.

Every training ends where nine of ten episodes succeed, so that all are disturbed at the same
success; those from wide starts are the row torque of sawyer.py. Trainings and scores are kept in
runs/prove; what is not there yet is called missing.
"""
import argparse
import json
from pathlib import Path
from statistics import mean

from rows import campaign, MISSING, permutation, publish, seen, softq, table, trained_at
import sawyer
from sawyer_rows import METHODS, Row, run_of as kept_run, SPEED_ROWS, SPEED_STEPS

SEED = 12345
COMPARED = ('sql', 'sac', 'td3')
WIDE, = (row for row in SPEED_ROWS if row.name == 'torque')
NARROW = Row('torque-narrow', WIDE.words, (*WIDE.options, 'start_box=0.1'), *WIDE[3:])
STARTS = {'narrow': NARROW, 'wide': WIDE}
KINDS = ('push', 'clamp', 'repose_06', 'repose_12', 'target')


def run_of(start: str, method: str, seed: int) -> Path:
    """Return the folder of a training."""
    return kept_run(STARTS[start], method, seed)


def kept_at(run: Path, episodes: int) -> Path:
    """Return where the score of a training is kept."""
    return run / f'score-bully-{episodes}.json'


def prove(start: str, method: str, seed: int, episodes: int) -> None:
    """Train to nine of ten, then disturb."""
    sawyer.prove(STARTS[start], method, seed, SPEED_STEPS, 'reached')
    run = run_of(start, method, seed)
    kept = kept_at(run, episodes)
    if not kept.exists():
        kept.write_text(json.dumps(softq(
            'evaluate', seen(run / 'policy'), '--perturb', 'bully', '--episodes', str(episodes),
            '--seed', str(SEED))))


def scores(start: str, method: str, seeds: int, episodes: int) -> list[dict]:
    """Return what is there of the trainings that reached nine of ten."""
    runs = [run_of(start, method, seed) for seed in range(seeds)]
    return [json.loads(kept.read_text()) for run in runs
            if (run / 'reached').exists() and (kept := kept_at(run, episodes)).exists()]


def rates(found: list[dict], kind: str) -> list[float]:
    """Return the share each training recovers from a kind of event."""
    shares = [one['perturbations'][kind]['recovery_rate'] for one in found]
    return [share for share in shares if share is not None]


def line(start: str, method: str, seeds: int, episodes: int) -> list:
    """Return a line of the table: means over the trainings."""
    done = sum(kept_at(run_of(start, method, seed), episodes).exists() for seed in range(seeds))
    found = scores(start, method, seeds, episodes)
    head = [start, METHODS[method][0], f'{len(found)} of {done}', seeds - done]
    if not found:
        return [*head, *[MISSING] * (len(KINDS) + 2)]
    worst = [one['recovery_rate'] for one in found]
    return [*head, f'{mean(one["success_rate"] for one in found):.0%}',
            *(f'{mean(each):.0%}' if (each := rates(found, kind)) else '-' for kind in KINDS),
            f'{mean(worst):.0%} ({min(worst):.0%} to {max(worst):.0%})']


def comparison(start: str, rival: str, seeds: int, episodes: int) -> str:
    """Return whether SQL's worst kinds differ from a rival's."""
    ours, theirs = ([one['recovery_rate'] for one in scores(start, method, seeds, episodes)]
                    for method in ('sql', rival))
    words = f'* {start}, SQL against {METHODS[rival][0]}: '
    if min(len(ours), len(theirs)) < 2:
        return words + MISSING
    p = permutation(ours, theirs)
    return words + (f'{mean(ours):.0%} to {mean(theirs):.0%} from the worst kind, p = {p:.2g}'
                    + ('' if p < 0.05 else '; nothing is claimed'))


def write(seeds: int, episodes: int) -> None:
    """Write the page from what is there."""
    pairs = [(start, method) for start in STARTS for method in COMPARED]
    runs = [run for pair in pairs for seed in range(seeds)
            if ((run := run_of(*pair, seed)) / 'proved.json').exists()]
    publish('softness', 'Does softness recover better', 'python test/prove/softness.py '
            f'--seeds {seeds} --episodes {episodes}', [
                'The row torque of [sawyer](sawyer.md), starts 0.1 rad (narrow) or 0.5 rad (wide) '
                'to either side of the joints that hold the brick 15 cm above the target; at most '
                f'{SPEED_STEPS} steps, {trained_at(runs)}. A training ends at "90 % reached", so '
                'that all are disturbed at the same success; those that do not reach it are '
                f'counted and left out. {episodes} episodes of each kind of event of '
                f'config/scenarios/bully.yaml, test seed {SEED}, each policy sampled as it is '
                'scored, from the starts it learned from. Share seated again, mean of the '
                'trainings; of each the worst kind, mean and range.',
                table(['starts', 'method', 'reached 90 %', 'still missing', 'undisturbed', *KINDS,
                       'worst kind'], [line(*pair, seeds, episodes) for pair in pairs]),
                'Exact permutation test of the worst kinds, two-sided:',
                '\n'.join(comparison(start, rival, seeds, episodes) for start in STARTS
                          for rival in COMPARED[1:])])


def main() -> None:
    """Train what is missing, score what is new, write the page."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument('--seeds', type=int, default=5)
    words.add_argument('--episodes', type=int, default=50, help='of each kind of event')
    words.add_argument('--jobs', type=int, default=2)
    options = words.parse_args()
    campaign(lambda *item: prove(*item, options.episodes),
             [(start, method, seed) for seed in range(options.seeds) for start in STARTS
              for method in COMPARED],
             lambda: write(options.seeds, options.episodes), options.jobs)


if __name__ == '__main__':
    main()
