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
Save what trainings came to beside the pages, small enough to be committed, and bring it back.

``python test/prove/kept.py save RUN...`` takes scores, settings and curves of runs in runs/prove
into docs/results/kept; ``restore`` puts them where the proofs look for them, so that a page can go
on where another machine stopped. Nothing is restored unless asked for: a proof trains by itself.
A restored training has no policy; where its folder in runs/prove is deleted, it is made again.
"""
import argparse
from pathlib import Path
import shutil

from curves import training_returns, write_returns
from rows import RESULTS, RUNS

KEPT = RESULTS / 'kept'
SMALL = ('*.json', 'run.yaml', 'evaluations.csv', 'returns.csv', 'reached/policy.yaml')


def copy(source: Path, target: Path) -> None:
    """Copy the small files of a run."""
    for path in (path for pattern in SMALL for path in source.glob(pattern)):
        to = target / path.relative_to(source)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, to)


def save(name: str) -> None:
    """Keep what a run came to; the returns of its episodes come from its replay."""
    run = RUNS / name
    if not run.is_dir():
        raise SystemExit(f'{run} is not there; accepted: runs of {RUNS}')
    if (run / 'replay').exists():
        write_returns(run, *training_returns(run))
    copy(run, KEPT / name)


def restore() -> None:
    """Bring back every run that is not there."""
    for run in KEPT.glob('*'):
        if not (RUNS / run.name).exists():
            copy(run, RUNS / run.name)


def main() -> None:
    """Do what is asked."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument('verb', choices=('save', 'restore'))
    words.add_argument('runs', nargs='*', help='names of folders in runs/prove, to be saved')
    options = words.parse_args()
    if bool(options.runs) != (options.verb == 'save'):
        words.error('accepted: save RUN..., or restore alone')
    for name in options.runs:
        save(name)
    if options.verb == 'restore':
        restore()


if __name__ == '__main__':
    main()
