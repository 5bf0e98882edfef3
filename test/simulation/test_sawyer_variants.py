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
"""Variants of the Sawyer's scene: commands, target, fit, brick, delay and what varies."""
import mujoco
import numpy as np
import pytest

from softq_ros.errors import ConfigurationError
from softq_ros.records import Start
from softq_ros.robot.inverse import joints_at
from softq_ros.robot.rotations import rotation_vector, turn_about
from softq_ros.simulation.catalogue import make_plant
from softq_ros.simulation.environments import make_environment
from softq_ros.tasks.catalogue import load_task, task_configuration
from softq_ros.tasks.sawyer_shape import CAPSULES, Shape

FILE = task_configuration('sawyer_stack')['task']
SEAT, UPRIGHT = np.array(FILE['target_position']), np.array(FILE['target_quaternion'])
START_POSE = np.array(FILE['start_pose'])
START = Start(START_POSE)
RAMP = 13.0  # N/s, the push under which the references measured seating


def plant_of(name='sawyer_stack', **options):
    """Return the plant of a variant."""
    return make_plant(load_task(name, options))


def test_the_default_task_moves_rewards_and_shows_what_it_did_when_its_bundle_was_trained():
    environment, rng = make_environment('sawyer_stack'), np.random.default_rng(42)
    first, _ = environment.reset(seed=42)
    assert first[[0, 6, 14, 22, 31]] == pytest.approx(
        [0.27395606, 0.26113969, -1.51845825, 0.58473706, 0.99998331], abs=1e-7)
    steps = [environment.step(rng.uniform(-1, 1, 7).astype(np.float32)) for _ in range(40)]
    seen, reward, *_, info = steps[-1]
    assert info['sensors']['position'] == pytest.approx(
        [0.0170947, -1.39573231, 0.26696287, 2.25061059, -0.3807967, 1.44150562, 3.33119461],
        abs=1e-7)
    assert info['sensors']['tool_position'] == pytest.approx(
        [0.234987483, 0.094591269, 0.17329158], abs=1e-8)
    assert seen[[0, 6, 7, 14, 22, 31]] == pytest.approx(
        [0.1281947, 0.14399461, 0.19169484, -1.58360362, 0.63114589, 0.99999338], abs=1e-6)
    assert reward == pytest.approx(-1.176538854, abs=1e-8)
    assert sum(step[1] for step in steps) == pytest.approx(-46.885299836, abs=1e-6)


def test_an_effort_is_applied_as_it_is():
    plant = plant_of('sawyer_stack_torque')
    plant.reset(START, 0)
    command = np.array([4.0, -3.5, 3.0, -2.5, 2.0, -1.5, 1.0])
    assert plant.step(command).effort.tolist() == command.tolist()


def test_without_effort_the_arm_stays_where_it_is():
    plant = plant_of('sawyer_stack_torque')
    plant.reset(START, 0)
    for _ in range(40):
        sensors = plant.step(np.zeros(7))
    assert sensors.position == pytest.approx(START_POSE, abs=1e-6)


def test_at_terminal_speed_damping_takes_the_whole_torque_range():
    contract = load_task('sawyer_stack_torque').contract
    assert contract.damping * contract.velocity_limit == pytest.approx(
        contract.action_scale, rel=2e-3)
    model = plant_of('sawyer_stack_torque').model
    assert model.dof_damping == pytest.approx(contract.damping)


def test_a_step_of_a_position_is_followed_within_four_periods():
    plant = plant_of(robot='sim_sawyer_increment')
    sensors = plant.reset(START, 0)
    step = np.array([0.025, -0.025, 0.025, 0.025, 0.04, 0.04, 0.05])
    for _ in range(4):
        sensors = plant.step(START_POSE + step)
    assert sensors.position - START_POSE == pytest.approx(step, abs=0.003)
    assert np.sign(sensors.position - START_POSE).tolist() == np.sign(step).tolist()


@pytest.mark.parametrize('name, options', [
    ('sawyer_stack', {}), ('sawyer_stack_torque', {}),
    ('sawyer_stack', {'robot': 'sim_sawyer_increment'})])
