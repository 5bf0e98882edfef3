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
"""The quadruped's model against the figures it was written from, and what it does."""
from dataclasses import replace

import mujoco
import numpy as np
import pytest

from softq_ros.errors import ConfigurationError, PlantFault
from softq_ros.records import Sensors, Start
from softq_ros.simulation import legs
from softq_ros.simulation.catalogue import make_plant
from softq_ros.simulation.quadruped_plant import QuadrupedPlant
from softq_ros.tasks import terrain
from softq_ros.tasks.catalogue import load_task
from softq_ros.tasks.minitaur import roll_pitch_heading, uprightness
from softq_ros.tasks.trot import trot_action

WALK = load_task('minitaur_walk')
CONTRACT, STAND = WALK.contract, WALK.contract.reset_pose
# identified on a real robot, as bullet3 publishes it [kg]
MASSES = {'base': 3.353, 'left_rail': 1.32, 'right_rail': 1.32} | {
    f'{chain}_upper_{leg}': .072 + .034 for chain in ('fore', 'aft') for leg in legs.LEGS} | {
    f'{chain}_lower_{leg}': mass for chain, mass in (('fore', .086), ('aft', .072))
    for leg in legs.LEGS}


def start(seed: int = 0, position: np.ndarray = STAND) -> Start:
    """Return a start on the ground of a seed."""
    return Start(position, variation={'terrain_seed': float(seed), 'noise_seed': float(seed)})


def trot(plant: QuadrupedPlant, steps: int) -> list[Sensors]:
    """Return what was measured in a trot."""
    return [plant.step(STAND + CONTRACT.action_scale * trot_action(k)) for k in range(steps)]


@pytest.fixture
def plant() -> QuadrupedPlant:
    """Return the robot, standing on the flat."""
    plant = make_plant(WALK)
    plant.reset(start(), 0)
    return plant


def test_masses_are_those_of_the_identified_robot(plant):
    for name, mass in MASSES.items():
        assert plant.model.body(name).mass[0] == pytest.approx(mass), name
    assert plant.model.body('base').subtreemass[0] == pytest.approx(7.47, abs=0.01)
    assert (plant.model.nq, plant.model.nv, plant.model.nu) == (23, 22, 8)


def test_every_element_has_a_name(plant):
    kinds, model = mujoco.mjtObj, plant.model
    for kind, count in ((kinds.mjOBJ_GEOM, model.ngeom), (kinds.mjOBJ_BODY, model.nbody),
                        (kinds.mjOBJ_JOINT, model.njnt), (kinds.mjOBJ_SITE, model.nsite)):
        assert all(mujoco.mj_id2name(model, kind, i) for i in range(count))


def test_both_cameras_of_a_film_follow_the_body(plant):
    for name in ('overview', 'close'):
        camera = plant.model.camera(name)
        assert camera.mode == mujoco.mjtCamLight.mjCAMLIGHT_TRACK
        assert camera.bodyid == plant.model.body('base').id


def test_legs_of_any_place_within_reach_are_set_down_closed_and_touching_the_ground(plant):
    rng = np.random.default_rng(3)
    for _ in range(20):
        place = STAND + rng.uniform(-0.5, 0.5, 8)
        sensors = plant.reset(start(0, place), 0)
        assert sensors.position == pytest.approx(place) and not sensors.velocity.any()
        assert plant.loop_error() < 1e-9
        toes = [plant.data.site(f'fore_toe_{leg}').xpos[2] for leg in legs.LEGS]
        assert min(toes) == pytest.approx(0.015, abs=1e-9)


def test_loops_stay_closed_to_a_millimetre_under_random_actions(plant):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        plant.reset(start(), 0)
        for _ in range(200):
            plant.step(STAND + rng.uniform(-0.5, 0.5, 8))
            assert plant.loop_error() < 1e-3


def test_it_stands_where_its_legs_are_as_long_as_they_say(plant):
    sensors = [plant.step(STAND) for _ in range(100)][-1]
    extension = sensors.position[1::2]
    assert sensors.base_position[2] == pytest.approx(
        legs.leg_length(extension).mean() + 0.015, abs=2e-3)
    assert uprightness(sensors.base_quaternion) > 0.999
    assert (np.abs(sensors.velocity) < 0.01).all()


