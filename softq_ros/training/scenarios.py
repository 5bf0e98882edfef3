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
"""Scenarios of disturbances: files of ``config/scenarios`` that a person reads and writes."""
from collections.abc import Iterator
from dataclasses import dataclass
import math
from pathlib import Path

import numpy as np

from softq_ros.errors import accepted, ConfigurationError
from softq_ros.paths import known, share
from softq_ros.records import Sensors
from softq_ros.robot.contract import RobotContract
from softq_ros.robot.reach import within_reach
from softq_ros.robot.yaml_file import read_mapping, short
from softq_ros.training.seeds import episode_seed

TRIES = 200  # of a pose or a place, before the plant is taken to have no room for one
STREAM = 5  # keeps these draws apart from those of an episode's start
FIELDS = {'events_per_episode', 'settle_sec', 'wait_sec', 'events'}
KINDS = {'wrench': {'targets', 'force', 'duration_sec'}, 'clamp': {'targets', 'duration_sec'},
         'pose': {'offset'}, 'target': {'distance'}}


@dataclass(frozen=True)
class Event:
    """
    One kind of disturbance and the ranges it is drawn from, uniformly.

    ``wrench``: a force [N] of any direction on the centre of mass of one of ``targets`` for a time
    [s]; ``clamp``: one of the joints ``targets`` held for a time [s]; ``pose``: every joint put
    elsewhere by up to ``offset`` [rad]; ``target``: what the task is about put elsewhere by a
    ``distance`` [m] on the level.
    """

    name: str
    kind: str
    targets: tuple[str, ...] = ('',)
    force: tuple[float, float] = (0.0, 0.0)
    duration_sec: tuple[float, float] = (0.0, 0.0)
    offset: float = 0.0
    distance: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Disturbance:
    """One event as drawn, ``wait_sec`` after the arm has settled."""

    event: Event
    target: str
    wait_sec: float
    duration_sec: float
    seed: int

    def candidates(self, sensors: Sensors, contract: RobotContract) -> Iterator[np.ndarray]:
        """
        Return the values for ``perturb``, one after another until the plant takes one.

        :param sensors: what is measured now; poses and places are drawn about it.
        """
        rng, event = np.random.default_rng(self.seed), self.event
        if event.kind == 'wrench':
            yield np.concatenate([rng.uniform(*event.force) * _direction(rng, 3), np.zeros(3)])
        elif event.kind == 'clamp':
            yield np.zeros(0)
        elif event.kind == 'pose':
            for _ in range(TRIES):
                pose = sensors.position + rng.uniform(-event.offset, event.offset,
                                                      sensors.position.shape)
                if within_reach(contract, pose):
                    yield pose
        elif sensors.object_position is not None:
            for _ in range(TRIES):
                step = rng.uniform(*event.distance) * _direction(rng, 2)
                yield sensors.object_position + np.append(step, 0.0)

    @property
    def title(self) -> str:
        """Return it in a few words."""
        return f'{self.event.name} {self.target}'.strip()

    def __str__(self) -> str:
        """Return it in words a person can act on."""
        event = self.event
        return {'wrench': f'push {self.target} with {event.force[0]:g} to {event.force[1]:g} N '
                          f'for {self.duration_sec:.1f} s',
                'clamp': f'hold {self.target} for {self.duration_sec:.1f} s',
                'pose': f'move every joint by up to {event.offset:g} rad',
                'target': f'move the target by {1e3 * event.distance[0]:g} to '
                          f'{1e3 * event.distance[1]:g} mm'}[event.kind]


def _direction(rng: np.random.Generator, dimensions: int) -> np.ndarray:
    """Return a unit vector, uniform on the sphere."""
    normal = rng.standard_normal(dimensions)
    return normal / np.linalg.norm(normal)


