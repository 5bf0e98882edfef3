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
"""Tasks as gymnasium environments: seeds, faults, holds and names."""
from dataclasses import replace

import gymnasium
from gymnasium.error import ResetNeeded
import numpy as np
import pytest

from softq_ros.errors import ConfigurationError, MessageError, PlantFault
from softq_ros.records import Sensors, Start
from softq_ros.simulation.catalogue import make_plant
from softq_ros.simulation.environments import make_environment, TaskEnvironment
from softq_ros.simulation.point import PointPlant
from softq_ros.simulation.registration import environment_id, register_environments
from softq_ros.tasks.catalogue import load_task

RIGHT = np.array([1.0, 0.0], np.float32)
STILL = np.zeros(2, np.float32)


class FaultyPoint(PointPlant):
    """A point whose second step of an episode is a fault."""

    def reset(self, start: Start, stamp: int) -> Sensors:
        """Count from here."""
        self._left = 1
        return super().reset(start, stamp)

    def step(self, command: np.ndarray) -> Sensors:
        """Fail when no step is left."""
        self._left -= 1
        if self._left < 0:
            raise PlantFault('a warning')
        return super().step(command)


class ThrownArm:
    """The Sawyer's plant, which measures the first joint faster than its actions reach."""

    def __init__(self, plant) -> None:
        """Stand before the real one."""
        self._plant = plant

    def reset(self, start: Start, stamp: int) -> Sensors:
        """Report 1.7 rad/s, which 20 rad/s2 cannot bring under 0.5 in one period."""
        sensors = self._plant.reset(start, stamp)
        return replace(sensors, velocity=np.array([1.7, 0, 0, 0, 0, 0, 0]))

    def step(self, command: np.ndarray) -> Sensors:
        """Step the real one."""
        return self._plant.step(command)


def faulty() -> TaskEnvironment:
    """Return the multi-goal problem on the faulty point."""
    task = load_task('multigoal')
    return TaskEnvironment(task, FaultyPoint(task.contract))


@pytest.mark.parametrize('name, wanted', [
    ('multigoal', 'softq_ros/Multigoal-v0'), ('sawyer_reach', 'softq_ros/SawyerReach-v0'),
    ('sawyer_stack', 'softq_ros/SawyerStack-v0')])
def test_gymnasium_makes_a_task_by_its_name(name, wanted):
    assert environment_id(name) == wanted
    with gymnasium.make(wanted, disable_env_checker=True) as environment:
        assert environment.unwrapped.task.name == name


def test_registering_twice_changes_nothing():
    before = dict(gymnasium.registry)
    register_environments()
    assert dict(gymnasium.registry) == before


def test_gymnasium_passes_options_on():
    with gymnasium.make('softq_ros/Multigoal-v0', options={'horizon': 3}) as environment:
        assert environment.unwrapped.task.horizon == 3


def test_an_unknown_task_is_refused():
    with pytest.raises(ConfigurationError, match='unknown task'):
        make_environment('nothing')


@pytest.mark.parametrize('name', ['multigoal', 'sawyer_stack'])
def test_a_seed_begins_the_episode_that_a_reset_request_of_the_graph_begins(name):
    task, seed = load_task(name), 2**62 + 1
    graph = make_plant(task).reset(task.start(np.random.default_rng(seed)), 0)
    observation, _ = make_environment(name).reset(seed=seed)
    assert np.array_equal(observation, task.observe(graph))


def test_without_a_seed_the_next_starts_follow_from_the_last_seed_given():
    first, second = make_environment('multigoal'), make_environment('multigoal')
    first.reset(seed=4)
    second.reset(seed=4)
    drawn = [first.reset()[0].tolist() for _ in range(2)]
    assert drawn == [second.reset()[0].tolist() for _ in range(2)]
    assert drawn[0] != drawn[1]


def test_a_fault_truncates_with_the_last_valid_observation_and_no_reward():
    environment = faulty()
    environment.reset(seed=1)
    valid, *_ = environment.step(RIGHT)
    observation, reward, terminated, truncated, info = environment.step(RIGHT)
    assert np.array_equal(observation, valid)
    assert (reward, terminated, truncated) == (0.0, False, True)
    assert info['fault'] == 'a warning' and info['success'] is False


def test_after_a_fault_only_a_reset_goes_on():
    environment = faulty()
    environment.reset(seed=1)
    environment.step(RIGHT)
    environment.step(RIGHT)
    with pytest.raises(ResetNeeded):
        environment.step(RIGHT)
    environment.reset(seed=2)
    assert environment.step(RIGHT)[4]['fault'] == ''


def test_a_step_before_a_reset_or_after_the_end_is_refused():
    environment = make_environment('multigoal', {'horizon': 1})
    with pytest.raises(ResetNeeded):
        environment.step(STILL)
    environment.reset(seed=1)
    environment.step(STILL)
    with pytest.raises(ResetNeeded):
        environment.step(STILL)


def test_a_hold_of_the_gate_truncates_the_episode():
    task = load_task('sawyer_stack')
    environment = TaskEnvironment(task, ThrownArm(make_plant(task)))
    environment.reset(seed=1)
    *_, terminated, truncated, info = environment.step(np.zeros(7, np.float32))
    assert info['executed']['holding'] and info['executed']['why'] == 'braking'
    assert truncated and not terminated


def test_the_gate_begins_each_episode_with_the_velocity_measured_in_it():
    task = load_task('sawyer_stack')
    environment = TaskEnvironment(task, ThrownArm(make_plant(task)))
    commands = []
    for _ in range(2):
        environment.reset(seed=1)
        *_, info = environment.step(np.zeros(7, np.float32))
        commands.append(info['executed']['command'][0])
    assert commands == pytest.approx([0.7, 0.7])  # 1.7 rad/s less 20 rad/s2 for 0.05 s


@pytest.mark.parametrize('action', [[np.nan, 0.0], [np.inf, 0.0], [0.0], [0.0, 0.0, 0.0]])
def test_an_action_that_is_not_finite_or_of_another_length_is_refused(action):
    environment = make_environment('multigoal')
    environment.reset(seed=1)
    with pytest.raises(MessageError, match='accepted'):
        environment.step(np.array(action, np.float32))


def test_an_action_beyond_the_range_is_executed_at_its_edge_and_marked():
    environment = make_environment('multigoal')
    start, _ = environment.reset(seed=1)
    after, *_, info = environment.step(np.array([1e6, 0.0], np.float32))
    assert after - start == pytest.approx([1.0, 0.0], abs=1e-6)
    assert info['executed']['limited'] and info['executed']['action'].tolist() == [1.0, 0.0]


def test_the_wall_limits_what_is_executed_and_what_is_learned_from():
    environment = make_environment('multigoal', {'start_spread': 0.0, 'goals': [[99.0, 0.0]] * 4})
    environment.reset(seed=1)
    for _ in range(7):
        environment.step(RIGHT)
    _, reward, *_, info = environment.step(RIGHT)
    assert info['executed']['action'] == pytest.approx([0.0, 0.0], abs=1e-6)
    assert reward == pytest.approx(-92.0**2)  # the distance alone: what was asked costs nothing
    assert info['executed']['limited'] and info['executed']['asked'].tolist() == [1.0, 0.0]


def test_changing_the_action_after_the_step_leaves_what_was_executed():
    environment = make_environment('multigoal')
    environment.reset(seed=1)
    action = np.array([0.25, 0.5], np.float32)
    *_, info = environment.step(action)
    action[:] = 9.0
    assert info['executed']['action'].tolist() == [0.25, 0.5]
    assert info['executed']['asked'].tolist() == [0.25, 0.5]