def test_the_servos_of_a_stand_carry_the_weight(plant):
    """Compare with the work of lifting: what raises all legs' extension raises the masses."""
    sensors = [plant.step(STAND) for _ in range(100)][-1]
    energy = []
    for change in (-1e-3, 1e-3):
        plant.reset(start(0, sensors.position + np.tile([0.0, change], 4)), 0)
        energy.append(9.81 * 7.473 * plant.data.body('base').subtree_com[2])
    assert sensors.effort[1::2].sum() == pytest.approx((energy[1] - energy[0]) / 2e-3, rel=0.02)


def test_a_positive_swing_moves_the_toe_forwards_and_both_chains_mirror(plant):
    for swing in (-0.3, 0.3):
        plant.reset(start(0, np.tile([swing, 2.0], 4)), 0)
        toe, hip = (plant.data.site('fore_toe_front_left').xpos[0],
                    plant.data.body('fore_upper_front_left').xpos[0])
        assert toe - hip == pytest.approx(0.2197 * np.sin(swing), abs=1e-4)


def test_the_trot_walks_forwards_at_the_speed_that_others_measured(plant):
    sensors = trot(plant, 400)
    assert sensors[-1].base_position[0] / 8 == pytest.approx(0.27, abs=0.03)
    assert min(uprightness(s.base_quaternion) for s in sensors) > 0.95
    assert plant.loop_error() < 1e-3


@pytest.mark.parametrize('options', [{}, {'terrain': 'blocks', 'terrain_size': 0.03,
                                          'latency_sec': 0.02, 'sensor_noise': 0.01}])
def test_the_same_commands_give_the_same_bits(options):
    def play() -> list[Sensors]:
        plant = make_plant(load_task('minitaur_walk', options))
        plant.reset(start(5), 0)
        trot(plant, 20)
        plant.reset(start(4), 0)
        return trot(plant, 60)

    for one, other in zip(play(), play()):
        for name in ('position', 'velocity', 'base_position', 'base_quaternion'):
            assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


def test_on_its_back_it_has_fallen(plant):
    plant.perturb('wrench', 'base', np.array([0, 0, 0, 60.0, 0, 0]), 0.3)
    sensors = [plant.step(STAND) for _ in range(75)]
    fallen = [WALK.fallen(s) for s in sensors]
    assert not fallen[0] and fallen[-1]
    judgement = WALK.judge(sensors[-2], np.zeros(8), sensors[-1])
    assert judgement.terminal and not judgement.success


def test_a_command_takes_effect_after_its_latency():
    moved = []
    for latency in (0.0, 0.01, 0.02, 0.04):
        plant = make_plant(load_task('minitaur_walk', {'latency_sec': latency}))
        plant.reset(start(), 0)
        speeds = [plant.step(STAND + [0.5, 0.0] * 4).velocity[0] for _ in range(4)]
        moved.append([speed > 1.0 for speed in speeds].index(True))
    assert moved == [0, 0, 1, 2]
    with pytest.raises(ConfigurationError, match='whole number of physics steps'):
        make_plant(load_task('minitaur_walk', {'latency_sec': 0.011}))


def test_noise_has_its_spread_and_leaves_the_truth_alone():
    still, noisy = (make_plant(load_task('minitaur_walk', {'sensor_noise': noise}))
                    for noise in (0.0, 0.02))
    truth, seen = ([plant.reset(start(seed), 0) for seed in range(200)]
                   for plant in (still, noisy))
    spread = np.std([s.position for s in seen])
    assert spread == pytest.approx(np.hypot(np.std([t.position for t in truth]),
                                            0.02 / np.sqrt(2)), rel=0.1)
    tilts = [roll_pitch_heading(s.base_quaternion) for s in seen]
    assert np.std(tilts, 0) == pytest.approx([0.02] * 3, rel=0.2)
    assert np.std([s.base_angular_velocity for s in seen]) == pytest.approx(0.2, rel=0.1)
    assert all(np.array_equal(t.base_position, s.base_position) for t, s in zip(truth, seen))


