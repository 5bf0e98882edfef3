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
"""Rotations and inverse kinematics: numbers by hand, identities, a whole workspace of targets."""
import math

from hypothesis import given, strategies
import numpy as np
import pytest

from softq_ros.robot.contract import load_contract
from softq_ros.robot.inverse import DAMPING, joints_at, least_squares_step, pose_error
from softq_ros.robot.kinematics import Chain, Segment
from softq_ros.robot.rotations import (
    angle_between, product, quaternion_from_vector, rotation_matrix, rotation_vector, turn_about)

CHAIN = load_contract('sim_sawyer').chain
ABOVE = np.array([-0.1111, -1.32464, -0.0152, 2.01873, 0.00482, 0.87673, 3.1872])
DOWN = np.array([math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5)])  # the brick's, as its seat is turned
# two links of 1 m in the plane
PLANAR = Chain((Segment('a', (0, 0, 0), (0, 0, 0)), Segment('b', (1, 0, 0), (0, 0, 0)),
                Segment('', (1, 0, 0), (0, 0, 0))))
VECTORS = strategies.lists(strategies.floats(-1.7, 1.7), min_size=3, max_size=3).map(np.array)


def test_i_times_j_is_k():
    i, j, k = np.eye(4)[1:]
    assert product(i, j).tolist() == k.tolist()
    assert product(j, i).tolist() == (-k).tolist()


def test_a_quarter_turn_about_z_takes_x_to_y():
    turn = turn_about(2, math.pi / 2)
    assert turn == pytest.approx([math.sqrt(0.5), 0, 0, math.sqrt(0.5)])
    assert rotation_matrix(turn) @ [1, 0, 0] == pytest.approx([0, 1, 0])


def test_the_vector_of_a_rotation_is_its_axis_times_its_angle():
    assert rotation_vector(turn_about(0, 0.3), turn_about(0, 0.1)) == pytest.approx([0.2, 0, 0])
    assert rotation_vector(-turn_about(0, 0.3), turn_about(0, 0.1)) == pytest.approx([0.2, 0, 0])
    assert rotation_vector(DOWN, DOWN).tolist() == [0, 0, 0]


@given(VECTORS)
def test_a_rotation_comes_back_from_its_vector(vector):
    turned = product(quaternion_from_vector(vector), DOWN)
    assert np.linalg.norm(turned) == pytest.approx(1.0)
    assert rotation_vector(turned, DOWN) == pytest.approx(vector, abs=1e-9)
    assert angle_between(turned, DOWN) == pytest.approx(np.linalg.norm(vector), abs=1e-6)


@given(VECTORS, VECTORS)
def test_the_matrix_of_a_product_is_the_product_of_the_matrices(one, other):
    p, q = quaternion_from_vector(one), quaternion_from_vector(other)
    assert rotation_matrix(product(p, q)) == pytest.approx(
        rotation_matrix(p) @ rotation_matrix(q), abs=1e-12)


def test_the_damped_step_of_one_joint_is_that_worked_out_by_hand():
    # J = (2, 0), e = (1, 0): J^T (J J^T + d)^-1 e = 2 / (4 + d)
    step = least_squares_step(np.array([[2.0], [0.0]]), np.array([1.0, 0.0]))
    assert step == pytest.approx([2.0 / (4.0 + DAMPING)], rel=1e-12)


def test_two_links_reach_the_corner_of_a_square_with_the_elbow_they_began_with():
    for elbow, joints in ((0.5, [0, math.pi / 2]), (-0.5, [math.pi / 2, -math.pi / 2])):
        turn = turn_about(2, sum(joints))
        found = joints_at(PLANAR, np.array([1.0, 1.0, 0.0]), turn, np.array([0.7, elbow]))
        assert found == pytest.approx(joints, abs=1e-7)


def test_every_target_of_the_tasks_is_reached_inside_the_joint_limits():
    contract, rng = load_contract('sim_sawyer'), np.random.default_rng(2)
    for _ in range(60):
        x, y, yaw = rng.uniform([0.4, -0.25, -30.0], [0.65, 0.25, 30.0])
        turn = product(turn_about(2, math.radians(yaw)), DOWN)
        place = np.array([x, y, rng.choice([0.0192, 0.1692])])
        joints = joints_at(CHAIN, place, turn, ABOVE)
        assert np.linalg.norm(pose_error(CHAIN, joints, place, turn)) < 1e-8
        assert (joints - 0.5 > contract.position_lower).all()
        assert (joints + 0.5 < contract.position_upper).all()


def test_the_pose_fifteen_centimetres_above_the_seat_is_the_one_in_the_file():
    joints = joints_at(CHAIN, np.array([0.5, 0.1, 0.1692]), DOWN, np.zeros(7) + ABOVE)
    assert joints == pytest.approx(ABOVE, abs=1e-5)


def test_a_pose_out_of_reach_ends_as_near_as_it_gets():
    joints = joints_at(PLANAR, np.array([3.0, 0.0, 0.0]), turn_about(2, 0.0), np.array([0.3, 0.3]))
    assert np.isfinite(joints).all()
    assert PLANAR.position(joints)[0] > 1.99
