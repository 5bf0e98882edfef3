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
"""Nothing passes but what is finite and within limits; what passes unchanged keeps its bits."""
import dataclasses

from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest

from softq_ros.errors import MessageError
from softq_ros.records import Sensors
from softq_ros.robot.contract import load_contract
from softq_ros.robot.gate import Gate

SAWYER = load_contract('sim_sawyer')
POINT = load_contract('point')
SLOW = dataclasses.replace(SAWYER, acceleration_limit=np.full(7, 2.0))
HARDWARE = dataclasses.replace(SAWYER, simulated=False, arm_on_start=False)
JOINTS = 7
QUICK = settings(max_examples=100, deadline=None)
ANY_FLOAT32 = arrays(np.float32, JOINTS, elements=st.floats(
    width=32, allow_nan=True, allow_infinity=True, allow_subnormal=True))
FINITE = arrays(np.float32, JOINTS, elements=st.floats(
    width=32, allow_nan=False, allow_infinity=False))


def at(position=SAWYER.reset_pose, velocity=None, contract=SAWYER) -> Sensors:
    velocity = np.zeros(len(contract.joints)) if velocity is None else velocity
    return Sensors(0, contract.joints, np.asarray(position, float), velocity, 0 * velocity)


def test_where_nothing_limits_the_executed_action_has_the_bits_asked_for():
    asked = np.array([0.1, -0.2, 0.3, -0.0, 1e-40, -1.0, 1.0], np.float32)
    executed = Gate(SAWYER).filter(asked, at(), 0)
    assert executed.action.tobytes() == asked.tobytes()
    assert (executed.command == asked.astype(float) * SAWYER.action_scale).all()
    assert not executed.limited and not executed.holding and executed.why == ''


def test_the_full_range_reversed_within_one_period_is_not_limited():
    gate, full = Gate(SAWYER), np.ones(JOINTS, np.float32)
    for action in (full, -full, full):
        assert not gate.filter(action, at(), 0).limited


def test_an_action_of_one_moves_the_point_by_one_metre_a_step():
    executed = Gate(POINT).filter(np.array([1, -1], np.float32), at([0, 0], contract=POINT), 0)
    assert (executed.command * POINT.period_ns / 1e9).tolist() == [1.0, -1.0]


def test_an_action_outside_the_range_is_clipped_and_counts_as_limited():
    asked = np.array([2, 0, 0, 0, 0, 0, 0], np.float32)
    executed = Gate(SAWYER).filter(asked, at(), 0)
    assert executed.limited and executed.why == 'range' and executed.action[0] == 1.0
    assert executed.command[0] == SAWYER.action_scale[0]
    assert executed.asked[0] == 2.0


def test_the_first_command_of_an_episode_starts_from_the_measured_velocity():
    gate, zero = Gate(SLOW), np.zeros(JOINTS, np.float32)  # 0.1 rad/s a period
    executed = gate.filter(zero, at(velocity=np.full(JOINTS, 0.3)), 0)
    assert executed.command == pytest.approx(np.full(JOINTS, 0.2)) and executed.limited
    assert executed.action[0] == pytest.approx(0.4) and executed.why == 'acceleration'


def test_within_an_episode_the_previous_command_counts_and_not_the_measured_velocity():
    gate, full = Gate(SLOW), np.ones(JOINTS, np.float32)
    gate.filter(full, at(), 0)
    executed = gate.filter(full, at(velocity=np.full(JOINTS, -1.0)), 0)
    assert executed.command[0] == pytest.approx(0.2)


def test_a_new_episode_in_simulation_starts_afresh():
    gate, full = Gate(SLOW), np.ones(JOINTS, np.float32)
    for _ in range(4):
        gate.filter(full, at(), 0)
    assert gate.filter(full, at(), 1).command[0] == pytest.approx(0.1)


def test_a_new_episode_on_hardware_is_refused_until_restarted():
    gate, zero = Gate(HARDWARE), np.zeros(JOINTS, np.float32)
    gate.filter(zero, at(), 3)
    with pytest.raises(MessageError, match='episode 4; accepted: 3'):
        gate.filter(zero, at(), 4)
    gate.restart()
    gate.filter(zero, at(), 4)


def test_a_command_beyond_the_action_range_is_marked_as_holding():
    velocity = np.full(JOINTS, 1.0)  # twice what an action of 1 asks of the first joints
    executed = Gate(SLOW).filter(np.ones(JOINTS, np.float32), at(velocity=velocity), 0)
    assert executed.holding and executed.why == 'braking' and executed.action.max() == 1.0


@pytest.mark.parametrize('size', [0, 6, 8])
def test_an_action_of_another_length_is_refused(size):
    with pytest.raises(MessageError, match=r'shape .* accepted: \(7,\)'):
        Gate(SAWYER).filter(np.zeros(size, np.float32), at(), 0)


@QUICK
@given(ANY_FLOAT32)
def test_no_command_is_ever_not_finite(action):
    gate = Gate(SAWYER)
    if np.isfinite(action).all():
        assert np.isfinite(gate.filter(action, at(), 0).command).all()
    else:
        with pytest.raises(MessageError, match='finite'):
            gate.filter(action, at(), 0)


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize('field', ['position', 'velocity'])
def test_a_state_that_is_not_finite_is_refused(field, bad):
    sensors = dataclasses.replace(at(), **{field: np.full(JOINTS, bad)})
    with pytest.raises(MessageError, match=f'joint {field}'):
        Gate(SAWYER).filter(np.zeros(JOINTS, np.float32), sensors, 0)