def test_the_push_of_a_start_changes_the_speed_by_its_impulse_over_the_mass():
    still, pushed = (load_task('minitaur_walk', {'push_force': force}) for force in (0.0, 20.0))
    first = pushed.start(np.random.default_rng(1))
    at, force = first.variation['push_sec'], [first.variation[f'push_{axis}'] for axis in 'xy']
    assert 2 <= at <= 10 and np.hypot(*force) == pytest.approx(20.0)
    assert not still.start(np.random.default_rng(1)).variation['push_x']
    plant = make_plant(pushed)
    airborne = replace(first, variation=first.variation | {'push_sec': 0.04})
    plant.reset(airborne, 0)
    plant.data.qpos[2] += 5.0
    speeds = np.array([plant.step(STAND).base_velocity[:2] for _ in range(15)])
    assert np.abs(speeds[1]).max() < 0.02  # the push begins at 0.04 s and ends at 0.24 s
    assert speeds[12:] == pytest.approx(np.tile(np.array(force) * 0.2 / 7.473, (3, 1)), abs=0.05)


@pytest.mark.parametrize('kind, size', [('slope', 0.12), ('slope', 0.2), ('steps', 0.03),
                                        ('blocks', 0.05)])
def test_it_stands_at_the_start_of_every_ground(kind, size):
    plant = make_plant(load_task('minitaur_walk', {'terrain': kind, 'terrain_size': size}))
    for seed in range(terrain.SEEDS):
        first = plant.reset(start(seed), 0)
        last = [plant.step(STAND) for _ in range(25)][-1]
        assert np.linalg.norm(last.base_position - first.base_position) < 0.04
        pitch = terrain.incline(kind, size, seed)
        assert roll_pitch_heading(last.base_quaternion) == pytest.approx((0, pitch, 0), abs=0.06)


def drop(plant: QuadrupedPlant, seed: int, x: float, y: float) -> float:
    """Return the height of the ground under a place, by a ray from above [m]."""
    plant.reset(start(seed), 0)
    geom = np.zeros(1, np.int32)
    groups = np.ones(6, np.uint8)
    robot = plant.model.body('base').id
    distance = mujoco.mj_ray(plant.model, plant.data, np.array([x, y, 3.0]),
                             np.array([0, 0, -1.0]), groups, 1, robot, geom)
    return 3.0 - distance


def test_stairs_rise_and_fall_by_their_steps():
    plant = make_plant(load_task('minitaur_steps', {'terrain_size': 0.03}))
    assert drop(plant, 0, -1.0, 0.0) == pytest.approx(0.0, abs=1e-9)
    assert drop(plant, 0, 6.0, 0.0) == pytest.approx(8 * 0.03, abs=1e-9)
    assert drop(plant, 1, -1.0, 0.0) == pytest.approx(0.0, abs=1e-9)
    assert drop(plant, 1, 6.0, 0.0) == pytest.approx(-8 * 0.03, abs=1e-9)
    for seed, up in ((0, 1), (1, -1)):  # the fastest gait goes no farther in 20 s
        assert drop(plant, seed, 20.0, 0.0) == pytest.approx(up * 8 * 0.03, abs=1e-9)
    heights = {round(drop(plant, 2, x, 0.0) / 0.03) for x in np.arange(0.4, 4.5, 0.05)}
    assert heights == set(range(9))


def test_blocks_stand_out_where_the_ground_of_the_seed_says():
    plant = make_plant(load_task('minitaur_blocks', {'terrain_size': 0.05}))
    for seed in (0, 1):
        places = terrain.lay('blocks', 0.05, seed)
        for name in ('block_0', 'block_40'):
            x, y, _ = places[name].position
            assert drop(plant, seed, x, y) == pytest.approx(0.05, abs=1e-9)
    box = plant.model.geom('block_0')
    assert box.size[2] == pytest.approx(terrain.BLOCK_HALF_HEIGHT)
    slab = make_plant(load_task('minitaur_steps')).model.geom('slab_3').size
    assert (slab[0], slab[2]) == pytest.approx(terrain.SLAB)


def test_what_cannot_be_executed_is_a_fault(plant, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # MuJoCo writes its log where it runs
    with pytest.raises(PlantFault, match='finite'):
        plant.step(np.full(8, np.nan))
    plant.data.qvel[0] = np.nan
    with pytest.raises(PlantFault, match='BADQ'):
        plant.step(STAND)


def test_other_joints_and_other_perturbations_are_refused(plant):
    with pytest.raises(ConfigurationError, match='swing_front_left'):
        QuadrupedPlant(replace(CONTRACT, joints=('knee', *CONTRACT.joints[1:])))
    with pytest.raises(ConfigurationError, match='wrench'):
        plant.perturb('clamp', 'base', np.zeros(6), 1.0)
    with pytest.raises(ConfigurationError, match='left_rail'):
        plant.perturb('wrench', 'nobody', np.zeros(6), 1.0)
