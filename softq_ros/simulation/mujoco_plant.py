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
from collections import deque
from collections.abc import Callable
from pathlib import Path

import mujoco
import numpy as np

from softq_ros.errors import accepted, ConfigurationError, PlantFault
from softq_ros.paths import share
from softq_ros.records import Sensors, Start
from softq_ros.robot.contract import RobotContract
from softq_ros.robot.contract_fields import POSITION_LIKE
from softq_ros.simulation.perturbations import Perturbations, touches


def _identity(model: mujoco.MjModel, kind: mujoco.mjtObj, name: str) -> int:
    found = mujoco.mj_name2id(model, kind, name)
    if found < 0:
        names = [mujoco.mj_id2name(model, kind, i) for i in range(
            {mujoco.mjtObj.mjOBJ_JOINT: model.njnt, mujoco.mjtObj.mjOBJ_SITE: model.nsite,
             mujoco.mjtObj.mjOBJ_ACTUATOR: model.nu, mujoco.mjtObj.mjOBJ_BODY: model.nbody}[kind])]
        raise ConfigurationError(f'scene has no {kind.name[6:].lower()}: {accepted(name, names)}')
    return found


class Variable:
    """What of a model a start may vary, as it was built."""

    def __init__(self, model: mujoco.MjModel) -> None:
        """Keep a copy."""
        self._joint_friction = model.dof_frictionloss.copy()
        self._contact_friction = model.geom_friction.copy()
        self._damping = model.dof_damping.copy()
        self._places = model.body_pos.copy(), model.body_quat.copy()

    def vary(self, model: mujoco.MjModel, factors: dict[str, float]) -> None:
        """
        Multiply friction, of joints and of contacts, and damping; put bodies where they were.

        :raises ConfigurationError: for a factor of anything else.
        """
        for name in set(factors) - {'friction', 'damping'}:
            raise ConfigurationError(f'variation: {accepted(name, ("friction", "damping"))}')
        friction = factors.get('friction', 1.0)
        model.dof_frictionloss[:] = self._joint_friction * friction
        model.geom_friction[:] = self._contact_friction * friction
        model.dof_damping[:] = self._damping * factors.get('damping', 1.0)
        model.body_pos[:], model.body_quat[:] = self._places


def put_into_hand(model: mujoco.MjModel, data: mujoco.MjData) -> None:
    """Place every free body that is welded to another where its weld wants it."""
    mujoco.mj_kinematics(model, data)
    for weld in np.flatnonzero(model.eq_type == mujoco.mjtEq.mjEQ_WELD):
        hand, held = model.eq_obj1id[weld], model.eq_obj2id[weld]
        pose = data.qpos[model.jnt_qposadr[model.body_jntadr[held]]:][:7]
        relative = model.eq_data[weld]
        mujoco.mju_mulPose(pose[:3], pose[3:], data.xpos[hand], data.xquat[hand], relative[3:6],
                           relative[6:10])


def _load(path: Path, edit: Callable[[mujoco.MjSpec], None] | None) -> mujoco.MjModel:
    if edit is None:
        return mujoco.MjModel.from_xml_path(str(path))
    spec = mujoco.MjSpec.from_file(str(path))
    edit(spec)
    return spec.compile()


