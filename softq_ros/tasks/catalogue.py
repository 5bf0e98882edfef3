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
import numpy as np
import yaml

from softq_ros.errors import accepted, ConfigurationError
from softq_ros.paths import known, share
from softq_ros.robot.contract import load_contract
from softq_ros.tasks.multigoal import Multigoal
from softq_ros.tasks.sawyer import SawyerPose
from softq_ros.tasks.task import Task

KINDS = {'multigoal': Multigoal, 'sawyer_pose': SawyerPose}
NOT_ZERO = ('horizon', 'fine_error', 'precision')


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


def _numbers(value: object) -> np.ndarray:
    try:
        return np.array(value)
    except ValueError:  # rows of different length
        return np.array(None)


def _replacement(where: str, key: str, value: object, default: object) -> object:
    """Return a value that may stand in for the file's: same kind, same shape, finite."""
    if isinstance(default, str):
        choices = KINDS if key == 'kind' else [default] if not isinstance(value, str) else [value]
        if value not in choices:
            raise ConfigurationError(f'{where}: {key}: {accepted(value, choices)}')
        return value
    given, known_good = _numbers(value), np.array(default)
    kinds = 'iu' if known_good.dtype.kind == 'i' else 'iuf'
    if given.shape != known_good.shape or given.dtype.kind not in kinds:
        raise ConfigurationError(f'{where}: {key}: got {value!r}; accepted: numbers as {default}')
    if not np.isfinite(given).all():
        raise ConfigurationError(f'{where}: {key}: got {value!r}; accepted: finite numbers')
    if given.ndim == 0 and (given < 0 or (given == 0 and key in NOT_ZERO)):
        least = 'above 0' if key in NOT_ZERO else '0 or more'
        raise ConfigurationError(f'{where}: {key}: got {value!r}; accepted: {least}')
    return value


def load_task(name: str, overrides: dict | None = None) -> Task:
    """
    Build a task.

    :param overrides: numbers of the ``task`` section to replace.
    :raises ConfigurationError: for an unknown task or number, or a value that cannot replace it.
    """
    settings = task_configuration(name)['task']
    for key in overrides or {}:
        if key not in settings:
            raise ConfigurationError(f'{name}: unknown number: {accepted(key, settings)}')
    settings = settings | {key: _replacement(name, key, value, settings[key])
                           for key, value in (overrides or {}).items()}
    return KINDS[settings['kind']](name, load_contract(settings['robot']), settings)
