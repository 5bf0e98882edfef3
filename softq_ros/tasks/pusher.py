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
"""The planar pusher of the composition experiment (Haarnoja et al., 2018), as in its code."""
from collections.abc import Sequence

import numpy as np

from softq_ros.errors import ConfigurationError
from softq_ros.records import Field, Judgement, Past, Sensors, Spec, Start
from softq_ros.robot.contract import RobotContract
from softq_ros.robot.rotations import rotation_matrix
from softq_ros.tasks.task import Task

DRAWS = 10_000  # of a start, before it is called impossible
FORK = ('fork x', 'fork y')
PUCK = ('puck x', 'puck y')


class Pusher(Task):
    """
    Push a puck to a goal of which one axis or both count.

    ``goal`` is the middle of what counts, a point or a line [m].
    Heights and the puck's turn never change and are not observed.

    :param settings: the numbers of ``config/tasks/<name>.yaml``.
    """

    needs_tool_pose = True
    needs_object_pose = True

    def __init__(self, name: str, contract: RobotContract, settings: dict) -> None:
        """Take the numbers of the configuration."""
        super().__init__(name, contract, settings['horizon'])
        self._settings = settings
        self._counted = np.array(settings['counted'], bool)
        if not self._counted.any():
            raise ConfigurationError(f'{name}: counted is {settings["counted"]}; accepted: a 1 '
                                     'for x or y or both')
        self.goal = np.where(self._counted, np.array(settings['goal'], float), 0.0)
        self._box = np.array([settings['puck_x'], settings['puck_y']], float).T
        self._empty = np.array(settings['puck_not_at'], float)
        farthest = np.linalg.norm(np.abs(self._box - self._empty).max(0))
        if settings['puck_not_within'] >= farthest:
            raise ConfigurationError(f'{name}: puck_not_within is {settings["puck_not_within"]}; '
                                     f'accepted: below {farthest:.3f}, which leaves no place')
        self._spec = self._make_spec()

    def _make_spec(self) -> Spec:
        contract = self.contract
        rows = [Field(joint, 'rad', low, high) for joint, low, high in zip(
            contract.joints, contract.position_lower, contract.position_upper)]
        rows += [Field(f'{joint} velocity', 'rad/s') for joint in contract.joints]
        return Spec((*rows, *(Field(name, 'm') for name in FORK + PUCK)))

    @property
    def observation_spec(self) -> Spec:
        """Return joints, velocities, fork and puck."""
        return self._spec

    def start(self, rng: np.random.Generator) -> Start:
        """
        Draw the puck in its box but off one corner: the arm at rest, or the fork around it.

        :raises ConfigurationError: when none of ten thousand draws puts it there.
        """
        draw = self._held if rng.random() < self._settings['held_share'] else self._apart
        for _ in range(DRAWS):
            joints, puck = draw(rng)
            if self._may_lie(puck):
                return Start(joints, np.array([*puck, 0.0]))
        raise ConfigurationError(f'{self.name}: {DRAWS} draws put no puck in puck_x '
                                 f'{self._settings["puck_x"]} and puck_y '
                                 f'{self._settings["puck_y"]}; accepted: a larger box, or a '
                                 f'held_spread above {self._settings["held_spread"]}')

    def _apart(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        return self._joints('start_spread', rng), rng.uniform(*self._box)

    def _held(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        joints = self._joints('held_spread', rng)
        fork, quaternion = self.contract.chain.pose(joints)
        ahead = rotation_matrix(quaternion)[:2, 0]
        return joints, fork[:2] + self._settings['held_at'] * ahead

    def _joints(self, spread: str, rng: np.random.Generator) -> np.ndarray:
        rest, away = self.contract.reset_pose, self._settings[spread]
        return rest + rng.uniform(-away, away, rest.shape)

    def _may_lie(self, puck: np.ndarray) -> bool:
        low, high = self._box
        return bool((low <= puck).all() and (puck <= high).all() and np.linalg.norm(
            puck - self._empty) >= self._settings['puck_not_within'])

    def observe(self, sensors: Sensors, past: Sequence[Past] = ()) -> np.ndarray:
        """Return the ten numbers that the specification names."""
        return np.concatenate([sensors.position, sensors.velocity, sensors.tool_position[:2],
                               sensors.object_position[:2]]).astype(np.float32)

    def sensors_of(self, observation: np.ndarray) -> Sensors:
        """Return what an observation shows; heights are zero."""
        position, velocity, fork, puck = np.split(np.asarray(observation, float), (3, 6, 8))
        return Sensors(0, self.contract.joints, position, velocity, np.zeros(3),
                       np.array([*fork, 0.0]), None, np.array([*puck, 0.0]))

    def distance(self, sensors: Sensors) -> float:
        """Return how far the puck is from the goal along the axes that count [m]."""
        away = sensors.object_position[:2] - self.goal
        return float(np.linalg.norm(away[self._counted]))

    def outcome(self, first: Sensors, last: Sensors, duration_sec: float) -> dict[str, float]:
        """Return how far the puck ended from the goal, and where [m]."""
        x, y = last.object_position[:2].tolist()
        return {'distance': self.distance(last), PUCK[0]: x, PUCK[1]: y}

    def judge(self, before: Sensors, action: np.ndarray, sensors: Sensors) -> Judgement:
        """Return -c |a|^2 - k |fork - puck| - distance."""
        action, distance = np.asarray(action, np.float64), self.distance(sensors)
        apart = float(np.linalg.norm(sensors.tool_position[:2] - sensors.object_position[:2]))
        reward = -self._settings['action_cost'] * float(action @ action) - distance
        reward -= self._settings['fork_cost'] * apart
        return Judgement(reward, False, distance < self._settings['success_distance'])
