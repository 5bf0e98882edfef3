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
"""What a policy of a point in the plane has learned, drawn as in the soft Q-learning paper."""
from pathlib import Path

import matplotlib

matplotlib.use('Agg')
from matplotlib import pyplot as plt  # noqa: E402, I100
import numpy as np  # noqa: E402

from softq_ros.errors import BundleError  # noqa: E402
from softq_ros.learning.actor import Actor  # noqa: E402
from softq_ros.records import Sensors  # noqa: E402
from softq_ros.robot.gate import Gate  # noqa: E402
from softq_ros.simulation.catalogue import make_plant  # noqa: E402
from softq_ros.tasks.task import Task  # noqa: E402
from softq_ros.training.evaluation import run_episode  # noqa: E402
from softq_ros.training.interaction import Interaction  # noqa: E402
from softq_ros.training.seeds import episode_seed  # noqa: E402

STATES = ((-2.5, 0.0), (0.0, 0.0), (2.5, 2.5))  # of figure 2 of the authors' code
LEVELS = 30
DRAWS = 200


def paths(actor: Actor, task: Task, episodes: int, seed: int) -> list[np.ndarray]:
    """Return the positions of test episodes, ``(steps + 1, 2)`` each."""
    plant, gate = make_plant(task), Gate(task.contract)
    interaction = Interaction(task, task.contract, episode_seed(seed, 'test', 2**31))
    found = []
    for episode in range(episodes):
        start = episode_seed(seed, 'test', episode)
        path = [task.start(np.random.default_rng(start)).position]
        run_episode(interaction, plant, gate, task, actor, 'stochastic', episode, start,
                    lambda sensors, _, path=path: path.append(sensors.position))
        found.append(np.array(path))
    return found


def rewards(task: Task, grid: np.ndarray) -> np.ndarray:
    """Return the reward of standing still at each point of a grid, ``(G, G)``."""
    still = np.zeros(2)

    def reward(x: float, y: float) -> float:
        sensors = Sensors(0, task.contract.joints, np.array([x, y]), still, still)
        return task.judge(sensors, still, sensors).reward

    return np.array([[reward(x, y) for x in grid] for y in grid])


def action_values(actor: Actor, state: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Return Q of every action of a grid in one state, ``(G, G)``."""
    actions = np.stack(np.meshgrid(grid, grid), -1).reshape(-1, 2).astype(np.float32)
    return actor.q(state, actions).reshape(len(grid), len(grid))


def draw_landscape(actor: Actor, task: Task, out: Path, episodes: int = 50,
                   seed: int = 0) -> None:
    """
    Draw paths over the reward, and Q with drawn actions in three states (SQL paper, figure 3).

    :raises BundleError: for a policy whose robot is no point in the plane.
    """
    if task.observation_spec.size != 2 or task.action_spec.size != 2:
        raise BundleError(f'{task.name} has {task.observation_spec.size} observations and '
                          f'{task.action_spec.size} actions; accepted: 2 and 2')
    figure, axes = plt.subplots(1, 1 + len(STATES), figsize=(16, 4.2), constrained_layout=True)
    grid = np.linspace(task.contract.position_lower[0], task.contract.position_upper[0], 101)
    axes[0].contour(grid, grid, rewards(task, grid), LEVELS, linewidths=0.6, cmap='Greys_r')
    for path in paths(actor, task, episodes, seed):
        axes[0].plot(*path.T, color='tab:blue', linewidth=0.8, alpha=0.6)
    axes[0].set(title=f'{episodes} test episodes over the reward', xlabel='x [m]', ylabel='y [m]')
    rng, grid = np.random.default_rng(seed), np.linspace(-1, 1, 81)
    for axis, state in zip(axes[1:], np.array(STATES, np.float32)):
        axis.contour(grid, grid, action_values(actor, state, grid), LEVELS, linewidths=0.6)
        axis.plot(*actor.draw(state, DRAWS, rng).T, '.', color='tab:red', markersize=3)
        axis.set(title=f'Q and {DRAWS} actions at ({state[0]:g}, {state[1]:g})',
                 xlabel='action x', ylabel='action y', xlim=(-1, 1), ylim=(-1, 1))
    for axis in axes:
        axis.set_aspect('equal')
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=120)
    plt.close(figure)
