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
"""Langevin chains end in the law of a Q that is known."""
import pytest
import torch

from softq_ros.errors import ShapeError
from softq_ros.learning.langevin import langevin_chains


def bowl(mean, precision):
    """Return what a Q of -precision |a - mean|^2 / 2 says of actions."""
    def q(action):
        apart = action - mean
        return -0.5 * precision * apart.square().sum(-1), -precision * apart
    return q


def chains(q, size, temperature=1.0, steps=400, start=0.0, seed=0):
    """Run 4 x 500 chains."""
    generator = torch.Generator().manual_seed(seed)
    return langevin_chains(q, torch.full((4, 500, size), start), temperature, steps, generator)


@pytest.mark.parametrize('size', [1, 2, 7])
def test_a_gaussian_has_its_mean_and_spread(size):
    found = chains(bowl(0.2, 100.0), size, temperature=2.0)
    action = torch.tanh(found.u).reshape(-1, size)
    assert action.mean(0).tolist() == pytest.approx([0.2] * size, abs=0.015)
    assert action.std(0).tolist() == pytest.approx([0.02**0.5] * size, rel=0.08)
    assert found.acceptance == pytest.approx(0.574, abs=0.1)


def test_a_flat_q_gives_the_uniform_law_up_to_the_bounds():
    action = torch.tanh(chains(lambda a: (0.0 * a[..., 0], 0.0 * a), 1).u).flatten()
    assert action.std().item() == pytest.approx(3.0**-0.5, rel=0.03)
    assert (action.abs() > 0.9).float().mean().item() == pytest.approx(0.1, abs=0.03)


def test_chains_that_begin_far_off_come_home():
    action = torch.tanh(chains(bowl(-0.4, 50.0), 2, start=4.0, steps=1000).u)
    assert action.mean().item() == pytest.approx(-0.4, abs=0.02)


def test_a_slope_that_is_wrong_is_corrected_by_the_metropolis_step():
    def q(action):
        value, slope = bowl(0.0, 50.0)(action)
        return value, slope + 3.0
    action = torch.tanh(chains(q, 1, steps=1000).u)
    assert action.mean().item() == pytest.approx(0.0, abs=0.015)


def test_other_shapes_are_refused():
    with pytest.raises(ShapeError, match='accepted: .B, K, A.'):
        langevin_chains(bowl(0.0, 1.0), torch.zeros(3, 2), 1.0, 1, torch.Generator())
