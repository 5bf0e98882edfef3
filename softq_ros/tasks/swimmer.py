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
"""A swimmer that may go either way, and a finish line that pays on one side (section 5.2)."""
from collections.abc import Sequence

import numpy as np

from softq_ros.records import Field, Judgement, Past, Sensors, Spec, Start
from softq_ros.robot.contract import RobotContract
from softq_ros.tasks.task import Task

BASE = (('x', 'm'), ('y', 'm'), ('cos(heading)', '1'), ('sin(heading)', '1'))
BASE_VELOCITY = (('x velocity', 'm/s'), ('y velocity', 'm/s'), ('turn rate', 'rad/s'))


class SwimmerSpeed(Task):
    """
    Swim along x, forward or backward.

    What pays is ``progress``, the speed away from where it started, or as with the authors the
    ``speed`` of the front link, which also pays for shaking it to and fro.

    The observation is that of the authors' model; its heading as cosine and sine, since a measured
    pose does not say how often it has turned, and the front link's centre once and not twice.

    :param settings: the numbers of ``config/tasks/<name>.yaml``.
    """

    CHOICES = {'pays': ('progress', 'speed')}
    needs_base = True
    joint_count = 2
    modes = ('forward', 'backward')

    def __init__(self, name: str, contract: RobotContract, settings: dict) -> None:
        """Take the numbers of the configuration."""
        super().__init__(name, contract, settings['horizon'])
        self._settings = settings
        rows = [Field(name, unit, *([-1.0, 1.0] if unit == '1' else [])) for name, unit in BASE]
        rows += [Field(joint, 'rad', low, high) for joint, low, high in zip(
            contract.joints, contract.position_lower, contract.position_upper)]
        rows += [Field(*row) for row in BASE_VELOCITY]
        rows += [Field(f'{joint} velocity', 'rad/s') for joint in contract.joints]
        self._spec = Spec(tuple(rows))

    @property
    def observation_spec(self) -> Spec:
        """Return the front link's pose, joints, its velocity and turn rate, joint velocities."""
        return self._spec

    def start(self, rng: np.random.Generator) -> Start:
        """Draw joints around the straight pose, N(0, spread^2)."""
        return Start(rng.normal(self.contract.reset_pose, self._settings['start_spread']))

    def observe(self, sensors: Sensors, past: Sequence[Past] = ()) -> np.ndarray:
        """Return the eleven numbers that the specification names."""
        w, _, _, z = sensors.base_quaternion
        return np.concatenate([
            sensors.base_position[:2], [w * w - z * z, 2.0 * w * z], sensors.position,
            sensors.base_velocity[:2], sensors.base_angular_velocity[2:],
            sensors.velocity]).astype(np.float32).clip(self._spec.low, self._spec.high)

    def judge(self, before: Sensors, action: np.ndarray, sensors: Sensors) -> Judgement:
        """Return what the speed pays, less c |a|^2."""
        action = np.asarray(action, np.float64)
        cost = self._settings['action_cost'] * float(action @ action)
        return Judgement(self._pay(sensors) - cost, False, self._arrived(sensors))

    def _pay(self, sensors: Sensors) -> float:
        x, speed = float(sensors.base_position[0]), float(sensors.base_velocity[0])
        if self._settings['pays'] == 'speed':
            return abs(speed)
        return speed if x > 0 else -speed

    def _arrived(self, sensors: Sensors) -> bool:
        return self.mode(sensors) is not None

    def outcome(self, first: Sensors, last: Sensors, duration_sec: float) -> dict[str, float]:
        """Return where along x it ended, and how far from the start that is [m]."""
        x = float(last.base_position[0])
        return {'x': x, 'distance': abs(x)}

    def peaks(self, sensors: Sensors) -> dict[str, float]:
        """Return how far forward it came [m]."""
        return {'furthest_x': float(sensors.base_position[0])}

    def mode(self, sensors: Sensors) -> int | None:
        """Return which way it has gone."""
        x = float(sensors.base_position[0])
        return None if abs(x) < self._settings['way'] else int(x < 0)


class SwimmerFinish(SwimmerSpeed):
    """Swim along x; beyond a finish line swimming forward pays more, and backward costs."""

    @property
    def finish(self) -> float:
        """Return where the line is [m]."""
        return self._settings['finish']

    def _pay(self, sensors: Sensors) -> float:
        if self._arrived(sensors):
            return self._settings['bonus'] * float(sensors.base_velocity[0])
        return super()._pay(sensors)

    def _arrived(self, sensors: Sensors) -> bool:
        return float(sensors.base_position[0]) > self.finish
