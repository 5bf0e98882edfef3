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
Steering: motions of the robot by ordinary actions, for resets and for a person's hands.

Whatever the interface, the actions ask for the joint velocity ``v_ref + k (q_ref - q)`` or what
comes nearest to it there; the gate limits them like those of a policy.
"""
from math import atan2

import numpy as np

from softq_ros.errors import ConfigurationError
from softq_ros.records import Sensors
from softq_ros.robot.contract import RobotContract
from softq_ros.robot.motion import joint_speed, minimum_jerk, motion_duration

STIFFNESS = 2.0  # 1/s, k: how fast an error decays; slow beside the delays of drivers
DAMPING = 0.05  # of the least squares, in m and rad; 3 % off at singular values of 0.3
ARRIVED, PASSED = 0.01, 0.05  # rad or m: at the goal, at a waypoint on the way
RESTING = 0.05  # rad/s or m/s: slow enough to be called at rest
FOLDED = 0.5  # rad or m: joints of an arm whose tool is in place, folded as at the goal
LOST = 0.25  # rad or m from the reference, beyond which the motion is planned anew
LEAD_SEC = 0.2  # s of full speed: how far a person's reference runs ahead of the robot


def saturate(action: np.ndarray) -> np.ndarray:
    """Return the action as float32, shortened as a whole until every component fits [-1, 1]."""
    return (action / max(1.0, np.abs(action).max())).astype(np.float32)


def pose_error(contract: RobotContract, position: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """Return the tool's way ``(6,)`` from joints to joints: [m], then a rotation vector [rad]."""
    place, (w, *axis) = contract.chain.pose(position)
    there, (gw, *to) = contract.chain.pose(goal)
    axis, to = np.array(axis), np.array(to)
    vector = w * to - gw * axis - np.cross(to, axis)
    sine, cosine = np.linalg.norm(vector), w * gw + float(to @ axis)
    angle = 2.0 * atan2(sine, abs(cosine))
    turn = np.copysign(angle, cosine) * vector / sine if sine > 1e-12 else np.zeros(3)
    return np.concatenate([there - place, turn])


def steers_tool_alone(contract: RobotContract) -> bool:
    """Return whether actions determine the tool's motion but not that of every joint."""
    return contract.interface == 'twist' and len(contract.joints) > 6


def steer(contract: RobotContract, sensors: Sensors, position: np.ndarray,
          velocity: np.ndarray) -> np.ndarray:
    """
    Return the action ``(A,)`` float32 in [-1, 1] that keeps the joints on a reference.

    Increments count from the gate's previous target, so they take the same law as velocities and
    an arm that sags is lifted. An effort is the contract's damping times the missing velocity; the
    robot compensates gravity itself. Twists bring the joints along as their driver inverts them;
    with more than six joints the elbow is the driver's, and they follow the tool's pose alone.

    :param position: of the reference, ``(J,)`` [rad or m].
    :param velocity: of the reference, ``(J,)`` [per second].
    """
    k = min(STIFFNESS, 0.5 * contract.control_rate)
    if steers_tool_alone(contract):
        wanted = (contract.chain.velocity(position, velocity)
                  + k * pose_error(contract, sensors.position, position))
    elif contract.interface == 'twist':
        wanted = contract.chain.velocity(
            sensors.position, velocity + k * (position - sensors.position))
    elif contract.interface == 'position':
        offset = (position - contract.reset_pose) / contract.action_scale
        return np.clip(offset, -1.0, 1.0).astype(np.float32)
    else:
        wanted = velocity + k * (position - sensors.position)
        if contract.interface == 'effort':
            wanted = contract.damping * (wanted - sensors.velocity)
        elif contract.position_like:
            wanted = wanted * contract.period_sec
    return saturate(wanted / contract.action_scale)


def joint_velocity(contract: RobotContract, position: np.ndarray,
                   twist: np.ndarray) -> np.ndarray:
    """
    Return the joint velocity ``(J,)`` that gives the tool a twist, by damped least squares.

    ``J^T (J J^T + 0.05^2 I)^-1 t`` (Nakamura and Hanafusa, 1986); it slows down near a singular
    pose.

    :param twist: of the tool in the base frame, ``(6,)`` [m/s, rad/s].
    """
    jacobian = contract.chain.jacobian(position)
    damped = jacobian @ jacobian.T + DAMPING ** 2 * np.eye(6)
    return jacobian.T @ np.linalg.solve(damped, twist)


