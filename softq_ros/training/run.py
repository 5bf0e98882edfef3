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
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
import os
from pathlib import Path
import re
import uuid

import yaml

from softq_ros.errors import BundleError, ConfigurationError, RunError
from softq_ros.learning.settings import make_settings, Settings
from softq_ros.policies.files import read_capped, sync_directory, write_synced
from softq_ros.tasks.task import Task
from softq_ros.training.provenance import commit, versions
from softq_ros.training.seeds import checked_seed

FILE = 'run.yaml'
MOST_BYTES = 2**20
FOLDERS = ('checkpoints', 'replay', 'plots', 'videos')
NAME = re.compile(r'[A-Za-z0-9][A-Za-z0-9_.-]{0,99}')
KINDS = {'task': str, 'options': dict, 'algorithm': str, 'seed': int, 'settings': dict,
         'identity': str, 'command': str, 'commit': str, 'versions': dict}


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

    @property
    def settings(self) -> Settings:
        """Return what the run was made with."""
        return make_settings(self.facts['algorithm'], self.facts['settings'])

    def trained(self, task: Task, steps: int, updates: int) -> dict:
        """Return how the weights in force at a control step came about."""
        facts = {name: self.facts[name] for name in ('command', 'seed', 'commit', 'versions')}
        return facts | {'steps': steps, 'updates': updates, 'run': self.identity,
                        'robot_time_min': steps / task.contract.control_rate / 60,
                        **task.provenance}


def describe(task: str, algorithm: str, seed: int, settings: Settings, command: str,
             options: dict, perturb: str = 'none') -> dict:
    """Return what ``run.yaml`` says of a new run."""
    plain = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(settings).items()}
    return {'task': task, 'options': options, 'perturb': perturb, 'algorithm': algorithm,
            'seed': seed, 'settings': plain,
            'identity': f'{task}-{algorithm}-s{seed}-{uuid.uuid4().hex[:8]}', 'command': command,
            'commit': commit(), 'versions': versions()}


def check_name(name: str) -> None:
    """
    Refuse what is no plain name of a directory.

    :raises RunError: with the name.
    """
    if not NAME.fullmatch(name):
        raise RunError(f'name of a run: got {name!r}; accepted: a letter or digit, then at most '
                       '99 of letters, digits and _ . -')


def replace_file(path: Path, data: bytes) -> None:
    """Write a file aside, synced, and rename it: the old one or the new one, never a part."""
    aside = path.with_name(f'{path.name}.new')
    write_synced(aside, data)
    aside.replace(path)
    sync_directory(path.parent)


def _write(path: Path, facts: dict) -> None:
    replace_file(path / FILE, yaml.safe_dump(facts, sort_keys=False).encode())


def read_run(path: Path) -> Run:
    """
    Read and check the description of a run.

    :raises RunError: in one line, when it is missing, broken or incomplete.
    """
    try:
        facts = yaml.safe_load(read_capped(path / FILE, MOST_BYTES))
    except (BundleError, yaml.YAMLError, ValueError, RecursionError) as error:
        raise RunError(f'{path}: no run: {str(error).splitlines()[0]}') from error
    if not isinstance(facts, dict):
        raise RunError(f'{path / FILE}: holds {type(facts).__name__}; accepted: {list(KINDS)}')
    for name, kind in KINDS.items():
        if not isinstance(facts.get(name), kind) or isinstance(facts.get(name), bool):
            raise RunError(f'{path / FILE}: {name} is {facts.get(name)!r}; accepted: '
                           f'{kind.__name__}')
    run = Run(path, facts, True)
    try:
        checked_seed(facts['seed'])
        missing = sorted(set(asdict(run.settings)) - set(facts['settings']))
    except (ConfigurationError, OverflowError) as error:
        raise RunError(f'{path / FILE}: {error}') from error
    if missing:
        raise RunError(f'{path / FILE}: settings without {missing[0]}; accepted: all of '
                       f'{sorted(asdict(run.settings))}')
    return run


def _owner(path: Path) -> str:
    try:
        return read_run(path).facts.get('owner', '')
    except RunError:
        return ''


def _numbered(runs: Path, stem: str) -> list[tuple[int, Path]]:
    """Return what is called ``<stem>-<number>``, in order."""
    found = [(path.name.removeprefix(f'{stem}-'), path) for path in runs.glob(f'{stem}-*')]
    return sorted((int(number), path) for number, path in found
                  if number.isascii() and number.isdigit())


def _kept(replays: Sequence[str], run: Path, n_step: int) -> list[str]:
    """Return directories of other runs as they are seen from a run."""
    if replays and n_step != 1:
        raise RunError(f'n_step: got {n_step} with the replay of another run, {replays[0]}; '
                       'accepted: 1')
    return [os.path.relpath(replay, run) for replay in replays]


