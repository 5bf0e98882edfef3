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
"""Where the ground lies."""
import numpy as np
import pytest

from softq_ros.tasks import terrain


@pytest.mark.parametrize('kind, size', [('slope', 0.12), ('steps', 0.015), ('blocks', 0.03)])
def test_seeds_repeat_and_differ(kind, size):
    grounds = [terrain.lay(kind, size, seed) for seed in range(terrain.SEEDS)]
    terrain.lay.cache_clear()
    assert [terrain.lay(kind, size, seed) for seed in range(terrain.SEEDS)] == grounds
    different = 2 if kind == 'slope' else terrain.SEEDS  # a plane tilts up or down
    assert len({str(ground) for ground in grounds}) == different


def test_flat_ground_moves_nothing():
    assert terrain.lay('flat', 0.0, 3) == {}


def test_a_slope_rises_for_even_seeds_and_falls_for_odd_ones():
    assert [terrain.incline('slope', 0.12, seed) for seed in range(4)] == [-.12, .12, -.12, .12]
    w, x, y, z = terrain.lay('slope', 0.12, 0)['floor'].quaternion
    assert (w, x, y, z) == pytest.approx((np.cos(0.06), 0, -np.sin(0.06), 0))
    assert terrain.incline('steps', 0.03, 0) == 0.0


def test_blocks_are_apart_in_the_field_and_away_from_the_start():
    for seed in range(terrain.SEEDS):
        ground = terrain.lay('blocks', 0.05, seed)
        places = np.array([p.position for p in ground.values() if p.position != terrain.BURIED])
        assert len(places) >= 70
        gaps = np.linalg.norm(places[:, None, :2] - places[None, :, :2], axis=2)
        assert gaps[~np.eye(len(places), dtype=bool)].min() >= terrain.SPACING
        assert np.abs(places[:, :2]).max(1).min() >= terrain.CLEAR
        assert places[:, 2] == pytest.approx(0.05 - terrain.BLOCK_HALF_HEIGHT)


def test_digests_name_the_ground():
    assert terrain.digest('flat', 0.0) == terrain.digest('flat', 0.0)
    digests = {terrain.digest(*row) for row in (
        ('flat', 0.0), ('slope', 0.12), ('slope', 0.2), ('steps', 0.015), ('blocks', 0.03))}
    assert len(digests) == 5
