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
"""What disturbs a MuJoCo plant: pushes, clamped joints, an arm put elsewhere."""
from collections.abc import Callable
from copy import copy

import mujoco
import numpy as np

from softq_ros.errors import accepted, ConfigurationError
from softq_ros.records import NANOSECONDS
from softq_ros.robot.contract import RobotContract

CLAMPED = 1e9  # kg m2; our choice: 80 N m turn a clamped joint by 2e-7 rad in 2 s


def touches(model: mujoco.MjModel, data: mujoco.MjData, body: int | None = None) -> str:
    """Return what moves and would penetrate what stands fast, of one body or all, or nothing."""
    probe = copy(data)
    mujoco.mj_fwdPosition(model, probe)
    for contact in probe.contact:
        bodies = model.geom_bodyid[contact.geom]
        meant = body is None or body in bodies
        if meant and contact.dist < 0 and (model.body_weldid[bodies] == 0).sum() == 1:
            return ' touches '.join(model.geom(geom).name or model.body(body).name
                                    for geom, body in zip(contact.geom, bodies))
    return ''


class Perturbations:
    """
    Pushes and clamps that are under way; simulated time never goes back.

    :param joints: MuJoCo's numbers of the contract's joints.
    :param place_held: puts what the hand holds where a new pose of the arm wants it.
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, contract: RobotContract,
                 joints: list[int],
                 place_held: Callable[[mujoco.MjModel, mujoco.MjData], None]) -> None:
        """Start with nothing."""
        self._model, self._data, self._contract = model, data, contract
        self._joints, self._place_held = joints, place_held
        self._pushes: list[tuple[int, np.ndarray, int]] = []
        self._clamps: dict[int, tuple[float, int]] = {}

    def clear(self) -> None:
        """Let go of everything."""
        self._pushes.clear()
        for dof in list(self._clamps):
            self._let_go(dof)

    def _let_go(self, dof: int) -> None:
        self._model.dof_armature[dof], _ = self._clamps.pop(dof)

    def push(self, body: str, values: np.ndarray, duration_sec: float, stamp: int) -> None:
        """Push a body with a wrench ``(6,)`` [N, N m] in the world frame, from a stamp [ns]."""
        names = [self._model.body(i).name for i in range(self._model.nbody)]
        if body not in names:
            raise ConfigurationError(f'wrench: target: {accepted(body, names)}')
        wrench = np.asarray(values, float)
        if wrench.shape != (6,) or not np.isfinite(wrench).all():
            raise ConfigurationError(f'wrench {wrench.tolist()}; accepted: six finite numbers')
        until = stamp + _nanoseconds('wrench', duration_sec)
        self._pushes.append((names.index(body), wrench, until))

    def clamp(self, joint: str, duration_sec: float, stamp: int) -> None:
        """Stop a joint at once and hold it where it is, from a stamp [ns]."""
        if joint not in self._contract.joints:
            raise ConfigurationError(f'clamp: target: {accepted(joint, self._contract.joints)}')
        until = stamp + _nanoseconds('clamp', duration_sec)
        dof = self._model.jnt_dofadr[self._joints[self._contract.joints.index(joint)]]
        before, ends = self._clamps.get(dof, (self._model.dof_armature[dof], until))
        self._clamps[dof] = before, max(until, ends)
        self._model.dof_armature[dof] = CLAMPED
        self._data.qvel[dof] = 0.0

    def repose(self, position: np.ndarray) -> None:
        """
        Put the arm elsewhere, at rest.

        :param position: ``(J,)``, in the contract's order [rad].
        :raises ConfigurationError: for a pose beyond the joint limits or in contact with what
            stands fast; nothing has changed then.
        """
        contract, position = self._contract, np.asarray(position, float)
        if position.shape != (len(contract.joints),) or not np.isfinite(position).all():
            raise ConfigurationError(f'pose {position.tolist()}; accepted: {len(contract.joints)} '
                                     'finite numbers')
        beyond = (position < contract.position_lower) | (position > contract.position_upper)
        if beyond.any():
            raise ConfigurationError(f'pose: {contract.joints[int(beyond.argmax())]} beyond its '
                                     'limits; accepted: a pose within them')
        probe = copy(self._data)
        self._put(probe, position)
        touching = touches(self._model, probe)
        if touching:
            raise ConfigurationError(f'pose: {touching}; accepted: a pose that touches nothing')
        self._put(self._data, position)
        mujoco.mj_forward(self._model, self._data)

    def _put(self, data: mujoco.MjData, position: np.ndarray) -> None:
        data.qpos[self._model.jnt_qposadr[self._joints]] = position
        data.qvel[:] = 0.0
        self._place_held(self._model, data)

    def apply(self, stamp: int) -> None:
        """Act for the control period that begins at a stamp [ns], in part where one ends in it."""
        period = self._contract.period_ns
        self._data.xfrc_applied[:] = 0.0
        self._pushes = [push for push in self._pushes if stamp < push[2]]
        for body, wrench, until in self._pushes:
            self._data.xfrc_applied[body] += wrench * min(1.0, (until - stamp) / period)
        for dof in [dof for dof, (_, until) in self._clamps.items() if stamp >= until]:
            self._let_go(dof)


def _nanoseconds(kind: str, duration_sec: float) -> int:
    if not 0.0 < duration_sec < 1e6:
        raise ConfigurationError(f'{kind} for {duration_sec} s; accepted: a time above zero')
    return round(duration_sec * NANOSECONDS)
