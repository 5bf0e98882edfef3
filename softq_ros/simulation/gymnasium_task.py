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
"""Any continuous gymnasium environment by its id: a task without robot, gate and success."""
from typing import NamedTuple

import gymnasium
from gymnasium.spaces import Box
import numpy as np

from softq_ros.errors import ConfigurationError, LearningError
from softq_ros.records import Field, Spec

RATE = 30.0  # Hz, where an environment says neither its period nor its frame rate


class Actuators(NamedTuple):
    """The part of a robot contract that describes a policy."""

    name: str
    control_rate: float  # Hz
    action_scale: np.ndarray  # half the width of each action's range


def _check_box(name: str, what: str, space: gymnasium.Space) -> Box:
    if not isinstance(space, Box) or len(space.shape) != 1:
        raise ConfigurationError(f'{name}: {what} space {space}; accepted: a Box of one '
                                 'dimension (wrap it with FlattenObservation or the like)')
    return space


def _rate(environment: gymnasium.Env) -> float:
    period = getattr(environment.unwrapped, 'dt', None)
    return 1.0 / period if period else environment.metadata.get('render_fps') or RATE


class GymnasiumTask:
    """
    What learner, bundle and run want to know of a task, from an environment's spaces.

    :param name: id of the environment.
    :raises ConfigurationError: for an unknown id, or spaces that are no boxes of some width.
    """

    modes: tuple[str, ...] = ()
    options: dict = {}
    provenance: dict[str, str] = {}

    def __init__(self, name: str) -> None:
        """Look at a first environment."""
        self.name = name
        environment = self.make()
        observations = _check_box(name, 'observation', environment.observation_space)
        actions = _check_box(name, 'action', environment.action_space)
        width = actions.high.astype(float) - actions.low.astype(float)
        if not np.isfinite(width).all() or not (width > 0).all():
            raise ConfigurationError(f'{name}: actions from {actions.low.tolist()} to '
                                     f'{actions.high.tolist()}; accepted: finite ranges of some '
                                     'width')
        self._low = actions.low.astype(float)
        self.contract = Actuators(name, _rate(environment), width / 2)
        self.observation_spec = _spec('observation', observations.low, observations.high)
        self.action_spec = _spec('action', -np.ones(len(width)), np.ones(len(width)))
        environment.close()

    def make(self) -> gymnasium.Env:
        """Return a new environment."""
        try:
            return gymnasium.make(self.name)
        except (gymnasium.error.Error, ImportError) as error:
            raise ConfigurationError(f'unknown task: {self.name}: {error}') from error

    def command(self, action: np.ndarray) -> np.ndarray:
        """Return an action ``(A,)`` in [-1, 1] in the environment's own range."""
        return self._low + (np.asarray(action, float) + 1.0) * self.contract.action_scale

    def checked(self, observation: np.ndarray, reward: float = 0.0) -> np.ndarray:
        """
        Return an observation ``(O,)`` as float32.

        :raises LearningError: when it or the reward is not finite.
        """
        if not np.isfinite(observation).all() or not np.isfinite(reward):
            raise LearningError(f'{self.name}: observation {np.asarray(observation).tolist()}, '
                                f'reward {reward}; accepted: finite numbers (clip or end the '
                                'episode in the environment)')
        return np.asarray(observation, np.float32)


def _spec(what: str, low: np.ndarray, high: np.ndarray) -> Spec:
    return Spec(tuple(Field(f'{what} {i}', '1', float(least), float(most))
                      for i, (least, most) in enumerate(zip(low, high))))
