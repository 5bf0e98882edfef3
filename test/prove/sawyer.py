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
Stacking with the Sawyer: how soon, how surely, beside what else; writes docs/results/sawyer.md.

Every training is kept in runs/prove and goes on where it stopped; the page is written anew after
each, and what is not trained yet is called missing.
"""
import argparse

from rows import campaign, train
from sawyer_page import write
from sawyer_rows import (
    ABLATED_SEEDS, ABLATED_STEPS, ABLATION_ROWS, converged_score, CONVERGED_ROWS, CONVERGED_STEPS,
    METHODS, PLAIN, Row, run_of, settings_of, SPEED_ROWS, SPEED_STEPS)


def prove(row: Row, method: str, seed: int, steps: int, until: str) -> None:
    """Train, or go on."""
    words = [word for option in row.options for word in ('--option', option)]
    words += [word for setting in settings_of(row, method) for word in ('--set', setting)]
    run = train(run_of(row, method, seed).name, '--task', row.task, '--algorithm',
                METHODS[method][1], '--seed', str(seed), '--steps', str(steps), *words,
                until=until)
    if row in CONVERGED_ROWS:
        converged_score(run)


def main() -> None:
    """Train what is missing, seed by seed, and write the page after each."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument('--seeds', type=int, default=5)
    words.add_argument('--jobs', type=int, default=2, help='trainings side by side')
    words.add_argument('--methods', nargs='*', choices=list(METHODS), default=list(METHODS))
    rows = [row.name for row in SPEED_ROWS + ABLATION_ROWS + CONVERGED_ROWS]
    words.add_argument('--rows', nargs='*', choices=rows, default=rows)
    options = words.parse_args()
    items = [(row, method, seed, SPEED_STEPS, 'reached') for row in SPEED_ROWS
             for method in row.methods for seed in range(options.seeds)]
    items += [(row, PLAIN, seed, ABLATED_STEPS, 'reached') for row in ABLATION_ROWS
              for seed in range(ABLATED_SEEDS)]
    items += [(row, 'sql', seed, CONVERGED_STEPS, 'budget') for row in CONVERGED_ROWS
              for seed in range(options.seeds)]
    campaign(prove, [i for i in items if i[0].name in options.rows and i[1] in options.methods],
             lambda: write(options.seeds), options.jobs)


if __name__ == '__main__':
    main()
