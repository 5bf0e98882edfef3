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
from contextlib import closing
from pathlib import Path

import imageio.v2 as imageio
import numpy as np

from softq_ros.errors import ConfigurationError
from softq_ros.learning.actor import Actor
from softq_ros.robot.gate import Gate
from softq_ros.simulation.catalogue import make_plant
from softq_ros.simulation.plant import Plant
from softq_ros.tasks.task import Controller, Task
from softq_ros.training.evaluation import run_episode
from softq_ros.training.interaction import Interaction
from softq_ros.training.perturbed import run_trial
from softq_ros.training.scenarios import Scenario
from softq_ros.training.seeds import episode_seed
from softq_ros.training.trial import Trial

GREEN, GREY, ORANGE = (40, 170, 70), (90, 90, 90), (230, 120, 20)
BAR = 10  # pixels
MOST_FRAMES = 10  # a second


class Film:
    """
    An mp4 of a plant, two cameras side by side, in real time; a bar says how the task stands.

    :raises ConfigurationError: when the plant has no picture or the machine no OpenGL.
    """

    def __init__(self, task: Task, plant: Plant, path: Path) -> None:
        """Open the file."""
        from softq_ros.simulation.rendering import Renderer  # late: it settles how OpenGL loads
        if not hasattr(plant, 'model'):
            raise ConfigurationError(f'no film of {task.name}: its plant has no picture')
        self._renderer = Renderer(plant, 480, 360)
        path.parent.mkdir(parents=True, exist_ok=True)
        rate = task.contract.control_rate
        self._every, self._steps = max(1, round(rate / MOST_FRAMES)), 0
        self._writer = imageio.get_writer(path, fps=rate / self._every, macro_block_size=8,
                                          codec='libx264', quality=7)

    def add(self, success: bool, disturbed: str = '') -> None:
        """
        Add what the cameras see.

        :param disturbed: words on a disturbance that the robot has not recovered from.
        """
        self._steps += 1
        if self._steps % self._every:
            return
        note = disturbed or ('success' if success else '')
        frame = np.hstack([self._renderer.draw('overview', note), self._renderer.draw('close')])
        frame[:BAR] = GREEN if success else ORANGE if disturbed else GREY
        self._writer.append_data(frame)

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()
        self._renderer.close()


def film(actor: Actor | Controller, task: Task, path: Path, episodes: int = 2, seed: int = 0,
         sampling: str = 'stochastic') -> None:
    """
    Write an mp4 of episodes.

    :raises ConfigurationError: when the plant has no picture or the machine no OpenGL.
    """
    plant = make_plant(task)
    interaction = Interaction(task, task.contract, episode_seed(seed, 'test', 2**31))
    with closing(Film(task, plant, path)) as made:
        for episode in range(episodes):
            run_episode(interaction, plant, Gate(task.contract), task, actor, sampling, episode,
                        episode_seed(seed, 'test', episode),
                        lambda _, success: made.add(success))


def film_perturbed(actor: Actor | Controller, task: Task, scenario: Scenario, path: Path,
                   seed: int = 0, sampling: str = 'stochastic') -> None:
    """
    Write an mp4 of the first event of one episode for each kind.

    :raises ConfigurationError: when the plant has no picture or the machine no OpenGL.
    """
    plant = make_plant(task)
    interaction = Interaction(task, task.contract, episode_seed(seed, 'test', 2**31))
    with closing(Film(task, plant, path)) as made:
        def watch(trial: Trial, success: bool) -> None:
            made.add(success, trial.current.title if trial.current else '')

        for episode in range(len(scenario.events)):
            trial = Trial(scenario.plan(seed, episode)[:1], scenario.settle_sec)
            run_trial(trial, interaction, plant, Gate(task.contract), task, actor, sampling,
                      episode, episode_seed(seed, 'test', episode), watch)
