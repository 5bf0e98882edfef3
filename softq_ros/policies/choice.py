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
"""What a person may choose to fly: its spelling, refused in words that say the fix."""
from array import array
from collections.abc import Sequence
import math
from typing import NamedTuple

import yaml

from softq_ros.errors import ConfigurationError

LEARNER = 'learner'
MOST = 8  # policies in one composition
TEMPERATURES = (0.01, 100.0)
EXACT = 1e-3  # a sum of weights of three digits counts as one


class Choice(NamedTuple):
    """Names of bundles (``('learner',)`` for the stream), weights (none: equal), temperature."""

    names: tuple[str, ...]
    weights: tuple[float, ...] = ()
    temperature: float = 1.0

    @property
    def learner(self) -> bool:
        """Return whether the learner's stream is meant."""
        return self.names == (LEARNER,)

    @property
    def shares(self) -> tuple[float, ...]:
        """Return the weight of each name."""
        return self.weights or (1.0 / len(self.names),) * len(self.names)


def read_names(value: object) -> tuple[str, ...]:
    """
    Return the names in ``policy``: a string or an array of strings.

    :raises ConfigurationError: saying what would be accepted.
    """
    if isinstance(value, str) and value.lstrip().startswith('['):
        raise ConfigurationError(f'policy: got the string {value!r}; accepted: an array '
                                 'of strings (one of its words is none to YAML: quote each)')
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, (list, tuple)) or not all(isinstance(n, str) for n in names):
        raise ConfigurationError(
            f'policy: got {value!r}; accepted: a string or an array of strings, '
            f'{LEARNER!r} or names of bundles (quote what YAML reads as something else: "\'on\'")')
    if not names or '' in (name.strip() for name in names):
        raise ConfigurationError(f'policy: got {value!r}, which is empty; accepted: '
                                 f'{LEARNER!r}, the name of a bundle, or an array of names')
    if len(set(names)) < len(names) or len(names) > MOST:
        raise ConfigurationError(f'policy: got {names}; accepted: at most {MOST} names, '
                                 'each once (weights say how much of each)')
    if LEARNER in names[1:] or names[0] == LEARNER and len(names) > 1:
        raise ConfigurationError(f'policy: got {names}; accepted: {LEARNER!r} alone, '
                                 'or names of bundles')
    return tuple(names)


def read_weights(value: object) -> tuple[float, ...]:
    """
    Return ``weights``: an array of numbers that sum to one, or an empty one.

    :raises ConfigurationError: saying what would be accepted.
    """
    wanted = ('accepted: an array of numbers from 0 that sum to 1, one for each policy, such as '
              '[0.3, 0.7] (write all with a point), or [] for equal ones')
    numbers = isinstance(value, (Sequence, array)) and not isinstance(value, (str, bytes))
    if not numbers or any(isinstance(w, bool) or not isinstance(w, (int, float)) for w in value):
        raise ConfigurationError(f'weights: got {value!r}; {wanted}')
    weights = tuple(float(weight) for weight in value)
    if any(not (math.isfinite(weight) and weight >= 0) for weight in weights):
        raise ConfigurationError(f'weights: got {list(weights)}; {wanted}')
    if weights and abs(sum(weights) - 1) > EXACT:
        raise ConfigurationError(
            f'weights: {list(weights)} sum to {sum(weights):g}; {wanted}')
    return tuple(weight / sum(weights) for weight in weights)


def read_number(name: str, value: object, low: float, high: float) -> float:
    """
    Return a number within a range.

    :raises ConfigurationError: saying what would be accepted.
    """
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not (low <= value <= high):
        raise ConfigurationError(f'{name}: got {value!r}; accepted: a number from '
                                 f'{low:g} to {high:g}')
    return float(value)


def spelled(word: str) -> object:
    """Return what a word on a command line or in a launch file says: ``[a, b]`` is an array."""
    if not word.lstrip().startswith('['):
        return word
    try:
        return yaml.safe_load(word)
    except yaml.YAMLError:
        return word


def read_choice(policy: object, weights: object, temperature: object) -> Choice:
    """
    Return what the three choose together.

    One policy alone has nothing to weigh: ``weights`` is not read then.

    :raises ConfigurationError: saying what would be accepted.
    """
    names, shares = read_names(policy), read_weights(weights)
    factor = read_number('temperature', temperature, *TEMPERATURES)
    if len(names) > 1 and shares and len(shares) != len(names):
        raise ConfigurationError(
            f'weights: {len(shares)} numbers for {len(names)} policies; accepted: '
            f'{len(names)} that sum to 1, or [] for equal ones')
    return Choice(names, shares if len(names) > 1 else (), factor)
