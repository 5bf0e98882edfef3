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
"""Which joints bring the tool of a chain to a pose: damped least squares."""
import numpy as np

from softq_ros.robot.kinematics import Chain
from softq_ros.robot.rotations import rotation_vector

DAMPING = 1e-4  # m2 per rad2, added to the squares of the singular values
LONGEST = 0.3  # rad, the most a joint moves at a time
STEPS = 60
CLOSE = 1e-9  # m and rad together


def pose_error(chain: Chain, joints: np.ndarray, position: np.ndarray,
               quaternion: np.ndarray) -> np.ndarray:
    """Return how far the tool is from a pose, ``(6,)``: way [m] and rotation [rad] to go."""
    place, turn = chain.pose(joints)
    return np.concatenate([position - place, rotation_vector(quaternion, turn)])


def least_squares_step(jacobian: np.ndarray, error: np.ndarray) -> np.ndarray:
    """
    Return the joint motion ``(J,)`` towards an error ``(6,)``: J^T (J J^T + d I)^-1 e.

    Damped least squares: Wampler, IEEE Trans. SMC 16 (1986); Nakamura and Hanafusa (1986).
    """
    square = jacobian @ jacobian.T + DAMPING * np.eye(len(error))
    return jacobian.T @ np.linalg.solve(square, error)


def joints_at(chain: Chain, position: np.ndarray, quaternion: np.ndarray,
              start: np.ndarray) -> np.ndarray:
    """
    Return joints ``(J,)`` with the tool at a pose, or as near as the steps bring it.

    Of many solutions it is the one that the steps from ``start`` meet; joint limits do not enter.
    """
    joints = np.array(start, float)
    for _ in range(STEPS):
        error = pose_error(chain, joints, position, quaternion)
        if error @ error < CLOSE**2:
            break
        step = least_squares_step(chain.jacobian(joints), error)
        joints += step * (LONGEST / max(float(np.abs(step).max()), LONGEST))
    return joints
