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
"""A robot in MuJoCo, everything found by name."""
import mujoco
import numpy as np

from softq_ros.errors import accepted, ConfigurationError, PlantFault
from softq_ros.paths import share
from softq_ros.records import Sensors, Start
from softq_ros.robot.contract import RobotContract


def _identity(model: mujoco.MjModel, kind: mujoco.mjtObj, name: str) -> int:
    found = mujoco.mj_name2id(model, kind, name)
    if found < 0:
        names = [mujoco.mj_id2name(model, kind, i) for i in range(
            {mujoco.mjtObj.mjOBJ_JOINT: model.njnt, mujoco.mjtObj.mjOBJ_SITE: model.nsite,
             mujoco.mjtObj.mjOBJ_ACTUATOR: model.nu, mujoco.mjtObj.mjOBJ_BODY: model.nbody}[kind])]
        raise ConfigurationError(f'scene has no {kind.name[6:].lower()}: {accepted(name, names)}')
    return found


class MujocoPlant:
    """
    A scene that is stepped one control period at a time.

    The scene's actuators carry the joints' names and take the contract's commands; an inner
    velocity loop is theirs, so it runs at the physics rate.

    :param scene: path below ``sim``, such as ``sawyer/sawyer_stack.xml``.
    :raises ConfigurationError: when the scene lacks a name, or the control period is no whole
        number of physics steps.
    """

    def __init__(self, scene: str, contract: RobotContract) -> None:
        """Load the scene and look up names."""
        self.model = mujoco.MjModel.from_xml_path(str(share('sim', *scene.split('/'))))
        self.data = mujoco.MjData(self.model)
        self._contract = contract
        kinds = mujoco.mjtObj
        joints = [_identity(self.model, kinds.mjOBJ_JOINT, j) for j in contract.joints]
        self._positions = self.model.jnt_qposadr[joints]
        self._velocities = self.model.jnt_dofadr[joints]
        self._actuators = np.array(
            [_identity(self.model, kinds.mjOBJ_ACTUATOR, j) for j in contract.joints])
        self._tool = _identity(self.model, kinds.mjOBJ_SITE, contract.tool_frame)
        _identity(self.model, kinds.mjOBJ_BODY, contract.base_frame)
        steps = contract.period_sec / self.model.opt.timestep
        self._substeps = round(steps)
        if abs(steps - self._substeps) > 1e-6 or self._substeps < 1:
            raise ConfigurationError(
                f'{scene}: control period {contract.period_sec:g} s is {steps:g} physics steps of '
                f'{self.model.opt.timestep:g} s; accepted: a whole number')
        self._stamp = 0
        self._pushes: list[tuple[int, np.ndarray, int]] = []

    def reset(self, start: Start, stamp: int) -> Sensors:
        """Set joint positions at rest, everything else as the scene says."""
        mujoco.mj_resetData(self.model, self.data)
        self.data.qpos[self._positions] = start.position
        mujoco.mj_forward(self.model, self.data)
        self._stamp, self._pushes = stamp, []
        return self._measure()

    def step(self, command: np.ndarray) -> Sensors:
        """Hold the command for one control period."""
        if not np.isfinite(command).all():
            raise PlantFault(f'command {np.asarray(command).tolist()}; accepted: finite numbers')
        self.data.ctrl[self._actuators] = command
        self._apply_pushes()
        mujoco.mj_step(self.model, self.data, self._substeps)
        counts = self.data.warning.number
        if counts.any():
            which = mujoco.mjtWarning(int(np.flatnonzero(counts)[0])).name
            raise PlantFault(f'MuJoCo warning {which} at {self.data.time:.3f} s')
        mujoco.mj_kinematics(self.model, self.data)
        self._stamp += self._contract.period_ns
        return self._measure()

    def _apply_pushes(self) -> None:
        self.data.xfrc_applied[:] = 0.0
        for body, wrench, until in self._pushes:
            if self._stamp < until:
                self.data.xfrc_applied[body] += wrench

    def _measure(self) -> Sensors:
        data, quaternion = self.data, np.empty(4)
        mujoco.mju_mat2Quat(quaternion, data.site_xmat[self._tool])
        return Sensors(self._stamp, self._contract.joints, data.qpos[self._positions],
                       data.qvel[self._velocities], data.actuator_force[self._actuators],
                       data.site_xpos[self._tool].copy(), quaternion)

    def perturb(self, kind: str, target: str, values: np.ndarray, duration_sec: float) -> None:
        """Push a body with a wrench ``(6,)`` [N, N m] in the world frame for a time [s]."""
        if kind != 'wrench':
            raise ConfigurationError(f'perturbation: {accepted(kind, ("wrench",))}')
        body = _identity(self.model, mujoco.mjtObj.mjOBJ_BODY, target)
        wrench = np.asarray(values, float)
        if wrench.shape != (6,) or not np.isfinite(wrench).all() or not duration_sec > 0:
            raise ConfigurationError(f'wrench {wrench.tolist()} for {duration_sec} s; accepted: '
                                     'six finite numbers and a time above zero')
        self._pushes.append((body, wrench, self._stamp + round(duration_sec * 1e9)))

    def close(self) -> None:
        """Hold nothing that needs closing."""
