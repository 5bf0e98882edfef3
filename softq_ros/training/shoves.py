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
Disturbances while a robot learns, as people make them: they begin small and grow.

Pushes at full strength from the first step threw a torque-controlled arm out of its data and it
learned nothing. Growing ones that were learned from undid at two thirds of their strength what it
had learned: a push is not observed, so that what it does is taken for what the action did, and the
values of lucky ones run off. So strength grows over the first half of the training, and
:mod:`softq_ros.training.interference` says which steps are not learned from.
"""
import numpy as np

from softq_ros.errors import ConfigurationError
from softq_ros.records import Sensors
from softq_ros.robot.contract import RobotContract
from softq_ros.simulation.plant import Plant
from softq_ros.training.scenarios import Disturbance, Scenario

GROWN = 0.5  # of the training after which disturbances have their full strength; our choice


def scaled(kind: str, values: np.ndarray, sensors: Sensors, share: float) -> np.ndarray:
    """
    Return the values of a disturbance at a share of its strength: of the force, or of the way.

    :param values: at full strength, as ``perturb`` takes them.
    :param sensors: what is measured before it.
    """
    if kind == 'pose':
        return sensors.position + share * (values - sensors.position)
    if kind == 'target':
        return sensors.object_position + share * (values - sensors.object_position)
    return share * values


class Shoves:
    """
    Disturbs a plant once in each episode, by the events of a scenario in turn.

    :param seed: of what is drawn, together with the episode's number.
    :param budget: control steps of the training.
    """

    def __init__(self, scenario: Scenario, contract: RobotContract, horizon: int, seed: int,
                 budget: int) -> None:
        """Wait for the first episode."""
        self._scenario, self._contract = scenario, contract
        self._horizon, self._seed, self._budget = horizon, seed, budget
        self._coming: Disturbance | None = None
        self._at = 0

    def begin(self, episode: int) -> None:
        """Draw what happens in an episode, and at which of its control steps."""
        self._coming = self._scenario.plan(self._seed, episode, 'training')[0]
        self._at = int(np.random.default_rng(self._coming.seed).integers(self._horizon))

    def disturb(self, plant: Plant, sensors: Sensors, step: int, steps: int) -> None:
        """
        Disturb the plant if it is time.

        :param step: of the episode.
        :param steps: of the training so far.
        """
        if self._coming is not None and step >= self._at:
            coming, self._coming = self._coming, None
            strength = min(1.0, steps / (GROWN * self._budget))
            self._put(plant, coming, sensors, strength)

    def _put(self, plant: Plant, coming: Disturbance, sensors: Sensors, strength: float) -> None:
        for values in coming.candidates(sensors, self._contract):
            try:
                plant.perturb(coming.event.kind, coming.target,
                              scaled(coming.event.kind, values, sensors, strength),
                              strength * coming.duration_sec)
            except ConfigurationError:
                continue
            return
