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
"""The settings of one training: the algorithm's file, the task's on top, the command's last."""
import re

import yaml

from softq_ros.errors import accepted, ConfigurationError
from softq_ros.learning.settings import make_settings, Settings, SETTINGS
from softq_ros.paths import known, share
from softq_ros.tasks.catalogue import task_configuration

ALGORITHMS = tuple(SETTINGS)
ENVIRONMENT = re.compile(r'([\w.-]+:)?([\w.-]+/)?[\w.-]+-v\d+')


def is_environment(task: str) -> bool:
    """Return whether a task's name is the id of a gymnasium environment, as Pendulum-v1 is."""
    return ENVIRONMENT.fullmatch(task) is not None


def learning_section(task: str) -> dict:
    """
    Return what the file of a task or environment says of learning; an environment may have none.

    :raises ConfigurationError: for an unknown task.
    """
    if not is_environment(task):
        return task_configuration(task).get('learning', {})
    if task not in known('config/environments'):
        return {}
    return yaml.safe_load(share('config', 'environments', f'{task}.yaml').read_text())['learning']


def load_settings(algorithm: str, task: str, overrides: dict) -> Settings:
    """
    Return the settings of an algorithm on a task, or on a gymnasium environment.

    :raises ConfigurationError: for unknown names and values that are not accepted.
    """
    if algorithm not in ALGORITHMS:
        raise ConfigurationError(f'unknown algorithm: {accepted(algorithm, ALGORITHMS)}')
    values = yaml.safe_load(share('config', 'algorithms', f'{algorithm}.yaml').read_text())
    learning = learning_section(task)
    for_task = {k: v for k, v in learning.items() if k not in (*ALGORITHMS, 'sampling')}
    return make_settings(algorithm, values | for_task | learning.get(algorithm, {}) | overrides)


def deployed_sampling(task: str) -> str:
    """Return how a task's policies act when they are scored."""
    return learning_section(task).get('sampling', 'stochastic')