def test_a_refused_action_leaves_the_previous_command_where_it_was():
    gate, full = Gate(SLOW), np.ones(JOINTS, np.float32)
    gate.filter(full, at(), 0)
    with pytest.raises(MessageError):
        gate.filter(full * np.nan, at(), 0)
    assert gate.filter(full, at(), 0).command[0] == pytest.approx(0.2)


@QUICK
@given(st.lists(FINITE, min_size=1, max_size=40), st.sampled_from([SAWYER, SLOW]),
       arrays(float, JOINTS, elements=st.floats(0, 1)))
def test_a_plant_that_follows_stays_within_every_limit(actions, contract, where):
    gate, period = Gate(contract), contract.period_ns / 1e9
    lower, upper = contract.position_lower, contract.position_upper
    position, velocity = lower + where * (upper - lower), np.zeros(JOINTS)
    for action in actions:
        command = gate.filter(action, at(position, velocity), 0).command
        change = np.abs(command - velocity)
        assert (change <= contract.acceleration_limit * period + 1e-9).all()
        assert (np.abs(command) <= contract.velocity_limit + 1e-9).all()
        position, velocity = position + command * period, command
        assert (lower - 1e-9 <= position).all() and (position <= upper + 1e-9).all()


@QUICK
@given(FINITE, arrays(float, JOINTS, elements=st.floats(-5, 5)),
       arrays(float, JOINTS, elements=st.floats(-9, 9)))
def test_the_executed_action_scales_back_to_the_command(action, velocity, position):
    executed = Gate(SLOW).filter(action, at(position, velocity), 0)
    assert (np.abs(executed.action) <= 1.0).all()
    if not executed.holding:
        assert executed.action * SLOW.action_scale == pytest.approx(executed.command, abs=1e-6)


@QUICK
@given(FINITE)
def test_filtering_what_was_executed_again_changes_nothing(action):
    first = Gate(SAWYER).filter(action, at(), 0)
    again = Gate(SAWYER).filter(first.action, at(), 0)
    assert again.command == pytest.approx(first.command, abs=1e-6)


def test_hold_brakes_to_zero_at_the_acceleration_limit_and_stays():
    gate, full = Gate(SLOW), np.ones(JOINTS, np.float32)
    for _ in range(3):
        gate.filter(full, at(), 0)
    speeds = [gate.hold(at(), 0, 'stopped').command[0] for _ in range(5)]
    assert speeds == pytest.approx([0.2, 0.1, 0, 0, 0])


def test_hold_says_so_and_why():
    executed = Gate(SAWYER).hold(at(), 0, 'stopped', np.ones(JOINTS, np.float32))
    assert executed.holding and executed.limited and executed.why == 'stopped'
    assert executed.asked.tolist() == [1.0] * JOINTS and executed.action.tolist() == [0.0] * JOINTS


def test_hold_needs_no_state():
    assert not Gate(SAWYER).hold(None, 0, 'no observation').command.any()


def test_hold_brakes_the_last_command_when_the_state_is_unusable():
    gate, full = Gate(SLOW), np.ones(JOINTS, np.float32)
    for _ in range(2):
        gate.filter(full, at(), 0)
    executed = gate.hold(at(np.full(JOINTS, np.nan)), 0, 'no observation')
    assert executed.command == pytest.approx(np.full(JOINTS, 0.1))


def test_hold_on_hardware_does_not_mind_another_episode():
    gate = Gate(HARDWARE)
    gate.filter(np.ones(JOINTS, np.float32), at(), 0)
    assert not gate.hold(at(), 1, 'refused').command.any()


def test_an_adversary_at_full_speed_never_passes_a_joint_limit_on_a_slow_robot():
    gate, period = Gate(SLOW), SLOW.period_ns / 1e9
    position = SLOW.position_upper - 0.3
    for _ in range(60):
        position = position + gate.filter(np.ones(JOINTS, np.float32),
                                          at(position), 0).command * period
        assert (position <= SLOW.position_upper + 1e-9).all()
    assert position == pytest.approx(SLOW.position_upper, abs=5e-3)


@pytest.mark.parametrize(('what', 'sensors', 'asked'), [
    ('action', at(), np.zeros(3)), ('joint position', at(position=np.zeros(3)), np.zeros(JOINTS)),
    ('joint velocity', at(velocity=np.zeros(3)), np.zeros(JOINTS))])
def test_what_is_refused_is_named(what, sensors, asked):
    with pytest.raises(MessageError, match=f'^{what} of shape'):
        Gate(SAWYER).filter(asked.astype(np.float32), sensors, 0)


def test_joints_that_measure_a_million_are_not_measured():
    huge = np.zeros(JOINTS)
    huge[2] = 1e6
    with pytest.raises(MessageError, match='joint velocity'):
        Gate(SAWYER).filter(np.zeros(JOINTS, np.float32), at(velocity=huge), 0)
