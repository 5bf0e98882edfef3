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
"""Settings of the algorithms: one frozen dataclass each, every value checked once."""
from dataclasses import dataclass, fields
import math
import sys
from typing import ClassVar

from softq_ros.errors import accepted, ConfigurationError

CHOICES = {'preset': ('ours', 'code', 'paper'),  # told apart in softq_ros.learning.presets
           'device': ('cpu', 'cuda')}
LEAST_UNIFORM = 0.1  # of the value samples: what bounds their weights


@dataclass(frozen=True)
class Settings:
    """What every algorithm here needs."""

    device: ClassVar[str] = 'cpu'  # where updates are computed
    hidden: tuple[int, ...] = (128, 128)  # units of each hidden layer, ReLU
    learning_rate: float = 1e-3  # Adam, all networks
    rate_halves_at: int = 0  # updates after which the rate is half: r / (1 + t / this); 0: never
    discount: float = 0.99  # per control step
    polyak: float = 0.005  # share of the target networks replaced at each update
    batch_size: int = 256  # transitions of one update
    reward_scale: float = 1.0  # factor on rewards as stored; the temperature is after scaling
    huber: float = 0.0  # error [scaled reward units] where a Q's loss turns linear; 0: nowhere
    value_ceiling: float = math.inf  # scaled reward units; what a value counts at most
    layer_norm: bool = False  # normalise the hidden layers of the Qs
    n_step: int = 1  # control steps whose rewards are summed before a value follows
    hindsight_share: float = 0.0  # of a batch, as if where its episode came to were the target
    hindsight_ends: int = 0  # control steps at which that share has fallen to none; 0: never
    reset_every: int = 0  # updates between two new starts of all networks; 0: never
    updates_per_step: float = 1.0  # gradient steps for each control step
    warmup_steps: int = 500  # control steps at random before the first update
    replay_capacity: int = 1_000_000  # transitions
    publish_every: int = 10  # updates between two versions of the weights
    checkpoint_every: int = 2000  # updates between two checkpoints
    evaluate_every: int = 2000  # control steps between two points of the learning curve
    steps: int = 40_000  # control steps after which training ends


@dataclass(frozen=True)
class SqlSettings(Settings):
    """Soft Q-learning."""

    device: str = 'cpu'  # or cuda: updates on a GPU
    preset: str = 'ours'  # or code, paper: the authors' program, the paper's text
    critics: int = 2  # Q-functions, 1 or 2; the smallest counts
    temperature: float = 0.03  # alpha [scaled reward units]
    fixed_particles: int = 16  # carry the gradient of Q
    updated_particles: int = 16  # carry the gradient of the sampler
    value_samples: int = 32  # actions that estimate the soft value of one state
    uniform_up_to: int = 3  # action dimensions in which all value samples are uniform
    uniform_share: float = 0.5  # of them above; the rest lie around sampler actions
    svgd_states: int = 64  # states of the batch that the sampler learns from
    sampler_polyak: float = 1.0  # share of the acting sampler replaced at each update
    target_period: int = 1000  # updates between hard copies, presets code and paper


@dataclass(frozen=True)
class SacSettings(Settings):
    """Soft actor-critic: the baseline of equal entropy."""

    temperature: float = 0.0  # fixed alpha; 0: learned, towards an entropy of minus the dimension


@dataclass(frozen=True)
class DroqSettings(SacSettings):
    """DroQ: the baseline of many updates per step. The policy moves once per control step."""

    layer_norm: bool = True  # normalise the hidden layers of the Qs
    updates_per_step: float = 20.0  # gradient steps of the Qs for each control step
    publish_every: int = 20  # updates between two versions of the weights
    checkpoint_every: int = 20_000  # updates between two checkpoints
    dropout: float = 0.01  # share of the Qs' hidden units left out of a pass


@dataclass(frozen=True)
class DdpgSettings(Settings):
    """Deep deterministic policy gradient: the baseline without entropy."""

    noise: float = 0.1  # standard deviation of the exploration noise, in actions


