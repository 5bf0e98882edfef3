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
"""What somebody else did to a robot is told from what it did itself."""
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
from softq_ros.training.interference import Interference, jump, Motion, TOO_MUCH, WARM

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


def steps_of(task, episodes: int, pushed: bool = False, disturb=None):
    """Yield what is said of each step that a robot makes by chance."""
    plant, gate = make_plant(task), Gate(task.contract)
    interaction = Interaction(task, task.contract, 3, pushed=pushed)
    for episode in range(episodes):
        interaction.begin(episode)
        sensors = plant.reset(task.start(np.random.default_rng(episode)), 0)
        interaction.first(sensors)
        while not interaction.finished and interaction.step < 60:
            executed = gate.filter(interaction.act(None, '', 0), sensors, episode)
            touched = disturb is not None and disturb(plant, episode, interaction.step)
            try:
                sensors = plant.step(executed.command)
            except PlantFault:
                break
            yield touched, interaction.interference(executed, sensors)
            interaction.complete(executed, sensors)
    plant.close()


@pytest.mark.parametrize('name', task_names())
def test_nothing_jumps_by_itself(name):
    found = [why for _, why in steps_of(load_task(name), 6)]
    assert len(found) >= 30 and not any(found)


def push(plant, episode: int, step: int) -> bool:
    """Push the wrist for half a second in every episode from the tenth on."""
    if episode >= 10 and step == 20:
        plant.perturb('wrench', 'right_l5', np.array([0.0, 60.0, 0.0, 0.0, 0.0, 0.0]), 0.5)
    return episode >= 10 and 20 <= step < 30


def test_pushes_are_told_from_the_arms_own_motion_under_torques_alone():
    task = load_task('sawyer_stack_torque', {'target': 'speed', 'start': 'above'})
    found = list(steps_of(task, 25, True, push))[10 * 60:]
    pushed = [bool(why) for touched, why in found if touched]
    alone = [bool(why) for touched, why in found if not touched]
    assert len(pushed) == 150 and np.mean(pushed) > 0.8 and np.mean(alone) < 0.1
    assert any('accepted: 4' in why for _, why in found)
    assert not any('accelerate' in why for _, why in steps_of(task, 25, False, push))
    velocity = load_task('sawyer_stack', {'target': 'speed', 'start': 'above'})
    assert not any(why for _, why in steps_of(velocity, 12, True, push))


def test_a_linear_motion_is_learned_and_what_breaks_it_is_not_learned_from():
    rng, motion, errors = np.random.default_rng(0), Motion(2), []
    law = np.array([[0.1, 0.02], [-0.03, 0.2]])
    before = Sensors(0, ('a', 'b'), np.zeros(2), np.zeros(2), np.zeros(2))

    def step(strange: float) -> float:
        efforts = rng.normal(size=2)
        change = efforts @ law - 0.5 * before.velocity + 1e-3 * rng.normal(size=2) + strange
        return motion.error(before, efforts, replace(before, velocity=before.velocity + change))

    for _ in range(6 * WARM):
        before = replace(before, velocity=rng.normal(size=2))
        errors.append(step(0.0))
    assert errors[:2 * WARM - 1] == (2 * WARM - 1) * [0.0] and max(errors) < TOO_MUCH
    assert min(step(0.5) for _ in range(3 * WARM)) > 50 * TOO_MUCH
    assert max(step(0.0) for _ in range(WARM)) < TOO_MUCH
    assert motion._weights[2:4] == pytest.approx(law, abs=1e-3)


def test_under_velocities_only_jumps_are_told():
    others = Interference(SAWYER, True, True)
    assert others.why(BEFORE, np.zeros(7), replace(after(), velocity=np.full(7, 9.0))) == ''
    assert 'further' in others.why(BEFORE, np.zeros(7), after(way=1.0))
