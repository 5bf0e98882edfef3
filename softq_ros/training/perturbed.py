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
"""Evaluation of a policy that is disturbed while it acts: how often it recovers."""
from collections.abc import Callable

import numpy as np

from softq_ros.errors import ConfigurationError, PlantFault
from softq_ros.learning.actor import Actor
from softq_ros.records import Sensors
from softq_ros.robot.contract import RobotContract
from softq_ros.robot.gate import Gate
from softq_ros.simulation.catalogue import make_plant
from softq_ros.simulation.plant import Plant
from softq_ros.tasks.task import Controller, Task
from softq_ros.training.interaction import Interaction
from softq_ros.training.recovery import summarise
from softq_ros.training.scenarios import Disturbance, Scenario
from softq_ros.training.seeds import episode_seed
from softq_ros.training.trial import Trial

Watch = Callable[[Trial, bool], None]  # a trial, whether the last control step was a success


def disturb(plant: Plant, disturbance: Disturbance, sensors: Sensors,
            contract: RobotContract) -> bool:
    """Disturb a plant with the first values that it takes; return whether it took any."""
    for values in disturbance.candidates(sensors, contract):
        try:
            plant.perturb(disturbance.event.kind, disturbance.target, values,
                          disturbance.duration_sec)
        except ConfigurationError:
            continue
        return True
    return False


def run_trial(trial: Trial, interaction: Interaction, plant: Plant, gate: Gate, task: Task,
              actor: Actor | Controller, sampling: str, episode: int, seed: int,
              watch: Watch | None = None) -> None:
    """Run one episode for as long as its trial lasts; a fault of the plant ends it."""
    interaction.begin(episode)
    sensors = plant.reset(task.start(np.random.default_rng(seed)), 0)
    interaction.first(sensors)
    while not trial.finished:
        if trial.due and disturb(plant, trial.due, sensors, task.contract):
            trial.disturbed(trial.due.duration_sec)
        elif trial.due:
            trial.refused()
        executed = gate.filter(interaction.act(actor, sampling, 0), sensors, episode)
        try:
            before, sensors = sensors, plant.step(executed.command)
        except PlantFault:
            trial.stop()
            break
        interaction.complete(executed, sensors)
        success = task.judge(before, executed.action, sensors).success
        trial.see(sensors, success, executed.limited)
        if watch:
            watch(trial, success)


def evaluate_perturbed(actor: Actor | Controller, task: Task, scenario: Scenario,
                       episodes: int, seed: int, sampling: str,
                       told: Callable[[int, int], None] = lambda *_: None) -> dict:
    """
    Return the report of recoveries on fresh episodes, which last as long as it takes.

    :param episodes: of each kind of event.
    :param told: how many episodes are done, of how many.
    :raises ConfigurationError: for a robot without a tool, whose way could be measured.
    """
    if not task.needs_tool_pose:
        raise ConfigurationError(f'perturb: got {scenario.name} with {task.name}; accepted: none, '
                                 'it has no tool whose way could be measured')
    plant, gate = make_plant(task), Gate(task.contract)
    interaction = Interaction(task, task.contract, episode_seed(seed, 'test', 2**31))
    outcomes, refusals, total = [], [], episodes * len(scenario.events)
    for episode in range(total):
        trial = Trial(scenario.plan(seed, episode), scenario.settle_sec)
        run_trial(trial, interaction, plant, gate, task, actor, sampling, episode,
                  episode_seed(seed, 'test', episode))
        outcomes += trial.outcomes
        refusals += trial.refusals
        told(episode + 1, total)
    plant.close()
    return {'perturb': scenario.name} | summarise(scenario.names, outcomes, refusals)
