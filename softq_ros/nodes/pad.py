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
"""What the axes and buttons of a person's game pad mean: ``config/hands/<name>.yaml``."""
from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import isfinite
from pathlib import Path

import numpy as np

from softq_ros.errors import accepted, ConfigurationError, MessageError
from softq_ros.paths import known, share
from softq_ros.robot.yaml_file import read_mapping

NO_AXIS = -1
MOST = 64  # axes or buttons of a pad
FULL = 1.001  # deflection of an axis, with room for rounding


@dataclass(frozen=True)
class Pad:
    """
    The layout of a game pad; components are x, y, z, rx, ry, rz in the base frame.

    ``axes`` are the indices in Joy's axes, -1 for none; ``speed`` that of the tool at full
    deflection [m/s, rad/s]; the buttons are indices in Joy's buttons.
    """

    axes: tuple[int, ...]
    speed: tuple[float, ...]
    takeover_button: int
    success_button: int
    failure_button: int

    def check(self, axes: Sequence[float], buttons: Sequence[int]) -> None:
        """
        Check that a message can be from such a pad.

        :raises MessageError: too few axes or buttons, an axis not within [-1, 1], a button
            neither up nor down.
        """
        least = max(self.axes) + 1, max(self.pressable) + 1
        if not least[0] <= len(axes) <= MOST or not least[1] <= len(buttons) <= MOST:
            raise MessageError(f'{len(axes)} axes, {len(buttons)} buttons; accepted: at least '
                               f'{least[0]} and {least[1]}, at most {MOST} each')
        for value in axes:
            if not abs(value) <= FULL:
                raise MessageError(f'an axis at {value}; accepted: within [-1, 1]')
        for value in buttons:
            if value not in (0, 1):
                raise MessageError(f'a button at {value}; accepted: 0 or 1')

    def twist(self, axes: Sequence[float]) -> np.ndarray:
        """Return the twist ``(6,)`` [m/s, rad/s] that deflections ask for."""
        asked = [0.0 if index == NO_AXIS else axes[index] for index in self.axes]
        return np.array(asked) * self.speed

    @property
    def pressable(self) -> tuple[int, ...]:
        """Return the indices of the buttons that mean something."""
        return self.takeover_button, self.success_button, self.failure_button


def _is_index(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value < MOST


def _is_speed(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def _accepts(name: str, value: object) -> str:
    """Return what would be accepted in a field, or nothing where the value is."""
    if name == 'axes':
        good = isinstance(value, list) and len(value) == 6
        return '' if good and all(_is_index(v, NO_AXIS) for v in value) and max(value) >= 0 else (
            f'6 indices from -1 (none) to {MOST - 1}, one axis at least')
    if name == 'speed':
        good = isinstance(value, list) and len(value) == 6 and all(map(_is_speed, value))
        return '' if good else '6 finite numbers in m/s and rad/s'
    return '' if _is_index(value, 0) else f'an index from 0 to {MOST - 1}'


def load_pad(name_or_path: str | Path) -> Pad:
    """
    Load a layout by its name in ``config/hands`` or by the path of a file.

    :raises ConfigurationError: naming the field, its value and what would be accepted.
    """
    path = Path(name_or_path)
    if path.suffix != '.yaml':
        names = known('config/hands')
        if str(name_or_path) not in names:
            raise ConfigurationError(f'unknown pad: {accepted(str(name_or_path), names)}')
        path = share('config', 'hands', f'{name_or_path}.yaml')
    data, wanted = read_mapping(path), [field.name for field in fields(Pad)]
    if set(data) != set(wanted):
        raise ConfigurationError(f'{path.name}: {accepted(sorted(map(str, data)), wanted)}')
    for name, value in data.items():
        would_do = _accepts(name, value)
        if would_do:
            raise ConfigurationError(f'{path.name}: {name}: got {value!r}; accepted: {would_do}')
    data['axes'], data['speed'] = tuple(data['axes']), tuple(map(float, data['speed']))
    pad = Pad(**data)
    if len(set(pad.pressable)) < 3:
        raise ConfigurationError(f'{path.name}: buttons: got {pad.pressable}; accepted: three '
                                 'different ones')
    return pad
