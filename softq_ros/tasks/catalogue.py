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
ABOVE_ZERO = 'above 0'


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


def _check_number(where: str, value: object, default: object, least: str) -> None:
    try:
        given, known_good = np.array(value), np.array(default)
    except ValueError as error:
        raise ConfigurationError(f'{where}: got {value!r}; accepted: as {default}') from error
    kinds = 'iu' if known_good.dtype.kind == 'i' else 'iuf'
    if given.shape != known_good.shape or given.dtype.kind not in kinds:
        raise ConfigurationError(f'{where}: got {value!r}; accepted: as {default}')
    if not np.isfinite(given).all():
        raise ConfigurationError(f'{where}: got {value!r}; accepted: finite numbers')
    if given.ndim == 0 and (given < 0 or (given == 0 and least == ABOVE_ZERO)):
        raise ConfigurationError(f'{where}: got {value!r}; accepted: {least}')


def load_task(name: str, overrides: dict | None = None) -> Task:
    """
    Build a task.

    :param overrides: numbers of the ``task`` section to replace.
    :raises ConfigurationError: for an unknown task or number, or a value that cannot replace it.
    """
    settings = task_configuration(name)['task']
    replaceable = settings.keys() - {'kind'}
    for key, value in (overrides or {}).items():
        if key not in replaceable:
            raise ConfigurationError(f'{name}: unknown number: {accepted(key, replaceable)}')
        if key != 'robot':
            least = ABOVE_ZERO if key in NOT_ZERO else '0 or more'
            _check_number(f'{name}: {key}', value, settings[key], least)
    settings = settings | (overrides or {})
    return KINDS[settings['kind']](name, load_contract(str(settings['robot'])), settings)