@dataclass(frozen=True)
class Td3Settings(DdpgSettings):
    """Twin delayed DDPG: the stronger baseline without entropy."""

    target_noise: float = 0.2  # standard deviation of the noise on the target's actions
    target_noise_clip: float = 0.5  # largest such noise
    policy_delay: int = 2  # updates of the Qs for each of the policy and the targets


SETTINGS = {'sql': SqlSettings, 'sac': SacSettings, 'td3': Td3Settings, 'ddpg': DdpgSettings,
            'droq': DroqSettings}
_AT_LEAST = {'fixed_particles': 2, 'updated_particles': 2, 'value_samples': 2, 'batch_size': 1,
             'svgd_states': 1, 'warmup_steps': 1, 'replay_capacity': 2, 'publish_every': 1,
             'checkpoint_every': 1, 'evaluate_every': 1, 'steps': 1, 'target_period': 1,
             'policy_delay': 1, 'critics': 1, 'n_step': 1, 'value_ceiling': -math.inf}
_POSITIVE = ('learning_rate', 'polyak', 'sampler_polyak', 'reward_scale', 'updates_per_step')
_SHARE = ('discount', 'polyak', 'sampler_polyak', 'uniform_share', 'dropout',
          'hindsight_share')


def _number(name: str, value: object, whole: bool) -> float:
    kinds = int if whole else (int, float)
    if (isinstance(value, bool) or not isinstance(value, kinds)
            or not -sys.float_info.max <= value <= sys.float_info.max):
        raise ConfigurationError(f'{name}: got {value!r}; accepted: a '
                                 f'{"whole" if whole else "finite"} number')
    return value if whole else float(value)


def _checked(name: str, value: object, default: object, positive: tuple[str, ...]) -> object:
    if name == 'hidden':
        if not isinstance(value, (list, tuple)) or not value:
            raise ConfigurationError(f'hidden: got {value!r}; accepted: a list of layer sizes')
        if any(_number(name, units, True) < 1 for units in value):
            raise ConfigurationError(f'hidden: got {value!r}; accepted: layer sizes of 1 or more')
        return tuple(value)
    if name in CHOICES:
        if value not in CHOICES[name]:
            raise ConfigurationError(f'{name}: {accepted(value, CHOICES[name])}')
        return value
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise ConfigurationError(f'{name}: got {value!r}; accepted: false, true')
        return value
    if name == 'value_ceiling' and value == math.inf:
        return value
    number = _number(name, value, isinstance(default, int))
    if number < _AT_LEAST.get(name, 0) or (name in positive and number <= 0):
        least = 'above 0' if name in positive else f'{_AT_LEAST.get(name, 0)} or more'
        raise ConfigurationError(f'{name}: got {value!r}; accepted: {least}')
    if name in _SHARE and number > 1:
        raise ConfigurationError(f'{name}: got {value!r}; accepted: 0 to 1')
    if name == 'dropout' and number == 1:
        raise ConfigurationError(f'{name}: got {value!r}; accepted: 0 to below 1')
    if name == 'critics' and number > 2:
        raise ConfigurationError(f'{name}: got {value!r}; accepted: 1 or 2')
    if name == 'uniform_share' and number < LEAST_UNIFORM:
        raise ConfigurationError(f'{name}: got {value!r}; accepted: {LEAST_UNIFORM} to 1')
    return number


def make_settings(algorithm: str, values: dict) -> Settings:
    """
    Build the settings of an algorithm from plain values; what is not named keeps its default.

    :raises ConfigurationError: naming the setting, its value and what would be accepted.
    """
    if algorithm not in SETTINGS:
        raise ConfigurationError(f'unknown algorithm: {accepted(algorithm, SETTINGS)}')
    kind = SETTINGS[algorithm]
    defaults = {field.name: field.default for field in fields(kind)}
    for name in values:
        if name not in defaults:
            raise ConfigurationError(f'unknown setting of {algorithm}: {accepted(name, defaults)}')
    positive = (*_POSITIVE, 'temperature') if algorithm == 'sql' else _POSITIVE
    return kind(**{n: _checked(n, v, defaults[n], positive) for n, v in values.items()})
