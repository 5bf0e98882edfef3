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
"""The Sawyer's model against the figures it was written from, and what its bricks do."""
from dataclasses import replace

import mujoco
import numpy as np
import pytest

from softq_ros.errors import ConfigurationError, PlantFault
from softq_ros.records import Start
from softq_ros.simulation.catalogue import make_plant
from softq_ros.simulation.mujoco_plant import MujocoPlant
from softq_ros.tasks.catalogue import load_task

STACK = load_task('sawyer_stack')
NEUTRAL = np.array([0, -1.18, 0, 2.18, 0, 0.57, 3.3161])
START = np.array([-0.1111, -1.32464, -0.0152, 2.01873, 0.00482, 0.87673, 3.1872])
# vendor URDF: principal moments of each link, largest first [kg m^2]
PRINCIPAL = {'right_l0': (.06516, .05109, .01862), 'right_l1': (.02243, .02216, .00971),
             'right_l2': (.02579, .02551, .00293), 'right_l3': (.01024, .00970, .00370),
             'right_l4': (.01365, .01355, .00127), 'right_l5': (.00474, .00423, .00191),
             'right_l6': (.000360, .000311, .000215), 'base': (.007404, .006818, .006729)}


@pytest.fixture
def plant():
    """Return the stacking scene."""
    return make_plant(STACK)


def at(plant, position) -> None:
    """Put the arm at joint positions."""
    plant.reset(Start(np.array(position)), 0)


def test_forward_kinematics_at_neutral(plant):
    at(plant, NEUTRAL)
    body = plant.data.body
    assert body('right_l6').xpos == pytest.approx([0.4496, 0.1603, 0.2403], abs=1e-4)
    assert body('right_hand').xpos == pytest.approx([0.4496, 0.1603, 0.2158], abs=1e-4)
    assert body('right_hand').xmat[[2, 5, 8]] == pytest.approx([0, 0, -1], abs=2e-3)


def test_principal_inertias_and_moving_mass(plant):
    model = plant.model
    for name, moments in PRINCIPAL.items():
        assert model.body(name).inertia == pytest.approx(moments, rel=6e-3, abs=1e-6), name
    links = [f'right_l{i}' for i in range(7)]
    assert sum(model.body(n).mass[0] for n in links) == pytest.approx(17.09, abs=0.01)


def test_gravity_torques_at_neutral_are_compensated(plant):
    at(plant, NEUTRAL)
    bias = plant.data.qfrc_bias[:7]
    assert bias == pytest.approx([0, -18.0, -2.4, -7.0, 1.5, 0.1, 0], abs=0.06)
    assert plant.data.qfrc_gravcomp[:7] == pytest.approx(bias, abs=1e-9)


def test_joint_ranges_are_those_of_the_contract(plant):
    ranges = np.array([plant.model.joint(j).range for j in STACK.contract.joints])
    assert np.array_equal(ranges[:, 0], STACK.contract.position_lower)
    assert np.array_equal(ranges[:, 1], STACK.contract.position_upper)


def test_every_element_has_a_name(plant):
    for kind, count in ((mujoco.mjtObj.mjOBJ_GEOM, plant.model.ngeom),
                        (mujoco.mjtObj.mjOBJ_BODY, plant.model.nbody),
                        (mujoco.mjtObj.mjOBJ_SITE, plant.model.nsite)):
        assert all(mujoco.mj_id2name(plant.model, kind, i) for i in range(count))


def test_the_target_of_the_task_is_the_seat_of_the_scene(plant):
    at(plant, START)
    seat = plant.data.site('seat')
    quaternion = np.empty(4)
    mujoco.mju_mat2Quat(quaternion, seat.xmat)
    sensors = replace(plant._measure(), tool_position=seat.xpos, tool_quaternion=quaternion)
    distance, angle = STACK.pose_error(sensors)
    assert distance < 1e-9 and angle < 1e-6


def test_a_velocity_step_is_followed_within_one_period(plant):
    at(plant, START)
    command = np.array([0.5, -0.5, 0.5, 0.5, 0.8, 0.8, 1.0])
    plant.step(command)
    sensors = plant.step(command)
    assert sensors.velocity == pytest.approx(command, abs=0.06)


