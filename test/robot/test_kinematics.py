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
"""The chain against figures worked by hand, against MuJoCo, and against its own differences."""
import math

import mujoco
import numpy as np
import pytest

from softq_ros.errors import ConfigurationError
from softq_ros.paths import share
from softq_ros.robot.contract import load_contract
from softq_ros.robot.kinematics import (
    Chain, cross_matrix, quaternion_from_matrix, rotation_from_rpy, rotation_onto, Segment)
from softq_ros.tasks.sawyer import rotation_matrix

CONFIGURATIONS = 10_000
HALF = math.pi / 2
# The published nominal figures of a UR5e, with a quaternion for each turn: a second way to write
# them down than that of the contract.
UR5E = """
<mujoco><compiler angle="radian"/><worldbody>
<body quat="0 0 0 1"><body pos="0 0 .1625"><joint name="shoulder_pan_joint"/>{mass}
<body quat="1 1 0 0"><joint name="shoulder_lift_joint"/>{mass}
<body pos="-.425 0 0"><joint name="elbow_joint"/>{mass}
<body pos="-.3922 0 .1333"><joint name="wrist_1_joint"/>{mass}
<body pos="0 -.0997 0" quat="1 1 0 0"><joint name="wrist_2_joint"/>{mass}
<body pos="0 .0996 0" quat="1 -1 0 0"><joint name="wrist_3_joint"/>{mass}<site name="tool"/>
</body></body></body></body></body></body></body></worldbody></mujoco>
""".format(mass='<inertial mass="1" pos="0 0 0" diaginertia="1 1 1"/>')


def sawyer():
    return mujoco.MjModel.from_xml_path(str(share('sim', 'sawyer', 'sawyer_stack.xml')))


def ur5e():
    return mujoco.MjModel.from_xml_string(UR5E)


class Simulated:
    """The same arm in MuJoCo."""

    def __init__(self, model, joints, site):
        """Find its joints and its tool."""
        self.model, self.data = model, mujoco.MjData(model)
        self.site = model.site(site).id
        self.rows = [model.joint(joint).qposadr[0] for joint in joints]
        self.columns = [model.joint(joint).dofadr[0] for joint in joints]

    def place(self, q):
        self.data.qpos[self.rows] = q
        mujoco.mj_kinematics(self.model, self.data)
        mujoco.mj_comPos(self.model, self.data)

    def pose(self):
        quaternion = np.empty(4)
        mujoco.mju_mat2Quat(quaternion, self.data.site_xmat[self.site])
        return self.data.site_xpos[self.site], quaternion

    def jacobian(self):
        linear, angular = np.zeros((2, 3, self.model.nv))
        mujoco.mj_jacSite(self.model, self.data, linear, angular, self.site)
        return np.vstack((linear, angular))[:, self.columns]


def angle(first, second):
    """Return the angle between two unit quaternions that are close or opposite."""
    return 2.0 * min(np.linalg.norm(first - second), np.linalg.norm(first + second))


@pytest.mark.parametrize('robot, model, site', [('sim_sawyer', sawyer, 'brick'),
                                                ('ur5e', ur5e, 'tool')])
def test_pose_and_jacobian_are_those_of_mujoco(robot, model, site):
    contract = load_contract(robot)
    simulated = Simulated(model(), contract.joints, site)
    generator = np.random.default_rng(0)
    furthest, turned, steepest = 0.0, 0.0, 0.0
    for q in generator.uniform(contract.position_lower, contract.position_upper,
                               (CONFIGURATIONS, len(contract.joints))):
        simulated.place(q)
        position, quaternion = contract.chain.pose(q)
        there, turn = simulated.pose()
        furthest = max(furthest, float(np.linalg.norm(position - there)))
        turned = max(turned, float(angle(quaternion, turn)))
        steepest = max(steepest, float(np.abs(
            contract.chain.jacobian(q) - simulated.jacobian()).max()))
    print(f'{robot}: {furthest:.1e} m, {turned:.1e} rad, jacobian {steepest:.1e}')
    assert furthest < 1e-9 and turned < 1e-9 and steepest < 1e-9


def test_the_sawyer_of_metal_has_the_chain_of_the_simulator():
    chains = [load_contract(name).chain for name in ('sawyer', 'sim_sawyer')]
    for q in np.random.default_rng(4).uniform(-3, 3, (10, 7)):
        assert np.array_equal(chains[0].jacobian(q), chains[1].jacobian(q))


@pytest.mark.parametrize('robot', ['sim_sawyer', 'ur5e', 'generic_ros2_control', 'moveit_servo'])
def test_the_jacobian_is_the_slope_of_the_pose(robot):
    contract, step = load_contract(robot), 1e-6
    for q in np.random.default_rng(1).uniform(contract.position_lower, contract.position_upper,
                                              (100, len(contract.joints))):
        jacobian = contract.chain.jacobian(q)
        for at in range(len(q)):
            (ahead, turn_ahead), (behind, turn_behind) = (
                contract.chain.pose(q + sign * step * np.eye(len(q))[at]) for sign in (1, -1))
            slope = (ahead - behind) / (2 * step)
            turn = (rotation_matrix(turn_ahead) - rotation_matrix(turn_behind)) / (2 * step)
            spin = turn @ rotation_matrix(contract.chain.pose(q)[1]).T
            assert np.allclose(slope, jacobian[:3, at], atol=1e-8)
            assert np.allclose(spin, cross_matrix(jacobian[3:, at]), atol=1e-8)


