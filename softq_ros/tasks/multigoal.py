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
"""The multi-goal problem of the soft Q-learning paper (section 5.1), as in the authors' code."""
from collections.abc import Sequence

import numpy as np

from softq_ros.records import Field, Judgement, Past, Sensors, Spec, Start
from softq_ros.robot.contract import RobotContract
from softq_ros.tasks.task import Task


class Multigoal(Task):
    """
    A point in the plane and four goals around it.

    :param goals: their positions [m]
    :param settings: the numbers of ``config/tasks/multigoal.yaml``.
    """

    joint_count = 2

    def __init__(self, name: str, contract: RobotContract, settings: dict) -> None:
        """Take the numbers of the configuration."""
        super().__init__(name, contract, settings['horizon'])
        self._goals = np.array(settings['goals'], float)
        self._radius = settings['goal_radius']
        self._spread = settings['start_spread']
        self._cost, self._bonus = settings['action_cost'], settings['goal_bonus']
        self.modes = tuple(f'goal {x:g} {y:g}' for x, y in self._goals)

    @property
    def observation_spec(self) -> Spec:
        """Return the position."""
        return Spec(tuple(Field(joint, 'm', low, high) for joint, low, high in zip(
            self.contract.joints, self.contract.position_lower, self.contract.position_upper)))

    def start(self, rng: np.random.Generator) -> Start:
        """Draw a position around the middle, N(0, spread^2)."""
        return Start(rng.normal(0.0, self._spread, 2))

    def observe(self, sensors: Sensors, past: Sequence[Past] = ()) -> np.ndarray:
        """Return the position."""
        return sensors.position.astype(np.float32)

    def _squared_distances(self, sensors: Sensors) -> np.ndarray:
        return np.square(self._goals - sensors.position).sum(1)

    def judge(self, before: Sensors, action: np.ndarray, sensors: Sensors) -> Judgement:
        """Return -30 |a|^2 - min d^2, plus a bonus at a goal, which ends the world."""
        nearest = float(self._squared_distances(sensors).min())
        there = nearest < self._radius**2
        action = np.asarray(action, np.float64)
        reward = -self._cost * float(action @ action) - nearest + self._bonus * there
        return Judgement(reward, there, there)

    def mode(self, sensors: Sensors) -> int | None:
        """Return the goal that was reached."""
        distances = self._squared_distances(sensors)
        return int(distances.argmin()) if distances.min() < self._radius**2 else None
