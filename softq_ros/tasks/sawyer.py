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
from dataclasses import replace
import math
import zlib

import numpy as np

from softq_ros.errors import ConfigurationError
from softq_ros.records import Batch, Field, Judgement, Past, Sensors, Spec, Start
from softq_ros.robot.contract import RobotContract
from softq_ros.robot.inverse import joints_at
from softq_ros.robot.rotations import (
    angle_between, product, quaternion_from_vector, rotation_matrix)
from softq_ros.tasks.sawyer_scripted import ScriptedSawyer
from softq_ros.tasks.sawyer_shape import Shape
from softq_ros.tasks.sawyer_starts import SawyerStarts
from softq_ros.tasks.task import Controller, Task

STOPS_GIVE = 0.1  # rad beyond its limits that a joint which gets to its stops may be measured
Pose = tuple[np.ndarray, np.ndarray]  # position (3,) [m] and quaternion w, x, y, z


class SawyerPose(Task):
    """
    Bring the held brick to a pose.

    The pose error is that of three points of the brick, so that position and rotation share one
    unit; the observation shows it twice, at full scale and finely near the target. The solution of
    the target's inverse kinematics is part of it only where ``observe_ik`` asks for it. A target
    that is drawn is measured as the object's pose; it is the seat of the fixed brick.

    :param settings: the options of ``config/tasks/<name>.yaml``.
    """

    target_stays = True
    CHOICES = {'target': ('fixed', 'speed', 'converged'), 'start': ('box', 'above', 'anywhere'),
               'fit': ('loose', 'press'), 'brick': ('2x4', '2x2')}
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
        self.history = settings['delay_steps']
        self.needs_object_pose = settings['target'] != 'fixed'
        self._target = np.array(settings['target_position'], float)
        quaternion = np.array(settings['target_quaternion'], float)
        self._target_quaternion = quaternion / np.linalg.norm(quaternion)
        self.target = None if self.needs_object_pose else (self._target, self._target_quaternion)
        self._points = np.array(settings['brick_points'], float)
        self._target_points = self._at(self._target, self._target_quaternion)
        self._success_angle = math.radians(settings['success_angle_deg'])
        self._solved: tuple[bytes, np.ndarray] = (b'', self._start_pose)
        self._starts = SawyerStarts(contract, settings)
        self._spec = self._make_spec()

    def _at(self, place: np.ndarray, turn: np.ndarray) -> np.ndarray:
        return self._points @ rotation_matrix(turn).T + place

    def _make_spec(self) -> Spec:
        settings, joints = self._settings, self.contract.joints
        to_stops = self.contract.interface == 'effort' or settings['start'] == 'anywhere'
        give = STOPS_GIVE if to_stops else 0.0
        lower, upper = self.contract.position_lower - give, self.contract.position_upper + give
        rows = [Field(f'{j} from start pose', 'rad', low, high) for j, low, high
                in zip(joints, lower - self._start_pose, upper - self._start_pose)]
        fast = settings['velocity_scale']
        rows += [Field(f'{j} velocity / limit * {fast:g}', '1', -fast, fast) for j in joints]
        axes = [f'point {p} {axis}' for p in range(len(self._points)) for axis in 'xyz']
        rows += [Field(f'{a} error * {settings["error_scale"]:g}', '1') for a in axes]
        fine = settings['fine_error']
        rows += [Field(f'tanh({a} error / {fine:g} m)', '1', -1.0, 1.0) for a in axes]
        if settings['observe_ik']:
            rows += [Field(f'{j} from inverse kinematics of the target', 'rad') for j in joints]
        rows += [Field(f'{action.name}, {ago} steps ago', '1', -1.0, 1.0)
                 for ago in range(1, self.history + 1) for action in self.action_spec.fields]
        return Spec(tuple(rows))

    @property
    def observation_spec(self) -> Spec:
        """Return joints, velocities, point errors, fine point errors, and what options add."""
        return self._spec

    def start(self, rng: np.random.Generator) -> Start:
        """Draw target, joints and variation as the options say."""
        return self._starts.draw(rng)

    def clear(self, position: np.ndarray) -> bool:
        """Return whether joints lie within the contract's bounds and touch nothing."""
        return super().clear(position) and Shape(self.contract.chain).clear(position)

    def wanted(self, sensors: Sensors) -> Pose:
        """Return the pose that the tool is to have."""
        if not self.needs_object_pose:
            return self._target, self._target_quaternion
        return sensors.object_position, sensors.object_quaternion

    def _errors(self, sensors: Sensors) -> np.ndarray:
        target = (self._at(*self.wanted(sensors)) if self.needs_object_pose
                  else self._target_points)
        points = self._points @ rotation_matrix(sensors.tool_quaternion).T
        return points + sensors.tool_position - target

    def seen(self, sensors: Sensors) -> Sensors:
        """
        Return the sensors as the policy sees them: with noise on the poses where options ask.

        The noise is drawn from the bits of what was measured, anew in each step, for an object at
        rest once; so it repeats with the measurement, and what is judged stays the truth.
        """
        if not (self._settings['noise_position'] or self._settings['noise_angle_deg']):
            return sensors
        key = np.concatenate([sensors.position, sensors.velocity])
        place, turn = self._noisy(sensors.tool_position, sensors.tool_quaternion, key)
        seen = replace(sensors, tool_position=place, tool_quaternion=turn)
        if not self.needs_object_pose:
            return seen
        place, turn = sensors.object_position, sensors.object_quaternion
        place, turn = self._noisy(place, turn, np.concatenate([place, turn]))
        return replace(seen, object_position=place, object_quaternion=turn)

    def _noisy(self, place: np.ndarray, turn: np.ndarray, key: np.ndarray) -> Pose:
        rng = np.random.default_rng(zlib.crc32(key.tobytes()))
        angle = math.radians(self._settings['noise_angle_deg'])
        place = place + rng.normal(0.0, self._settings['noise_position'], 3)
        return place, product(quaternion_from_vector(rng.normal(0.0, angle, 3)), turn)

    def solution(self, sensors: Sensors, above: float = 0.0) -> np.ndarray:
        """Return joints ``(J,)`` that reach the target or above it [m], solved once for each."""
        place, turn = self.wanted(sensors)
        place = place + (0.0, 0.0, above)
        key = place.tobytes() + turn.tobytes()
        if self._solved[0] != key:
            self._solved = key, joints_at(self.contract.chain, place, turn, self._start_pose)
        return self._solved[1]

    def observe(self, sensors: Sensors, past: Sequence[Past] = ()) -> np.ndarray:
        """Return the numbers that the specification names; actions before the first are 0."""
        settings, sensors = self._settings, self.seen(sensors)
        errors = self._errors(sensors).ravel()
        velocity = sensors.velocity / self.contract.velocity_limit
        rows = [sensors.position - self._start_pose, velocity * settings['velocity_scale'],
                errors * settings['error_scale'], np.tanh(errors / settings['fine_error'])]
        if settings['observe_ik']:
            rows.append(sensors.position - self.solution(sensors))
        rows += [step.action for step in past]
        rows.append(np.zeros((self.history - len(past)) * self.action_spec.size))
        return np.concatenate(rows, dtype=np.float32, casting='same_kind')

    def judge(self, before: Sensors, action: np.ndarray, sensors: Sensors) -> Judgement:
        """
        Return -(w d^2 + v ln(1 + d^2 / e)) - c |a|^2 + p (m' - m).

        d^2 is the mean over the brick's points; m' and m, before and now, the mean distance of
        the joints from those that :meth:`solution` returns.
        """
        errors = self._errors(sensors).ravel()
        action = np.asarray(action, np.float64)
        reward = self._reward(errors @ errors, action @ action)
        if self._settings['progress_pay']:
            solved = self.solution(sensors)
            reward += self._progress(before.position - solved, sensors.position - solved)
        return Judgement(float(reward), False, self.at_target(sensors))

    def _reward(self, squared: np.ndarray, effort: np.ndarray) -> np.ndarray:
        """Return rewards for summed squares of the points' errors and of the actions."""
        settings, squared = self._settings, squared / len(self._points)
        return -(settings['distance_cost'] * squared
                 + settings['precision_cost'] * np.log1p(squared / settings['precision'])
                 + settings['action_cost'] * effort)

    def _progress(self, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        """Return what it pays that joints ``(..., J)`` [rad] have come nearer to the solution."""
        nearer = np.abs(before).mean(-1) - np.abs(after).mean(-1)
        return self._settings['progress_pay'] * nearer

    def relabelled(self, batch: Batch, later: np.ndarray) -> Batch:
        """
        Return transitions as if the brick's seat had been where the brick came to later.

        Errors are those that were seen, noise and all. Joints that solve the target's inverse
        kinematics are those that the arm had there.
        """
        settings, joints = self._settings, len(self.contract.joints)
        coarse = slice(2 * joints, 2 * joints + self._points.size)
        fine = slice(coarse.stop, coarse.stop + self._points.size)
        solved = slice(fine.stop, fine.stop + joints)
        seen = []
        for observation in (batch.observation.copy(), batch.next_observation.copy()):
            observation[:, coarse] -= later[:, coarse]
            errors = observation[:, coarse] / settings['error_scale']
            observation[:, fine] = np.tanh(errors / settings['fine_error'])
            if settings['observe_ik']:
                observation[:, solved] = observation[:, :joints] - later[:, :joints]
            seen.append(observation)
        reward = self._reward(np.square(errors).sum(1), np.square(batch.action).sum(1))
        away = (part[:, :joints] - later[:, :joints]
                for part in (batch.observation, batch.next_observation))
        reward = reward + self._progress(*away)
        return batch._replace(observation=seen[0], reward=reward.astype(np.float32),
                              next_observation=seen[1])

    def scripted(self) -> Controller:
        """Return the servo to the seat."""
        return ScriptedSawyer(self)

    def pose_error(self, sensors: Sensors) -> tuple[float, float]:
        """Return the distance [m] and the angle [rad] between tool and target."""
        place, turn = self.wanted(sensors)
        distance = math.dist(sensors.tool_position, place)
        return distance, angle_between(sensors.tool_quaternion, turn)

    def at_target(self, sensors: Sensors) -> bool:
        """Return whether distance and angle are both inside the success bounds."""
        distance, angle = self.pose_error(sensors)
        return distance < self._settings['success_distance'] and angle < self._success_angle
