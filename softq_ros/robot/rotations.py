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
"""Rotations as unit quaternions w, x, y, z."""
import math

import numpy as np


def rotation_matrix(quaternion: np.ndarray) -> np.ndarray:
    """Return the ``(3, 3)`` matrix of a unit quaternion w, x, y, z."""
    w, x, y, z = quaternion.tolist()
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]])


def product(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Return Hamilton's product of two quaternions w, x, y, z."""
    a, b, c, d = p.tolist()
    e, f, g, h = q.tolist()
    return np.array([a * e - b * f - c * g - d * h, a * f + b * e + c * h - d * g,
                     a * g - b * h + c * e + d * f, a * h + b * g - c * f + d * e])


def turn_about(axis: int, angle: float) -> np.ndarray:
    """Return the quaternion of a turn by an angle [rad] about x, y or z (0, 1, 2)."""
    quaternion = np.zeros(4)
    quaternion[0], quaternion[1 + axis] = math.cos(0.5 * angle), math.sin(0.5 * angle)
    return quaternion


def quaternion_from_vector(vector: np.ndarray) -> np.ndarray:
    """Return the quaternion of a rotation about a vector ``(3,)`` by its length [rad]."""
    angle = math.sqrt(float(vector @ vector))
    share = 0.5 * math.sin(0.5 * angle) / (0.5 * angle) if angle > 1e-12 else 0.5
    return np.array([math.cos(0.5 * angle), *(share * vector)])


def rotation_vector(wanted: np.ndarray, quaternion: np.ndarray) -> np.ndarray:
    """Return the shortest rotation ``(3,)`` [rad, base frame] from a quaternion to the wanted."""
    turn = product(wanted, quaternion * (1.0, -1.0, -1.0, -1.0))
    sine = math.sqrt(float(turn[1:] @ turn[1:]))
    if sine < 1e-12:
        return np.zeros(3)
    angle = 2.0 * math.atan2(sine, abs(float(turn[0])))
    return turn[1:] * math.copysign(angle / sine, float(turn[0]))


def angle_between(first: np.ndarray, second: np.ndarray) -> float:
    """Return the angle of the rotation between two unit quaternions [rad]."""
    cosine = abs(float(first @ second))
    sine = math.sqrt(max(0.0, 1.0 - cosine * cosine))
    return 2.0 * math.atan2(sine, cosine)
