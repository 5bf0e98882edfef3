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
"""The swimmer's model against the figures it was written from, and how it swims."""
import mujoco
import numpy as np
import pytest

from softq_ros.records import Start
from softq_ros.simulation.catalogue import make_plant
from softq_ros.tasks.catalogue import load_task

TASK = load_task('swimmer_speed')


@pytest.fixture
def plant():
    """Return the open water."""
    return make_plant(TASK)


def swim(sensors, time: float, phase: float = 1.0) -> np.ndarray:
    """Return the torques [N m] of a wave that runs along the swimmer."""
    wanted = np.sin([2.0 * time, 2.0 * time - phase])
    return np.clip(136.0 * (wanted - sensors.position) - 4.7 * sensors.velocity, -50.0, 50.0)


def shake(sensors, time: float) -> np.ndarray:
    """Return torques [N m] that throw the front link to and fro."""
    return 50.0 * np.clip(1.5 * np.sin([4.0 * time, 4.0 * time - 2.2]), -1.0, 1.0)


def stroke(plant, seconds: float, phase: float = 1.0):
    """Let a wave run along the swimmer and return the last sensors."""
    sensors = plant.reset(Start(np.zeros(2)), 0)
    for step in range(round(seconds * TASK.contract.control_rate)):
        sensors = plant.step(swim(sensors, step * TASK.contract.period_sec, phase))
    return sensors


def test_three_links_of_35_6_kg_make_106_8(plant):
    links = [plant.model.body(name).mass[0] for name in ('front', 'middle', 'back')]
    assert links == pytest.approx([35.6] * 3, abs=0.01)
    assert plant.model.body_mass.sum() == pytest.approx(106.8, abs=0.05)


def test_fluid_motors_joints_and_steps_are_those_of_the_figures(plant):
    model = plant.model
    assert (model.opt.density, model.opt.viscosity) == (4000.0, 0.1)
    for name in TASK.contract.joints:
        assert np.degrees(model.joint(name).range) == pytest.approx([-100, 100], abs=1e-3)
    assert model.actuator_ctrlrange.tolist() == [[-50, 50]] * 2
    assert not model.dof_armature.any() and not model.dof_damping.any()
    assert model.opt.disableflags & mujoco.mjtDisableBit.mjDSBL_CONTACT
    assert model.opt.timestep * 5 == pytest.approx(TASK.contract.period_sec)
    for name in ('front', 'middle', 'back'):
        assert model.geom(name).size[:2] == pytest.approx([0.1, 0.5])


def test_links_follow_each_other_along_minus_x(plant):
    plant.reset(Start(np.zeros(2)), 0)
    centres = [plant.data.geom(name).xpos[0] for name in ('front', 'middle', 'back')]
    assert centres == pytest.approx([0.0, -1.0, -2.0])


def test_every_element_has_a_name(plant):
    for kind, count in ((mujoco.mjtObj.mjOBJ_GEOM, plant.model.ngeom),
                        (mujoco.mjtObj.mjOBJ_BODY, plant.model.nbody),
                        (mujoco.mjtObj.mjOBJ_JOINT, plant.model.njnt)):
        assert all(mujoco.mj_id2name(plant.model, kind, i) for i in range(count))


def test_the_base_is_pose_and_velocity_of_the_front_link(plant):
    stroke(plant, 2.0)
    before, after = plant._measure(), None
    turn = 2 * np.arctan2(before.base_quaternion[3], before.base_quaternion[0])
    assert turn == pytest.approx(plant.data.joint('base_turn').qpos[0])
    moved = []
    for _ in range(2):  # displacement over a period against the mean of both ends' velocities
        after = plant.step(np.zeros(2))
        moved.append((after.base_position - before.base_position) / TASK.contract.period_sec
                     - (after.base_velocity + before.base_velocity) / 2)
        before = after
    assert np.abs(moved).max() < 0.02 and np.abs(after.base_velocity).max() > 0.02
    assert after.base_angular_velocity[:2].tolist() == [0.0, 0.0]


def test_at_rest_it_stays_and_after_a_stroke_the_fluid_takes_its_energy(plant):
    plant.reset(Start(np.zeros(2)), 0)
    assert plant.step(np.zeros(2)).base_position.tolist() == [0.0, 0.0, 0.0]
    stroke(plant, 2.0)
    energies = []
    for _ in range(40):
        plant.step(np.zeros(2))
        mujoco.mj_energyVel(plant.model, plant.data)
        energies.append(plant.data.energy[1])
    assert (np.diff(energies) < 1e-9).all() and energies[-1] < 0.3 * energies[0]


def test_a_wave_towards_the_tail_swims_forward_and_one_towards_the_head_backward(plant):
    forward, backward = (stroke(plant, 25.0, phase).base_position[0] for phase in (1.0, -1.0))
    assert forward > 3.5 and backward < -3.5


def earned(plant, pays: str, torques) -> float:
    """Return the mean reward of 25 s."""
    task = load_task('swimmer_speed', {'pays': pays, 'action_cost': 0.0})
    sensors, rewards = plant.reset(Start(np.zeros(2)), 0), []
    for step in range(500):
        before = sensors
        sensors = plant.step(torques(before, step * TASK.contract.period_sec))
        rewards.append(task.judge(before, np.zeros(2), sensors).reward)
    return float(np.mean(rewards))


def test_speed_pays_shaking_twice_what_it_pays_a_swimmer_and_progress_pays_the_swimmer(plant):
    assert earned(plant, 'speed', shake) > 2.0 * earned(plant, 'speed', swim)
    assert earned(plant, 'progress', swim) > 4.0 * earned(plant, 'progress', shake)


def test_ten_times_finer_steps_swim_as_far_within_four_percent(plant):
    coarse = stroke(plant, 10.0).base_position[:2]
    plant.model.opt.timestep /= 10
    plant._substeps *= 10
    fine = stroke(plant, 10.0).base_position[:2]
    assert np.linalg.norm(coarse) == pytest.approx(np.linalg.norm(fine), rel=0.04)


def test_full_random_torques_stay_below_the_contracts_limits(plant):
    rng = np.random.default_rng(3)
    plant.reset(TASK.start(rng), 0)
    for torque in np.repeat(rng.choice([-50.0, 50.0], (60, 2)), 5, axis=0):
        sensors = plant.step(torque)
        assert (np.abs(sensors.velocity) < TASK.contract.velocity_limit).all()
        assert (np.abs(sensors.position) < TASK.contract.position_upper).all()


def test_the_finish_line_is_drawn_where_the_task_says_after_every_reset():
    task = load_task('swimmer_finish', {'finish': 3.5})
    plant = make_plant(task)
    for _ in range(2):
        plant.reset(task.start(np.random.default_rng(0)), 0)
        assert plant.data.geom('finish').xpos[0] == pytest.approx(3.5)
    assert task.finish == 3.5


def test_both_scenes_swim_the_same_bits(plant):
    other = make_plant(load_task('swimmer_finish'))
    one, another = stroke(plant, 3.0), stroke(other, 3.0)
    assert one.base_position.tobytes() == another.base_position.tobytes()
    assert stroke(plant, 3.0).base_position.tobytes() == one.base_position.tobytes()
