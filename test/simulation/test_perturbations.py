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
import mujoco
import numpy as np
import pytest

from softq_ros.errors import ConfigurationError
from softq_ros.records import Start
from softq_ros.robot.contract import load_contract
from softq_ros.simulation.catalogue import make_plant
from softq_ros.simulation.mujoco_plant import MujocoPlant
from softq_ros.tasks.catalogue import load_task

SAWYER = load_contract('sim_sawyer')
START = Start(SAWYER.reset_pose)
ABOVE_THE_SEAT = np.array([-0.1111, -1.32464, -0.0152, 2.01873, 0.00482, 0.87673, 3.1872])  # rad
REST = np.zeros(7)
MASS = 2.0  # kg
SEAT = np.array([0.5, 0.1, 0.0192])  # m


def with_a_ball(spec: mujoco.MjSpec) -> None:
    """Add a body without weight that touches nothing."""
    ball = spec.worldbody.add_body(name='ball', pos=[0, 0, 2], gravcomp=1)
    ball.add_freejoint()
    ball.add_geom(type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[0.05, 0, 0], mass=MASS, contype=0,
                  conaffinity=0)


@pytest.fixture
def plant() -> MujocoPlant:
    plant = MujocoPlant('sawyer/sawyer_stack.xml', SAWYER, object_site='seat')
    plant.reset(START, 0)
    return plant


def run(plant: MujocoPlant, steps: int, command=REST) -> list:
    return [plant.step(np.array(command)) for _ in range(steps)]


@pytest.mark.parametrize('duration_sec', [0.05, 0.2, 0.12, 0.01])
def test_a_wrench_gives_its_impulse_also_when_it_ends_within_a_period(duration_sec):
    plant = MujocoPlant('sawyer/sawyer_stack.xml', SAWYER, with_a_ball)
    plant.reset(START, 0)
    plant.perturb('wrench', 'ball', np.array([10.0, -4, 2, 0, 0, 0]), duration_sec)
    plant.perturb('wrench', 'ball', np.array([0, 0, 1.0, 0, 0, 0]), duration_sec)
    run(plant, 8)
    speed = plant.data.joint(plant.model.body('ball').jntadr[0]).qvel[:3]
    assert speed == pytest.approx(np.array([10.0, -4, 3]) * duration_sec / MASS, rel=1e-9)


@pytest.mark.parametrize('kind, target, values, duration_sec, says', [
    ('kick', 'right_l3', [0] * 6, 1.0, "got 'kick'; accepted: clamp, pose, target, wrench"),
    ('wrench', 'elbow', [0] * 6, 1.0, 'right_l3'),
    ('wrench', 'right_l3', [0] * 3, 1.0, 'accepted: six finite numbers'),
    ('wrench', 'right_l3', [np.nan] * 6, 1.0, 'accepted: six finite numbers'),
    ('wrench', 'right_l3', [0] * 6, 0.0, 'accepted: a time above zero'),
    ('wrench', 'right_l3', [0] * 6, np.inf, 'accepted: a time above zero'),
    ('clamp', 'elbow', [], 1.0, 'right_j3'),
    ('clamp', 'right_j3', [], -1.0, 'accepted: a time above zero'),
    ('pose', '', [0] * 6, 0.0, 'accepted: 7 finite numbers'),
    ('pose', '', [np.inf] * 7, 0.0, 'accepted: 7 finite numbers'),
    ('pose', '', [4.0, 0, 0, 0, 0, 0, 0], 0.0, 'right_j0 beyond its limits'),
    ('target', '', [0.5, 0.1], 0.0, 'accepted: three finite numbers'),
])
def test_what_it_cannot_do_is_refused_in_one_line(plant, kind, target, values, duration_sec, says):
    with pytest.raises(ConfigurationError) as caught:
        plant.perturb(kind, target, np.array(values, float), duration_sec)
    assert says in str(caught.value) and '\n' not in str(caught.value)


def test_a_clamped_joint_stands_still_while_the_others_move_and_goes_on_after(plant):
    run(plant, 10, [0.5] * 7)
    plant.perturb('clamp', 'right_j1', np.zeros(0), 2.0)
    held = plant.data.joint('right_j1').qpos[0]
    for sensors in run(plant, 40, [0.5, 0.5, 0, 0, 0, 0, 0]):
        assert abs(sensors.velocity[1]) < 1e-6
        assert abs(sensors.position[1] - held) < 1e-6
    assert sensors.velocity[0] == pytest.approx(0.5, abs=0.03)
    assert run(plant, 6, [0.5] * 7)[-1].velocity[1] == pytest.approx(0.5, abs=0.03)


