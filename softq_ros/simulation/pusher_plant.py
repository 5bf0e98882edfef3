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
"""The planar pusher: an arm, and a puck that is the object."""
import mujoco
import numpy as np

from softq_ros.robot.contract import RobotContract
from softq_ros.simulation.mujoco_plant import MujocoPlant


class PusherPlant(MujocoPlant):
    """
    A scene whose object slides on two joints.

    :param goal: where the middle of the goal's mark is drawn, x and y [m].
    """

    def __init__(self, scene: str, contract: RobotContract, goal: np.ndarray) -> None:
        """Load the scene."""
        def draw(spec: mujoco.MjSpec) -> None:
            mark = next(geom for geom in spec.geoms if geom.name == 'goal')
            mark.pos[:2] = goal

        super().__init__(scene, contract, draw, object_site='puck')
        slides = [self.model.joint(name) for name in ('puck_x', 'puck_y')]
        self._slides = np.concatenate([slide.qposadr for slide in slides])
        self._slide_velocities = np.concatenate([slide.dofadr for slide in slides])

    def place_object(self, position: np.ndarray, quaternion: np.ndarray | None) -> None:
        """Put the puck at rest somewhere in the plane; it does not turn."""
        self.data.qpos[self._slides] = position[:2]
        self.data.qvel[self._slide_velocities] = 0.0
