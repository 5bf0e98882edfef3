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
"""Which plant stands for the robot of a task."""
from softq_ros.robot.contract import RobotContract
from softq_ros.simulation.mujoco_plant import MujocoPlant
from softq_ros.simulation.plant import Plant
from softq_ros.simulation.point import PointPlant
from softq_ros.tasks.task import Task

SCENES = {'sim_sawyer': 'sawyer'}


def make_plant(task: Task) -> Plant:
    """Build the plant of a task; its scene bears the task's name."""
    contract: RobotContract = task.contract
    if contract.name == 'point':
        return PointPlant(contract)
    return MujocoPlant(f'{SCENES[contract.name]}/{task.name}.xml', contract)
