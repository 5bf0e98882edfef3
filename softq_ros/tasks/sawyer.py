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
"""Tasks of the Sawyer with a brick in its hand: reach a pose, stack on another brick."""
from collections.abc import Sequence
import math

import numpy as np

from softq_ros.errors import ConfigurationError
from softq_ros.records import Field, Judgement, Past, Sensors, Spec, Start
from softq_ros.robot.contract import RobotContract
from softq_ros.tasks.task import Task


def rotation_matrix(quaternion: np.ndarray) -> np.ndarray:
    """Return the ``(3, 3)`` matrix of a unit quaternion w, x, y, z."""
    w, x, y, z = quaternion.tolist()
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]])


def angle_between(first: np.ndarray, second: np.ndarray) -> float:
    """Return the angle of the rotation between two unit quaternions [rad]."""
    cosine = abs(float(first @ second))
    sine = math.sqrt(max(0.0, 1.0 - cosine * cosine))
    return 2.0 * math.atan2(sine, cosine)


class SawyerPose(Task):
    """
    Bring the held brick to a pose.

    The pose error is that of three points of the brick, so that position and rotation share one
    unit; the observation shows it twice, at full scale and finely near the target. The solution of
    the target's inverse kinematics is not part of it.

    :param settings: the numbers of ``config/tasks/<name>.yaml``.
    """

    needs_tool_pose = True

    def __init__(self, name: str, contract: RobotContract, settings: dict) -> None:
        """Take the numbers of the configuration."""
        super().__init__(name, contract, settings['horizon'])
        self._settings = settings
        self._start_pose = np.array(settings['start_pose'], float)
        if self._start_pose.shape != (len(contract.joints),):
            raise ConfigurationError(f'{name}: start_pose has {self._start_pose.size} numbers; '
                                     f'accepted: {len(contract.joints)}')
        self.retreat = (self._start_pose,)  # above the seat
        self._target = np.array(settings['target_position'], float)
        quaternion = np.array(settings['target_quaternion'], float)
        self._target_quaternion = quaternion / np.linalg.norm(quaternion)
        self._points = np.array(settings['brick_points'], float)
        self._target_points = self._points @ rotation_matrix(self._target_quaternion).T
        self._target_points += self._target
        self._success_angle = math.radians(settings['success_angle_deg'])
        self._spec = self._make_spec()

    def _make_spec(self) -> Spec:
        joints = self.contract.joints
        lower = self.contract.position_lower - self._start_pose
        upper = self.contract.position_upper - self._start_pose
        rows = [Field(f'{j} from start pose', 'rad', low, high)
                for j, low, high in zip(joints, lower, upper)]
        fast = self._settings['velocity_scale']
        rows += [Field(f'{j} velocity / limit * {fast:g}', '1', -fast, fast) for j in joints]
        axes = [f'point {p} {axis}' for p in range(len(self._points)) for axis in 'xyz']
        rows += [Field(f'{a} error * {self._settings["error_scale"]:g}', '1') for a in axes]
        fine = self._settings['fine_error']
        rows += [Field(f'tanh({a} error / {fine:g} m)', '1', -1.0, 1.0) for a in axes]
        return Spec(tuple(rows))

    @property
    def observation_spec(self) -> Spec:
        """Return joints, velocities, point errors and fine point errors."""
        return self._spec

    def start(self, rng: np.random.Generator) -> Start:
        """Draw joints around the start pose, uniformly in a box."""
        box = self._settings['start_box']
        return Start(self._start_pose + rng.uniform(-box, box, self._start_pose.size))

    def _errors(self, sensors: Sensors) -> np.ndarray:
        points = self._points @ rotation_matrix(sensors.tool_quaternion).T
        return points + sensors.tool_position - self._target_points

    def observe(self, sensors: Sensors, past: Sequence[Past] = ()) -> np.ndarray:
        """Return the 32 numbers that the specification names."""
        settings, errors = self._settings, self._errors(sensors).ravel()
        velocity = sensors.velocity / self.contract.velocity_limit
        return np.concatenate([
            sensors.position - self._start_pose, velocity * settings['velocity_scale'],
            errors * settings['error_scale'], np.tanh(errors / settings['fine_error'])],
            dtype=np.float32, casting='same_kind')

    def judge(self, before: Sensors, action: np.ndarray, sensors: Sensors) -> Judgement:
        """Return -(w d^2 + v ln(1 + d^2 / e)) - c |a|^2, d^2 the mean over the brick's points."""
        settings = self._settings
        errors = self._errors(sensors).ravel()
        squared = float(errors @ errors) / len(self._points)
        action = np.asarray(action, np.float64)
        reward = -(settings['distance_cost'] * squared
                   + settings['precision_cost'] * math.log1p(squared / settings['precision'])
                   + settings['action_cost'] * float(action @ action))
        return Judgement(reward, False, self.at_target(sensors))

    def pose_error(self, sensors: Sensors) -> tuple[float, float]:
        """Return the distance [m] and the angle [rad] between tool and target."""
        distance = math.dist(sensors.tool_position, self._target)
        return distance, angle_between(sensors.tool_quaternion, self._target_quaternion)

    def at_target(self, sensors: Sensors) -> bool:
        """Return whether distance and angle are both inside the success bounds."""
        distance, angle = self.pose_error(sensors)
        return distance < self._settings['success_distance'] and angle < self._success_angle
