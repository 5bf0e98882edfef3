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
"""A film of a policy at work."""
from pathlib import Path

import imageio.v2 as imageio
import numpy as np

from softq_ros.errors import ConfigurationError
from softq_ros.learning.actor import Actor
from softq_ros.records import Sensors
from softq_ros.robot.gate import Gate
from softq_ros.simulation.catalogue import make_plant
from softq_ros.simulation.mujoco_plant import MujocoPlant
from softq_ros.tasks.task import Task
from softq_ros.training.evaluation import run_episode
from softq_ros.training.interaction import Interaction
from softq_ros.training.seeds import episode_seed


def film(actor: Actor, task: Task, path: Path, episodes: int = 2, seed: int = 0,
         sampling: str = 'stochastic') -> None:
    """
    Write an mp4 of episodes, two cameras side by side, in real time.

    :raises ConfigurationError: when the plant has no picture or the machine no OpenGL.
    """
    from softq_ros.simulation.rendering import Renderer  # late: it settles how OpenGL is loaded
    plant = make_plant(task)
    if not isinstance(plant, MujocoPlant):
        raise ConfigurationError(f'no film of {task.name}: its plant has no picture')
    renderer = Renderer(plant, 480, 360)
    path.parent.mkdir(parents=True, exist_ok=True)
    interaction = Interaction(task, task.contract, episode_seed(seed, 'test', 2**31))
    with imageio.get_writer(path, fps=round(task.contract.control_rate), macro_block_size=8,
                            codec='libx264', quality=7) as writer:
        def watch(_: Sensors) -> None:
            writer.append_data(np.hstack([renderer.draw('overview'), renderer.draw('close')]))

        for episode in range(episodes):
            run_episode(interaction, plant, Gate(task.contract), task, actor, sampling, episode,
                        episode_seed(seed, 'test', episode), watch)
    renderer.close()