def test_nominal_learning_is_limited_in_less_than_one_percent_of_steps(name, options):
    environment, limited, steps = make_environment(name, options), 0, 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        environment.reset(seed=seed)
        over = False
        while not over:
            *_, over, info = environment.step(rng.uniform(-1, 1, 7).astype(np.float32))
            limited, steps = limited + info['executed']['limited'], steps + 1
    assert steps == 1200 and limited < 12


def test_the_target_is_put_where_the_start_says_and_measured_there():
    plant = plant_of(target='speed')
    place, turn = np.array([0.47, -0.12, 0.0192]), turn_about(2, 1.2)
    sensors = plant.reset(Start(START_POSE, place, turn), 0)
    assert sensors.object_position == pytest.approx(place, abs=1e-12)
    assert rotation_vector(sensors.object_quaternion, turn) == pytest.approx(np.zeros(3), abs=1e-9)
    sensors = plant.step(np.zeros(7))
    assert sensors.object_position == pytest.approx(place, abs=1e-12)
    back = plant.reset(START, 0)
    assert back.object_position == pytest.approx(SEAT, abs=1e-9)


def test_a_fixed_target_is_neither_measured_nor_movable():
    plant = plant_of()
    assert plant.reset(START, 0).object_position is None
    with pytest.raises(ConfigurationError, match='no object'):
        plant.place_object(SEAT, UPRIGHT)


def test_a_delayed_command_acts_one_period_later_bit_by_bit():
    delayed, plain = plant_of(delay_steps=1), plant_of()
    delayed.reset(START, 0), plain.reset(START, 0)
    commands = [*np.random.default_rng(0).uniform(-0.5, 0.5, (10, 7))]
    late = [delayed.step(command) for command in commands]
    direct = [plain.step(command) for command in [np.zeros(7), *commands[:-1]]]
    for one, other in zip(late, direct):
        assert one.position.tobytes() == other.position.tobytes()


def test_a_delayed_position_waits_where_the_episode_begins():
    plant = plant_of(robot='sim_sawyer_increment', delay_steps=1)
    plant.reset(START, 0)
    assert plant.step(START_POSE + 0.05).position == pytest.approx(START_POSE, abs=1e-6)
    assert np.abs(plant.step(START_POSE + 0.05).position - START_POSE).max() > 0.01


def test_a_delay_forgets_the_commands_of_the_episode_before():
    plant, fresh = plant_of(delay_steps=1), plant_of(delay_steps=1)
    plant.reset(START, 0)
    plant.step(np.full(7, 0.5))
    plant.reset(START, 0), fresh.reset(START, 0)
    assert plant.step(np.zeros(7)).position.tobytes() == fresh.step(np.zeros(7)).position.tobytes()


def test_variation_multiplies_friction_and_damping_and_ends_with_its_episode():
    plant = plant_of()
    model = plant.model
    before = [model.dof_frictionloss.copy(), model.geom_friction.copy(), model.dof_damping.copy()]
    plant.reset(Start(START_POSE, variation={'friction': 2.0, 'damping': 0.5}), 0)
    assert np.array_equal(model.dof_frictionloss, 2.0 * before[0])
    assert np.array_equal(model.geom_friction, 2.0 * before[1])
    assert np.array_equal(model.dof_damping, 0.5 * before[2])
    plant.reset(START, 0)
    assert np.array_equal(model.dof_frictionloss, before[0])
    assert np.array_equal(model.geom_friction, before[1])
    assert np.array_equal(model.dof_damping, before[2])


def test_half_the_damping_turns_a_torque_into_more_speed():
    def speed(factor):
        plant = plant_of('sawyer_stack_torque')
        plant.reset(Start(START_POSE, variation={'friction': 1.0, 'damping': factor}), 0)
        for _ in range(20):
            sensors = plant.step(np.array([2.0, 0, 0, 0, 0, 0, 0]))
        return sensors.velocity[0]

    assert speed(0.5) > 1.1 * speed(1.0) > 1.1 * speed(1.5)


def test_a_variation_the_plant_does_not_know_is_refused():
    with pytest.raises(ConfigurationError, match='friction'):
        plant_of().reset(Start(START_POSE, variation={'colour': 1.0}), 0)


