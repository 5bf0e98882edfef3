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
Limits of single quantities: joint speeds, efforts, vectors; pure scalar arithmetic.

Everything counts in control periods: a way is a distance over the period, so that it has the unit
of a speed, and a change is that of a speed within one period.
"""
from math import copysign, dist, sqrt
from typing import NamedTuple

import numpy as np

from softq_ros.records import NANOSECONDS
from softq_ros.robot.contract import RobotContract


class JointLimits(NamedTuple):
    """
    Limits of one joint: position [rad or m], speed and its change per period [per second].

    ``rate`` is the control rate [Hz]; ``scale`` is what an action of 1 asks for; ``braking`` is
    the way [rad or m] that braking from the full speed takes.
    """

    lower: float
    upper: float
    speed: float
    change: float
    rate: float
    scale: float
    braking: float


class EffortLimits(NamedTuple):
    """
    Limits of one joint under effort: position, speed, effort and its change per period.

    ``damping`` [N m s/rad] is the effort that opposes a speed of 1.
    """

    lower: float
    upper: float
    speed: float
    effort: float
    change: float
    damping: float


def period(contract: RobotContract) -> float:
    """Return the control period [s] as it is counted, in whole nanoseconds."""
    return contract.period_ns / NANOSECONDS


def _rows(kind: type, *columns: np.ndarray) -> tuple:
    return tuple(kind(*row) for row in np.stack(np.broadcast_arrays(*columns), axis=1).tolist())


def joint_limits(contract: RobotContract) -> tuple[JointLimits, ...]:
    """Return each joint's limits; an infinite change becomes the largest there is, 2 speeds."""
    speed, time = contract.velocity_limit, period(contract)
    change = np.minimum(contract.acceleration_limit * time, 2.0 * speed)
    braking = np.maximum(speed, (speed + 0.5 * change)**2 / (2.0 * change)) * time
    per_joint = len(contract.action_scale) == len(contract.joints)
    return _rows(JointLimits, contract.position_lower, contract.position_upper, speed, change,
                 1.0 / time, contract.action_scale if per_joint else 0.0, braking)


def effort_limits(contract: RobotContract) -> tuple[EffortLimits, ...]:
    """Return each joint's limits under effort."""
    return _rows(EffortLimits, contract.position_lower, contract.position_upper,
                 contract.velocity_limit, contract.effort_limit,
                 contract.effort_rate_limit * period(contract), contract.damping)


def braking_speed(way: float, change: float) -> float:
    """
    Return the largest speed that can be braked within the way left.

    Speed ``v`` lowered by ``c`` a period travels at most ``(v + c/2)^2 / 2c`` periods; a last
    step of ``v <= c`` travels ``v``.

    :param way: distance left over the period [per second]; negative counts as none.
    :param change: of the speed per period [per second].
    """
    way = max(way, 0.0)
    return max(min(way, change), sqrt(2.0 * change * way) - 0.5 * change)


def braking_periods(steps: float) -> float:
    """
    Return for how many periods at full speed braking travels; :func:`braking_speed` inverted.

    :param steps: speed over its change per period.
    """
    return max(1.0, 0.5 * steps + 0.5 + 0.125 / steps) if steps > 1.0 else 1.0


def allowed_speed(velocity: float, position: float, joint: JointLimits) -> float:
    """Return the largest speed in the direction of a velocity, by the way to the joint limit."""
    left = joint.upper - position if velocity > 0.0 else position - joint.lower
    if left >= joint.braking:
        return joint.speed
    return min(joint.speed, braking_speed(left * joint.rate, joint.change))


def limit_velocity(wanted: float, previous: float, position: float,
                   joint: JointLimits) -> tuple[float, str]:
    """
    Return the allowed velocity nearest to the wanted one, and which rule changed it.

    The joint limit has precedence over the velocity limit, that over the acceleration limit,
    which is measured from the previous command.
    """
    command = min(max(wanted, previous - joint.change), previous + joint.change)
    allowed = allowed_speed(command, position, joint)
    if abs(command) > allowed:
        return copysign(allowed, command), 'velocity' if allowed == joint.speed else 'joint limit'
    return command, '' if command == wanted else 'acceleration'


def braked_velocity(wanted: float, change: float) -> float:
    """Return the velocity towards a goal ``wanted`` times a period away that stops there."""
    return copysign(braking_speed(abs(wanted), change), wanted)


def leading_velocity(wanted: float, ahead: float, lead: float, joint: JointLimits) -> float:
    """
    Return the wanted velocity of a target within its lead over the measured position.

    Towards the end of the lead it can still be braked; beyond, it leads back.

    :param ahead: target minus measured position [rad or m].
    """
    most = braked_velocity((lead - ahead) * joint.rate, joint.change)
    least = -braked_velocity((lead + ahead) * joint.rate, joint.change)
    return min(max(wanted, least), most)


def limit_effort(wanted: float, previous: float, position: float, velocity: float,
                 joint: EffortLimits) -> tuple[float, str]:
    """
    Return the allowed effort nearest to the wanted one, and which rule changed it.

    Beyond the velocity limit the joint is damped; beyond a joint limit nothing may push outwards
    and what moves outwards is damped. Both have precedence over the change of the effort.
    """
    command = min(max(wanted, previous - joint.change), previous + joint.change)
    why = '' if command == wanted else 'effort rate'
    if abs(command) > joint.effort:
        command, why = copysign(joint.effort, command), 'effort'
    damping = damping_effort(velocity, joint)
    if abs(velocity) > joint.speed:
        command, why = damping, 'velocity'
    if position > joint.upper and command > min(damping, 0.0):
        return min(damping, 0.0), 'joint limit'
    if position < joint.lower and command < max(damping, 0.0):
        return max(damping, 0.0), 'joint limit'
    return command, why


def damping_effort(velocity: float, joint: EffortLimits) -> float:
    """Return the effort that opposes a velocity, within the effort limit."""
    return min(max(-joint.damping * velocity, -joint.effort), joint.effort)


def toward(start: list[float], end: list[float], most: float) -> list[float]:
    """Return ``end``, or the point on the way to it that is ``most`` away from ``start``."""
    way = dist(start, end)
    return end if way <= most else [a + (b - a) * most / way for a, b in zip(start, end)]
