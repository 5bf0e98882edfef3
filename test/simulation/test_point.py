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
"""The massless point: where it goes, what it refuses."""
import numpy as np
import pytest

from softq_ros.errors import ConfigurationError, PlantFault
from softq_ros.records import Start
from softq_ros.robot.contract import load_contract
from softq_ros.simulation.point import PointPlant


@pytest.fixture
def plant() -> PointPlant:
    """Return a point in the middle."""
    plant = PointPlant(load_contract('point'))
    plant.reset(Start(np.zeros(2)), 1000)
    return plant


def test_a_command_moves_the_point_by_velocity_times_period(plant):
    sensors = plant.step(np.array([10.0, -5.0]))  # m/s for 0.1 s
    assert sensors.position == pytest.approx([1.0, -0.5])
    assert sensors.velocity == pytest.approx([10.0, -5.0])


def test_the_point_stops_at_the_wall_seven_metres_out(plant):
    plant.reset(Start(np.array([6.8, -6.8])), 0)
    assert plant.step(np.array([10.0, -10.0])).position.tolist() == [7.0, -7.0]


def test_time_advances_by_the_control_period_from_the_stamp_of_the_reset(plant):
    stamps = [plant.step(np.zeros(2)).stamp for _ in range(3)]
    assert stamps == [100_001_000, 200_001_000, 300_001_000]


def test_a_reset_puts_the_point_at_rest_at_the_start(plant):
    plant.step(np.array([10.0, 10.0]))
    sensors = plant.reset(Start(np.array([0.3, -0.2])), 5)
    assert sensors.position.tolist() == [0.3, -0.2]
    assert sensors.velocity.tolist() == [0.0, 0.0] and sensors.stamp == 5


def test_changing_what_was_measured_or_commanded_does_not_move_the_point(plant):
    command = np.array([1.0, 1.0])
    first = plant.step(command)
    first.position[:] = 5.0
    command[:] = 9.0
    assert plant.step(np.zeros(2)).position == pytest.approx([0.1, 0.1])
    assert first.velocity.tolist() == [1.0, 1.0]


@pytest.mark.parametrize('bad', [np.nan, np.inf])
def test_a_command_that_is_not_finite_is_a_fault_and_moves_nothing(plant, bad):
    with pytest.raises(PlantFault, match='accepted: finite numbers'):
        plant.step(np.array([bad, 0.0]))
    assert plant.step(np.zeros(2)).position.tolist() == [0.0, 0.0]


def test_a_perturbation_is_refused(plant):
    with pytest.raises(ConfigurationError, match="'wrench' of the point; accepted: none"):
        plant.perturb('wrench', 'point', np.zeros(6), 0.1)
