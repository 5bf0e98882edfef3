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
"""Leg space and motor angles, lengths and knees of the closed loop."""
import math

import numpy as np
import pytest

from softq_ros.simulation import legs


def test_the_front_chain_stands_at_extension_minus_swing_and_the_back_chain_at_the_sum():
    motors = legs.motor_angles(np.array([0.1, 2.0, -0.2, 1.5, 0, 2, 0, 2]))
    assert motors == pytest.approx([1.9, 2.1, 1.7, 1.3, 2, 2, 2, 2])


def test_leg_space_is_the_inverse_and_efforts_do_the_same_work():
    rng = np.random.default_rng(0)
    place, torques, speeds = rng.normal(size=(3, 8))
    assert legs.leg_space(legs.motor_angles(place)) == pytest.approx(place)
    assert legs.leg_efforts(torques) @ legs.leg_space(speeds) == pytest.approx(torques @ speeds)


@pytest.mark.parametrize('extension, length', [
    (math.pi / 2, .1732), (1.8, .1974), (2.0, .2197), (2.2, .2418), (2.5, .271), (math.pi, .30)])
def test_leg_lengths_are_those_of_the_references_table(extension, length):
    assert legs.leg_length(np.array(extension)) == pytest.approx(length, abs=6e-5)


def test_knees_are_zero_where_the_model_draws_them_and_close_the_loop_elsewhere():
    assert legs.knee_angles(np.array(math.pi / 2)) == pytest.approx(0.0)
    extension = np.array([0.6, 1.2, 2.0, 2.8])
    lean = legs.knee_angles(extension) + math.pi / 6 + extension - math.pi / 2
    assert legs.UPPER * np.sin(extension) == pytest.approx(legs.LOWER * np.sin(lean))
