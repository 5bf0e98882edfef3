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
"""The contract of a task; the same code judges simulation and robot."""
from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from softq_ros.errors import ConfigurationError
from softq_ros.records import Batch, Field, Judgement, Past, Sensors, Spec, Start
from softq_ros.robot.contract import RobotContract
from softq_ros.robot.reach import within_reach

DRAWS = 100  # of a start, before it is called impossible


class Controller(ABC):
    """A controller that somebody wrote: what learned policies are measured against."""

    @abstractmethod
    def act_on(self, sensors: Sensors, step: int) -> np.ndarray:
        """
        Return an action ``(A,)`` in [-1, 1].

        :param step: of the episode, counted from 0.
        """


class Task(ABC):
    """
    Observation, reward, termination and start distribution.

    :param name: of the task, its configuration, its scene and its shipped policy.
    :param contract: of the robot it is made for.
    :param horizon: control steps after which an episode ends without being terminal.
    :raises ConfigurationError: when the robot has not as many joints as the task is for.
    """

    CHOICES: dict[str, tuple[str, ...]] = {}  # of the options that are words
    history = 0  # earlier control steps that the observation shows
    joint_count: int | None = None  # of the robots it is for; None: any
    needs_tool_pose = False
    needs_object_pose = False
    target_stays = False  # whether the object is a target that only somebody else moves
    needs_base = False
    target: tuple[np.ndarray, np.ndarray] | None = None  # pose of the tool that is asked for
    modes: tuple[str, ...] = ()
    provenance: dict[str, str] = {}  # what a manifest says of the world, by name
    retreat: tuple[np.ndarray, ...] = ()  # joints a robot passes on its way to a start

    def __init__(self, name: str, contract: RobotContract, horizon: int) -> None:
        """Keep what every task has."""
        if self.joint_count not in (None, len(contract.joints)):
            raise ConfigurationError(f'{name}: robot {contract.name} has {len(contract.joints)} '
                                     f'joints; accepted: {self.joint_count}')
        self.name, self.contract, self.horizon = name, contract, horizon
        self.options: dict = {}  # what the task was built from; the catalogue says
        self.action_spec = Spec(tuple(Field(f'{name} {contract.interface}', '1', -1.0, 1.0)
                                      for name in contract.action_names))

    @property
    @abstractmethod
    def observation_spec(self) -> Spec:
        """Return name, unit and range of each component of the observation."""

    @abstractmethod
    def start(self, rng: np.random.Generator) -> Start:
        """Draw where an episode begins."""

    def start_within_limits(self, rng: np.random.Generator) -> Start:
        """
        Draw starts until one is clear of the contract's joint limits and workspace.

        :raises ConfigurationError: when a hundred draws bring none.
        """
        for _ in range(DRAWS):
            start = self.start(rng)
            if self.clear(start.position):
                return start
        raise ConfigurationError(
            f'{self.name}: none of {DRAWS} starts lies within the limits and the workspace of '
            f'{self.contract.name}; accepted: a contract that leaves room for the task')

    def clear(self, position: np.ndarray) -> bool:
        """Return whether a robot can stand at joints ``(J,)`` without leaving its bounds."""
        return within_reach(self.contract, position)

    @abstractmethod
    def observe(self, sensors: Sensors, past: Sequence[Past] = ()) -> np.ndarray:
        """
        Return what the policy sees, ``(O,)`` float32, in memory of its own.

        :param past: earlier control steps of the episode, newest first, at most ``history``.
        """

    def sensors_of(self, observation: np.ndarray) -> Sensors:
        """
        Return what was measured, as far as :meth:`judge` asks, from an observation ``(O,)``.

        :raises ConfigurationError: where the observation does not say it.
        """
        raise ConfigurationError(f'{self.name}: what other runs stored cannot be judged by what '
                                 'its observation shows; accepted: one that has sensors_of')

    def relabelled(self, batch: Batch, later: np.ndarray) -> Batch:
        """
        Return transitions as if their target had been what they came to later.

        :param later: what the episode of each had come to, as observations ``(B, O)``.
        :raises ConfigurationError: where the observation does not say what a target changes.
        """
        raise ConfigurationError(f'{self.name}: hindsight_share: its targets cannot be put '
                                 'elsewhere after the fact; accepted: 0')

    @abstractmethod
    def judge(self, before: Sensors, action: np.ndarray, sensors: Sensors) -> Judgement:
        """
        Judge one control step.

        :param before: what was measured when the action was chosen.
        :param action: what was executed, ``(A,)`` in [-1, 1].
        :param sensors: what was measured one period later.
        """

    def scripted(self) -> Controller:
        """
        Return a controller that somebody wrote for the task.

        :raises ConfigurationError: where nobody did.
        """
        raise ConfigurationError(f'{self.name}: no scripted controller; accepted: a policy')

    def mode(self, sensors: Sensors) -> int | None:
        """Return which of ``modes`` an episode that ends here has found, or nothing."""
        return None

    def outcome(self, first: Sensors, last: Sensors, duration_sec: float) -> dict[str, float]:
        """
        Return what else is reported of an episode, by name, in SI units or degrees.

        :param first: what was measured where it began.
        :param last: what was measured where it ended.
        :param duration_sec: 0 of an episode that ended before its first step.
        """
        return {}

    def peaks(self, sensors: Sensors) -> dict[str, float]:
        """Return what is reported of an episode as its largest value, from every control step."""
        return {}
