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
"""A run: a directory with one training."""
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
import platform
import subprocess
import uuid

import yaml

from softq_ros import __version__
from softq_ros.errors import RunError
from softq_ros.learning.settings import Settings
from softq_ros.paths import share
from softq_ros.policies.files import write_synced

FILE = 'run.yaml'
FOLDERS = ('checkpoints', 'replay', 'plots', 'videos')
MAY_CHANGE = ('steps', 'checkpoint_every', 'evaluate_every')


@dataclass(frozen=True)
class Run:
    """A directory and what its ``run.yaml`` says; ``resumed`` when it was there before."""

    path: Path
    facts: dict
    resumed: bool

    @property
    def identity(self) -> str:
        """Return what names the run on the wire."""
        return self.facts['identity']


def versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    found = {'python': platform.python_version(), 'softq_ros': __version__}
    for name in ('torch', 'numpy', 'mujoco'):
        found[name] = metadata.version(name)
    return found


def commit() -> str:
    """Return the commit of the source checkout, with a plus when it was changed; or nothing."""
    root = share()
    if not (root / '.git').exists():
        return ''
    git = ['git', '-C', str(root)]
    try:
        head = subprocess.run([*git, 'rev-parse', '--short', 'HEAD'], capture_output=True,
                              text=True, timeout=5).stdout.strip()
        dirty = subprocess.run([*git, 'status', '--porcelain', '--untracked-files=no'],
                               capture_output=True, text=True, timeout=5).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ''
    return head + '+' * bool(dirty)


def _read(path: Path) -> dict:
    try:
        facts = yaml.safe_load((path / FILE).read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RunError(f'{path}: no run: {error}') from error
    if not isinstance(facts, dict) or 'settings' not in facts:
        raise RunError(f'{path / FILE}: not the description of a run')
    return facts


def _find(runs: Path, stem: str) -> list[Path]:
    found = [p for p in runs.glob(f'{stem}-*') if (p / FILE).exists()]
    return sorted(found, key=lambda p: int(p.name.rsplit('-', 1)[1])
                  if p.name.rsplit('-', 1)[1].isdigit() else 0)


def _check_same(path: Path, facts: dict, wanted: dict) -> None:
    mine, other = facts['settings'], wanted['settings']
    differ = [(n, facts[n], wanted[n]) for n in ('task', 'algorithm', 'seed')
              if facts[n] != wanted[n]]
    differ += [(n, mine.get(n), other.get(n)) for n in sorted(set(mine) | set(other))
               if mine.get(n) != other.get(n) and n not in MAY_CHANGE]
    if differ:
        name, was, now = differ[0]
        raise RunError(f'{path} was made with {name} {was!r}, asked for {now!r}; accepted: '
                       f'{was!r}, or another run')


def _create(path: Path, facts: dict) -> Run:
    try:
        path.mkdir(parents=True)
        for folder in FOLDERS:
            (path / folder).mkdir()
        runs = path.parent
        if not (runs / 'COLCON_IGNORE').exists():
            (runs / 'COLCON_IGNORE').touch()
        write_synced(path / FILE, yaml.safe_dump(facts, sort_keys=False).encode())
    except OSError as error:
        raise RunError(f'cannot make {path}: {error.strerror}') from error
    return Run(path, facts, False)


def open_run(runs: Path, name: str, task: str, algorithm: str, seed: int, settings: Settings,
             resume: bool = False, owner: str = '', command: str = '') -> Run:
    """
    Make a run, or go on with one.

    :param runs: directory that holds runs.
    :param name: of the run; empty: made from task, algorithm and seed, or the newest such when
        resuming.
    :param owner: who started this; the same owner goes on without ``resume``, as a process does
        that its launcher started again.
    :param command: what a person would type to get this run.
    :raises RunError: when the run exists and neither holds, when there is none to resume, or when
        it was made for something else.
    """
    stem = f'{task}-{algorithm}-s{seed}'
    plain = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(settings).items()}
    facts = {'task': task, 'algorithm': algorithm, 'seed': seed, 'settings': plain,
             'identity': f'{stem}-{uuid.uuid4().hex[:8]}', 'command': command,
             'commit': commit(), 'versions': versions(), 'owner': owner}
    found = [runs / name] if name and (runs / name / FILE).exists() else []
    found = found if name else _find(runs, stem)
    mine = [p for p in found if owner and _read(p).get('owner') == owner]
    if (resume and found) or mine:
        path = mine[-1] if mine else found[-1]
        old = _read(path)
        _check_same(path, old, facts)
        if not mine and command:
            old['command'] = f'{old["command"]}; {command}'
        old['owner'] = owner
        write_synced(path / FILE, yaml.safe_dump(old, sort_keys=False).encode())
        return Run(path, old, True)
    if resume:
        raise RunError(f'nothing to resume: no run {name or stem} in {runs}')
    if name and (runs / name).exists():
        raise RunError(f'{runs / name} exists; accepted: resume it, or another name')
    number = int(found[-1].name.rsplit('-', 1)[1]) + 1 if found else 1
    return _create(runs / (name or f'{stem}-{number}'), facts)
