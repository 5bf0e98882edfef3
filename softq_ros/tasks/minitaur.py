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
"""A quadruped walks: trained on the flat, tried on ground it never saw."""
from collections.abc import Sequence
from functools import cached_property
import math

import numpy as np

from softq_ros.records import Field, Judgement, Past, Sensors, Spec, Start
from softq_ros.robot.contract import RobotContract
from softq_ros.tasks import terrain
from softq_ros.tasks.task import Controller, Task
from softq_ros.tasks.trot import Trot

TILT = (('roll', 'rad'), ('pitch', 'rad'), ('roll rate', 'rad/s'), ('pitch rate', 'rad/s'))
PUSHED_BETWEEN = (2.0, 10.0)  # s after the start; our choice


def roll_pitch_heading(quaternion: np.ndarray) -> tuple[float, float, float]:
    """Return the angles about x, then y, then z of a unit quaternion w, x, y, z [rad]."""
    w, x, y, z = quaternion.tolist()
    return (math.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y)),
            math.asin(min(max(2 * (w * y - x * z), -1.0), 1.0)),
            math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)))


def uprightness(quaternion: np.ndarray) -> float:
    """Return the cosine between the body's z axis and the vertical."""
    _, x, y, _ = quaternion.tolist()
    return 1 - 2 * (x * x + y * y)


class MinitaurWalk(Task):
    """
    Walk along x, as in section 7.2 of arXiv 1812.05905 and in its simulation in bullet3.

    The observation is theirs: tilt, its rates and the legs' joints, now and at five earlier
    control steps, and the actions of those. Ours is the heading, seen and paid for: without it no
    policy walks straight for long. Before the first step the legs are taken to have stood still.

    :param settings: the numbers of ``config/tasks/<name>.yaml``.
    """

    CHOICES = {'terrain': terrain.KINDS}
    history = 5
    needs_base = True

    def __init__(self, name: str, contract: RobotContract, settings: dict) -> None:
        """Take the numbers of the configuration."""
        super().__init__(name, contract, settings['horizon'])
        self._settings = settings
        self._widest = math.radians(settings['success_heading_deg'])
        self._still = np.zeros(len(contract.joints))
        self._spec = self._make_spec()

    def _make_spec(self) -> Spec:
        joints = [Field(f'{joint} from stand', 'rad') for joint in self.contract.joints]
        tilt = [Field(*row) for row in TILT]
        rows = [Field('heading', 'rad', -math.pi, math.pi), Field('turn rate', 'rad/s')]
        rows += tilt + joints
        for ago in range(1, self.history + 1):
            rows += [Field(f'{row.name}, {ago} ago', row.unit) for row in tilt + joints]
            rows += [Field(f'{joint} action, {ago} ago', '1', -1.0, 1.0)
                     for joint in self.contract.joints]
        return Spec(tuple(rows))

    def scripted(self) -> Controller:
        """Return the open-loop trot."""
        return Trot()

    @property
    def observation_spec(self) -> Spec:
        """Return heading, tilt and joints, then tilt, joints and action of earlier steps."""
        return self._spec

    @cached_property
    def provenance(self) -> dict[str, str]:
        """Return a digest of the ground under every terrain seed."""
        settings = self._settings
        return {'terrain_digest': terrain.digest(settings['terrain'], settings['terrain_size'])}

    def start(self, rng: np.random.Generator) -> Start:
        """Draw legs around the stand, uniformly in a box, seeds for ground and noise, a push."""
        box = self._settings['start_box']
        position = self.contract.reset_pose + rng.uniform(-box, box, len(self.contract.joints))
        variation = {'terrain_seed': float(rng.integers(terrain.SEEDS)),
                     'noise_seed': float(rng.integers(2**31))}
        return Start(position, variation=variation | self._push(rng))

    def _push(self, rng: np.random.Generator) -> dict[str, float]:
        """Draw when a push begins [s] and its level force [N]."""
        angle, force = rng.uniform(0, 2 * math.pi), self._settings['push_force']
        return {'push_sec': rng.uniform(*PUSHED_BETWEEN),
                'push_x': force * math.cos(angle), 'push_y': force * math.sin(angle)}

    def _posture(self, sensors: Sensors) -> list[float]:
        roll, pitch, _ = roll_pitch_heading(sensors.base_quaternion)
        legs = sensors.position - self.contract.reset_pose
        return [roll, pitch, *sensors.base_angular_velocity[:2].tolist(), *legs.tolist()]

    def observe(self, sensors: Sensors, past: Sequence[Past] = ()) -> np.ndarray:
        """Return the 114 numbers that the specification names."""
        heading = roll_pitch_heading(sensors.base_quaternion)[2]
        rows = [heading, float(sensors.base_angular_velocity[2]), *self._posture(sensors)]
        for step in past:
            rows += [*self._posture(step.sensors), *step.action.tolist()]
        missing = self.history - len(past)
        if missing:
            first = past[-1].sensors if past else sensors
            rows += [*self._posture(first), *self._still.tolist()] * missing
        return np.array(rows, np.float32)

    def judge(self, before: Sensors, action: np.ndarray, sensors: Sensors) -> Judgement:
        """
        Return clip(v_x, -v, v max(0, 1 - |heading| / h)) - c mean |joint acceleration| T^2.

        T is the control period. In bullet3 it is the actions' second difference that costs; what
        is measured here is the same quantity where the servos follow [rad], and needs no earlier
        step. The factor of the heading is ours: whoever is faster than v could look aside for
        nothing.
        """
        settings, period = self._settings, self.contract.period_sec
        limit = settings['speed_limit']
        heading = abs(math.degrees(roll_pitch_heading(sensors.base_quaternion)[2]))
        most = limit * max(0.0, 1 - heading / settings['heading_limit_deg'])
        speed = float(sensors.base_position[0] - before.base_position[0]) / period
        jerks = float(np.abs(sensors.velocity - before.velocity).mean()) * period
        reward = min(max(speed, -limit), most) - settings['acceleration_cost'] * jerks
        return Judgement(reward, self.fallen(sensors), self.arrived(sensors))

    def outcome(self, first: Sensors, last: Sensors, duration_sec: float) -> dict[str, float]:
        """Return the net speed along x [m/s] and how far it heads away from x [degrees]."""
        way = float(last.base_position[0] - first.base_position[0])
        heading = abs(roll_pitch_heading(last.base_quaternion)[2])
        return {'net_speed': way / duration_sec if duration_sec else 0.0,
                'heading': math.degrees(heading)}

    def fallen(self, sensors: Sensors) -> bool:
        """Return whether the body is tilted beyond what it recovers from."""
        return uprightness(sensors.base_quaternion) < self._settings['least_upright']

    def arrived(self, sensors: Sensors) -> bool:
        """Return whether it stands far enough along x, heading there."""
        heading = roll_pitch_heading(sensors.base_quaternion)[2]
        return (not self.fallen(sensors) and abs(heading) <= self._widest
                and float(sensors.base_position[0]) >= self._settings['success_distance'])
