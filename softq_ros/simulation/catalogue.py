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
from functools import partial

from softq_ros.simulation.maze import MazePlant
from softq_ros.simulation.mujoco_plant import MujocoPlant
from softq_ros.simulation.plant import Plant
from softq_ros.simulation.point import PointPlant
from softq_ros.simulation.pusher_plant import PusherPlant
from softq_ros.simulation.quadruped_plant import QuadrupedPlant
from softq_ros.simulation.sawyer_scene import adapt
from softq_ros.simulation.swimmer_plant import SwimmerPlant
from softq_ros.tasks.task import Task

SAWYER_SCENES = dict.fromkeys(('sawyer_stack_torque', 'sawyer_avoid', 'sawyer_stack_avoid'),
                              'sawyer_stack')  # one scene, several tasks


def make_plant(task: Task) -> Plant:
    """Build the plant of a task; its scene bears the task's name."""
    return PLANTS.get(task.contract.name, _sawyer)(task)


def _maze(task: Task) -> MazePlant:
    return MazePlant(task.contract, task.walls, task.doors)


def _pusher(task: Task) -> PusherPlant:
    return PusherPlant(f'pusher/{task.name}.xml', task.contract, task.goal)


def _swimmer(task: Task) -> SwimmerPlant:
    return SwimmerPlant(f'swimmer/{task.name}.xml', task.contract, task.options.get('finish'))


def _minitaur(task: Task) -> QuadrupedPlant:
    options = task.options
    return QuadrupedPlant(task.contract, options['terrain'], options['terrain_size'],
                          options['latency_sec'], options['sensor_noise'])


def _sawyer(task: Task) -> MujocoPlant:
    scene = SAWYER_SCENES.get(task.name, task.name)
    return MujocoPlant(f'sawyer/{scene}.xml', task.contract,
                       partial(adapt, interface=task.contract.interface, options=task.options),
                       'seat' if task.needs_object_pose else '',
                       task.options.get('delay_steps', 0))


PLANTS = {'maze_point': _maze, 'point': lambda task: PointPlant(task.contract),
          'sim_minitaur': _minitaur, 'sim_pusher': _pusher, 'sim_swimmer': _swimmer}
