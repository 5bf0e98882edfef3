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
"""What every proof shares: trainings that go on where they stopped, the page with the table."""
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import combinations
import json
import math
import os
from pathlib import Path
import subprocess
import sys
import threading

import yaml

from softq_ros.training.metrics import read_rows

ROOT = Path(__file__).resolve().parents[2]
RUNS = ROOT / 'runs' / 'prove'
RESULTS = ROOT / 'docs' / 'results'
IMAGES = ROOT / 'docs' / 'images'
MISSING = 'missing'  # a cell of what is not trained yet


def softq(*words: str) -> dict:
    """Run a verb in a process of its own, one thread, and return its JSON line."""
    environment = os.environ | {'OMP_NUM_THREADS': '1'}
    done = subprocess.run([sys.executable, '-m', 'softq_ros.cli', *words, '--json'], cwd=ROOT,
                          env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f'softq {" ".join(words)}: {done.stderr.strip()}')
    return json.loads(done.stdout.splitlines()[-1])


def seen(run: Path) -> str:
    """Return a folder as it is called where the verbs are run: no path of this machine is kept."""
    return os.path.relpath(run, ROOT)


def train(name: str, *words: str, resume: bool = False, until: str = '') -> Path:
    """
    Train into ``runs/prove/<name>``, or go on with what is there; return the run.

    :param resume: go on with the words, too, which are else those of a new run.
    :param until: what ends a training that is scored while it learns; left out: it is not, and
        ends at its budget.
    """
    run, done = RUNS / name, RUNS / name / 'proved.json'
    if not done.exists():
        begun = (run / 'run.yaml').exists()
        result = softq('train', *(('--until', until) if until else ('--no-curve',)),
                       '--resume' if begun else '--run', seen(run),
                       *(words if resume or not begun else ()))
        done.write_text(json.dumps(result))
    return run


def score(run: Path, sampling: str, episodes: int, seed: int) -> dict:
    """Return the score of a run's last weights on test episodes, kept once made."""
    kept = run / f'score-{sampling}.json'
    if not kept.exists():
        kept.write_text(json.dumps(softq(
            'evaluate', seen(run / 'policy'), '--episodes', str(episodes), '--seed', str(seed),
            '--sampling', sampling)))
    return json.loads(kept.read_text())


def side_by_side(work, items: list, jobs: int) -> list:
    """Return what ``work`` makes of each item, in order, so many at a time."""
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(work, items))


def campaign(prove, items: list[tuple], write, jobs: int) -> None:
    """Prove item after item, so many at a time; write the page at first and after each."""
    RUNS.mkdir(parents=True, exist_ok=True)
    writing = threading.Lock()

    def work(item: tuple) -> None:
        prove(*item)
        with writing:
            write()

    commit()
    write()
    side_by_side(work, items, jobs)


@cache
def commit() -> str:
    """
    Return the short name of the commit, with a mark when files differ from it.

    As it was when first asked: the pages a proof writes are no difference.
    """
    text = subprocess.run(['git', 'describe', '--always', '--dirty'], cwd=ROOT,
                          capture_output=True, text=True).stdout
    return text.strip() or 'unknown'


def trained_at(runs: list[Path]) -> str:
    """Return the commits that trainings were begun at, in words of a page, and on what."""
    facts = [yaml.safe_load((run / 'run.yaml').read_text()) for run in runs]
    if not facts:
        return 'none trained yet'
    on = sorted({one['versions'].get('processor') or 'unrecorded' for one in facts})
    return (f'trained at commit {", ".join(sorted({one["commit"] for one in facts}))} '
            f'(processor: {", ".join(on)})')


def reached(run: Path) -> dict | None:
    """Return the point of a run's learning curve at which nine of ten were reached, if any."""
    policy = run / 'reached' / 'policy.yaml'
    if not policy.exists():
        return None
    steps = yaml.safe_load(policy.read_text())['trained']['steps']
    point, = (row for row in read_rows(run / 'evaluations.csv') if int(row['step']) == steps)
    return point


def word_for(value: float, most: float, aim: float) -> str:
    """Return what became of a figure that was to be small; all three negative: large."""
    return 'aim reached' if value <= aim else 'kept' if value <= most else '**missed**'


def fisher(a: int, b: int, trials: int) -> float:
    """Return the two-sided p of Fisher's exact test (1935), both counts of so many trials."""
    def ways(first: int) -> int:
        return math.comb(trials, first) * math.comb(trials, a + b - first)

    found = [ways(first) for first in range(max(0, a + b - trials), min(a + b, trials) + 1)]
    return sum(n for n in found if n <= ways(a)) / sum(found)


def permutation(first: list[float], second: list[float]) -> float:
    """Return the two-sided p of the exact permutation test of two means."""
    values, count = [*first, *second], len(first)
    total = sum(values)

    def apart(chosen: tuple[float, ...]) -> float:
        part = sum(chosen)
        return abs(part / count - (total - part) / (len(values) - count))

    found = [apart(chosen) for chosen in combinations(values, count)]
    return sum(far >= apart(tuple(first)) - 1e-12 for far in found) / len(found)


def table(head: list[str], rows: list[list]) -> str:
    """Return a Markdown table."""
    lines = [head, ['---'] * len(head), *rows]
    return '\n'.join('| ' + ' | '.join(str(cell) for cell in line) + ' |' for line in lines)


def publish(name: str, title: str, command: str, parts: list[str]) -> None:
    """Write ``docs/results/<name>.md``."""
    RESULTS.mkdir(exist_ok=True)
    text = '\n\n'.join(filter(None, [
        f'# {title} (simulation)', f'`{command}` at commit {commit()}.', *parts]))
    (RESULTS / f'{name}.md').write_text(text + '\n')
    print(text, flush=True)