def resume_run(path: Path, asked: dict, steps: int = 0, owner: str = '',
               command: str = '', replays: Sequence[str] = ()) -> Run:
    """
    Go on with a run as it was made.

    :param asked: what the caller wants of ``task``, ``options``, ``algorithm``, ``seed``; the
        run's own where left out.
    :param steps: a larger budget; 0: the run's own.
    :param owner: who goes on.
    :param command: what a person typed for it.
    :param replays: directories of runs it learns from, too, from now on; the run's own where left
        out.
    :raises RunError: when there is no run, it was made for something else, or sums several steps
        and shall learn from others.
    """
    facts = read_run(path).facts
    options = {f'option {name}': value for name, value in facts['options'].items()}
    wanted = {f'option {name}': value for name, value in asked.get('options', {}).items()}
    for name, value in (asked | wanted).items():
        own = (facts | options).get(name)
        if name != 'options' and own != value:
            raise RunError(f'{path} was made with {name} {own!r}, asked for {value!r}; '
                           f'accepted: {own!r}, or another run')
    budget = facts['settings']['steps']
    if steps and steps < budget:
        raise RunError(f'{path}: steps: got {steps}; accepted: {budget}, its budget, or more')
    facts['settings']['steps'] = max(steps, budget)
    facts['command'] += f'; {command}' if command else ''
    facts['replays'] = (_kept(replays, path, facts['settings']['n_step'])
                        or facts.get('replays', []))
    facts['owner'] = owner
    try:
        _write(path, facts)
    except OSError as error:
        raise RunError(f'{path}: cannot go on: {error.strerror}') from error
    return Run(path, facts, True)


def _create(path: Path, facts: dict) -> Run:
    try:
        path.mkdir(parents=True)
        for folder in FOLDERS:
            (path / folder).mkdir()
        (path.parent / 'COLCON_IGNORE').touch()
        _write(path, facts)
    except OSError as error:
        raise RunError(f'cannot make {path}: {error.strerror}') from error
    return Run(path, facts, False)


def _places(runs: Path, name: str, stem: str) -> tuple[list[Path], Path]:
    """Return the runs there are of a name, oldest first, and where a new one goes."""
    if name:
        check_name(name)
        found, path = [runs / name], runs / name
    else:
        numbered = _numbered(runs, stem)
        found = [path for _, path in numbered]
        path = runs / f'{stem}-{numbered[-1][0] + 1 if numbered else 1}'
    return [one for one in found if (one / FILE).exists()], path


def open_run(runs: Path, name: str, task: str, algorithm: str, seed: int, settings: Settings,
             resume: bool = False, owner: str = '', command: str = '', steps: int = 0,
             options: dict | None = None, perturb: str = 'none',
             replays: Sequence[str] = ()) -> Run:
    """
    Make a run, or go on with one.

    :param runs: directory that holds runs.
    :param name: of the run; empty: made from task, algorithm and seed, or the newest such when
        resuming.
    :param settings: of a new run; one that is resumed keeps its own.
    :param owner: who started this; the same owner goes on without ``resume``, as a process does
        that its launcher started again.
    :param command: what a person would type to get this run.
    :param steps: budget asked for; 0: what the settings say.
    :param options: of the task, all of them.
    :param perturb: the scenario that disturbs the robot while it learns.
    :param replays: directories of runs it learns from, too.
    :raises RunError: when the run exists and neither holds, when there is none to resume, or when
        it was made for something else.
    :raises ConfigurationError: for a seed that is not accepted.
    """
    asked = {'task': task, 'options': options or {}, 'algorithm': algorithm,
             'seed': checked_seed(seed)}
    stem = re.sub(r'[^A-Za-z0-9_.-]', '_', f'{task}-{algorithm}-s{seed}')  # ids may hold a slash
    found, path = _places(runs, name, stem)
    mine = [one for one in found if owner and _owner(one) == owner]
    if mine:
        return resume_run(mine[-1], asked, steps, owner)
    if resume and not found:
        raise RunError(f'nothing to resume: no run {name or stem} in {runs}')
    if resume:
        return resume_run(found[-1], asked, steps, owner, command)
    if name and path.exists():
        raise RunError(f'{path} exists; accepted: resume it, or another name')
    settings = replace(settings, steps=steps or settings.steps)
    facts = describe(task, algorithm, seed, settings, command, options or {}, perturb)
    facts |= {'owner': owner, 'replays': _kept(replays, path, settings.n_step)}
    return _create(path, facts)
