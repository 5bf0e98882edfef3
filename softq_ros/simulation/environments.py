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
"""Tasks as gymnasium environments: the same plant, gate and judge as the graph's."""
from collections import deque
from typing import Any

import gymnasium
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Box
import numpy as np

from softq_ros.errors import PlantFault
from softq_ros.records import Executed, Past, Sensors
from softq_ros.robot.gate import Gate
from softq_ros.simulation.catalogue import make_plant
from softq_ros.simulation.plant import Plant
from softq_ros.tasks.catalogue import load_task
from softq_ros.tasks.task import Task


class TaskEnvironment(gymnasium.Env):
    """
    One task on its plant behind the gate's rules.

    Observation ``(O,)`` and action ``(A,)`` are those of the task's specs. ``terminated`` is a
    true end of the world (discount 0), ``truncated`` the horizon, a hold or a fault (discount 1).
    The ``info`` of a step holds ``success``, ``fault`` (empty: none), and as dictionaries the
    fields of the records ``sensors`` and ``executed``, whose ``action`` is the one to learn from.
    """

    metadata = {'render_modes': []}

    def __init__(self, task: Task, plant: Plant) -> None:
        """Wait for the first reset."""
        self.task, self._plant, self._gate = task, plant, Gate(task.contract)
        spec, actions = task.observation_spec, task.action_spec
        self.observation_space = Box(spec.low, spec.high, dtype=np.float32)
        self.action_space = Box(actions.low, actions.high, dtype=np.float32)
        self._episode = 0
        self._steps = 0
        self._sensors: Sensors | None = None
        self._past: deque[Past] = deque(maxlen=task.history)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None
              ) -> tuple[np.ndarray, dict]:
        """
        Begin an episode where ``sim/reset`` with the same seed begins it.

        :param seed: of the start; without one the environment's generator goes on.
        :param options: none are known.
        """
        super().reset(seed=seed)
        self._sensors = self._plant.reset(self.task.start(self.np_random), 0)
        self._episode += 1
        self._steps = 0
        self._past.clear()
        return self.task.observe(self._sensors), {'sensors': dict(vars(self._sensors))}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict]:
        """
        Execute what the gate makes of an action, for one control period.

        :raises ResetNeeded: before the first reset and after the end of an episode.
        :raises MessageError: for an action that is not finite or has another length.
        """
        if self._sensors is None:
            raise ResetNeeded('step without an episode; accepted: reset() first')
        before = self._sensors
        executed = self._gate.filter(np.array(action, np.float32), before, self._episode)
        try:
            sensors = self._plant.step(executed.command)
        except PlantFault as error:
            return self._fault(before, executed, str(error))
        judgement = self.task.judge(before, executed.action, sensors)
        self._past.appendleft(Past(before, executed.action))
        self._steps += 1
        truncated = self._steps >= self.task.horizon or executed.holding
        truncated = truncated and not judgement.terminal
        self._sensors = None if judgement.terminal or truncated else sensors
        return (self.task.observe(sensors, self._past), judgement.reward, judgement.terminal,
                truncated, _info(executed, sensors, judgement.success))

    def _fault(self, last: Sensors, executed: Executed, why: str
               ) -> tuple[np.ndarray, float, bool, bool, dict]:
        self._sensors = None
        return (self.task.observe(last, self._past), 0.0, False, True,
                _info(executed, last, False, why))

    def close(self) -> None:
        """Let go of the plant."""
        self._plant.close()


def _info(executed: Executed, sensors: Sensors, success: bool, fault: str = '') -> dict:
    return {'executed': dict(vars(executed)), 'sensors': dict(vars(sensors)),
            'success': success, 'fault': fault}


def make_environment(task_name: str, options: dict | None = None) -> TaskEnvironment:
    """
    Build the environment of a task.

    :param options: of the task, in place of what its file says.
    :raises ConfigurationError: for an unknown task or option.
    """
    task = load_task(task_name, options)
    return TaskEnvironment(task, make_plant(task))
