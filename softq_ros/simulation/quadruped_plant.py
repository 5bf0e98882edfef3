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
"""A quadruped with closed-loop legs in MuJoCo, commanded and measured in leg space."""
from collections import deque

import mujoco
import numpy as np

from softq_ros.errors import accepted, ConfigurationError, PlantFault
from softq_ros.paths import share
from softq_ros.records import NANOSECONDS, Sensors, Start
from softq_ros.robot.contract import RobotContract
from softq_ros.robot.rotations import turn_about
from softq_ros.simulation import legs
from softq_ros.simulation.perturbations import Perturbations
from softq_ros.tasks import terrain

SCENES = {'flat': 'walk', 'slope': 'slope', 'steps': 'steps', 'blocks': 'blocks'}
TOE = 0.015  # m, radius of the scene's toes
PUSH_SEC = 0.2  # s that the push of a start lasts; our choice
RATE_NOISE = 10.0  # rad/s of noise on rates for each rad on angles; our choice


class QuadrupedPlant:
    """
    Position servos on eight motors, on ground of some kind.

    The contract's joints are swing and extension of each leg, a linear map of two motor angles;
    so are the joint states. The base's pose and velocity are those of its frame, at hip height.

    :param kind: of the ground.
    :param size: of its slope [rad], steps or blocks [m].
    :param latency_sec: from a command to the motors.
    :param noise: standard deviation of measured angles and of the base's attitude [rad].
    :raises ConfigurationError: for a contract with other joints, a period or a latency that is no
        whole number of physics steps.
    """

    def __init__(self, contract: RobotContract, kind: str = 'flat', size: float = 0.0,
                 latency_sec: float = 0.0, noise: float = 0.0) -> None:
        """Load the scene and look up names."""
        if contract.joints != legs.LEG_SPACE:
            raise ConfigurationError(f'{contract.name}: joints {list(contract.joints)}; accepted: '
                                     f'{list(legs.LEG_SPACE)}')
        scene = share('sim', 'minitaur', f'minitaur_{SCENES[kind]}.xml')
        self.model = model = mujoco.MjModel.from_xml_path(str(scene))
        self.data = mujoco.MjData(model)
        self._contract, self._ground, self._noise = contract, (kind, size), noise
        self._substeps = self._physics_steps('control period', contract.period_sec)
        self._delay = self._physics_steps('latency', latency_sec)
        motors = [model.joint(name) for name in legs.MOTORS]
        self._angles = np.array([joint.qposadr[0] for joint in motors])
        self._speeds = np.array([joint.dofadr[0] for joint in motors])
        self._knees = np.array([model.joint(name).qposadr[0] for name in legs.KNEES])
        self._servos = np.array([model.actuator(name).id for name in legs.MOTORS])
        self._perturbations = Perturbations(model, self.data, contract, [], lambda *_: None)
        self._begin(0, {})

    def _physics_steps(self, what: str, seconds: float) -> int:
        steps = seconds / self.model.opt.timestep
        if abs(steps - round(steps)) > 1e-6:
            raise ConfigurationError(
                f'{what}: got {seconds:g} s; accepted: a whole number of physics steps of '
                f'{self.model.opt.timestep:g} s')
        return round(steps)

    def _begin(self, stamp: int, variation: dict[str, float]) -> None:
        self._stamp, self._step = stamp, 0
        self._perturbations.clear()
        self._due: deque[tuple[int, np.ndarray]] = deque()
        self._rng = np.random.default_rng(int(variation.get('noise_seed', 0)))
        force = [variation.get(name, 0.0) for name in ('push_x', 'push_y')]
        self._push = np.array([*force, 0.0, 0.0, 0.0, 0.0])
        self._push_at = stamp + round(variation.get('push_sec', 0.0) * NANOSECONDS)

    def reset(self, start: Start, stamp: int) -> Sensors:
        """Lay the ground of ``variation['terrain_seed']`` and stand on it at rest."""
        variation = start.variation or {}
        self._begin(stamp, variation)
        seed = int(variation.get('terrain_seed', 0))
        for name, place in terrain.lay(*self._ground, seed).items():
            body = self.model.body(name)
            body.pos, body.quat = place
        mujoco.mj_resetData(self.model, self.data)
        self._stand(start.position, terrain.incline(*self._ground, seed))
        mujoco.mj_forward(self.model, self.data)
        return self._measure()

    def _stand(self, position: np.ndarray, pitch: float) -> None:
        data, swing, extension = self.data, position[0::2], position[1::2]
        height = float((legs.leg_length(extension) * np.cos(swing)).max()) + TOE
        data.qpos[3:7] = turn_about(1, pitch)
        data.qpos[:3] = height * np.sin(pitch), 0.0, height * np.cos(pitch)
        data.qpos[self._angles] = legs.motor_angles(position) - legs.REST
        data.qpos[self._knees] = np.repeat(legs.knee_angles(extension), 2)
        data.ctrl[self._servos] = data.qpos[self._angles]

    def step(self, command: np.ndarray) -> Sensors:
        """Hold a command ``(8,)`` in leg space [rad] for one control period."""
        if not np.isfinite(command).all():
            raise PlantFault(f'command {np.asarray(command).tolist()}; accepted: finite numbers')
        self._due.append((self._step + self._delay, legs.motor_angles(command) - legs.REST))
        if self._push.any() and self._stamp >= self._push_at:
            self.perturb('wrench', 'base', self._push, PUSH_SEC)
            self._push = np.zeros(6)
        self._perturbations.apply(self._stamp)
        end = self._step + self._substeps
        while self._step < end:
            while self._due and self._due[0][0] <= self._step:
                self.data.ctrl[self._servos] = self._due.popleft()[1]
            until = min(end, self._due[0][0]) if self._due else end
            mujoco.mj_step(self.model, self.data, until - self._step)
            self._step = until
        counts = self.data.warning.number
        if counts.any():
            which = mujoco.mjtWarning(int(np.flatnonzero(counts)[0])).name
            raise PlantFault(f'MuJoCo warning {which} at {self.data.time:.3f} s')
        self._stamp += self._contract.period_ns
        return self._measure()

    def _measure(self) -> Sensors:
        qpos, qvel = self.data.qpos, self.data.qvel
        angles, speeds = qpos[self._angles] + legs.REST, qvel[self._speeds]
        attitude, spin = qpos[3:7].copy(), qvel[3:6].copy()
        if self._noise:
            angles += self._draw(8)
            speeds += RATE_NOISE * self._draw(8)
            mujoco.mju_quatIntegrate(attitude, self._draw(3), 1.0)
            spin += RATE_NOISE * self._draw(3)
        torques = self.data.actuator_force[self._servos]
        return Sensors(
            self._stamp, self._contract.joints, legs.leg_space(angles), legs.leg_space(speeds),
            legs.leg_efforts(torques), base_position=qpos[:3].copy(), base_quaternion=attitude,
            base_velocity=qvel[:3].copy(), base_angular_velocity=spin)

    def _draw(self, size: int) -> np.ndarray:
        return self._rng.normal(0.0, self._noise, size)

    def loop_error(self) -> float:
        """Return by how much the worst leg's chains miss each other at the toe [m]."""
        mujoco.mj_kinematics(self.model, self.data)
        return max(float(np.linalg.norm(self.data.site(f'fore_toe_{leg}').xpos
                                        - self.data.site(f'aft_toe_{leg}').xpos))
                   for leg in legs.LEGS)

    def perturb(self, kind: str, target: str, values: np.ndarray, duration_sec: float) -> None:
        """Push a body with a wrench ``(6,)`` [N, N m] in the world frame for a time [s]."""
        if kind != 'wrench':
            raise ConfigurationError(f'perturbation: {accepted(kind, ("wrench",))}')
        self._perturbations.push(target, values, duration_sec, self._stamp)

    def close(self) -> None:
        """Hold nothing that needs closing."""