def test_two_links_in_the_plane_by_hand():
    chain = Chain((Segment('a', (0, 0, 0), (0, 0, 0)), Segment('b', (2, 0, 0), (0, 0, 0)),
                   Segment('', (1, 0, 0), (0, 0, 0))))
    position, quaternion = chain.pose(np.array([HALF, -HALF]))
    assert np.allclose(position, [1, 2, 0]) and np.allclose(quaternion, [1, 0, 0, 0])
    expected = np.zeros((6, 2))
    expected[:, 0], expected[:, 1] = [-2, 1, 0, 0, 0, 1], [0, 1, 0, 0, 0, 1]
    assert np.allclose(chain.jacobian(np.array([HALF, -HALF])), expected)
    speed = chain.velocity(np.array([HALF, -HALF]), np.array([1.0, 3.0]))
    assert np.allclose(speed, [-2, 4, 0, 0, 0, 4])


def test_a_joint_that_slides_on_one_that_turns_by_hand():
    chain = Chain((Segment('turn', (0, 0, 1), (0, 0, 0)),
                   Segment('slide', (1, 0, 0), (0, 0, 0), (2, 0, 0), True)))
    q = np.array([HALF, 0.5])
    assert np.allclose(chain.pose(q)[0], [0, 1.5, 1])
    assert np.allclose(chain.pose(q)[1], [math.sqrt(0.5), 0, 0, math.sqrt(0.5)])
    assert np.allclose(chain.position(q), [0, 1.5, 1])
    assert np.allclose(chain.jacobian(q).T, [[-1.5, 0, 0, 0, 0, 1], [0, 1, 0, 0, 0, 0]])


def test_the_neutral_pose_of_the_sawyer():
    segments = load_contract('sim_sawyer').chain.segments
    neutral = np.array([0, -1.18, 0, 2.18, 0, 0.57, 3.3161])
    assert np.allclose(Chain(segments[:7]).pose(neutral)[0], [0.4496, 0.1603, 0.2403], atol=1e-4)
    hand, quaternion = Chain(segments[:8]).pose(neutral)
    assert np.allclose(hand, [0.4496, 0.1603, 0.2158], atol=1e-4)
    assert np.allclose(rotation_matrix(quaternion)[:, 2], [0, 0, -1], atol=1e-3)


def test_the_figures_of_the_others_at_a_pose_worked_by_hand():
    stretched = load_contract('ur5e').chain.pose(np.zeros(6))[0]
    assert np.allclose(stretched, [0.425 + 0.3922, 0.1333 + 0.0996, 0.1625 - 0.0997])
    panda = load_contract('moveit_servo')
    assert np.allclose(panda.chain.pose(np.array([0, 0, 0, -HALF, 0, HALF, 0]))[0],
                       [0.0825 + 0.384 + 0.088, 0, 0.333 + 0.316 + 0.0825 - 0.107])
    arm = load_contract('generic_ros2_control')
    assert np.allclose(arm.chain.pose(np.array([HALF, 0]))[0], [1.9, 0.2, 1.95])


def test_turns_about_fixed_axes_follow_each_other_x_y_z():
    assert np.allclose(rotation_from_rpy((HALF, 0, HALF)), [[0, 0, 1], [1, 0, 0], [0, 1, 0]])
    for rpy in np.random.default_rng(2).uniform(-4, 4, (50, 3)):
        x, y, z = (rotation_from_rpy(tuple(row)) for row in np.diag(rpy))
        assert np.allclose(rotation_from_rpy(tuple(rpy)), z @ y @ x)


def test_z_is_turned_onto_any_axis():
    around = np.random.default_rng(5).normal(size=(200, 3))
    for row in [*np.eye(3), *-np.eye(3), [1e-9, 0, -1], *around]:
        axis = np.array(row) / np.linalg.norm(row)
        turn = rotation_onto(axis)
        assert np.allclose(turn[:, 2], axis, atol=1e-15)
        assert np.allclose(turn @ turn.T, np.eye(3)) and np.linalg.det(turn) > 0


@pytest.mark.parametrize('robot', ['sim_sawyer', 'generic_ros2_control'])
def test_the_position_alone_is_that_of_the_pose(robot):
    chain = load_contract(robot).chain
    for q in np.random.default_rng(6).uniform(-3, 3, (50, len(chain.joints))):
        assert np.allclose(chain.position(q), chain.pose(q)[0], atol=1e-14)


def test_a_joint_too_few_is_an_error_and_no_pose():
    with pytest.raises(ValueError):
        load_contract('ur5e').chain.pose(np.zeros(5))


def test_a_quaternion_turns_as_its_matrix_does_whichever_part_is_largest():
    rows = [*np.eye(4), *np.random.default_rng(3).normal(size=(200, 4))]
    for quaternion in (row / np.linalg.norm(row) for row in rows):
        found = quaternion_from_matrix(rotation_matrix(quaternion))
        assert angle(found, quaternion) < 1e-12
        assert found[np.abs(found).argmax()] > 0


@pytest.mark.parametrize('segments, match', [
    ((Segment('', (0, 0, 0), (0, 0, 0)),), 'at least one joint'),
    ((Segment('a', (0, 0, 0), (0, 0, 0)),) * 2, 'each once'),
    ((Segment('a', (0, 0, 0), (0, 0, 0), (0, 0, 0)),), 'axis of length 0'),
])
def test_what_is_no_chain_is_refused(segments, match):
    with pytest.raises(ConfigurationError, match=match):
        Chain(segments)
