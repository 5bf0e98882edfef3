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
"""The loss of the Qs by hand, and how far its slope goes."""
import pytest
import torch

from softq_ros.errors import ShapeError
from softq_ros.learning.td_loss import td_loss, td_target

Q = torch.tensor([[1.0, 2.0], [0.0, 5.0]], dtype=torch.float64)
AIM = torch.tensor([1.5, -2.0], dtype=torch.float64)


def test_half_the_squared_error_by_hand():
    # errors -0.5, 4 and -1.5, 7: ((0.25 + 16) + (2.25 + 49)) / 2 / 2
    assert td_loss(Q, AIM).item() == pytest.approx(67.5 / 4)


def test_beyond_the_threshold_the_loss_is_linear_by_hand():
    # threshold 1: 0.125 + 3.5 and 1 + 6.5, over two transitions
    assert td_loss(Q, AIM, 1.0).item() == pytest.approx(11.125 / 2)


def test_errors_within_the_threshold_are_squared():
    assert td_loss(Q, AIM, 7.0).item() == pytest.approx(td_loss(Q, AIM).item())


@pytest.mark.parametrize('huber', [0.0, 0.7, 2.0, 100.0])
def test_the_slope_is_the_error_clipped_at_the_threshold(huber):
    q = Q.clone().requires_grad_(True)
    slope, = torch.autograd.grad(td_loss(q, AIM, huber), q)
    error = Q - AIM
    wanted = (error.clamp(-huber, huber) if huber else error) / 2
    torch.testing.assert_close(slope, wanted)


@pytest.mark.parametrize('huber', [0.0, 1.0])
def test_a_number_that_is_not_finite_shows(huber):
    assert td_loss(Q, torch.tensor([float('nan'), 0.0]), huber).isnan()


@pytest.mark.parametrize('q, aim', [((2, 3), (2,)), ((3,), (3,)), ((2, 3), (2, 3))])
def test_other_shapes_are_refused(q, aim):
    with pytest.raises(ShapeError, match=r'accepted: \(C, B\) and \(B,\)'):
        td_loss(torch.zeros(q), torch.zeros(aim), 1.0)


def test_targets_by_hand_with_and_without_a_ceiling():
    reward, discount, value = (torch.tensor(part) for part in (
        [1.0, -2.0, 3.0], [1.0, 1.0, 0.0], [4.0, -4.0, 100.0]))
    assert td_target(reward, discount, value, 0.5).tolist() == [3.0, -4.0, 3.0]
    assert td_target(reward, discount, value, 0.5, 2.0).tolist() == [2.0, -4.0, 3.0]
    assert td_target(reward, discount, value, 0.5, -6.0).tolist() == [-2.0, -5.0, 3.0]


def test_a_ceiling_that_rewards_can_come_to_does_not_move_the_fixed_point():
    transition = torch.tensor([[0.5, 0.5], [0.1, 0.9]])
    reward, alive = torch.tensor([-1.0, 0.5]), torch.ones(2)
    exact = torch.linalg.solve(torch.eye(2) - 0.9 * transition, reward)
    most = 0.5 / (1.0 - 0.9)
    value = torch.full((2,), 1000.0)  # as a Q that ran off
    for _ in range(300):
        value = td_target(reward, alive, transition @ value, 0.9, most)
    assert value.tolist() == pytest.approx(exact.tolist(), abs=1e-4)
    low = (transition @ exact).max() - 0.1
    assert td_target(reward, alive, transition @ exact, 0.9, float(low)).max() < exact.max()


@pytest.mark.parametrize('shapes', [((2,), (2,), (3,)), ((2, 1), (2, 1), (2, 1))])
def test_targets_of_other_shapes_are_refused(shapes):
    with pytest.raises(ShapeError, match=r'accepted: three of \(B,\)'):
        td_target(*(torch.ones(shape) for shape in shapes), 0.9)
