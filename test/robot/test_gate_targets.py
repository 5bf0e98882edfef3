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
"""What the gate makes of actions that set a target for the joints, by hand on a planar arm."""
import numpy as np
import pytest

from softq_ros.robot.gate import Gate
from test.support.arms import at, contract, run

ONE = np.ones(3, np.float32)
TARGETS = ('position', 'position_increment', 'trajectory')
QUICK = {'acceleration_limit': np.full(3, 100.0)}  # the full range of speeds in a period


def test_a_position_is_an_offset_from_the_reset_pose_reached_by_braking():
    gate = Gate(contract('position', reset_pose=np.full(3, 0.1), lead_limit=np.full(3, 9.0)))
    targets = run(gate, ONE, 12)
    assert targets[-1] == 0.9 and targets == sorted(targets)
    steps = np.diff([0.0, *targets])
    assert steps[:3] == pytest.approx([0.05, 0.1, 0.15])  # 5 rad/s2 at 10 Hz
    assert (np.abs(np.diff(steps)) <= 0.05 + 1e-9).all()


def test_a_position_near_its_goal_brakes_for_it():
    gate = Gate(contract('position'))
    executed = gate.filter(0.1 * ONE, at(velocity=(0.5, 0.5, 0.5)), 0)  # 0.08 rad away
    assert executed.command == pytest.approx([0.06444271909999158] * 3)  # sqrt(0.8) - 0.25 rad/s
    assert executed.why == 'acceleration'


def test_a_position_within_all_limits_is_the_one_asked_for():
    gate = Gate(contract('position', **QUICK))
    action = np.array([0.2, -0.1, 0.0], np.float32)
    executed = gate.filter(action, at(), 0)
    assert executed.command == pytest.approx([0.16, -0.08, 0.0])
    assert executed.action is action and not executed.limited and executed.why == ''


def test_the_action_of_a_position_is_its_offset_from_the_reset_pose():
    gate = Gate(contract('position', reset_pose=np.full(3, 0.1)))
    executed = gate.filter(ONE, at((0.1, 0.1, 0.1)), 0)
    assert executed.command == pytest.approx([0.15] * 3) and executed.why == 'acceleration'
    assert executed.action == pytest.approx([0.05 / 0.8] * 3) and not executed.holding


def test_a_position_too_far_for_an_action_is_marked_as_holding():
    executed = Gate(contract('position')).filter(ONE, at((-0.9, 0.0, 0.0)), 0)
    assert executed.holding and executed.why == 'braking'
    assert executed.action[0] == -1.0


@pytest.mark.parametrize('interface', ['position_increment', 'trajectory'])
def test_increments_go_on_from_the_previous_target_wherever_the_arm_is(interface):
    gate = Gate(contract(interface, **QUICK))
    action = np.array([0.5, -1.0, 0.0], np.float32)
    assert gate.filter(action, at(), 0).command == pytest.approx([0.05, -0.1, 0.0])
    executed = gate.filter(action, at((0.02, 0.0, 0.0)), 0)
    assert executed.command == pytest.approx([0.1, -0.2, 0.0])
    assert executed.action is action and executed.why == ''


def test_the_action_of_an_increment_is_the_step():
    executed = Gate(contract('trajectory')).filter(ONE, at(), 0)
    assert executed.command == pytest.approx([0.05] * 3)
    assert executed.action == pytest.approx([0.5] * 3) and executed.why == 'acceleration'


def test_a_target_stops_within_its_lead_over_a_stuck_arm():
    gate = Gate(contract('position_increment', lead_limit=np.full(3, 0.22)))
    targets = run(gate, ONE, 20)
    assert max(targets) <= 0.22 and targets[-1] == pytest.approx(0.22, abs=5e-3)
    assert gate.filter(ONE, at(), 0).why == 'lead'


def test_a_target_follows_an_arm_that_is_pushed_back():
    gate = Gate(contract('position_increment', lead_limit=np.full(3, 0.22)))
    run(gate, ONE, 20)
    targets = run(gate, 0 * ONE, 12, position=(-0.3, 0.0, 0.0))
    assert targets[-1] == pytest.approx(-0.08, abs=0.01) and min(targets) >= -0.1
    assert (np.abs(np.diff(np.diff(targets))) <= 0.05 + 1e-9).all()


def test_a_target_brakes_before_the_joint_limit():
    gate, position = Gate(contract('trajectory')), np.array([0.5, 0.0, 0.0])
    targets = []
    for _ in range(20):
        position = gate.filter(ONE, at(position), 0).command
        targets.append(position[0])
    assert max(targets) <= 1.0 and targets[-1] == pytest.approx(1.0, abs=1e-2)


def test_a_measured_position_beyond_the_limit_starts_a_target_at_the_limit():
    executed = Gate(contract('position_increment')).filter(0 * ONE, at((1.2, 0.0, -1.3)), 0)
    assert executed.command.tolist() == [1.0, 0.0, -1.0]


def test_the_measured_velocity_is_the_targets_first():
    gate = Gate(contract('position_increment'))
    executed = gate.filter(0 * ONE, at(velocity=(1.0, -9.0, 0.0)), 0)
    assert executed.command == pytest.approx([0.05, -0.15, 0.0])  # 1.0, -2.0 less 0.5 rad/s


@pytest.mark.parametrize('interface', TARGETS)
def test_the_hold_of_a_target_brakes_and_then_repeats_its_bits(interface):
    gate = Gate(contract(interface))
    before = run(gate, ONE, 3)
    held = [gate.hold(at((-0.1 * k, 0.3, 0.0)), 0, 'stopped').command for k in range(30)]
    steps = np.diff([before[-1], *(command[0] for command in held)])
    assert (steps >= 0.0).all() and (np.diff(steps) >= -0.05 - 1e-9).all()
    assert len({command.tobytes() for command in held[4:]}) == 1
    assert not gate.moving


@pytest.mark.parametrize('interface', TARGETS)
def test_after_a_hold_the_target_starts_from_the_measured_position(interface):
    gate = Gate(contract(interface))
    run(gate, ONE, 5)
    for _ in range(5):
        gate.hold(at(), 0, 'stopped')
    measured = at((-0.2, 0.1, 0.0))
    command = gate.filter(0 * ONE, measured, 0).command
    expected = [-0.15, 0.05, 0.0] if interface == 'position' else measured.position
    assert command == pytest.approx(expected)
    assert gate.filter(0 * ONE, at(), 0).command[0] != measured.position[0] or (
        interface != 'position')  # from then on from the target before


@pytest.mark.parametrize('interface', TARGETS)
def test_a_hold_before_any_state_has_no_command_to_publish(interface):
    gate = Gate(contract(interface))
    for sensors in (None, at(np.full(3, np.nan))):
        executed = gate.hold(sensors, 0, 'no observation')
        assert executed.command.shape == (0,) and executed.holding
        assert executed.action.tolist() == [0.0] * 3
    assert gate.hold(at((0.1, 0.2, 0.3)), 0, 'stopped').command.tolist() == [0.1, 0.2, 0.3]


def test_the_action_of_a_held_position_is_where_it_is():
    gate = Gate(contract('position'))
    executed = gate.hold(at((0.4, -0.8, 0.0)), 0, 'stopped')
    assert executed.action == pytest.approx([0.5, -1.0, 0.0])