def descend(plant, offset, steps: int = 160):
    """Bring the brick over a place, press it down and return the last sensors."""
    task, model, data = STACK, plant.model, plant.data
    target, wanted = np.array([0.5, 0.1, 0.0192]) + offset, task._target_quaternion
    sensors = plant.reset(task.start(np.random.default_rng(0)), 0)
    for _ in range(steps):
        error, jacobian = np.zeros(6), np.zeros((6, model.nv))
        aside = np.linalg.norm((sensors.tool_position - target)[:2]) > 0.003
        hover = 0.04 if aside and sensors.tool_position[2] > target[2] + 0.03 else -0.005
        error[:3] = target + [0, 0, hover] - sensors.tool_position
        turn, back = np.zeros(4), np.zeros(4)
        mujoco.mju_negQuat(back, sensors.tool_quaternion)
        mujoco.mju_mulQuat(turn, wanted, back)
        mujoco.mju_quat2Vel(error[3:], turn, 1.0)
        mujoco.mj_jacSite(model, data, jacobian[:3], jacobian[3:], model.site('brick').id)
        arm = jacobian[:, :7]
        velocity = arm.T @ np.linalg.solve(arm @ arm.T + 1e-4 * np.eye(6), error) * 5
        scale = task.contract.action_scale
        sensors = plant.step(np.clip(velocity, -scale, scale))
    return sensors


def test_a_brick_brought_over_the_seat_and_pressed_is_seated(plant):
    sensors = descend(plant, np.zeros(3))
    distance, angle = STACK.pose_error(sensors)
    assert STACK.at_target(sensors)
    assert distance < 0.6e-3 and np.degrees(angle) < 1.0


@pytest.mark.parametrize('offset', [(0.008, 0.008, 0), (0, 0.007, 0)])
def test_a_brick_that_rests_on_the_studs_is_not_seated(plant, offset):
    sensors = descend(plant, np.array(offset))
    assert sensors.tool_position[2] - 0.0192 > 0.003
    assert not STACK.at_target(sensors)


def test_the_same_commands_give_the_same_bits():
    def play():
        plant = make_plant(STACK)
        rng = np.random.default_rng(1)
        plant.reset(STACK.start(rng), 0)
        return [plant.step(rng.uniform(-0.5, 0.5, 7)) for _ in range(40)]

    for one, other in zip(play(), play()):
        assert one.position.tobytes() == other.position.tobytes()
        assert one.tool_position.tobytes() == other.tool_position.tobytes()


def test_a_state_that_is_not_finite_is_a_fault_and_no_reset(plant, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # MuJoCo writes its log where it runs
    at(plant, START)
    plant.data.qvel[0] = np.nan
    with pytest.raises(PlantFault, match='BADQ'):
        plant.step(np.zeros(7))
    at(plant, START)
    with pytest.raises(PlantFault, match='finite'):
        plant.step(np.full(7, np.nan))


def test_a_push_moves_the_arm_and_ends(plant):
    at(plant, START)
    plant.perturb('wrench', 'right_hand', np.array([0, 60.0, 0, 0, 0, 0]), 0.2)
    still = make_plant(STACK)
    at(still, START)
    for _ in range(4):
        pushed, calm = plant.step(np.zeros(7)), still.step(np.zeros(7))
    assert np.linalg.norm(pushed.tool_position - calm.tool_position) > 1e-3
    plant.step(np.zeros(7))
    assert not plant.data.xfrc_applied.any()
    with pytest.raises(ConfigurationError, match='right_hand'):
        plant.perturb('wrench', 'nobody', np.zeros(6), 1.0)


def test_the_control_period_is_a_whole_number_of_physics_steps():
    odd = replace(STACK.contract, control_rate=30.0)
    with pytest.raises(ConfigurationError, match='whole number'):
        MujocoPlant('sawyer/sawyer_stack.xml', odd)


def test_a_joint_the_scene_lacks_is_named_with_those_it_has():
    odd = replace(STACK.contract, joints=('elbow', *STACK.contract.joints[1:]))
    with pytest.raises(ConfigurationError, match='elbow.*right_j0'):
        MujocoPlant('sawyer/sawyer_stack.xml', odd)
