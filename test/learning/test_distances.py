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
"""Distances between samples and their entropy, against laws that are known."""
import math

import pytest
import torch

from softq_ros.errors import ShapeError
from softq_ros.learning.distances import nearest_neighbour_entropy, sliced_wasserstein


@pytest.fixture
def generator():
    """Return a seeded generator."""
    return torch.Generator().manual_seed(0)


def test_sets_on_a_line_are_as_far_apart_as_they_were_moved(generator):
    one = torch.tensor([[[0.0], [1.0], [3.0]], [[0.0], [1.0], [2.0]]])
    other = torch.stack([one[0].flip(0) + 0.5, one[1]])
    found = sliced_wasserstein(one, other, generator)
    torch.testing.assert_close(found, torch.tensor([0.5, 0.0]))


def test_a_move_in_two_dimensions_counts_by_its_mean_projection(generator):
    one = torch.rand(1, 50, 2, generator=generator)
    found = sliced_wasserstein(one, one + torch.tensor([1.0, 0.0]), generator, 20_000)
    assert found.item() == pytest.approx(2.0 / math.pi, abs=0.01)  # E |cos| of a uniform angle


@pytest.mark.parametrize('size', [1, 2, 7])
def test_entropy_of_a_gaussian(generator, size):
    samples = 0.3 * torch.randn(200, 256, size, generator=generator)
    exact = 0.5 * size * math.log(2.0 * math.pi * math.e * 0.09)
    assert nearest_neighbour_entropy(samples).mean().item() == pytest.approx(exact, abs=0.1 * size)


def test_entropy_of_three_points_by_hand():
    # neighbours at 1, 1 and 2; digamma(3) - digamma(1) = 3/2; the unit ball is 2 long
    found = nearest_neighbour_entropy(torch.tensor([[[0.0], [1.0], [3.0]]]))
    assert found.item() == pytest.approx(1.5 + math.log(2.0) + math.log(2.0) / 3.0, rel=1e-5)


def test_entropy_moves_by_the_logarithm_of_a_scale(generator):
    samples = torch.rand(3, 40, 2, generator=generator)
    torch.testing.assert_close(nearest_neighbour_entropy(2.0 * samples),
                               nearest_neighbour_entropy(samples) + 2.0 * math.log(2.0))


def test_other_shapes_are_refused(generator):
    with pytest.raises(ShapeError, match='accepted: two of'):
        sliced_wasserstein(torch.zeros(1, 3, 2), torch.zeros(1, 4, 2), generator)
    with pytest.raises(ShapeError, match='K of 2 or more'):
        nearest_neighbour_entropy(torch.zeros(3, 1, 2))
