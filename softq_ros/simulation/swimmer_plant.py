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
"""The three-link swimmer: the base is its front link."""
from dataclasses import replace

import mujoco
import numpy as np

from softq_ros.records import Sensors
from softq_ros.robot.contract import RobotContract
from softq_ros.simulation.mujoco_plant import MujocoPlant

ROOT = ('base_x', 'base_y', 'base_turn')


class SwimmerPlant(MujocoPlant):
    """
    Measures pose and velocity of the front link.

    :param finish: where the finish line is drawn [m], for a scene that has one.
    """

    def __init__(self, scene: str, contract: RobotContract, finish: float | None = None) -> None:
        """Load the scene."""
        def draw(spec: mujoco.MjSpec) -> None:
            if finish is not None:
                spec.body('finish').pos[0] = finish

        super().__init__(scene, contract, draw)
        self._root = np.concatenate([self.model.joint(name).dofadr for name in ROOT])

    def _measure(self) -> Sensors:
        front, velocity = self.data.body('front'), self.data.qvel[self._root]
        return replace(super()._measure(), base_position=front.xpos.copy(),
                       base_quaternion=front.xquat.copy(),
                       base_velocity=np.array([*velocity[:2], 0.0]),
                       base_angular_velocity=np.array([0.0, 0.0, velocity[2]]))
