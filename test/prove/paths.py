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
"""Where policies go in the maze, drawn from above."""
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np

from softq_ros.policies.bundle import load_bundle
from softq_ros.robot.gate import Gate
from softq_ros.simulation.catalogue import make_plant
from softq_ros.tasks.minimaze import Minimaze
from softq_ros.training.evaluation import run_episode
from softq_ros.training.interaction import Interaction
from softq_ros.training.seeds import episode_seed

matplotlib.use('Agg')


def walked(policy: Path, wall: str, episodes: int, seed: int) -> tuple[Minimaze, list]:
    """Return the task and where a policy was after each step, ``(T, 2)`` of each episode [m]."""
    bundle = load_bundle(policy)
    task = bundle.task({'wall': wall})
    plant, gate, actor = make_plant(task), Gate(task.contract), bundle.actor()
    interaction = Interaction(task, task.contract, episode_seed(seed, 'test', 2**31))
    paths = []
    for episode in range(episodes):
        places = []
        run_episode(interaction, plant, gate, task, actor, 'stochastic', episode,
                    episode_seed(seed, 'test', episode),
                    lambda sensors, _: places.append(sensors.position.copy()))
        paths.append(np.array(places))
    plant.close()
    return task, paths


def draw_paths(panels: dict[str, tuple[Path, str]], episodes: int, seed: int, out: Path) -> str:
    """
    Draw a panel for each title, its policy and what is closed; return the page's words.

    What was drawn before stays where a policy is missing, as of a training that was restored.
    """
    words = (f'![paths through the maze](../images/{out.name})\n\n{episodes} episodes of the '
             'first training of each.')
    found = {title: walked(policy, wall, episodes, seed)
             for title, (policy, wall) in panels.items() if policy.exists()}
    if len(found) < len(panels):
        return words if out.exists() else ''
    figure, axes = plt.subplots(1, len(found), figsize=(3.2 * len(found), 2.6), squeeze=False,
                                constrained_layout=True)
    for axis, (title, (task, paths)) in zip(axes[0], found.items()):
        for ends in task.walls:
            axis.plot(*ends.T, color='black', linewidth=2)
        for path in paths:
            axis.plot(*path.T, linewidth=0.7, alpha=0.6)
        axis.set(title=title, aspect='equal', xticks=[], yticks=[])
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=80)
    plt.close(figure)
    return words
