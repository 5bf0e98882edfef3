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
"""Pictures of a plant, on a screen or off it."""
import os

import mujoco
import numpy as np

from softq_ros.errors import ConfigurationError

ARROW_LENGTH = 0.004  # m/N
ARROW_WIDTH = 0.015  # m
NOTE_PLACE = np.array([0.0, -0.3, -0.5])  # m, base frame
ORANGE = np.array([1.0, 0.5, 0.0, 1.0], np.float32)


class Renderer:
    """
    Draws a plant off screen.

    :param plant: with a MuJoCo ``model`` and ``data``.
    :raises ConfigurationError: when this machine has no OpenGL for it; names what to install.
    """

    def __init__(self, plant, width: int = 640, height: int = 480) -> None:
        """Make the OpenGL context."""
        try:
            self._renderer = mujoco.Renderer(plant.model, height, width)
        except Exception as error:  # the OpenGL loaders raise whatever they meet
            raise ConfigurationError(
                f'cannot render: {error}; install libegl1 (MUJOCO_GL=egl) or libosmesa6 '
                '(MUJOCO_GL=osmesa)') from error
        for flag in (mujoco.mjtRndFlag.mjRND_SHADOW, mujoco.mjtRndFlag.mjRND_REFLECTION):
            self._renderer.scene.flags[flag] = False  # without a GPU they take half of the time
        self._data = plant.data

    def draw(self, camera: str = 'overview', note: str = '') -> np.ndarray:
        """
        Return what a camera sees, ``(height, width, 3)`` uint8; pushes are arrows.

        :param note: a few words, written before the arm's base.
        """
        self._renderer.update_scene(self._data, camera)
        for body in np.flatnonzero(self._data.xfrc_applied[:, :3].any(1)):
            tip, force = self._data.xipos[body], self._data.xfrc_applied[body, :3]
            shown = self._add(mujoco.mjtGeom.mjGEOM_ARROW)
            mujoco.mjv_connector(shown, mujoco.mjtGeom.mjGEOM_ARROW, ARROW_WIDTH,
                                 tip - ARROW_LENGTH * force, tip)
            shown.label = f'{np.linalg.norm(force):.0f} N'
        if note:
            self._add(mujoco.mjtGeom.mjGEOM_LABEL).label = note
        return self._renderer.render().copy()

    def _add(self, kind: mujoco.mjtGeom) -> mujoco.MjvGeom:
        """Return one more shape of the scene, at the place of notes."""
        scene = self._renderer.scene
        shape = scene.geoms[scene.ngeom]
        mujoco.mjv_initGeom(shape, kind, np.zeros(3), NOTE_PLACE, np.eye(3).ravel(), ORANGE)
        scene.ngeom += 1
        return shape

    def close(self) -> None:
        """Let go of the context."""
        self._renderer.close()


def open_viewer(plant):
    """
    Open a window that follows the plant; call its ``sync()`` after each step.

    :raises ConfigurationError: when there is no display.
    """
    if not (os.environ.get('DISPLAY') or os.environ.get('WAYLAND_DISPLAY')):
        raise ConfigurationError('viewer: no display; accepted: DISPLAY set, or viewer:=false')
    from mujoco import viewer
    return viewer.launch_passive(plant.model, plant.data)
