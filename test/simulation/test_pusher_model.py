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
"""The pusher's model against the figures it was written from, and what its puck does."""
import mujoco
import numpy as np
import pytest

from softq_ros.records import Start
from softq_ros.simulation.catalogue import make_plant
from softq_ros.tasks.catalogue import load_task

TASK = load_task('pusher_corner')
NAMES = ('pusher_x', 'pusher_y', 'pusher_corner')
STILL = np.zeros(3)


@pytest.fixture
def plant():
    """Return the corner's scene."""
    return make_plant(TASK)


def begin(plant, joints=STILL, puck=(0.5, -0.9)):
    """Put arm and puck in a place."""
    return plant.reset(Start(np.array(joints, float), np.array([*puck, 0.0])), 0)


def test_masses_of_links_and_fork_and_a_puck_that_has_one(plant):
    mass = {name: plant.model.body(name).mass[0] for name in ('link_1', 'link_2', 'link_3', 'fork',
                                                              'puck')}
    assert [mass[f'link_{i}'] for i in (1, 2, 3)] == pytest.approx([1.63] * 3, abs=0.005)
    assert mass['fork'] == pytest.approx(1.45, abs=0.005)
    assert mass['puck'] == pytest.approx(0.01)


def test_links_at_rest_head_for_45_0_and_minus_90_degrees(plant):
    begin(plant)
    for name, degrees in (('link_1', 45), ('link_2', 0), ('link_3', -90)):
        xmat = plant.data.body(name).xmat
        assert np.degrees(np.arctan2(xmat[3], xmat[0])) == pytest.approx(degrees, abs=0.1)
    half = 0.4 * np.sqrt(0.5)
    assert plant.data.body('fork').xpos == pytest.approx([half + 0.4, half - 0.4, 0], abs=2e-3)


def test_the_tool_is_the_forks_centre_of_mass_and_the_object_the_puck(plant):
    sensors = begin(plant, [0.2, -0.3, 0.4])
    assert sensors.tool_position == pytest.approx(plant.data.body('fork').xipos, abs=1e-4)
    assert sensors.object_position == pytest.approx([0.5, -0.9, -0.1])
    assert TASK.contract.chain.position(np.array([0.2, -0.3, 0.4])) == pytest.approx(
        sensors.tool_position, abs=1e-4)


def test_a_held_puck_touches_the_fork_and_stays_where_it_is():
    task = load_task('pusher_x', {'held_share': 1.0})
    plant, moved = make_plant(task), []
    for seed in range(20):
        start = task.start(np.random.default_rng(seed))
        first = plant.reset(start, seed)
        last = [plant.step(STILL) for _ in range(20)][-1]
        moved.append(np.linalg.norm(last.object_position - first.object_position))
    assert np.median(moved) == pytest.approx(0.02, abs=0.01)  # the contact's margin pushes it off


def test_joints_motors_and_steps_are_those_of_the_figures(plant):
    model = plant.model
    ranges = [model.joint(f'joint_{i}').range.tolist() for i in (1, 2, 3)]
    assert ranges == [[-2.5, 2.5], [-2.3213, 2.3], [-2.3213, 2.3]]
    assert model.dof_damping.tolist() == [1, 1, 1, 0.5, 0.5]
    assert model.dof_armature.tolist() == [0.04, 0.04, 0.04, 0, 0]
    assert model.actuator_ctrlrange.tolist() == [[-3, 3]] * 3
    assert not model.opt.gravity.any()
    assert model.opt.timestep * 5 == pytest.approx(TASK.contract.period_sec)


def test_every_element_has_a_name(plant):
    for kind, count in ((mujoco.mjtObj.mjOBJ_GEOM, plant.model.ngeom),
                        (mujoco.mjtObj.mjOBJ_BODY, plant.model.nbody),
                        (mujoco.mjtObj.mjOBJ_SITE, plant.model.nsite)):
        assert all(mujoco.mj_id2name(plant.model, kind, i) for i in range(count))


def test_without_torque_nothing_moves_and_nothing_touches(plant):
    before = begin(plant)
    for _ in range(20):
        sensors = plant.step(STILL)
    assert plant.data.ncon == 0
    assert sensors.position.tolist() == before.position.tolist()
    assert sensors.object_position.tolist() == before.object_position.tolist()


