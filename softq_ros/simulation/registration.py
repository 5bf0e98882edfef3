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
"""The names under which ``gymnasium.make`` finds the tasks."""
import gymnasium

from softq_ros.tasks.catalogue import task_names

ENTRY_POINT = 'softq_ros.simulation.environments:make_environment'


def environment_id(task_name: str) -> str:
    """Return the gymnasium name of a task: sawyer_reach becomes softq_ros/SawyerReach-v0."""
    words = ''.join(word.capitalize() for word in task_name.split('_'))
    return f'softq_ros/{words}-v0'


def register_environments() -> None:
    """Register every task of ``config/tasks``; a second call changes nothing."""
    for name in task_names():
        if environment_id(name) not in gymnasium.registry:
            gymnasium.register(environment_id(name), entry_point=ENTRY_POINT,
                               kwargs={'task_name': name})
