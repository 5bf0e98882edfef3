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
"""Disturbances while a robot learns."""
import json

import numpy as np
import pytest

from softq_ros import cli
from softq_ros.records import Sensors, Start
from softq_ros.simulation.catalogue import make_plant
from softq_ros.tasks.catalogue import load_task
from softq_ros.training.interaction import Interaction
from softq_ros.training.run import read_run
from softq_ros.training.scenarios import load_scenario
from softq_ros.training.shoves import scaled, Shoves

BULLY = load_scenario('bully')
TASK = load_task('sawyer_stack', {'target': 'speed', 'start': 'above'})
SENSORS = Sensors(0, ('a', 'b'), np.array([1.0, 2.0]), np.zeros(2), np.zeros(2),
                  object_position=np.array([0.5, 0.0, 0.1]))


class Plant:
    """Remembers how it was disturbed."""

    def __init__(self) -> None:
        """Begin unharmed."""
        self.told: list[tuple] = []

    def perturb(self, *words) -> None:
        """Take whatever comes."""
        self.told.append(words)


@pytest.mark.parametrize(('kind', 'values', 'weak'), [
    ('wrench', [10.0, 0, 0, 0, 0, 2.0], [2.5, 0, 0, 0, 0, 0.5]),
    ('pose', [2.0, 0.0], [1.25, 1.5]), ('target', [0.5, 0.08, 0.1], [0.5, 0.02, 0.1])])
def test_a_quarter_of_the_strength_is_a_quarter_of_the_force_or_the_way(kind, values, weak):
    assert scaled(kind, np.array(values), SENSORS, 0.25) == pytest.approx(np.array(weak))
    assert scaled(kind, np.array(values), SENSORS, 1.0) == pytest.approx(np.array(values))


def shoved(seed: int, steps: int, episodes: int = 40) -> list[tuple[tuple, int]]:
    """Return what a plant is told in each episode, and at which of its steps."""
    shoves, found = Shoves(BULLY, TASK.contract, 100, seed, 1000), []
    sensors = make_plant(TASK).reset(TASK.start(np.random.default_rng(0)), 0)
    for episode in range(episodes):
        plant, counts = Plant(), []
        shoves.begin(episode)
        for step in range(100):
            shoves.disturb(plant, sensors, step, steps)
            counts.append(len(plant.told))
        assert counts[-1] == 1
        found.append((plant.told[0], counts.index(1)))
    return found


def test_every_episode_is_disturbed_once_and_again_in_the_same_way():
    first, again, other = shoved(1, 500), shoved(1, 500), shoved(2, 500)

    def values(found):
        return [told[2].tolist() for told, _ in found]

    assert values(first) == values(again) != values(other)
    assert {told[0] for told, _ in first} == {'wrench', 'clamp', 'pose', 'target'}
    assert len({at for _, at in first}) > 5


def test_strength_grows_over_the_first_half_of_a_training():
    def force(steps):
        return max(np.linalg.norm(told[2]) for told, _ in shoved(1, steps)
                   if told[0] == 'wrench')

    assert force(0) == 0.0
    assert force(125) == pytest.approx(force(500) / 4)
    assert force(1000) == pytest.approx(force(500))


def test_a_jump_is_not_learned_from():
    interaction = Interaction(TASK, TASK.contract, 0)
    plant = make_plant(TASK)
    interaction.begin(0)
    sensors = plant.reset(TASK.start(np.random.default_rng(0)), 0)
    interaction.first(sensors)
    elsewhere = plant.reset(Start(sensors.position + 0.1, sensors.object_position,
                                  sensors.object_quaternion), 50)
    interaction.lose_step(elsewhere)
    assert (interaction.step, interaction.sequence, interaction.finished) == (1, 0, False)
    assert np.array_equal(interaction._observation, TASK.observe(elsewhere))


def test_a_training_is_disturbed_as_its_run_says(tmp_path, capsys):
    run = tmp_path / 'a'
    words = ['train', '--task', 'sawyer_stack', '--perturb', 'bully', '--no-curve', '--run',
             str(run), '--steps', '450', '--set', 'hidden=[8,8]', '--json']
    assert cli.main(words) == 0
    facts = read_run(run).facts
    assert facts['perturb'] == 'bully' and '--perturb bully' in facts['command']
    assert json.loads(capsys.readouterr().out.splitlines()[-1])['steps'] == 450
    assert cli.main(['train', '--resume', str(run), '--perturb', 'light']) == 2
    assert '--perturb: got light with --resume' in capsys.readouterr().err
    assert cli.main(['train', '--task', 'Pendulum-v1', '--perturb', 'light']) == 2
    assert 'gymnasium' in capsys.readouterr().err
