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
"""Where an episode of the Sawyer begins: the target, the joints, what varies in the plant."""
from collections.abc import Callable
from functools import partial
import math

import numpy as np

from softq_ros.errors import ConfigurationError
from softq_ros.records import Start
from softq_ros.robot.contract import RobotContract
from softq_ros.robot.inverse import joints_at
from softq_ros.robot.rotations import product, turn_about
from softq_ros.tasks.sawyer_shape import above_table, Shape

DRAWS = 10_000  # of joints, before a start is called impossible; about one in forty is one
VARIED = ('friction', 'damping')


class SawyerStarts:
    """
    Draws starts as the options ``target``, ``start`` and ``randomise`` say.

    :param settings: the options of the task.
    """

    def __init__(self, contract: RobotContract, settings: dict) -> None:
        """Take the numbers of the configuration."""
        self._contract, self._settings = contract, settings
        self._middle = np.array(settings['start_pose'], float)
        self._target = np.array(settings['target_position'], float)
        quaternion = np.array(settings['target_quaternion'], float)
        self._turn = quaternion / np.linalg.norm(quaternion)
        self._shape = Shape(contract.chain) if settings['start'] == 'anywhere' else None

    def draw(self, rng: np.random.Generator) -> Start:
        """Draw one; a target that is fixed is not in it."""
        place, turn = self._draw_target(rng)
        joints = self._draw_joints(rng, place, turn)
        variation = self._draw_variation(rng) if self._settings['randomise'] else None
        seat = (place, turn) if self._settings['target'] != 'fixed' else (None, None)
        return Start(joints, *seat, variation)

    def _draw_target(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        settings = self._settings
        if settings['target'] == 'fixed':
            return self._target, self._turn
        x, y, yaw = rng.uniform(*np.array(settings[f'{settings["target"]}_target'], float).T)
        turn = product(turn_about(2, math.radians(yaw)), self._turn)
        return np.array([x, y, self._target[2]]), turn

    def _draw_joints(self, rng: np.random.Generator, place: np.ndarray, turn: np.ndarray
                     ) -> np.ndarray:
        box, size = self._settings['start_box'], self._middle.size
        if self._settings['start'] == 'anywhere':
            return self._draw_anywhere(rng)
        if self._settings['start'] == 'above':
            above = place + (0.0, 0.0, self._settings['start_above'])
            middle = joints_at(self._contract.chain, above, turn, self._middle)
            return self._first(lambda: middle + rng.uniform(-box, box, size), 'start_box',
                               partial(above_table, self._contract.chain))
        return self._middle + rng.uniform(-box, box, size)

    def _draw_anywhere(self, rng: np.random.Generator) -> np.ndarray:
        lower, upper = np.array(self._settings['start_tool'], float)
        limits = self._contract.position_lower, self._contract.position_upper

        def free(joints: np.ndarray) -> bool:
            tool = self._contract.chain.position(joints)
            return bool((tool >= lower).all() and (tool <= upper).all()
                        and self._shape.clear(joints))

        return self._first(lambda: rng.uniform(*limits), 'start_tool', free)

    def _first(self, draw: Callable[[], np.ndarray], option: str,
               free: Callable[[np.ndarray], bool]) -> np.ndarray:
        for _ in range(DRAWS):
            joints = draw()
            if free(joints):
                return joints
        raise ConfigurationError(f'{option}: none of {DRAWS} starts within '
                                 f'{self._settings[option]} is free of contact; accepted: a box '
                                 'that leaves room')

    def _draw_variation(self, rng: np.random.Generator) -> dict[str, float]:
        return {name: float(rng.uniform(*self._settings[f'{name}_factor'])) for name in VARIED}
