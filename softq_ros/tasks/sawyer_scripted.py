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
"""A controller written by hand, for the tables: inverse kinematics and PD, down a funnel."""
import numpy as np

from softq_ros.records import Sensors
from softq_ros.robot.inverse import least_squares_step, pose_error
from softq_ros.tasks.task import Controller, Task

SLOPE = 20.0  # m of height per m that the brick is beside the seat: the funnel it comes down
FIT = 0.004  # m beside the seat at which it may go all the way: the studs' tips lead it there
HOVER, PRESSED = 0.04, -0.005  # m above the seat: the funnel's rim, and what presses it on
ARM = 0.1  # m, lever at which a tilt counts as being beside the seat
FASTEST = np.array([0.5, 0.5, 0.5, 0.5, 0.8, 0.8, 1.0])  # rad/s; as the velocity commands
APPROACH = 4.0  # 1/s, share of the way that is wanted per second
# of a joint's velocity error, N m s/rad; critical for the mass each one moves at 20 Hz
GAINS = np.array([20.0, 18.0, 9.0, 11.0, 1.8, 1.4, 0.6])
DRY_FRICTION = 0.1  # N m, as in the scene
DELAYED = 0.65  # share of the gains under a delay, which takes that much of the phase
NEAR = 0.3  # rad from the joints over the seat, beyond which these are the way
CREEP = 0.02  # rad/s below which dry friction is made up for in part only


class ScriptedSawyer(Controller):
    """
    Servo the tool to the seat by damped least squares.

    The joint velocity that is wanted becomes the action: as it is, as a step of the target, or as
    the torque of a PD controller whose proportional part is bounded. It has no memory;
    under a delay it acts on where the joints will be.
    """

    def __init__(self, task: Task) -> None:
        """Take robot and target of a :class:`SawyerPose`."""
        self._task, self._contract = task, task.contract
        self._gains = GAINS * (DELAYED if task.history else 1.0)
        self._ahead = task.history * task.contract.period_sec

    def act_on(self, sensors: Sensors, step: int = 0) -> np.ndarray:
        """Return the action ``(A,)`` in [-1, 1] for what is measured."""
        sensors = self._task.seen(sensors)
        velocity, contract = self._velocity(sensors), self._contract
        if contract.interface == 'effort':
            wanted = self._gains * (velocity - sensors.velocity)
            wanted += contract.damping * sensors.velocity
            wanted += DRY_FRICTION * np.tanh(velocity / CREEP)
        elif contract.interface == 'velocity':
            wanted = velocity
        else:
            wanted = velocity * contract.period_sec
        return np.clip(wanted / contract.action_scale, -1.0, 1.0).astype(np.float32)

    def _velocity(self, sensors: Sensors) -> np.ndarray:
        """Return the joint velocities ``(J,)`` [rad/s]: over the seat, then down the funnel."""
        chain, joints = self._contract.chain, sensors.position + self._ahead * sensors.velocity
        away = self._task.solution(sensors, HOVER) - joints
        if np.abs(away).max() < NEAR:
            error = pose_error(chain, joints, *self._task.wanted(sensors))
            beside = np.linalg.norm(error[:2]) + ARM * np.linalg.norm(error[3:])
            error[2] += np.clip(SLOPE * (beside - FIT), PRESSED, HOVER)
            away = least_squares_step(chain.jacobian(joints), error)
        velocity = APPROACH * away
        return velocity / max(1.0, float((np.abs(velocity) / FASTEST).max()))
