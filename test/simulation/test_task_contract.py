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
"""What holds for every task there is, on its own plant."""
from collections import deque
import warnings

from gymnasium.utils.env_checker import check_env
import numpy as np
import pytest

from softq_ros.records import Past, Sensors
from softq_ros.simulation.catalogue import make_plant
from softq_ros.simulation.environments import make_environment, TaskEnvironment
from softq_ros.tasks.catalogue import load_task, task_configuration, task_names
from softq_ros.tasks.sawyer import rotation_matrix

EPISODES = 3
HARD = {'target': 'speed', 'start': 'above', 'observe_ik': True, 'delay_steps': 1,
        'noise_position': 0.0005, 'noise_angle_deg': 0.2, 'randomise': True}
VARIANTS = [
    ('sawyer_stack', {'robot': 'sim_sawyer_increment'}), ('sawyer_stack', HARD),
    ('sawyer_stack_torque', HARD), ('sawyer_reach', HARD),
    ('sawyer_stack', {'target': 'converged', 'start': 'anywhere', 'fine_error': 0.5}),
    ('sawyer_stack', {'fit': 'press'}), ('sawyer_stack_torque', {'fit': 'press', 'brick': '2x2'})]
FAR = {'sawyer_stack_avoid': {'fine_error': 0.5}}  # from the seat: finer ones all but stand still


def roll(environment: TaskEnvironment, seed: int) -> list[tuple]:
    """Return what reset and each step of an episode of random actions gave."""
    rng = np.random.default_rng(seed)
    observation, info = environment.reset(seed=seed)
    steps = [(observation, 0.0, False, False, info)]
    while not (steps[-1][2] or steps[-1][3]):
        action = rng.uniform(-1, 1, environment.action_space.shape).astype(np.float32)
        steps.append(environment.step(action))
    return steps


@pytest.fixture(scope='module',
                params=[(name, FAR.get(name, {})) for name in task_names()] + VARIANTS,
                ids=lambda param: ' '.join([param[0], *map(str, param[1].values())]))
def environment(request) -> TaskEnvironment:
    """Return the environment of each task, and of each variant, in turn."""
    environment = make_environment(*request.param)
    yield environment
    environment.close()


@pytest.fixture(scope='module')
def episodes(environment) -> list[list[tuple]]:
    """Return some episodes of random actions, seeded 0, 1, 2 and so on."""
    return [roll(environment, seed) for seed in range(EPISODES)]


def test_gymnasiums_checker_finds_nothing_but_ranges_without_an_end(environment):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter('always')
        check_env(environment)
    assert [str(w.message) for w in found if 'infinity' not in str(w.message)
            and 'does not have a spec' not in str(w.message)
            and 'not having a spec' not in str(w.message)] == []


def test_one_seed_gives_the_same_bits_again_in_a_fresh_environment(environment, episodes):
    task = environment.task
    again = roll(make_environment(task.name, task.options), EPISODES - 1)
    assert len(again) == len(episodes[-1])
    for first, second in zip(episodes[-1], again):
        assert first[0].tobytes() == second[0].tobytes() and first[1:4] == second[1:4]


def test_observations_are_finite_and_within_their_spec(environment, episodes):
    for episode in episodes:
        for observation, *_ in episode:
            assert environment.observation_space.contains(observation)
            environment.task.observation_spec.check(observation, 'observation')


def test_rewards_are_finite_python_numbers(episodes):
    for episode in episodes:
        for _, reward, terminated, truncated, _ in episode:
            assert type(reward) is float and np.isfinite(reward)
            assert type(terminated) is bool and type(truncated) is bool


def test_no_observation_shares_memory_with_another_or_with_the_sensors(episodes):
    steps = episodes[0]
    for (first, *_, info), (second, *_) in zip(steps, steps[1:]):
        assert not np.shares_memory(first, second)
        for name in ('position', 'velocity'):
            assert not np.shares_memory(first, info['sensors'][name])


def test_no_component_of_the_observation_is_constant(environment, episodes):
    seen = np.array([step[0] for episode in episodes for step in episode])
    still = [n for n, s in zip(environment.task.observation_spec.names, seen.std(0)) if s < 1e-4]
    assert still == []


def test_every_seed_starts_elsewhere(environment):
    starts = {environment.reset(seed=seed)[0].tobytes() for seed in range(20)}
    assert len(starts) == 20


def test_an_episode_ends_at_its_horizon_without_ending_the_world(environment, episodes):
    horizon = environment.task.horizon
    for episode in episodes:
        *_, terminated, truncated, info = episode[-1]
        assert terminated != truncated
        assert len(episode) - 1 == horizon if truncated else len(episode) - 1 <= horizon
        walks = environment.task.name.startswith('minitaur')  # a fall ends the world too
        assert info['success'] or not terminated or walks


def test_a_fresh_task_judges_the_same_sensors_the_same(environment, episodes):
    task = load_task(environment.task.name, environment.task.options)
    for episode in episodes:
        sensors = [Sensors(**info['sensors']) for *_, info in episode]
        past = deque(maxlen=task.history)
        for before, after, step in zip(sensors, sensors[1:], episode[1:]):
            action = step[4]['executed']['action']
            judgement = task.judge(before, action, after)
            past.appendleft(Past(before, action))
            assert judgement.reward == step[1] and judgement.terminal == step[2]
            assert judgement.success == step[4]['success']
            assert np.array_equal(task.observe(after, past), step[0])


def test_stamps_advance_by_the_control_period(environment, episodes):
    stamps = [info['sensors']['stamp'] for *_, info in episodes[0]]
    assert np.diff(stamps).tolist() == [environment.task.contract.period_ns] * (len(stamps) - 1)


def test_random_actions_meet_no_fault_and_no_hold(episodes):
    for episode in episodes:
        assert {step[4]['fault'] for step in episode[1:]} <= {''}
        assert not any(step[4]['executed']['holding'] for step in episode[1:])


def test_judging_and_observing_change_nothing_that_was_measured(environment, episodes):
    task, info = environment.task, episodes[0][-1][4]
    sensors = Sensors(**info['sensors'])
    before = [np.copy(v) for v in vars(sensors).values() if isinstance(v, np.ndarray)]
    task.observe(sensors)
    task.judge(sensors, info['executed']['action'], sensors)
    after = [v for v in vars(sensors).values() if isinstance(v, np.ndarray)]
    assert all(np.array_equal(a, b) for a, b in zip(before, after))


@pytest.mark.parametrize('name', ['sawyer_reach', 'sawyer_stack'])
def test_the_target_of_the_task_is_the_one_its_scene_draws(name):
    task, settings = load_task(name), task_configuration(name)['task']
    plant = make_plant(task)
    plant.reset(task.start(np.random.default_rng(0)), 0)
    seat = plant.data.site('seat')
    assert settings['target_position'] == pytest.approx(seat.xpos, abs=1e-9)
    drawn = rotation_matrix(np.array(settings['target_quaternion']))
    assert drawn == pytest.approx(seat.xmat.reshape(3, 3), abs=1e-6)


def test_the_middle_of_the_starts_holds_the_brick_straight_fifteen_centimetres_above_the_seat():
    environment = make_environment('sawyer_stack', {'start_box': 0.0})
    _, info = environment.reset(seed=0)
    distance, angle = environment.task.pose_error(Sensors(**info['sensors']))
    assert distance == pytest.approx(0.15, abs=1e-4)
    assert np.degrees(angle) < 0.1
