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
"""A point in the plane, two passages to a goal, and the tempting one may be closed."""
from collections.abc import Sequence
import math

import numpy as np

from softq_ros.records import Field, Judgement, Past, Sensors, Spec, Start
from softq_ros.robot.contract import RobotContract
from softq_ros.tasks.task import Task


class Minimaze(Task):
    """
    Go to a goal behind a block, past it above or below.

    Its sensors say as position of the object where the point last came through a door; a door
    that is closed is a wall.

    :param settings: the numbers of ``config/tasks/minimaze.yaml``.
    """

    CHOICES = {'wall': ('open', 'upper', 'lower')}
    joint_count = 2
    modes = ('upper', 'lower')

    def __init__(self, name: str, contract: RobotContract, settings: dict) -> None:
        """Take the numbers of the configuration."""
        super().__init__(name, contract, settings['horizon'])
        self._settings = settings
        self._start, self._goal = np.array(settings['start']), np.array(settings['goal'])
        self.doors = np.array([settings[f'{mode}_door'] for mode in self.modes], float)
        self.walls = np.array(settings['walls'], float)
        if settings['wall'] in self.modes:
            closed = self.doors[self.modes.index(settings['wall'])]
            self.walls = np.concatenate([self.walls, closed[np.newaxis]])

    @property
    def observation_spec(self) -> Spec:
        """Return the position."""
        corners = self.walls.reshape(-1, 2)
        return Spec(tuple(Field(joint, 'm', low, high) for joint, low, high in zip(
            self.contract.joints, corners.min(0), corners.max(0))))

    def start(self, rng: np.random.Generator) -> Start:
        """Draw a position in a box around the start."""
        spread = self._settings['start_spread']
        return Start(self._start + rng.uniform(-spread, spread, 2))

    def observe(self, sensors: Sensors, past: Sequence[Past] = ()) -> np.ndarray:
        """Return the position."""
        return sensors.position.astype(np.float32)

    def judge(self, before: Sensors, action: np.ndarray, sensors: Sensors) -> Judgement:
        """Return exp(-d^2 / 2 w^2) - c |a|^2."""
        action, settings = np.asarray(action, np.float64), self._settings
        distance = float(np.linalg.norm(sensors.position - self._goal))
        reward = math.exp(-0.5 * (distance / settings['goal_width'])**2)
        reward -= settings['action_cost'] * float(action @ action)
        return Judgement(reward, False, distance < settings['success_distance'])

    def mode(self, sensors: Sensors) -> int | None:
        """Return which door the point came through last."""
        if sensors.object_position is None:
            return None
        away = np.abs(self.doors - sensors.object_position[:2]).sum((1, 2))
        return int(away.argmin())