@pytest.mark.parametrize('brick, mass', [('2x4', 0.0123), ('2x2', 0.0062)])
def test_a_press_fit_brick_is_a_light_body_of_its_own_where_the_hand_holds_it(brick, mass):
    plant = plant_of(fit='press', brick=brick)
    rng = np.random.default_rng(0)
    for _ in range(3):
        joints = START_POSE + rng.uniform(-0.5, 0.5, 7)
        sensors = plant.reset(Start(joints), 0)
        assert sensors.tool_position == pytest.approx(
            load_task('sawyer_stack').contract.chain.position(joints), abs=1e-6)
    assert plant.model.body('held_brick').mass == pytest.approx([mass])
    assert plant.model.body_rootid[plant.model.body('held_brick').id] != plant.model.body_rootid[
        plant.model.body('right_hand').id]
    for _ in range(10):
        sensors = plant.step(np.zeros(7))
    assert sensors.tool_position == pytest.approx(
        load_task('sawyer_stack').contract.chain.position(sensors.position), abs=3e-4)


def test_a_small_brick_has_the_middle_four_studs_and_one_tube():
    model = plant_of(brick='2x2').model
    names = [model.geom(i).name for i in range(model.ngeom)]
    assert sum(name.startswith('held_stud') for name in names) == 4
    assert sum(name.startswith('tube') for name in names) == 1
    assert model.geom('held_hull').size == pytest.approx([0.0159, 0.0159, 0.0096])
    # rib faces .2 mm from the faces of studs that stand 8 mm from the middle
    assert abs(model.geom('rib_x0').pos[0]) - model.geom('rib_x0').size[0] == pytest.approx(0.0129)


def seating_push(brick: str, fit: str) -> float:
    """Return the push [N] at which the brick is within 1 mm, as it grows by 13 N/s."""
    task = load_task('sawyer_stack_torque', {'brick': brick, 'fit': fit})
    plant, chain = make_plant(task), task.contract.chain
    plant.reset(Start(joints_at(chain, SEAT + [0, 0, 0.006], UPRIGHT, START_POSE)), 0)
    model, data, arm = plant.model, plant.data, slice(0, 7)
    for step in range(2000):
        push = RAMP * step * model.opt.timestep
        joints, jacobian = data.qpos[arm], chain.jacobian(data.qpos[arm])
        place, turn = chain.pose(joints)
        speed = jacobian @ data.qvel[arm]
        aside, tilt = SEAT[:2] - place[:2], rotation_vector(UPRIGHT, turn)
        force = [*(2000 * aside - 200 * speed[:2]), -push - 300 * speed[2],
                 *(30 * tilt - 3 * speed[3:])]
        data.ctrl[:] = jacobian.T @ force
        mujoco.mj_step(model, data)
        if abs(data.site('brick').xpos[2] - SEAT[2]) < 0.001:
            assert not data.warning.number.any()
            return push
    return np.inf


@pytest.mark.parametrize('brick', ['2x4', '2x2'])
def test_a_press_fit_resists_with_five_to_fifteen_newtons_and_a_loose_one_less(brick):
    press, loose = seating_push(brick, 'press'), seating_push(brick, 'loose')
    assert 5.0 < press < 15.0
    assert loose < press - 1.0


def test_the_capsules_that_starts_are_checked_with_are_those_of_the_scene():
    plant = plant_of()
    model, data = plant.model, plant.data
    plant.reset(START, 0)
    ends = Shape(load_task('sawyer_stack').contract.chain).ends(START_POSE)
    found = []
    for geom in map(model.geom, range(model.ngeom)):
        arm = geom.name.startswith(('right_l', 'head'))
        if not (arm and geom.type[0] == mujoco.mjtGeom.mjGEOM_CAPSULE):
            continue
        axis = data.geom_xmat[geom.id].reshape(3, 3)[:, 2] * geom.size[1]
        drawn = np.sort([data.geom_xpos[geom.id] - axis, data.geom_xpos[geom.id] + axis], axis=0)
        found += [(geom.name, i) for i, capsule in enumerate(CAPSULES)
                  if capsule.radius == pytest.approx(geom.size[0])
                  and np.abs(np.sort(ends[i], axis=0) - drawn).max() < 1e-6]
    assert [name for name, _ in found] == ['right_l0_0', 'head_neck'] + [
        f'right_l{link}_0' for link in (1, 2, 3, 4, 5)] + ['right_l5_1']
    assert len({i for _, i in found}) == 8