class ToolSteering:
    """
    Actions that give the tool a twist, for as long as a person steers.

    :raises ConfigurationError: when the contract has no chain.
    """

    def __init__(self, contract: RobotContract) -> None:
        """Begin where the robot is at the first action."""
        if contract.chain is None:
            raise ConfigurationError(f'{contract.name}: chain: missing; accepted for steering '
                                     'the tool: a contract with a chain or a urdf')
        self._contract = contract
        self._lead = (contract.lead_limit if contract.position_like
                      else LEAD_SEC * contract.velocity_limit)
        self.restart()

    def restart(self) -> None:
        """Forget the reference: the robot has moved otherwise."""
        self._reference: np.ndarray | None = None

    def action(self, sensors: Sensors, twist: np.ndarray) -> np.ndarray:
        """
        Return the action ``(A,)`` of one control step.

        A reference moves with the twist, never far from the measured joints, so that the robot
        stays where it is left.

        :param twist: of the tool in the base frame, ``(6,)`` [m/s, rad/s].
        """
        contract = self._contract
        if contract.interface == 'twist':
            return saturate(twist / contract.action_scale)
        measured = sensors.position
        velocity = joint_velocity(contract, measured, twist)
        velocity = velocity / max(1.0, (np.abs(velocity) / joint_speed(contract)).max())
        start = measured if self._reference is None else self._reference
        moved = start + velocity * contract.period_sec
        self._reference = np.clip(moved, measured - self._lead, measured + self._lead)
        return steer(contract, sensors, self._reference, velocity)


class ResetMotion:
    """
    A motion through waypoints to rest, by ordinary actions.

    :param waypoints: joint positions ``(J,)``, the last one is the goal.
    :param timeout_sec: after which it has failed; nothing: three times the contract's reset_sec.
    :raises ConfigurationError: when the contract steers the tool and has no chain.
    """

    def __init__(self, contract: RobotContract, waypoints: list[np.ndarray],
                 timeout_sec: float | None = None) -> None:
        """Plan nothing before the first command."""
        if contract.interface == 'twist' and contract.chain is None:
            raise ConfigurationError(f'{contract.name}: chain: missing; accepted for '
                                     'a reset by twists: a contract with a chain or a urdf')
        self._contract, self._way = contract, list(waypoints)
        self._goal = self._way[-1]
        self._timeout = timeout_sec or 3.0 * contract.reset_sec
        self._began: float | None = None
        self.failed = ''

    def command(self, sensors: Sensors, now_sec: float) -> np.ndarray | None:
        """
        Return the next action ``(A,)``, or nothing once it has arrived or failed.

        :param now_sec: monotonic time [s].
        """
        if self._began is None:
            self._began = now_sec
            self._plan(sensors, now_sec)
        if now_sec - self._began > self._timeout:
            joints = np.abs(self._goal - sensors.position).max()
            self.failed = (f'after {self._timeout:g} s the reset is {self.distance(sensors):.3f} '
                           f'rad or m from its goal, its joints up to {joints:.3f}')
            return None
        if now_sec - self._left >= self._duration and self._passed(sensors):
            if len(self._way) == 1:
                return None
            del self._way[0]
            self._plan(sensors, now_sec)
        return self._follow(sensors, now_sec)

    def distance(self, sensors: Sensors) -> float:
        """Return the largest distance to the goal: of a joint, or of the tool it steers alone."""
        return self._apart(sensors, self._goal)

    def _follow(self, sensors: Sensors, now: float) -> np.ndarray:
        reference = self._reference(now)
        if self._apart(sensors, reference[0]) > LOST:
            self._plan(sensors, now)
            reference = self._reference(now)
        return steer(self._contract, sensors, *reference)

    def _reference(self, now: float) -> tuple[np.ndarray, np.ndarray]:
        return minimum_jerk(self._start, self._way[0], self._duration, now - self._left)

    def _passed(self, sensors: Sensors) -> bool:
        away = self._apart(sensors, self._way[0])
        if len(self._way) > 1:
            return away < PASSED
        return (away < ARRIVED and np.abs(sensors.velocity).max() < RESTING
                and np.abs(self._goal - sensors.position).max() < FOLDED)

    def _apart(self, sensors: Sensors, position: np.ndarray) -> float:
        if steers_tool_alone(self._contract):
            return float(np.abs(pose_error(self._contract, sensors.position, position)).max())
        return float(np.abs(position - sensors.position).max())

    def _plan(self, sensors: Sensors, now: float) -> None:
        self._start, self._left = sensors.position.copy(), now
        self._duration = motion_duration(self._contract, self._start, self._way[0])