def test_the_joints_damping_only_ever_takes_energy_away(plant):
    begin(plant, puck=(-1.5, 1.5))
    plant.data.qvel[:3] = [2.0, -3.0, 1.0]
    energies = []
    for _ in range(30):
        plant.step(STILL)
        mujoco.mj_energyVel(plant.model, plant.data)
        energies.append(plant.data.energy[1])
    assert (np.diff(energies) < 0).all() and energies[-1] < 0.2 * energies[0]


def test_a_puck_that_was_pushed_loses_its_speed_within_a_few_periods(plant):
    start = begin(plant, puck=(-1.0, 1.0))
    plant.data.qvel[3] = 1.0
    for _ in range(10):
        sensors = plant.step(STILL)
    # m v / d = .01 * 1 / .5 is the way of first-order drag
    assert sensors.object_position[0] - start.object_position[0] == pytest.approx(0.02, rel=0.01)


def test_the_arm_pushes_the_puck_and_does_not_pass_through_it(plant):
    begin(plant, puck=(0.68, -0.55))
    for _ in range(60):
        sensors = plant.step(np.array([-1.0, 0.0, 0.0]))
        for contact in range(plant.data.ncon):
            assert plant.data.contact[contact].dist > -0.02
    assert np.linalg.norm(sensors.object_position[:2] - [0.68, -0.55]) > 0.2


@pytest.mark.parametrize('name', NAMES)
def test_the_three_scenes_are_one_model(name):
    model, corner = make_plant(load_task(name)).model, make_plant(TASK).model
    for field in ('body_mass', 'body_inertia', 'jnt_range', 'dof_damping', 'actuator_gainprm'):
        assert np.array_equal(getattr(model, field)[:8], getattr(corner, field)[:8]), field


@pytest.mark.parametrize('name, drawn', [
    ('pusher_x', [-0.9, 0]), ('pusher_y', [0, -0.8]), ('pusher_corner', [-0.9, -0.8])])
def test_the_goal_that_is_drawn_is_that_of_the_task(name, drawn):
    plant = make_plant(load_task(name, {'goal': [-0.9, -0.8]}))
    plant.reset(load_task(name).start(np.random.default_rng(0)), 0)
    assert plant.data.geom('goal').xpos[:2] == pytest.approx(drawn)


def held(joints: np.ndarray) -> np.ndarray:
    """Return where a puck lies that the fork's bar pushes, ``(N, 2)`` for joints ``(N, 3)``."""
    headings = np.cumsum(joints + [0.785, -0.785, -1.57], axis=1)
    lengths = np.array([0.4, 0.4, 0.4 + 0.04 + 0.1])  # the bar's radius and the puck's
    return np.stack([np.cos(headings) @ lengths, np.sin(headings) @ lengths], axis=1)


def test_the_fork_brings_the_puck_to_a_corner_at_08_but_not_within_success_of_that_at_1(plant):
    pose = np.array([0.3, -0.4, 0.5])
    begin(plant, pose)
    fork = plant.data.body('fork')
    there = fork.xpos[:2] + 0.14 * fork.xmat[[0, 3]]
    assert held(pose[np.newaxis])[0] == pytest.approx(there, abs=1e-9)
    axes = [np.linspace(*plant.model.joint(f'joint_{i}').range, 100) for i in (1, 2, 3)]
    places = held(np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 3))
    assert np.linalg.norm(places + 1.0, axis=1).min() == pytest.approx(0.18, abs=0.005)
    assert np.linalg.norm(places + 0.8, axis=1).min() < 0.02


def test_random_torques_stay_below_the_contracts_speed_limit_and_inside_its_positions(plant):
    rng = np.random.default_rng(3)
    for _ in range(3):
        plant.reset(TASK.start(rng), 0)
        for _ in range(300):
            sensors = plant.step(rng.choice([-3.0, 3.0], 3))
            assert np.abs(sensors.velocity).max() < TASK.contract.velocity_limit[0]
            assert (sensors.position > TASK.contract.position_lower).all()
            assert (sensors.position < TASK.contract.position_upper).all()


def test_the_same_commands_give_the_same_bits_also_in_a_plant_that_was_used_before(plant):
    def play(plant):
        rng = np.random.default_rng(1)
        plant.reset(TASK.start(rng), 0)
        return [plant.step(rng.uniform(-3, 3, 3)) for _ in range(100)]

    play(plant)
    for one, other in zip(play(plant), play(make_plant(TASK))):
        assert one.position.tobytes() == other.position.tobytes()
        assert one.object_position.tobytes() == other.object_position.tobytes()
