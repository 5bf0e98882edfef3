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
"""Tasks of the Sawyer beside a box: keep clear of it, or stack as well."""
from collections.abc import Sequence
from dataclasses import replace
import math

import numpy as np

from softq_ros.errors import ConfigurationError
from softq_ros.records import Batch, Judgement, Past, Sensors, Spec, Start
from softq_ros.robot.contract import RobotContract
from softq_ros.robot.inverse import joints_at
from softq_ros.robot.rotations import product, turn_about
from softq_ros.tasks.sawyer import SawyerPose
from softq_ros.tasks.sawyer_shape import above_table, Shape
from softq_ros.tasks.task import DRAWS, Task

FINE = 'tanh('  # how the names of the finer errors begin


def nearness(gap: float, margin: float) -> float:
    """
    Return (1 - gap / margin)^2: 1 where arm and box touch, 0 from the margin on.

    :param gap: between them [m]; below 0 they overlap.
    :param margin: [m]
    """
    return (1.0 - min(max(gap / margin, 0.0), 1.0)) ** 2


class SawyerAvoid(SawyerPose):
    """
    Keep the arm away from a box that no observation shows, and stack as well where asked.

    What is seen is what stacking shows, so that the two compose; avoiding alone does without the
    finer errors to the seat. Beyond the margin the box costs nothing: there the soft Q is flat,
    and the other skill has its way.

    :param settings: the options of ``config/tasks/<name>.yaml``.
    """

    CHOICES = SawyerPose.CHOICES | {'target': ('fixed',), 'start': ('box',),
                                    'pays': ('avoid', 'both')}

    def __init__(self, name: str, contract: RobotContract, settings: dict) -> None:
        """Take the numbers of the configuration."""
        super().__init__(name, contract, settings)
        self._pays = settings['pays']
        self._box = np.array(settings['box_position']), np.array(settings['box_half_size'])
        self._shape = Shape(contract.chain)
        self._known: tuple[bytes, float] = (b'', 0.0)
        fields = self._spec.fields
        self._shown = [at for at, field in enumerate(fields)
                       if self._pays == 'both' or not field.name.startswith(FINE)]
        self._spec = Spec(tuple(fields[at] for at in self._shown))

    def gap(self, joints: np.ndarray) -> float:
        """Return how far the arm at joints ``(J,)`` [rad] is from the box [m]."""
        key = np.asarray(joints).tobytes()
        if self._known[0] != key:
            self._known = key, self._shape.gap(joints, *self._box)
        return self._known[1]

    def start(self, rng: np.random.Generator) -> Start:
        """
        Draw where the tool is and how it is turned about the vertical; then the joints nearby.

        :raises ConfigurationError: when a hundred draws bring none of the gaps asked for, the
            brick above the table.
        """
        low, high = self._settings['start_gap']
        for _ in range(DRAWS):
            joints = self._draw_joints(rng)
            if low < self.gap(joints) < high and above_table(self.contract.chain, joints):
                return replace(super().start(rng), position=joints)
        raise ConfigurationError(f'start_gap: none of {DRAWS} starts is {low:g} to {high:g} m '
                                 'from the box; accepted: a range that leaves room')

    def _draw_joints(self, rng: np.random.Generator) -> np.ndarray:
        settings = self._settings
        yaw = math.radians(rng.uniform(*settings['start_yaw_deg']))
        turn = product(turn_about(2, yaw), self._target_quaternion)
        joints = joints_at(self.contract.chain, rng.uniform(*np.array(settings['start_tool'])),
                           turn, self._start_pose)
        return joints + rng.uniform(-settings['start_box'], settings['start_box'], joints.size)

    def clear(self, position: np.ndarray) -> bool:
        """Return whether joints lie within the contract's bounds and touch nothing."""
        return super().clear(position) and self.gap(position) > 0.0

    def observe(self, sensors: Sensors, past: Sequence[Past] = ()) -> np.ndarray:
        """Return the numbers that the specification names."""
        return super().observe(sensors, past)[self._shown]

    def judge(self, before: Sensors, action: np.ndarray, sensors: Sensors) -> Judgement:
        """Return -b nearness - c |a|^2; with stacking too, the sum of its reward and this."""
        settings, gap = self._settings, self.gap(sensors.position)
        action = np.asarray(action, np.float64)
        away = -(settings['box_cost'] * nearness(gap, settings['margin'])
                 + settings['action_cost'] * float(action @ action))
        if self._pays == 'avoid':
            return Judgement(away, False, gap >= settings['margin'])
        stacking = super().judge(before, action, sensors)
        return Judgement(stacking.reward + away, False, stacking.success)

    def relabelled(self, batch: Batch, later: np.ndarray) -> Batch:
        """Refuse: what the box costs does not go with the seat."""
        return Task.relabelled(self, batch, later)

    def peaks(self, sensors: Sensors) -> dict[str, float]:
        """Return whether the arm touches the box."""
        return {'contact': float(self.gap(sensors.position) <= 0.0)}
