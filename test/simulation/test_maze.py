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
"""The point in its maze: where it stops, and that no wall is ever crossed."""
from hypothesis import given, settings, strategies
import numpy as np
import pytest

from softq_ros.errors import ShapeError
from softq_ros.records import Start
from softq_ros.robot.contract import load_contract
from softq_ros.simulation.catalogue import make_plant
from softq_ros.simulation.maze import crossings, GAP, MazePlant
from softq_ros.tasks.catalogue import load_task

CONTRACT = load_contract('maze_point')
WALL = np.array([[[1.0, 1.0], [1.0, -1.0]]])
DOOR = np.array([[[0.5, 1.0], [0.5, -1.0]]])
COMPONENT = strategies.one_of(strategies.sampled_from([-1.0, 0.0, 1.0]), strategies.floats(-1, 1))
ACTIONS = strategies.lists(strategies.tuples(COMPONENT, COMPONENT), min_size=20, max_size=60)


def place(walls=WALL, doors=DOOR, start=(0.0, 0.0)) -> MazePlant:
    """Return a point among walls."""
    plant = MazePlant(CONTRACT, walls, doors)
    plant.reset(Start(np.array(start)), 0)
    return plant


@pytest.mark.parametrize('end, share', [
    ((2.0, 0.0), 0.5), ((4.0, 0.0), 0.25), ((0.9, 0.0), np.inf), ((-2.0, 0.0), np.inf),
    ((2.0, 2.0), 0.5), ((2.0, 2.1), np.inf), ((0.0, 3.0), np.inf)])
def test_a_way_meets_a_wall_where_it_was_worked_out_by_hand(end, share):
    assert crossings(np.zeros(2), np.array(end), WALL) == pytest.approx([share])


@given(strategies.lists(strategies.floats(-3, 3), min_size=8, max_size=8))
def test_where_way_and_wall_meet_is_one_point_of_both(numbers):
    start, end, *wall = np.array(numbers).reshape(4, 2)
    share = crossings(start, end, np.array([wall]))[0]
    if np.isfinite(share):
        met, along = start + share * (end - start), wall[1] - wall[0]
        to_wall = abs(along[0] * (met - wall[0])[1] - along[1] * (met - wall[0])[0])
        assert to_wall <= 1e-9 * max(1.0, np.linalg.norm(along))


def test_walls_of_another_shape_are_refused():
    with pytest.raises(ShapeError, match=r'accepted: \(2,\) to \(2,\), \(W, 2, 2\)'):
        crossings(np.zeros(2), np.ones(2), np.zeros((3, 4)))


def test_the_point_stops_a_millimetre_before_a_wall_and_can_leave_it():
    plant = place(start=(0.8, 0.0))
    assert plant.step(np.array([5.0, 0.0])).position.tolist() == pytest.approx([1.0 - GAP, 0.0])
    assert plant.step(np.array([5.0, 0.0])).position[0] < 1.0
    assert plant.step(np.array([0.0, 2.0])).position[1] == pytest.approx(0.2)
    assert plant.step(np.array([-5.0, 0.0])).position[0] == pytest.approx(0.5 - GAP, abs=2e-3)


def test_a_way_past_the_end_of_a_wall_is_free():
    plant = place(start=(0.8, 1.2))
    assert plant.step(np.array([5.0, 0.0])).position == pytest.approx([1.3, 1.2])


def test_a_way_through_the_corner_of_two_walls_is_closed():
    corner = np.array([[[1.0, 1.0], [1.0, 0.0]], [[1.0, 0.0], [2.0, 0.0]]])
    for start in ([0.9, -0.1], [0.75, -0.25], [0.6, -0.4]):
        plant = place(corner, start=start)
        assert plant.step(np.array([5.0, 5.0])).position == pytest.approx([1.0, 0.0], abs=2e-3)
        for _ in range(3):
            x, y = plant.step(np.array([5.0, 5.0])).position
            assert x < 1.0 or y < 0.0


def test_the_sensors_remember_the_door_that_was_passed_last_until_the_reset():
    plant = place(start=(0.3, 0.5))
    assert plant.step(np.array([1.0, 0.0])).object_position is None
    assert plant.step(np.array([2.0, 0.0])).object_position == pytest.approx([0.5, 0.5, 0.0])
    assert plant.step(np.array([0.0, -1.0])).object_position == pytest.approx([0.5, 0.5, 0.0])
    assert plant.step(np.array([-2.0, 0.0])).object_position == pytest.approx([0.5, 0.4, 0.0])
    assert plant.reset(Start(np.zeros(2)), 0).object_position is None


@settings(max_examples=60, deadline=None)
@given(ACTIONS, strategies.integers(0, 2**31), strategies.sampled_from(['open', 'upper', 'lower']))
def test_no_wall_of_the_maze_is_ever_crossed(actions, seed, wall):
    task = load_task('minimaze', {'wall': wall})
    plant = make_plant(task)
    sensors = plant.reset(task.start(np.random.default_rng(seed)), 0)
    for action in actions * 4:
        before = sensors.position
        sensors = plant.step(5.0 * np.array(action))
        x, y = sensors.position
        assert -1.8 < x < 1.8 and -1.2 < y < 1.2  # inside the box
        assert not (-0.6 < x < 0.6 and -0.6 < y < 0.6)  # and outside the block
        if before[0] < 0.6 < x:
            assert wall != ('upper' if y > 0 else 'lower')


@settings(max_examples=25, deadline=None)
@given(ACTIONS, strategies.integers(0, 2**31))
def test_behind_two_closed_doors_the_goal_is_out_of_reach(actions, seed):
    task = load_task('minimaze', {'wall': 'upper'})
    plant = MazePlant(task.contract, np.concatenate([task.walls, task.doors[1:]]), task.doors)
    plant.reset(task.start(np.random.default_rng(seed)), 0)
    drawn = np.random.default_rng(seed).uniform(-1, 1, (100, 2)) + [0.5, 0]
    for action in [*actions, *drawn]:
        sensors = plant.step(5.0 * np.clip(action, -1, 1))
        assert sensors.position[0] < 0.6 and sensors.object_position is None
        assert not task.judge(sensors, np.zeros(2), sensors).success


@pytest.mark.parametrize('wall, way, mode', [('upper', -1, 1), ('open', 1, 0), ('open', -1, 1)])
def test_a_way_round_the_block_leads_to_the_goal_and_says_which_it_was(wall, way, mode):
    task = load_task('minimaze', {'wall': wall})
    plant = make_plant(task)
    sensors = plant.reset(Start(np.array([-1.2, 0.25])), 0)
    for target in ([-0.9, 0.9 * way], [1.2, 0.9 * way], [1.3, 0.25]):
        for _ in range(12):
            sensors = plant.step(np.clip((np.array(target) - sensors.position) * 10, -5, 5))
    assert sensors.position == pytest.approx([1.3, 0.25])
    assert task.mode(sensors) == mode and task.judge(sensors, np.zeros(2), sensors).success
