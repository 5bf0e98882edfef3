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
"""How far pushes move the tool of an arm without torque, which the scenarios say in comments."""
import re

import numpy as np
import pytest

from softq_ros.paths import known, share
from softq_ros.records import Start
from softq_ros.robot.contract import load_contract
from softq_ros.simulation.mujoco_plant import MujocoPlant
from softq_ros.tasks.catalogue import task_configuration

LINKS = [f'right_l{i}' for i in range(7)]
ROUNDS = 3  # directions for each link
AFTER_SEC = 0.5
# such as "# 40 N for 0.2 s: 176 mm, 814 mm"
FIGURE = re.compile(r'# +(\d+) N for ([\d.]+) s: (\d+) mm, (\d+) mm')


def figures(name: str) -> list[tuple[float, ...]]:
    """Return force [N], time [s], tool's way [mm]: median of all links, of the last."""
    text = share('config', 'scenarios', f'{name}.yaml').read_text()
    return [tuple(map(float, row)) for row in FIGURE.findall(text)]


def ways(force: float, duration_sec: float) -> np.ndarray:
    """Return how far the tool went [mm], by round and link; gravity is compensated."""
    contract = load_contract('sim_sawyer')
    plant = MujocoPlant('sawyer/sawyer_stack.xml', contract)
    plant.model.actuator_gainprm[:] = plant.model.actuator_biasprm[:] = 0.0
    start = Start(np.array(task_configuration('sawyer_stack')['task']['start_pose']))
    rng, found = np.random.default_rng(0), np.zeros((ROUNDS, len(LINKS)))
    for place in np.ndindex(found.shape):
        direction = rng.standard_normal(3)
        before = plant.reset(start, 0).tool_position
        wrench = np.append(force * direction / np.linalg.norm(direction), np.zeros(3))
        plant.perturb('wrench', LINKS[place[1]], wrench, duration_sec)
        for _ in range(round((duration_sec + AFTER_SEC) * contract.control_rate)):
            way = np.linalg.norm(plant.step(np.zeros(7)).tool_position - before)
            found[place] = max(found[place], 1e3 * way)
    return found


@pytest.mark.parametrize('name, row', [(name, row) for name in known('config/scenarios')
                                       for row in figures(name)])
def test_pushes_move_the_passive_arm_as_far_as_the_file_says(name, row):
    force, duration_sec, everywhere, last = row
    measured = ways(force, duration_sec)
    assert np.median(measured) == pytest.approx(everywhere, rel=0.05, abs=1)
    assert np.median(measured[:, -1]) == pytest.approx(last, rel=0.05, abs=1)


def test_every_scenario_that_ships_is_calibrated_at_its_ends():
    assert {row[:2] for row in figures('light')} == {(10, 0.2), (40, 0.2)}
    assert {row[:2] for row in figures('bully')} == {(20, 0.1), (120, 0.2), (120, 1.0)}
