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
Records that cross a boundary between rooms of the house.

Letters used in shapes: O observation size, A action size, J joints, B batch.
Quaternions are w, x, y, z here; only the bridge knows the order of ROS messages.
"""
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from softq_ros.errors import ConfigurationError, ShapeError

SOURCES = ('policy', 'random', 'human', 'composed')
NANOSECONDS = 1_000_000_000


@dataclass(frozen=True)
class Field:
    """One component of a vector: its name, unit and the range it is expected in."""

    name: str
    unit: str
    low: float = -np.inf
    high: float = np.inf


@dataclass(frozen=True)
class Spec:
    """What each component of an observation or action is."""

    fields: tuple[Field, ...]

    @property
    def size(self) -> int:
        """Return the number of components."""
        return len(self.fields)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the component names in order."""
        return tuple(field.name for field in self.fields)

    @property
    def low(self) -> np.ndarray:
        """Return the lower ends, ``(size,)`` float32."""
        return np.array([field.low for field in self.fields], np.float32)

    @property
    def high(self) -> np.ndarray:
        """Return the upper ends, ``(size,)`` float32."""
        return np.array([field.high for field in self.fields], np.float32)

    def to_list(self) -> list[dict]:
        """Return plain data for YAML; infinite ends are left out."""
        return [{'name': f.name, 'unit': f.unit}
                | ({'low': float(f.low)} if np.isfinite(f.low) else {})
                | ({'high': float(f.high)} if np.isfinite(f.high) else {})
                for f in self.fields]

    @staticmethod
    def from_list(rows: list[dict]) -> 'Spec':
        """
        Build a spec from what :meth:`to_list` gave.

        :raises ConfigurationError: when a row lacks its name or unit.
        """
        try:
            return Spec(tuple(Field(str(r['name']), str(r['unit']), float(r.get('low', -np.inf)),
                                    float(r.get('high', np.inf))) for r in rows))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ConfigurationError(
                f'spec rows need name and unit (and numbers as low, high): {error}') from error

    def check(self, vector: np.ndarray, what: str) -> np.ndarray:
        """
        Return the vector when it fits: shape ``(size,)`` and all components finite.

        :raises ShapeError: naming the shape, or the first component that is not finite.
        """
        if vector.shape != (self.size,):
            raise ShapeError(f'{what} has shape {vector.shape}; accepted: ({self.size},)')
        if not np.isfinite(vector).all():
            at = int(np.flatnonzero(~np.isfinite(vector))[0])
            raise ShapeError(f'{what} component {self.names[at]} is {vector[at]}; '
                             'accepted: finite numbers')
        return vector


@dataclass(frozen=True)
class Sensors:
    """
    What the plant or the driver reported at one instant.

    ``position``, ``velocity``, ``effort`` are ``(J,)`` float64 in the order of ``joint_names``
    [rad or m, per second, N m or N]; the tool pose is that of the contract's tool frame in its
    base frame [m; w, x, y, z], absent where the robot has none. ``stamp`` is in nanoseconds.
    The object is what the task is about: a seat, a puck. Where the robot itself moves through the
    world, ``base_*`` say pose and linear velocity in the world and angular velocity in the body
    [m, m/s, rad/s].
    """

    stamp: int
    joint_names: tuple[str, ...]
    position: np.ndarray
    velocity: np.ndarray
    effort: np.ndarray
    tool_position: np.ndarray | None = None
    tool_quaternion: np.ndarray | None = None
    object_position: np.ndarray | None = None
    object_quaternion: np.ndarray | None = None
    base_position: np.ndarray | None = None
    base_quaternion: np.ndarray | None = None
    base_velocity: np.ndarray | None = None
    base_angular_velocity: np.ndarray | None = None


class Past(NamedTuple):
    """An earlier control step: what was measured, and what was then executed in [-1, 1]."""

    sensors: Sensors
    action: np.ndarray


@dataclass(frozen=True)
class Start:
    """
    Where an episode begins: joint positions ``(J,)`` [rad or m], at rest.

    ``object_*`` is where the thing the task is about is put; ``variation`` holds what was drawn
    for the plant, such as a factor on its friction.
    """

    position: np.ndarray
    object_position: np.ndarray | None = None
    object_quaternion: np.ndarray | None = None
    variation: dict[str, float] | None = None


@dataclass(frozen=True)
class Judgement:
    """What a task says of one control step: reward, whether it ended the world, success now."""

    reward: float
    terminal: bool
    success: bool


@dataclass(frozen=True)
class Executed:
    """
    What the gate made of one action.

    ``asked`` and ``action`` are ``(A,)`` float32 in [-1, 1]; ``command`` is ``(A,)`` float64 in
    the contract's units and is what was published; ``action`` is the command mapped back.
    ``limited`` says the command differs from what was asked, ``holding`` that it was replaced by
    the hold action, ``why`` in one or two words (empty when neither).
    """

    asked: np.ndarray
    command: np.ndarray
    action: np.ndarray
    limited: bool = False
    holding: bool = False
    why: str = ''


class Transition(NamedTuple):
    """
    One control step as it is stored and learned from.

    ``observation`` and ``next_observation`` are ``(O,)`` float32, ``action`` is the executed one,
    ``(A,)`` float32. ``discount`` is 0 at a true terminal and 1 otherwise, also at a time-out.
    ``last`` marks the final step of its episode. ``(actor, boot_id, sequence)`` name it.
    """

    observation: np.ndarray
    action: np.ndarray
    reward: float
    discount: float
    next_observation: np.ndarray
    last: bool = False
    stamp: int = 0
    actor: str = 'local'
    boot_id: int = 0
    episode: int = 0
    step: int = 0
    sequence: int = 0
    policy_version: int = 0
    source: str = 'policy'


class Batch(NamedTuple):
    """``B`` transitions: ``(B, O)``, ``(B, A)``, ``(B,)``, ``(B,)``, ``(B, O)``, all float32."""

    observation: np.ndarray
    action: np.ndarray
    reward: np.ndarray
    discount: np.ndarray
    next_observation: np.ndarray


@dataclass(frozen=True)
class EpisodeSummary:
    """
    One finished episode.

    ``success`` is the condition held over the last five control steps, ``success_ever`` that it
    was held for five steps at some time; ``time_to_success_sec`` is NaN where it never was.
    ``cause`` is one of horizon, terminal, fault, hold, stopped, person; ``limited`` and ``human``
    count the control steps that the gate changed and that a person made.
    """

    episode: int
    steps: int
    reward_sum: float
    success: bool
    success_ever: bool
    time_to_success_sec: float
    cause: str
    limited: int = 0
    human: int = 0

    def __str__(self) -> str:
        """Return it as a line for people."""
        found = 'success' if self.success else 'lost its success' if self.success_ever else (
            'no success')
        when = f' after {self.time_to_success_sec:.1f} s' if self.success_ever else ''
        return (f'episode {self.episode}: {found}{when}, return {self.reward_sum:.1f}, '
                f'{self.steps} steps, ended by {self.cause}')
