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
"""The check of a sampler finds a perfect one good and a poor one poor."""
import pytest
import torch

from softq_ros.learning.settings import make_settings
from softq_ros.learning.sql import SoftQLearning
from softq_ros.learning.sampler_check import check_sampler


class Known(SoftQLearning):
    """A learner whose Q is -|a|^2 / 2 / 0.04 and whose sampler is a Gaussian of a given width."""

    def __init__(self, width: float) -> None:
        super().__init__(3, 2, make_settings('sql', {'temperature': 1.0}), 0)
        self._width = width

    def sampled(self, state, count):
        action = self._width * self.noise(len(state), count)
        return torch.atanh(action.clamp(-0.999, 0.999))

    def least_and_slope(self, state, action):
        return -0.5 * action.square().sum(-1) / 0.04, -action / 0.04


def test_a_perfect_sampler_is_as_close_as_chains_are_to_each_other():
    found = check_sampler(Known(0.2), torch.zeros(30, 3))
    assert found['divergence'] == pytest.approx(0.0, abs=0.05)
    assert found['distance'] == pytest.approx(found['distance_of_chains'], rel=0.15)


def test_one_that_is_too_narrow_shows_in_both():
    found = check_sampler(Known(0.1), torch.zeros(30, 3))
    # KL of Gaussians, twice: ln 2 + 1/8 - 1/2
    assert found['divergence'] == pytest.approx(2 * (0.6931 + 0.125 - 0.5), abs=0.05)
    assert found['distance'] > 2.0 * found['distance_of_chains']
