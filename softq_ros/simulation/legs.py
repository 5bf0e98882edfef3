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
"""
Legs of two motors each: leg space and motor angles.

A motor's angle is 0 where its upper link points up, pi/2 where it points outwards and pi down.
With extension ``e`` and swing ``s`` the motor of the front (fore) chain stands at ``e - s``, that
of the back (aft) chain at ``e + s``: the leg is longer the larger ``e`` and turned forwards by
``s`` [rad].
"""
import math

import numpy as np

LEGS = ('front_left', 'back_left', 'front_right', 'back_right')
UPPER, LOWER = 0.1, 0.2  # m, links of the leg
REST = math.pi / 2  # rad, motor angle at the model's joint angles of zero

LEG_SPACE = tuple(f'{what}_{leg}' for leg in LEGS for what in ('swing', 'extension'))
MOTORS = tuple(f'{chain}_{leg}' for leg in LEGS for chain in ('fore', 'aft'))
KNEES = tuple(f'{chain}_knee_{leg}' for leg in LEGS for chain in ('fore', 'aft'))


# of each leg, fore and aft angle from swing and extension
MOTORS_OF_LEGS = np.kron(np.eye(len(LEGS)), [[-1.0, 1.0], [1.0, 1.0]])
LEGS_OF_MOTORS = MOTORS_OF_LEGS / 2.0


def motor_angles(legs: np.ndarray) -> np.ndarray:
    """Return the angles of motors ``(8,)``, fore and aft of each leg, from swing, extension."""
    return MOTORS_OF_LEGS @ legs


def leg_space(motors: np.ndarray) -> np.ndarray:
    """Return swing and extension of each leg ``(8,)`` from motor angles; speeds from speeds."""
    return LEGS_OF_MOTORS @ motors


def leg_efforts(torques: np.ndarray) -> np.ndarray:
    """Return efforts of swing and extension ``(8,)`` that do the same work as motor torques."""
    return MOTORS_OF_LEGS.T @ torques


def leg_length(extension: np.ndarray) -> np.ndarray:
    """Return the distance from hip to toe, -l1 cos e + sqrt(l2^2 - l1^2 sin^2 e) [m]."""
    return -UPPER * np.cos(extension) + np.sqrt(LOWER**2 - (UPPER * np.sin(extension))**2)


def knee_angles(extension: np.ndarray) -> np.ndarray:
    """Return the model's knee angles that close the loops [rad], zero where links are level."""
    lean = np.arcsin(UPPER * np.sin(extension) / LOWER)
    return lean - math.asin(UPPER / LOWER) - (extension - REST)