@dataclass(frozen=True)
class Scenario:
    """
    What is done to a robot in the episodes of an evaluation.

    An event comes ``wait_sec`` after the success has been held for a second, or after
    ``settle_sec`` without; the time runs from the start of the episode, then from the end of the
    event before.
    """

    name: str
    events: tuple[Event, ...]
    events_per_episode: int
    settle_sec: float
    wait_sec: tuple[float, float]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of its kinds of events."""
        return tuple(event.name for event in self.events)

    def plan(self, seed: int, episode: int, block: str = 'test') -> list[Disturbance]:
        """Draw what happens in an episode; the kinds take turns in being the first."""
        rng = np.random.default_rng([episode_seed(seed, block, episode), STREAM])
        first = self.events[episode % len(self.events)]
        others = rng.integers(len(self.events), size=self.events_per_episode - 1)
        return [self._draw(event, rng) for event in (first, *(self.events[i] for i in others))]

    def _draw(self, event: Event, rng: np.random.Generator) -> Disturbance:
        return Disturbance(event, event.targets[rng.integers(len(event.targets))],
                           rng.uniform(*self.wait_sec), rng.uniform(*event.duration_sec),
                           int(rng.integers(2**63)))


class _Reader:
    """Takes checked values out of a mapping; refusals name the place."""

    def __init__(self, where: str, data: object, names: set[str]) -> None:
        self._where, self._data = where, data
        if not isinstance(data, dict):
            raise ConfigurationError(f'{where}: got {short(data)}; accepted: a mapping of fields')
        for name in data:
            if name not in names:
                raise ConfigurationError(f'{where}: unknown field: {accepted(name, names)}')

    def take(self, name: str) -> object:
        if name not in self._data:
            raise ConfigurationError(f'{self._where}: {name} is missing')
        return self._data[name]

    def _refuse(self, name: str, wanted: str) -> ConfigurationError:
        return ConfigurationError(
            f'{self._where}: {name}: got {short(self.take(name))}; accepted: {wanted}')

    def count(self, name: str) -> int:
        value = self.take(name)
        if type(value) is not int or not 1 <= value <= 100:
            raise self._refuse(name, 'a whole number from 1 to 100')
        return value

    def number(self, name: str) -> float:
        value = self.take(name)
        if not _is_number(value):
            raise self._refuse(name, 'a finite number, 0 or more')
        return float(value)

    def range(self, name: str, above_zero: bool = False) -> tuple[float, float]:
        value = self.take(name)
        if not (isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))
                and value[0] <= value[1] and (value[0] > 0 or not above_zero)):
            raise self._refuse(name, '[least, most], finite, '
                               + ('above 0' if above_zero else '0 or more'))
        return float(value[0]), float(value[1])

    def words(self, name: str) -> tuple[str, ...]:
        value = self.take(name)
        if not (isinstance(value, list) and value
                and all(isinstance(word, str) and word for word in value)):
            raise self._refuse(name, 'a list of names')
        return tuple(value)


def _is_number(value: object) -> bool:
    return (isinstance(value, (int, float)) and not isinstance(value, bool)
            and math.isfinite(value) and value >= 0)


def _read_event(where: str, name: str, data: object) -> Event:
    where = f'{where}: {name}'
    kind = _Reader(where, data, {'kind'}.union(*KINDS.values())).take('kind')
    if not isinstance(kind, str) or kind not in KINDS:
        raise ConfigurationError(f'{where}: kind: {accepted(kind, KINDS)}')
    row = _Reader(where, data, KINDS[kind] | {'kind'})
    if kind == 'pose':
        return Event(name, kind, offset=row.number('offset'))
    if kind == 'target':
        return Event(name, kind, distance=row.range('distance'))
    force = row.range('force') if kind == 'wrench' else (0.0, 0.0)
    return Event(name, kind, row.words('targets'), force, row.range('duration_sec', True))


def read_scenario(path: Path) -> Scenario:
    """
    Read a file of events and their ranges.

    :raises ConfigurationError: naming the field, its value and what would be accepted.
    """
    top = _Reader(path.name, read_mapping(path), FIELDS)
    events = top.take('events')
    if not isinstance(events, dict) or not events:
        raise ConfigurationError(f'{path.name}: events: got {short(events)}; accepted: a mapping '
                                 'of names to events')
    return Scenario(path.stem, tuple(_read_event(path.name, str(name), row)
                                     for name, row in events.items()),
                    top.count('events_per_episode'), top.number('settle_sec'),
                    top.range('wait_sec'))


def load_scenario(name_or_path: str) -> Scenario:
    """
    Load a scenario by its name in ``config/scenarios`` or by the path of a ``.yaml`` file.

    :raises ConfigurationError: for a name that is not there.
    """
    if name_or_path.endswith('.yaml'):
        return read_scenario(Path(name_or_path))
    names = known('config/scenarios')
    if name_or_path not in names:
        raise ConfigurationError(
            f'perturb: {accepted(name_or_path, ("none", *names))}, or a .yaml file')
    return read_scenario(share('config', 'scenarios', f'{name_or_path}.yaml'))
