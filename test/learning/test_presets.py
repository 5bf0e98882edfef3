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
"""The Stein direction of each preset, by hand."""
import pytest
import torch

from softq_ros.errors import ConfigurationError
from softq_ros.learning.presets import preset_direction, PRESETS
from softq_ros.learning.settings import CHOICES
from softq_ros.learning.stein import squashed_score, stein_direction

U = torch.atanh(torch.tensor([[[0.0], [0.5]]]))  # two fixed particles
SLOPE = torch.tensor([[[1.0], [2.0]]])
BETWEEN = torch.tensor([[[0.25]]])  # both lie 0.25 away, so they repel it equally


def test_the_settings_know_every_preset():
    assert tuple(PRESETS) == CHOICES['preset']


@pytest.mark.parametrize('preset, by_hand', [
    # h = .0625 / ln 2, so k = 1/2; scores 1/.5 - 0 and 2/.5 - 2 * .5 / (1 - .25)
    ('code', 0.5 * (2.0 + 4.0 - 4.0 / 3.0) / 2),
    # h = .0625 / (2 ln 3), so k = 1/9; scores 1/.5 and 2/.5
    ('paper', (2.0 + 4.0) / 9.0 / 2)])
def test_particles_in_the_actions(preset, by_hand):
    found = preset_direction(preset, U, SLOPE, 0.5, BETWEEN)
    assert found.item() == pytest.approx(by_hand, rel=1e-5)


def test_particles_in_u():
    score = squashed_score(torch.tanh(U), SLOPE, 0.5)
    assert torch.equal(preset_direction('ours', U, SLOPE, 0.5, BETWEEN),
                       stein_direction(U, score, BETWEEN))


def test_an_unknown_preset_is_refused():
    with pytest.raises(ConfigurationError, match='accepted: code, ours, paper'):
        preset_direction('theirs', U, SLOPE, 0.5, BETWEEN)
