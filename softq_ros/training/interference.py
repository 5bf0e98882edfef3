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
Steps in which somebody else moved the robot or its target, which no action did.

A person pushes an arm that learns, moves the brick, a simulator re-poses its arm, a driver or a
camera begins to count anew. What is learned from such steps is taken for what the actions did.
"""
from collections import deque
import math

import numpy as np

from softq_ros.records import NANOSECONDS, Sensors
from softq_ros.robot.contract import RobotContract

FURTHER = 2.0  # times what the velocity limit allows; our choice
TARGET_MOVED = 0.01  # m in one step, ten times what a camera's noise is; our choice
# of the model of motion, our choices: steps before it is asked, between two fits, and whose errors
# are usual; what stays of a step's weight after the next; times the usual error that is too much
WARM, REFIT, USUAL, KEPT, TOO_MUCH = 200, 50, 2000, 0.999, 4.0
RIDGE = 1e-3


def jump(before: Sensors, after: Sensors, contract: RobotContract, target_stays: bool) -> str:
    """
    Return what is elsewhere than it can have come to between two measurements, or nothing.

    :param target_stays: whether the object, where there is one, is none that the robot moves.
    """
    elapsed = max(after.stamp - before.stamp, contract.period_ns) / NANOSECONDS
    ways = np.abs(after.position - before.position)
    far = ways > FURTHER * contract.velocity_limit * elapsed
    if far.any():
        joint = int(np.argmax(np.where(far, ways, 0.0)))
        return (f'{contract.joints[joint]} is {ways[joint]:.3g} further after {elapsed:.3g} s; '
                f'accepted: at most {FURTHER * contract.velocity_limit[joint] * elapsed:.3g}')
    if target_stays and before.object_position is not None and after.object_position is not None:
        way = math.dist(before.object_position, after.object_position)
        if way > TARGET_MOVED:
            return (f'the target is {way:.3g} m further after {elapsed:.3g} s; accepted: at most '
                    f'{TARGET_MOVED:g}')
    return ''


class Motion:
    """
    A linear model of how joints accelerate under efforts, fitted as they move.

    The change of the velocities in a step from velocities, efforts, sine and cosine of the
    positions: no masses are known. It says of a step whether that is what it expected.

    :param joints: how many.
    """

    def __init__(self, joints: int) -> None:
        """Expect nothing."""
        size = 4 * joints + 1
        self._squares, self._products = RIDGE * np.eye(size), np.zeros((size, joints))
        self._weights: np.ndarray | None = None
        self._errors: deque[float] = deque(maxlen=USUAL)
        self._steps = 0

    def error(self, before: Sensors, efforts: np.ndarray, after: Sensors) -> float:
        """
        Take in a step; return its error as a multiple of the usual one, 0 while nobody knows.

        :param efforts: that were executed, ``(J,)``.
        """
        seen = np.concatenate([before.velocity, efforts, np.sin(before.position),
                               np.cos(before.position), [1.0]])
        change, times = after.velocity - before.velocity, 0.0
        if self._weights is not None:
            error = float(np.abs(change - seen @ self._weights).max())
            self._errors.append(error)
            if len(self._errors) > WARM:
                times = error / float(np.median(self._errors))
        if times <= TOO_MUCH:
            self._fit(seen, change)
        return times

    def _fit(self, seen: np.ndarray, change: np.ndarray) -> None:
        self._squares = KEPT * self._squares + np.outer(seen, seen)
        self._products = KEPT * self._products + np.outer(seen, change)
        self._steps += 1
        if self._steps >= WARM and self._steps % REFIT == 0:
            ridge = RIDGE * np.eye(len(seen))
            self._weights = np.linalg.solve(self._squares + ridge, self._products)


class Interference:
    """
    Tells steps in which somebody else moved the robot or its target from the robot's own.

    A jump is told under every interface. Pushes are told under effort commands alone, where they
    keep a policy from learning: by a model of the motion, once it has seen some hundred steps.

    :param target_stays: whether the object, where there is one, is none that the robot moves.
    :param pushed: whether somebody may push the robot: on hardware, and where a scenario says.
    """

    def __init__(self, contract: RobotContract, target_stays: bool, pushed: bool) -> None:
        """Know nothing of the motion yet."""
        self._contract, self._target_stays = contract, target_stays
        watched = pushed and contract.interface == 'effort'
        self._motion = Motion(len(contract.joints)) if watched else None

    def why(self, before: Sensors, command: np.ndarray, after: Sensors) -> str:
        """
        Return what about a step was not the robot's own doing, or nothing.

        :param command: ``(J,)``, the one that was executed.
        """
        jumped = jump(before, after, self._contract, self._target_stays)
        if jumped or self._motion is None:
            return jumped
        times = self._motion.error(before, command, after)
        return (f'the joints accelerate otherwise than their efforts explain, {times:.1f} times '
                f'as much as is usual; accepted: {TOO_MUCH:g}' if times > TOO_MUCH else '')
