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
"""Tasks by name: ``config/tasks/<name>.yaml`` says which class and every number."""
from collections.abc import Iterable
import json

import numpy as np
import yaml

from softq_ros.errors import accepted, ConfigurationError
from softq_ros.paths import known, share
from softq_ros.robot.contract import load_contract
from softq_ros.tasks.minimaze import Minimaze
from softq_ros.tasks.minitaur import MinitaurWalk
from softq_ros.tasks.multigoal import Multigoal
from softq_ros.tasks.pusher import Pusher
from softq_ros.tasks.sawyer import SawyerPose
from softq_ros.tasks.sawyer_avoid import SawyerAvoid
from softq_ros.tasks.swimmer import SwimmerFinish, SwimmerSpeed
from softq_ros.tasks.task import Task

KINDS = {'minimaze': Minimaze, 'minitaur_walk': MinitaurWalk, 'multigoal': Multigoal,
         'pusher': Pusher, 'sawyer_avoid': SawyerAvoid, 'sawyer_pose': SawyerPose,
         'swimmer_finish': SwimmerFinish, 'swimmer_speed': SwimmerSpeed}
NOT_ZERO = ('horizon', 'fine_error', 'precision', 'margin', 'heading_limit_deg')
SHARES = ('least_upright', 'held_share')
ABOVE_ZERO, SHARE, NOT_NEGATIVE = 'above 0', 'from 0 to 1', '0 or more'  # what numbers may be


def task_names() -> list[str]:
    """Return the names of all tasks."""
    return known('config/tasks')


def task_configuration(name: str) -> dict:
    """
    Return the sections of a task's file: ``task``, ``learning``.

    :raises ConfigurationError: when there is no such task; it lists those there are.
    """
    if name not in task_names():
        raise ConfigurationError(f'unknown task: {accepted(name, task_names())}')
    return yaml.safe_load(share('config', 'tasks', f'{name}.yaml').read_text())


def _check_option(where: str, value: object, default: object, choices: tuple[str, ...],
                  bounds: str) -> None:
    if choices:
        if value not in choices:
            raise ConfigurationError(f'{where}: {accepted(str(value), choices)}')
    elif isinstance(value, bool) or isinstance(default, bool):
        if type(value) is not type(default):
            raise ConfigurationError(f'{where}: got {value!r}; accepted: as {default}')
    else:
        _check_number(where, value, default, bounds)


def _check_number(where: str, value: object, default: object, bounds: str) -> None:
    try:
        given, known_good = np.array(value), np.array(default)
    except ValueError as error:
        raise ConfigurationError(f'{where}: got {value!r}; accepted: as {default}') from error
    kinds = 'iu' if known_good.dtype.kind == 'i' else 'iuf'
    if given.shape != known_good.shape or given.dtype.kind not in kinds:
        raise ConfigurationError(f'{where}: got {value!r}; accepted: as {default}')
    if not np.isfinite(given).all():
        raise ConfigurationError(f'{where}: got {value!r}; accepted: finite numbers')
    if given.ndim == 0 and (given < 0 or (given == 0 and bounds == ABOVE_ZERO)
                            or (given > 1 and bounds == SHARE)):
        raise ConfigurationError(f'{where}: got {value!r}; accepted: {bounds}')


def read_options(words: Iterable[str]) -> dict:
    """
    Return what words such as ``fit=press`` say; values are read as in YAML files.

    :raises ConfigurationError: for a word without name or value, or a value that cannot be read.
    """
    found = {}
    for word in words:
        name, equals, text = word.partition('=')
        if not (name and equals and text):
            raise ConfigurationError(f'got {word!r}; accepted: NAME=VALUE')
        try:
            found[name] = yaml.safe_load(text)
        except yaml.YAMLError:
            raise ConfigurationError(f'{name}: got {text!r}; accepted: a value as in YAML '
                                     'files') from None
    return found


def words_of(name: str, options: dict) -> list[str]:
    """Return the options that differ from what a task's file says, as :func:`read_options`."""
    usual = task_configuration(name)['task'] if name in task_names() else {}
    told = {key: value for key, value in options.items() if value != usual.get(key)}
    return [f'{key}={value}' if isinstance(value, str) else
            f'{key}={json.dumps(value, separators=(",", ":"))}' for key, value in told.items()]


def load_task(name: str, options: dict | None = None) -> Task:
    """
    Build a task; its ``options`` say all that it was built from.

    :param options: of the ``task`` section, in place of what the file says.
    :raises ConfigurationError: for an unknown task or option, or a value that cannot replace it.
    """
    settings = task_configuration(name)['task']
    kind = KINDS[settings.pop('kind')]
    for key, value in (options or {}).items():
        if key not in settings:
            raise ConfigurationError(f'{name}: unknown option: {accepted(key, settings)}')
        if key != 'robot':
            bounds = ABOVE_ZERO if key in NOT_ZERO else SHARE if key in SHARES else NOT_NEGATIVE
            _check_option(f'{name}: {key}', value, settings[key], kind.CHOICES.get(key, ()),
                          bounds)
    settings |= options or {}
    task = kind(name, load_contract(str(settings['robot'])), settings)
    task.options = settings
    return task
