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
import numpy as np
import pytest

from softq_ros.records import Start
from softq_ros.robot.contract import load_contract
from softq_ros.simulation.catalogue import make_plant
from softq_ros.simulation.mujoco_plant import MujocoPlant
from softq_ros.simulation.rendering import Renderer
from softq_ros.tasks.catalogue import load_task

SAWYER = load_contract('sim_sawyer')


def orange(picture: np.ndarray) -> int:
    """Return how many pixels have the colour of an arrow, lit or in the shade."""
    red, green, blue = np.moveaxis(picture.astype(int), -1, 0)
    return int(((red > 100) & (abs(2 * green - red) < 25) & (blue < 30)).sum())


def test_a_push_is_drawn_while_it_lasts_and_a_note_is_written():
    plant = MujocoPlant('sawyer/sawyer_stack.xml', SAWYER)
    plant.reset(Start(SAWYER.reset_pose), 0)
    renderer = Renderer(plant, 160, 120)
    before = renderer.draw()
    plant.perturb('wrench', 'right_l6', np.array([-80.0, 0, 0, 0, 0, 0]), 0.05)
    plant.step(np.zeros(7))
    assert orange(before) == 0 and orange(renderer.draw()) > 10
    plant.step(np.zeros(7))
    after, noted = renderer.draw(), renderer.draw('overview', 'success')
    renderer.close()
    assert orange(after) == 0 and (after != noted).any()


@pytest.mark.parametrize('name', ['sawyer_reach', 'pusher_x', 'swimmer_speed', 'minitaur_walk'])
def test_every_robot_is_filmed_from_two_sides(name):
    task = load_task(name)
    plant = make_plant(task)
    plant.reset(task.start(np.random.default_rng(0)), 0)
    renderer = Renderer(plant, 160, 120)
    pictures = [renderer.draw(camera) for camera in ('overview', 'close')]
    renderer.close()
    assert all(np.ptp(picture) > 50 for picture in pictures)
    assert (pictures[0] != pictures[1]).any()


@pytest.mark.parametrize('name', ['sawyer_stack', 'sawyer_reach'])
def test_the_close_camera_goes_with_a_target_that_is_drawn(name):
    task = load_task(name, {'target': 'converged'})
    plant = make_plant(task)
    camera = plant.model.camera('close').id
    seen = []
    for seed in range(3):
        sensors = plant.reset(task.start(np.random.default_rng(seed)), 0)
        seen.append((sensors.object_position, plant.data.cam_xpos[camera].copy(),
                     plant.data.cam_xmat[camera].copy()))
    seats, places, turns = map(np.array, zip(*seen, strict=True))
    assert np.ptp(seats, axis=0)[:2].min() > 0.05
    np.testing.assert_allclose(places - seats, np.tile([.28, -.28, places[0, 2] - seats[0, 2]],
                                                       (3, 1)), atol=1e-6)
    np.testing.assert_allclose(turns, np.tile(turns[0], (3, 1)), atol=1e-6)
