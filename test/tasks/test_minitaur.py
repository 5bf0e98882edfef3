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
"""Hand-worked numbers of the quadruped's tasks."""
import math

import numpy as np
import pytest

from softq_ros.errors import ConfigurationError
from softq_ros.records import Past, Sensors
from softq_ros.robot.rotations import turn_about
from softq_ros.tasks.catalogue import load_task
from softq_ros.tasks.minitaur import roll_pitch_heading, uprightness
from softq_ros.tasks.trot import trot_action

WALK = load_task('minitaur_walk')
BLOCKS = load_task('minitaur_blocks')
STAND, STILL = WALK.contract.reset_pose, np.zeros(8)


def measured(x: float = 0.0, velocity: np.ndarray = STILL, attitude=(1.0, 0, 0, 0),
             position: np.ndarray = STAND, spin=(0.0, 0, 0)) -> Sensors:
    """Return what is measured of a robot at a place along x."""
    return Sensors(0, WALK.contract.joints, position, velocity, STILL,
                   base_position=np.array([x, 0, 0.22]), base_quaternion=np.array(attitude),
                   base_velocity=np.zeros(3), base_angular_velocity=np.array(spin))


def reward(before: Sensors, after: Sensors) -> float:
    """Return what the step pays."""
    return WALK.judge(before, STILL, after).reward


def test_speed_pays_up_to_half_a_metre_a_second_either_way():
    assert reward(measured(), measured(0.006)) == pytest.approx(0.3)  # 6 mm in 20 ms
    assert reward(measured(), measured(0.03)) == pytest.approx(0.5)
    assert reward(measured(), measured(-0.03)) == pytest.approx(-0.5)
    assert reward(measured(1.0), measured(1.006)) == pytest.approx(0.3)


def test_acceleration_costs_its_mean_over_the_joints():
    speeds = np.array([4.0, -4.0, 0, 0, 0, 0, 0, 0])  # mean 1 rad/s in 20 ms: 0.02 rad
    assert reward(measured(), measured(velocity=speeds)) == pytest.approx(-0.002)
    assert reward(measured(velocity=speeds), measured(velocity=speeds)) == 0.0


def test_the_cost_is_that_of_the_second_difference_of_what_the_servos_follow():
    places = np.array([0.0, 0.3, -0.2, 0.1])  # rad, one joint in four periods
    speeds = np.diff(places) / 0.02
    rewards = [reward(measured(velocity=np.full(8, a)), measured(velocity=np.full(8, b)))
               for a, b in zip(speeds, speeds[1:])]
    assert rewards == pytest.approx((-0.1 * np.abs(np.diff(places, 2))).tolist())


def test_speed_pays_less_the_further_it_looks_aside():
    for angle, paid in ((18.0, 0.4), (-45.0, 0.25), (90.0, 0.0), (-150.0, 0.0)):
        aside = measured(0.012, attitude=turn_about(2, math.radians(angle)))
        assert reward(measured(), aside) == pytest.approx(paid)
    aside = turn_about(2, math.radians(45.0))
    assert reward(measured(), measured(0.004, attitude=aside)) == pytest.approx(0.2)
    assert reward(measured(), measured(-0.03, attitude=aside)) == pytest.approx(-0.5)


@pytest.mark.parametrize('axis, angle', [(0, 0.3), (0, -1.2), (1, 0.7), (1, -0.2), (2, 2.5)])
def test_angles_of_a_single_turn_about(axis, angle):
    expected = [0.0, 0.0, 0.0]
    expected[axis] = angle
    assert roll_pitch_heading(turn_about(axis, angle)) == pytest.approx(expected, abs=1e-12)
    upright = 1.0 if axis == 2 else math.cos(angle)
    assert uprightness(turn_about(axis, angle)) == pytest.approx(upright)


def test_a_fall_ends_the_world_without_success():
    for task, angle, fallen in ((WALK, 0.28, False), (WALK, 0.29, True),  # cos 0.284 = 0.96
                                (load_task('minitaur_slope'), 0.55, False),
                                (load_task('minitaur_slope'), 0.56, True)):  # cos 0.555 = 0.85
        judgement = task.judge(measured(8.0), STILL, measured(8.0, attitude=turn_about(0, angle)))
        assert judgement.terminal is fallen and judgement.success is not fallen


