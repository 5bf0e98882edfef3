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
"""An arm in MuJoCo that follows velocities, positions or torques in real time."""
import mujoco
import numpy as np

STIFFNESS = 50.0  # 1/s; how fast the drives' own loop takes up a position error
MOST_LAG = 0.05  # s; physics that is later than this gives up what it missed


class Arm:
    """
    A scene whose velocity drives carry the joints' names.

    :param interface: ``velocity``, ``position`` or ``effort``: what ``write`` takes.
    :param tool: site that is the tool's frame.
    """

    def __init__(self, scene: str, interface: str, pose: np.ndarray, tool: str) -> None:
        """Stand at a pose ``(J,)`` [rad]."""
        self.model = mujoco.MjModel.from_xml_path(scene)
        self.data = mujoco.MjData(self.model)
        self.joints = [self.model.actuator(i).name for i in range(self.model.nu)]
        self._positions = [int(self.model.joint(j).qposadr[0]) for j in self.joints]
        self._velocities = [int(self.model.joint(j).dofadr[0]) for j in self.joints]
        self._tool = self.model.site(tool).id
        self._interface = interface
        mujoco.set_mju_user_warning(lambda text: None)  # or it would write a file where it runs
        self._drive()
        self.data.qpos[self._positions] = pose
        mujoco.mj_forward(self.model, self.data)
        self._simulated: float | None = None
        self._push: tuple[int, np.ndarray, float] | None = None
        self.rest()

    def _drive(self) -> None:
        gain = self.model.actuator_gainprm[:, 0].copy()
        if self._interface == 'position':
            self.model.actuator_gainprm[:, 0] = STIFFNESS * gain
            self.model.actuator_biasprm[:, 1] = -STIFFNESS * gain
        elif self._interface == 'effort':
            self.model.actuator_gainprm[:, 0] = 1.0
            self.model.actuator_biasprm[:] = 0.0

    def rest(self) -> None:
        """Write what keeps the arm where it is."""
        rest = self.position if self._interface == 'position' else np.zeros(len(self.joints))
        self.write(rest)

    def write(self, values: np.ndarray) -> None:
        """Hand values ``(J,)`` to the drives, whatever they are."""
        self.written = np.array(values, float)
        self.data.ctrl[:] = self.written

    def push(self, body: str, wrench: np.ndarray, until: float) -> None:
        """Pull at a body with force and torque ``(6,)`` [N, N m], base frame, until a time."""
        self._push = self.model.body(body).id, np.asarray(wrench, float), until

    def advance(self, now: float) -> None:
        """Step the physics up to a time [s]."""
        if self._simulated is None or now - self._simulated > MOST_LAG:
            self._simulated = now - self.model.opt.timestep
        self.data.xfrc_applied[:] = 0.0
        if self._push and now < self._push[2]:
            self.data.xfrc_applied[self._push[0]] = self._push[1]
        steps = int((now - self._simulated) / self.model.opt.timestep)
        if steps:
            mujoco.mj_step(self.model, self.data, steps)
            mujoco.mj_kinematics(self.model, self.data)
            self._simulated += steps * self.model.opt.timestep

    @property
    def position(self) -> np.ndarray:
        """Joint positions ``(J,)`` [rad]."""
        return self.data.qpos[self._positions]

    @property
    def velocity(self) -> np.ndarray:
        """Joint velocities ``(J,)`` [rad/s]."""
        return self.data.qvel[self._velocities]

    @property
    def effort(self) -> np.ndarray:
        """Torques of the drives ``(J,)`` [N m]."""
        return self.data.actuator_force.copy()

    @property
    def tool(self) -> tuple[np.ndarray, np.ndarray]:
        """Position ``(3,)`` [m] and quaternion ``(4,)`` w, x, y, z of the tool."""
        quaternion = np.empty(4)
        mujoco.mju_mat2Quat(quaternion, self.data.site_xmat[self._tool])
        return self.data.site_xpos[self._tool].copy(), quaternion
