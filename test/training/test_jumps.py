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
"""What was put elsewhere is told from what moves by itself."""
from dataclasses import replace

import numpy as np
import pytest

from softq_ros.errors import PlantFault
from softq_ros.records import Sensors
from softq_ros.robot.contract import load_contract
from softq_ros.robot.gate import Gate
from softq_ros.simulation.catalogue import make_plant
from softq_ros.tasks.catalogue import load_task, task_names
from softq_ros.training.interaction import Interaction
from softq_ros.training.jumps import jump

SAWYER = load_contract('sim_sawyer')
BEFORE = Sensors(0, SAWYER.joints, np.zeros(7), np.zeros(7), np.zeros(7),
                 object_position=np.array([0.5, 0.1, 0.02]))


def after(periods: int = 1, joint: int = 3, way: float = 0.0, target: float = 0.0) -> Sensors:
    return replace(BEFORE, stamp=periods * SAWYER.period_ns, position=way * np.eye(7)[joint],
                   object_position=BEFORE.object_position + [0.0, target, 0.0])


def test_joints_may_go_twice_as_far_as_their_limit_allows_in_the_time_that_passed():
    most = 2.0 * SAWYER.velocity_limit[3] * 0.05
    assert jump(BEFORE, after(way=0.99 * most), SAWYER, True) == ''
    assert jump(BEFORE, after(way=-1.01 * most), SAWYER, True) == (
        f'{SAWYER.joints[3]} is {1.01 * most:.3g} further after 0.05 s; '
        f'accepted: at most {most:.3g}')
    assert jump(BEFORE, after(3, way=2.99 * most), SAWYER, True) == ''
    assert jump(BEFORE, after(0, way=0.99 * most), SAWYER, True) == ''


def test_a_target_stays_where_it_is_but_not_a_puck():
    assert jump(BEFORE, after(target=0.009), SAWYER, True) == ''
    assert jump(BEFORE, after(target=-0.02), SAWYER, True) == (
        'the target is 0.02 m further after 0.05 s; accepted: at most 0.01')
    assert jump(BEFORE, after(target=0.5), SAWYER, False) == ''
    blind = replace(BEFORE, object_position=None)
    assert jump(blind, after(target=0.5), SAWYER, True) == ''


@pytest.mark.parametrize('name', task_names())
def test_nothing_jumps_by_itself(name):
    task = load_task(name)
    plant, gate = make_plant(task), Gate(task.contract)
    interaction, found = Interaction(task, task.contract, 3), []
    for episode in range(6):
        interaction.begin(episode)
        sensors = plant.reset(task.start(np.random.default_rng(episode)), 0)
        interaction.first(sensors)
        while not interaction.finished and interaction.step < 40:
            executed = gate.filter(interaction.act(None, '', 0), sensors, episode)
            try:
                sensors = plant.step(executed.command)
            except PlantFault:
                break
            found.append(interaction.jump(sensors))
            interaction.complete(executed, sensors)
    plant.close()
    assert len(found) >= 30 and not any(found)