class MujocoPlant:
    """
    A scene that is stepped one control period at a time.

    The scene's actuators carry the joints' names and take the contract's commands; an inner
    velocity or position loop is theirs, so it runs at the physics rate.

    :param scene: path below ``sim``, such as ``sawyer/sawyer_stack.xml``.
    :param edit: of the scene before it is compiled.
    :param object_site: where the object is measured and put; none: there is no object.
    :param delay_steps: control periods after which a command takes effect.
    :raises ConfigurationError: when the scene lacks a name, or the control period is no whole
        number of physics steps.
    """

    def __init__(self, scene: str, contract: RobotContract,
                 edit: Callable[[mujoco.MjSpec], None] | None = None, object_site: str = '',
                 delay_steps: int = 0) -> None:
        """Load the scene and look up names."""
        self.model = _load(share('sim', *scene.split('/')), edit)
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
        self._object = _identity(self.model, kinds.mjOBJ_SITE, object_site) if object_site else -1
        self._as_built = Variable(self.model)
        self._delay_steps = delay_steps
        self._coming: deque[np.ndarray] = deque()
        self._stamp = 0
        self._perturbations = Perturbations(self.model, self.data, contract, joints,
                                            put_into_hand)

    def reset(self, start: Start, stamp: int) -> Sensors:
        """Set joint positions at rest, what the start asks for, all else as the scene says."""
        mujoco.mj_resetData(self.model, self.data)
        self._as_built.vary(self.model, start.variation or {})
        if start.object_position is not None:
            self.place_object(start.object_position, start.object_quaternion)
        self.data.qpos[self._positions] = start.position
        put_into_hand(self.model, self.data)
        mujoco.mj_forward(self.model, self.data)
        self._perturbations.clear()
        self._stamp = stamp
        at_rest = start.position if self._contract.interface in POSITION_LIKE else 0.0
        rest = np.zeros(len(self._actuators)) + at_rest
        self._coming = deque([rest] * self._delay_steps)
        return self._measure()

    def place_object(self, position: np.ndarray, quaternion: np.ndarray) -> None:
        """
        Move the object's body, which hangs on no joint, so that its site gets a pose.

        :raises ConfigurationError: when the plant was built without an object.
        """
        if self._object < 0:
            raise ConfigurationError('the plant has no object to place; accepted: a task that '
                                     'measures one')
        model, place, turn = self.model, np.empty(3), np.empty(4)
        mujoco.mju_negPose(place, turn, model.site_pos[self._object],
                           model.site_quat[self._object])
        body = model.site_bodyid[self._object]
        mujoco.mju_mulPose(model.body_pos[body], model.body_quat[body],
                           np.asarray(position, float), np.asarray(quaternion, float), place, turn)

    def step(self, command: np.ndarray) -> Sensors:
        """Hold the command for one control period."""
        if not np.isfinite(command).all():
            raise PlantFault(f'command {np.asarray(command).tolist()}; accepted: finite numbers')
        self._coming.append(np.array(command))
        self.data.ctrl[self._actuators] = self._coming.popleft()
        self._perturbations.apply(self._stamp)
        mujoco.mj_step(self.model, self.data, self._substeps)
        counts = self.data.warning.number
        if counts.any():
            which = mujoco.mjtWarning(int(np.flatnonzero(counts)[0])).name
            raise PlantFault(f'MuJoCo warning {which} at {self.data.time:.3f} s')
        mujoco.mj_kinematics(self.model, self.data)
        self._stamp += self._contract.period_ns
        return self._measure()

    def _measure(self) -> Sensors:
        data = self.data
        thing = self._site_pose(self._object) if self._object >= 0 else (None, None)
        return Sensors(self._stamp, self._contract.joints, data.qpos[self._positions],
                       data.qvel[self._velocities], data.actuator_force[self._actuators],
                       *self._site_pose(self._tool), *thing)

    def _site_pose(self, site: int) -> tuple[np.ndarray, np.ndarray]:
        quaternion = np.empty(4)
        mujoco.mju_mat2Quat(quaternion, self.data.site_xmat[site])
        return self.data.site_xpos[site].copy(), quaternion

    def perturb(self, kind: str, target: str, values: np.ndarray, duration_sec: float) -> None:
        """
        Disturb it from now on.

        ``wrench``: a body is pushed with values ``(6,)`` [N, N m], in the world frame; ``clamp``:
        a joint is held where it is; both for a time. ``pose``: the arm stands at joint positions
        ``(J,)``, at rest; ``target``: the object stands at a position ``(3,)`` [m].
        """
        kinds = {
            'wrench': lambda: self._perturbations.push(target, values, duration_sec, self._stamp),
            'clamp': lambda: self._perturbations.clamp(target, duration_sec, self._stamp),
            'pose': lambda: self._perturbations.repose(values),
            'target': lambda: self._move_object(values)}
        if kind not in kinds:
            raise ConfigurationError(f'perturbation: {accepted(kind, kinds)}')
        kinds[kind]()

    def _move_object(self, position: np.ndarray) -> None:
        """Put the object elsewhere as it is turned, where the arm leaves room for it."""
        position = np.asarray(position, float)
        if position.shape != (3,) or not np.isfinite(position).all():
            raise ConfigurationError(f'target {position.tolist()}; accepted: three finite numbers')
        before, turn = self._site_pose(self._object)
        self.place_object(position, turn)
        touching = touches(self.model, self.data, self.model.site_bodyid[self._object])
        if touching:
            self.place_object(before, turn)
            raise ConfigurationError(f'target: {touching}; accepted: a place that touches nothing')
        mujoco.mj_kinematics(self.model, self.data)

    def close(self) -> None:
        """Hold nothing that needs closing."""