def test_success_on_the_flat_is_seven_metres_heading_along_x():
    def success(task, x: float, heading: float) -> bool:
        after = measured(x, attitude=turn_about(2, math.radians(heading)))
        return task.judge(measured(), STILL, after).success

    assert success(WALK, 7.0, 29.0) and success(WALK, 7.0, -29.0)
    assert not success(WALK, 6.99, 0.0) and not success(WALK, 7.0, 31.0)
    assert success(BLOCKS, 3.0, 120.0) and not success(BLOCKS, 2.99, 0.0)


def test_the_outcome_is_the_speed_along_x_and_the_heading_to_either_side():
    last = measured(5.0, attitude=turn_about(2, math.radians(-25.0)))
    assert WALK.outcome(measured(1.0), last, 8.0) == pytest.approx(
        {'net_speed': 0.5, 'heading': 25.0})
    assert WALK.outcome(last, last, 0.0)['net_speed'] == 0.0


def test_the_observation_shows_heading_then_posture_now_and_before():
    legs = STAND + 0.1 * np.arange(8)
    now = measured(attitude=turn_about(2, 0.4), position=legs, spin=(1.0, 2.0, 3.0))
    earlier = measured(attitude=turn_about(0, 0.2))
    seen = WALK.observe(now, [Past(earlier, np.full(8, 0.5, np.float32))])
    assert seen.shape == (114,) == (WALK.observation_spec.size,)
    assert seen[:2] == pytest.approx([0.4, 3.0])
    assert seen[2:14] == pytest.approx([0, 0, 1, 2, *(0.1 * np.arange(8))], abs=1e-6)
    block = [0.2, 0, 0, 0, *STILL]
    assert seen[14:34] == pytest.approx([*block, *[0.5] * 8], abs=1e-6)
    assert seen[34:54] == pytest.approx([*block, *STILL], abs=1e-6)  # stood still before
    names = WALK.observation_spec.names
    assert (names[0], names[2], names[14]) == ('heading', 'roll', 'roll, 1 ago')
    assert names[113] == 'extension_back_right action, 5 ago'


def test_at_the_first_step_nothing_has_happened():
    seen = WALK.observe(measured(position=STAND + 0.2))
    blocks = seen[14:].reshape(5, 20)
    assert (blocks == blocks[0]).all()
    assert blocks[0] == pytest.approx([0] * 4 + [0.2] * 8 + [0] * 8)


def test_all_grounds_read_and_say_the_same():
    for name in ('slope', 'steps', 'blocks'):
        task = load_task(f'minitaur_{name}')
        assert task.observation_spec == WALK.observation_spec
        assert task.action_spec == WALK.action_spec
        assert task.provenance != WALK.provenance
    flat = load_task('minitaur_blocks', {'terrain': 'flat', 'terrain_size': 0.0})
    assert flat.provenance == WALK.provenance


def test_starts_draw_every_ground_and_stay_in_their_box():
    starts = [WALK.start(np.random.default_rng(seed)) for seed in range(100)]
    assert {s.variation['terrain_seed'] for s in starts} == set(range(10))
    offsets = np.array([s.position for s in starts]) - STAND
    assert 0.09 < np.abs(offsets).max() <= 0.1


def test_an_unknown_ground_is_refused_with_those_there_are():
    with pytest.raises(ConfigurationError, match='lava.*blocks, flat, slope, steps'):
        load_task('minitaur_walk', {'terrain': 'lava'})


def test_the_trot_moves_diagonal_legs_together_and_its_legs_back_while_they_are_long():
    assert trot_action(0) == pytest.approx([0, .7, 0, -.7, 0, -.7, 0, .7], abs=1e-6)
    # an eighth of its period of 25 steps on: -0.6 sin, 0.7 cos of 45 degrees
    assert trot_action(25 * 7 + 25)[:2] == pytest.approx([0, .7], abs=1e-5)
    quarter = (trot_action(6) + trot_action(7))[:2] / 2  # 6.25 is a quarter: -0.6 and 0
    assert quarter == pytest.approx([-.6, 0], abs=0.05)
    assert trot_action(3)[0::2] == pytest.approx(trot_action(3)[0] * np.array([1, -1, -1, 1]))


def test_the_trot_is_what_somebody_wrote_for_the_task():
    trot = load_task('minitaur_walk').scripted()
    actions = [trot.act_on(None, step) for step in range(3)]
    assert all(np.array_equal(a, trot_action(k)) for k, a in enumerate(actions))
    assert actions[0].dtype == np.float32
