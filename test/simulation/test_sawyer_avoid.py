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
import mujoco
import numpy as np
import pytest

from softq_ros.records import Start
from softq_ros.robot.inverse import joints_at
from softq_ros.simulation.catalogue import make_plant
from softq_ros.simulation.sawyer_scene import BOX
from softq_ros.tasks.catalogue import load_task
from softq_ros.tasks.sawyer_shape import box_distances, CAPSULES, Shape

AVOID = load_task('sawyer_avoid')
CHAIN = AVOID.contract.chain
BOX_PLACE = np.array(AVOID.options['box_position'])
BOX_HALF = np.array(AVOID.options['box_half_size'])
STILL = ('world', 'base', 'right_l0', 'head', 'base_brick')
EXACT = 1e-5  # m
CAPSULE = mujoco.mjtGeom.mjGEOM_CAPSULE
UPRIGHT, MIDDLE = (np.array(AVOID.options[name]) for name in ('target_quaternion', 'start_pose'))


@pytest.fixture(name='plant')
def make_a_plant():
    """Return the plant of the task."""
    return make_plant(AVOID)


def geom(plant, name: str) -> int:
    """Return the number of a shape, -1 of one that is not there."""
    return mujoco.mj_name2id(plant.model, mujoco.mjtObj.mjOBJ_GEOM, name)


def true_distance(plant, shape: int) -> float:
    """Return that of a shape and the box."""
    return mujoco.mj_geomDistance(plant.model, plant.data, shape, geom(plant, BOX), 5.0, None)


def configurations(count: int) -> np.ndarray:
    """Return joints at random, half of them near the box."""
    rng, contract = np.random.default_rng(0), AVOID.contract
    wide = [rng.uniform(contract.position_lower, contract.position_upper) for _ in range(count)]
    return np.array(wide + [AVOID.start(rng).position for _ in range(count)])


def twin(plant, capsule) -> int:
    """Return the number of the shape that a capsule stands for, -1 of one that holds others."""
    name = f'right_l{capsule.link}_{int(capsule.link == 5 and capsule.end[1] != 0)}'
    found = geom(plant, name)
    same = found >= 0 and plant.model.geom_size[found][0] == pytest.approx(capsule.radius)
    return found if same and plant.model.geom_type[found] == CAPSULE else -1


def test_capsules_are_as_far_from_the_box_as_mujoco_says(plant):
    shape, compared = Shape(CHAIN), set()
    for joints in configurations(60):
        plant.reset(Start(joints), 0)
        distances = box_distances(shape.ends(joints) - BOX_PLACE, BOX_HALF)
        for capsule, distance in zip(CAPSULES, distances):
            name = twin(plant, capsule)
            if name >= 0 and distance > 0:  # else its line is in the box, and that is all we say
                assert distance - capsule.radius == pytest.approx(
                    true_distance(plant, name), abs=EXACT)
                compared.add(name)
    assert len(compared) == 7


def test_what_touches_the_box_is_within_its_capsule(plant):
    model, box = plant.model, geom(plant, BOX)
    bodies = [model.body(model.geom_bodyid[shape]).name for shape in range(model.ngeom)]
    solid = [shape for shape, body in enumerate(bodies) if body not in STILL
             and model.geom_contype[box] & model.geom_conaffinity[shape]]
    assert len(solid) == 11 and geom(plant, 'held_hull') in solid
    tight = []
    for joints in configurations(100):
        plant.reset(Start(joints), 0)
        true = min(true_distance(plant, shape) for shape in solid)
        if true > -0.02:
            tight.append(true - AVOID.gap(joints))
    assert -EXACT < min(tight) and max(tight) < 0.02 and np.median(tight) < 0.01


def test_the_box_stands_only_where_a_task_has_one(plant):
    assert geom(plant, BOX) >= 0
    assert geom(make_plant(load_task('sawyer_stack')), BOX) < 0
    shape = geom(plant, BOX)
    assert plant.model.geom_pos[shape].tolist() == BOX_PLACE.tolist()
    assert plant.model.geom_size[shape].tolist() == BOX_HALF.tolist()


def test_an_arm_that_is_driven_into_the_box_is_stopped_by_it(plant):
    above = joints_at(CHAIN, BOX_PLACE + (0.0, 0.0, BOX_HALF[2] + 0.05), UPRIGHT, MIDDLE)
    into = joints_at(CHAIN, BOX_PLACE + (0.0, 0.0, BOX_HALF[2] - 0.03), UPRIGHT, above)
    sensors = plant.reset(Start(above), 0)
    touched = [AVOID.peaks(sensors)['contact']]
    for _ in range(60):
        sensors = plant.step(np.clip(2.0 * (into - sensors.position), -0.2, 0.2))
        touched.append(AVOID.peaks(sensors)['contact'])
    assert touched[0] == 0.0 and touched[-1] == 1.0
    top = BOX_PLACE[2] + BOX_HALF[2]
    assert top - 0.003 < sensors.tool_position[2] < top + 0.01
