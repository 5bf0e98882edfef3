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
import yaml

from softq_ros.errors import accepted, ConfigurationError
from softq_ros.paths import known, share
from softq_ros.robot.contract import load_contract
from softq_ros.tasks.multigoal import Multigoal
from softq_ros.tasks.sawyer import SawyerPose
from softq_ros.tasks.task import Task

KINDS = {'multigoal': Multigoal, 'sawyer_pose': SawyerPose}


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


def load_task(name: str, overrides: dict | None = None) -> Task:
    """
    Build a task.

    :param overrides: numbers of the ``task`` section to replace.
    :raises ConfigurationError: for an unknown task or number.
    """
    settings = task_configuration(name)['task']
    for key in overrides or {}:
        if key not in settings:
            raise ConfigurationError(f'{name}: unknown number: {accepted(key, settings)}')
    settings = settings | (overrides or {})
    return KINDS[settings['kind']](name, load_contract(settings['robot']), settings)
