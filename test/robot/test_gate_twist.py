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
"""What the gate makes of twists, by hand on a planar arm at 10 Hz."""
import numpy as np
import pytest

from softq_ros.robot.gate import Gate
from test.support.arms import at, BENT, contract, run

SIX = np.array([1, 0, 0, 0, 0, 0], np.float32)


def test_a_twist_gains_speed_at_its_acceleration_up_to_its_limit():
    gate = Gate(contract('twist', chain=None, action_scale=np.full(6, 2.0)))
    assert run(gate, SIX, 6) == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.5])
    assert gate.filter(SIX, at(), 0).why == 'velocity'


def test_linear_and_angular_parts_are_limited_as_vectors_and_on_their_own():
    gate = Gate(contract('twist', chain=None, action_scale=np.array([2.0] * 3 + [0.1] * 3)))
    action = np.array([0.6, 0.8, 0.0, 0.0, 1.0, -1.0], np.float32)
    for _ in range(9):
        executed = gate.filter(action, at(), 0)
    assert executed.command == pytest.approx([0.3, 0.4, 0.0, 0.0, 0.1, -0.1])
    turning = Gate(contract('twist', chain=None, action_scale=np.full(6, 2.0)))
    executed = [turning.filter(np.array([0, 0, 0, 0.6, 0.8, 0], np.float32), at(), 0)
                for _ in range(4)][-1]
    assert executed.command == pytest.approx([0.0, 0.0, 0.0, 0.6, 0.8, 0.0])


def test_a_twist_within_all_limits_is_the_one_asked_for():
    executed = Gate(contract('twist')).filter(0.2 * SIX, at(BENT), 0)
    assert executed.command[0] == pytest.approx(0.08) and executed.why == ''


def test_the_tool_speed_limits_a_twist_too():
    gate = Gate(contract('twist', chain=None, tool_speed_limit=0.25))
    assert run(gate, SIX, 4)[-1] == 0.25


def test_a_twist_brakes_before_a_wall():
    arm = contract('twist', workspace_lower=np.array([0.0, -1.0, -1.0]),
                   workspace_upper=np.array([1.45, 1.0, 1.0]))
    x = arm.chain.pose(np.array(BENT))[0][0]  # 1.355: the wall is 0.095 m away
    gate = Gate(arm)
    assert run(gate, SIX, 3, position=BENT) == pytest.approx([0.1, 0.2, 0.3])
    executed = gate.filter(SIX, at(BENT), 0)
    speed = executed.command[0]  # of which it travels v (n/2 + 1/2 + 1/8n) periods, n = v / 0.1
    assert executed.why == 'workspace' and 0.3 < speed < 0.4
    assert x + 0.1 * speed * (5 * speed + 0.5 + 0.0125 / speed) == pytest.approx(1.45, abs=1e-3)


def test_a_twist_moves_no_joint_faster_than_its_limit():
    gate = Gate(contract('twist', velocity_limit=np.array([2.0, 2.0, 0.1]),
                         position_lower=np.full(3, -9.0), position_upper=np.full(3, 9.0)))
    straight = at()  # along x only the slide moves the tool
    speeds = [gate.filter(SIX, straight, 0).command[0] for _ in range(3)]
    assert speeds == pytest.approx([0.1] * 3, abs=1e-3)
    assert gate.filter(SIX, straight, 0).why == 'joint limit'


def test_a_twist_brakes_before_a_joint_limit():
    gate = Gate(contract('twist', position_upper=np.array([1.0, 1.0, 0.01])))
    assert run(gate, SIX, 2) == pytest.approx([0.1, 0.1], abs=1e-3)
    assert run(gate, -SIX, 3)[-1] < -0.1  # away from it


def test_the_hold_of_a_twist_brakes_to_zero_and_stays():
    gate = Gate(contract('twist', chain=None))
    for _ in range(3):
        gate.filter(SIX + SIX[::-1], at(), 0)
    held = [gate.hold(at(), 0, 'stopped').command for _ in range(4)]
    assert [command[0] for command in held] == pytest.approx([0.2, 0.1, 0.0, 0.0])
    assert [command[5] for command in held] == pytest.approx([0.6, 0.2, 0.0, 0.0])
    assert not held[3].any()


def test_a_new_episode_begins_a_twist_at_rest():
    gate = Gate(contract('twist', chain=None))
    run(gate, SIX, 3)
    assert gate.filter(SIX, at(), 1).command[0] == pytest.approx(0.1)


def test_a_twist_brakes_by_its_linear_part():
    # 0.1 m/s stops within a period and 10 mm, however fast the tool turns
    arm = contract('twist', workspace_lower=np.full(3, -2.0),
                   workspace_upper=np.array([1.515, 2.0, 2.0]))
    executed = Gate(arm).filter(np.array([0.25, 0, 0, 0.375, 0, 0], np.float32), at(), 0)
    assert executed.why == '' and executed.command[0] == pytest.approx(0.1)


def test_a_twist_may_stand_at_a_joint_limit_and_not_lead_beyond():
    there = at(position=(-1.0, 0.0, 0.0))
    still = Gate(contract('twist')).filter(np.zeros(6, np.float32), there, 0)
    assert still.why == ''
    outwards = -0.05 * 1.5 * np.array([np.sin(1.0), np.cos(1.0), 0, 0, 0, 0]) / 0.4
    inwards = Gate(contract('twist')).filter(-outwards.astype(np.float32), there, 0)
    assert inwards.why == ''
    beyond = Gate(contract('twist')).filter(outwards.astype(np.float32), there, 0)
    assert beyond.why == 'joint limit'
