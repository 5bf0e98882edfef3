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
Steps over which the robot or its target was put elsewhere, which no action did.

A simulator that re-poses its arm, a person who moves the brick, a driver or a camera that begins
to count anew. One such step in each episode, learned from, and a Sawyer that otherwise learns in
minutes learned nothing.
"""
import math

import numpy as np

from softq_ros.records import NANOSECONDS, Sensors
from softq_ros.robot.contract import RobotContract

FURTHER = 2.0  # times what the velocity limit allows; our choice
TARGET_MOVED = 0.01  # m in one step, ten times what a camera's noise is; our choice


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