def test_after_a_clamp_the_model_is_bit_by_bit_what_it_was(plant):
    before = plant.model.dof_armature.copy()
    plant.perturb('clamp', 'right_j1', np.zeros(0), 0.1)
    plant.perturb('clamp', 'right_j1', np.zeros(0), 0.2)
    run(plant, 4)
    assert plant.model.dof_armature[1] > before[1]
    run(plant, 1)
    assert np.array_equal(plant.model.dof_armature, before)
    plant.perturb('clamp', 'right_j4', np.zeros(0), 9.0)
    plant.reset(START, 0)
    assert np.array_equal(plant.model.dof_armature, before)


def test_a_pose_is_taken_at_rest_and_time_goes_on(plant):
    before = run(plant, 5, [0.5] * 7)[-1]
    pose = SAWYER.reset_pose + 0.1
    plant.perturb('pose', '', pose, 0.0)
    after = run(plant, 1)[0]
    assert after.stamp == before.stamp + SAWYER.period_ns
    assert plant.data.time == pytest.approx(6 * SAWYER.period_sec)
    assert after.position == pytest.approx(pose, abs=1e-3)
    assert np.abs(after.velocity).max() < 1e-2
    assert not np.allclose(after.tool_position, before.tool_position, atol=0.01)


def test_a_brick_that_is_only_held_comes_along():
    plant = make_plant(load_task('sawyer_stack', {'fit': 'press'}))
    plant.reset(START, 0)
    run(plant, 2)
    pose = SAWYER.reset_pose + 0.2
    plant.perturb('pose', '', pose, 0.0)
    assert run(plant, 1)[0].tool_position == pytest.approx(SAWYER.chain.position(pose), abs=2e-3)


def test_a_pose_in_the_table_is_refused_and_nothing_has_happened(plant):
    twin = MujocoPlant('sawyer/sawyer_stack.xml', SAWYER, object_site='seat')
    twin.reset(START, 0)
    run(plant, 3, [0.3] * 7), run(twin, 3, [0.3] * 7)
    deep = ABOVE_THE_SEAT + np.array([0, 0.6, 0, 0, 0, 0, 0])
    assert SAWYER.chain.position(deep)[2] < -0.02
    with pytest.raises(ConfigurationError, match='table touches'):
        plant.perturb('pose', '', deep, 0.0)
    for one, other in zip(run(plant, 20, [0.3] * 7), run(twin, 20, [0.3] * 7)):
        assert one.position.tobytes() == other.position.tobytes()


def test_the_target_moves_as_it_is_turned(plant):
    before = run(plant, 1)[0]
    assert before.object_position == pytest.approx(SEAT, abs=1e-9)
    plant.perturb('target', '', SEAT + [0.05, -0.03, 0], 0.0)
    after = run(plant, 1)[0]
    assert after.object_position == pytest.approx(SEAT + [0.05, -0.03, 0], abs=1e-9)
    assert abs(after.object_quaternion @ before.object_quaternion) == pytest.approx(1.0)
    assert after.stamp == before.stamp + SAWYER.period_ns
    assert plant.reset(START, after.stamp).object_position == pytest.approx(SEAT, abs=1e-9)


def test_the_target_does_not_move_into_the_arm(plant):
    hand = run(plant, 1)[0].tool_position
    with pytest.raises(ConfigurationError, match='base_hull|stud'):
        plant.perturb('target', '', hand, 0.0)
    assert run(plant, 1)[0].object_position == pytest.approx(SEAT, abs=1e-9)


def test_the_target_moves_while_the_arm_leans_on_the_table(plant):
    deep = ABOVE_THE_SEAT + np.array([0, 0.6, 0, 0, 0, 0, 0])
    plant.data.qpos[:7] = deep
    plant.perturb('target', '', SEAT + [0.0, -0.3, 0], 0.0)
    moved = plant.data.site('seat').xpos
    assert moved == pytest.approx(SEAT + [0.0, -0.3, 0], abs=1e-9)


def test_a_target_that_stands_fast_is_refused():
    plant = MujocoPlant('sawyer/sawyer_stack.xml', SAWYER)
    plant.reset(START, 0)
    with pytest.raises(ConfigurationError, match='no object'):
        plant.perturb('target', '', SEAT, 0.0)
