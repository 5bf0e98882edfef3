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
The tool's box and speed, looked at along the way on which the robot would stop.

A velocity is allowed when braking from it, all joints in proportion, keeps the tool in its box and
within its speed. The way is that of the exact kinematics, in pieces over which no joint turns far,
so it holds where joints work against each other and the tool follows a narrow curve. Since the
rest of an allowed way is the way of the braked velocity, whoever follows can always stop in time.
"""
from collections.abc import Callable, Iterator, Sequence
from math import ceil, dist, inf
from typing import NamedTuple

import numpy as np

from softq_ros.robot.contract import RobotContract
from softq_ros.robot.limits import braking_periods, period

TURN = 0.05  # rad; over this turn of all joints together a tool 1.6 m away bulges by 0.5 mm
HALVINGS = 10  # the share of a command that is allowed is found to a thousandth


class Box(NamedTuple):
    """A box of the tool's origin: two opposite corners ``(3,)`` [m]."""

    lower: tuple[float, ...]
    upper: tuple[float, ...]

    def holds(self, point: Sequence[float]) -> bool:
        """Return whether a point ``(3,)`` lies within."""
        return all(low <= x <= high for low, x, high in zip(self.lower, point, self.upper))

    def grown(self, point: Sequence[float]) -> 'Box':
        """Return the smallest box around this one and a point: outside, only inwards is left."""
        return Box(tuple(map(min, self.lower, point)), tuple(map(max, self.upper, point)))


def workspace(contract: RobotContract) -> Box:
    """Return the contract's box, endless where it states none."""
    if contract.workspace_lower is None:
        return Box((-inf,) * 3, (inf,) * 3)
    return Box(tuple(contract.workspace_lower.tolist()), tuple(contract.workspace_upper.tolist()))


def times(way: float, parts: int) -> Iterator[float]:
    """
    Yield the ends of the pieces of a way [periods]: first period and rest each in equal pieces.

    :param way: at least 1.
    :param parts: pieces of a period, at least.
    """
    yield from (k / parts for k in range(1, parts + 1))
    rest = ceil((way - 1.0) * parts)
    yield from (1.0 + (way - 1.0) * k / rest for k in range(1, rest + 1))


class ToolWay:
    """
    Keeps the tool of a moving chain in its box and within its speed.

    :param change: of each joint's velocity per period ``(J,)`` [per second].
    """

    def __init__(self, contract: RobotContract, change: list[float]) -> None:
        """Take the contract's chain, box and tool speed."""
        self._chain, self._box, self._change = contract.chain, workspace(contract), change
        self._period = period(contract)
        self._reach = contract.tool_speed_limit * self._period

    def tool(self, place: list[float]) -> tuple[float, ...]:
        """Return the tool's origin ``(3,)`` [m] at joint positions ``(J,)``."""
        return self._chain.position(np.array(place))

    def refusals(self, place: list[float]) -> Callable[[list[float]], str]:
        """Return what says of a velocity ``(J,)`` why it is not allowed at a place, or nothing."""
        start = self.tool(place)
        box = self._box.grown(start)

        def refusal(velocity: list[float]) -> str:
            step = [v * self._period for v in velocity]
            parts = max(1, ceil(sum(map(abs, step)) / TURN))
            way = braking_periods(max(abs(v) / c for v, c in zip(velocity, self._change)))
            before, then = start, 0.0
            for time in times(way, parts):
                point = self.tool([p + time * s for p, s in zip(place, step)])
                if not box.holds(point):
                    return 'workspace'
                if dist(point, before) > self._reach * (time - then):
                    return 'tool speed'
                before, then = point, time
            return ''
        return refusal


def nearest_allowed(command: list[float], stop: list[float],
                    refusal: Callable[[list[float]], str]) -> list[float]:
    """
    Return the allowed command furthest from braking towards the one that was refused.

    Where even braking is refused, that much of it which is allowed: box and tool speed have
    precedence over the acceleration limit, and standing still is always allowed.

    :param stop: the command that brakes at the acceleration limit.
    """
    start, end = ([0.0] * len(stop), stop) if refusal(stop) else (stop, command)
    nearest, low, high = start, 0.0, 1.0
    for _ in range(HALVINGS):
        share = 0.5 * (low + high)
        point = [a + share * (b - a) for a, b in zip(start, end)]
        if refusal(point):
            high = share
        else:
            nearest, low = point, share
    return nearest
