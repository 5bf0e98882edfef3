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
"""How long a motion of the robot takes, and where it is meanwhile."""
from math import hypot, sqrt

import numpy as np

from softq_ros.robot.contract import RobotContract

SHARE = 0.5  # of each limit that a planned motion uses, the rest is for feedback
SAMPLES = np.linspace(0.0, 1.0, 11)  # along a motion, where its tool speed is looked at


def minimum_jerk(start: np.ndarray, goal: np.ndarray, duration: float,
                 elapsed: float) -> tuple[np.ndarray, np.ndarray]:
    """
    Return position and velocity ``(J,)`` on the way of least jerk (Flash and Hogan, 1985).

    :param duration: of the whole motion [s]; 0: it is at its goal at once.
    :param elapsed: since its start [s]; before and after the motion it stands still.
    """
    if elapsed >= duration:
        return goal.copy(), np.zeros_like(goal)
    s = max(elapsed, 0.0) / duration
    way = s ** 3 * (10.0 - 15.0 * s + 6.0 * s * s)
    speed = 30.0 * s * s * (1.0 - s) ** 2 / duration
    return start + way * (goal - start), speed * (goal - start)


def least_duration(start: np.ndarray, goal: np.ndarray, velocity_limit: np.ndarray,
                   acceleration_limit: np.ndarray, share: float = SHARE) -> float:
    """
    Return the least duration [s] of a minimum-jerk motion within a share of the limits ``(J,)``.

    Its peak speed is ``15/8 d/T``, its peak acceleration ``10/sqrt(3) d/T^2``.
    """
    way = np.abs(goal - start)
    by_speed = 1.875 * way / (share * velocity_limit)
    by_acceleration = np.sqrt(10.0 / sqrt(3.0) * way / (share * acceleration_limit))
    return float(max(by_speed.max(), by_acceleration.max()))


def joint_speed(contract: RobotContract) -> np.ndarray:
    """Return the speed ``(J,)`` that actions and limits leave to each joint [per second]."""
    asked = {'velocity': contract.action_scale,
             'position_increment': contract.action_scale * contract.control_rate,
             'trajectory': contract.action_scale * contract.control_rate}
    return np.minimum(contract.velocity_limit,
                      asked.get(contract.interface, contract.velocity_limit))


def tool_speeds(contract: RobotContract) -> tuple[float, float]:
    """Return the tool's largest speeds [m/s, rad/s]; infinite where nothing limits them."""
    linear, angular = contract.tool_speed_limit, np.inf
    if contract.interface == 'twist':
        scale = contract.action_scale
        linear = min(linear, contract.twist_limit[0], scale[:3].min())
        angular = min(contract.twist_limit[1], scale[3:].min())
    return float(linear), float(angular)


def motion_duration(contract: RobotContract, start: np.ndarray, goal: np.ndarray) -> float:
    """Return the duration [s] that keeps joints and tool within their share of the limits."""
    duration = least_duration(start, goal, joint_speed(contract), contract.acceleration_limit)
    linear, angular = tool_speeds(contract)
    if duration == 0.0 or min(linear, angular) == np.inf:
        return duration
    used = 0.0
    for part in SAMPLES:
        state = minimum_jerk(start, goal, duration, part * duration)
        twist = contract.chain.velocity(*state)
        used = max(used, hypot(*twist[:3]) / linear, hypot(*twist[3:]) / angular)
    return duration * max(1.0, used / SHARE)
