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
"""What the gate makes of efforts, by hand on a planar arm at 10 Hz."""
import numpy as np
import pytest

from softq_ros.robot.gate import Gate
from test.support.arms import at, contract, run

ONE = np.ones(3, np.float32)


def test_an_effort_grows_at_its_rate_up_to_its_limit():
    gate = Gate(contract('effort', action_scale=np.full(3, 7.0)))
    assert run(gate, ONE, 3) == [4.0, 6.0, 6.0]
    assert gate.filter(ONE, at(), 0).why == 'effort'


def test_an_effort_within_all_limits_is_the_one_asked_for():
    executed = Gate(contract('effort')).filter(0.5 * ONE, at(), 0)
    assert executed.command.tolist() == [2.5] * 3 and executed.why == ''


def test_a_new_episode_forgets_the_previous_effort():
    gate = Gate(contract('effort'))
    run(gate, ONE, 3)
    assert gate.filter(ONE, at(), 1).command.tolist() == [4.0] * 3


def test_a_joint_too_fast_is_damped_the_others_are_not():
    gate = Gate(contract('effort'))
    executed = gate.filter(0.5 * ONE, at(velocity=(2.5, 0.0, -2.5)), 0)
    assert executed.command.tolist() == [-5.0, 2.5, 5.0] and executed.why == 'velocity'


@pytest.mark.parametrize('fields, state, why', [
    ({'workspace_lower': np.full(3, -3.0), 'workspace_upper': np.array([1.4, 3.0, 3.0])},
     {}, 'workspace'),
    ({'workspace_lower': np.full(3, -3.0), 'workspace_upper': np.array([1.6, 3.0, 3.0])}, {}, ''),
    ({'tool_speed_limit': 0.25}, {'velocity': (0.1, 0.0, -0.21)}, 'tool speed'),  # 0.15, 0.21
    ({'tool_speed_limit': 0.25}, {'velocity': (0.1, 0.0, -0.19)}, ''),
    ({'chain': None}, {'velocity': (0.1, 0.0, -0.21)}, '')])
def test_a_tool_beyond_its_limits_damps_every_joint(fields, state, why):
    gate = Gate(contract('effort', **fields))
    executed = gate.filter(0.4 * ONE, at(**state), 0)
    assert executed.why == why
    damped = [-2.0 * v for v in state.get('velocity', (0.0,) * 3)]
    assert executed.command == pytest.approx(damped if why else [2.0] * 3)


def test_the_hold_of_efforts_damps_with_a_state_once():
    gate = Gate(contract('effort'))
    run(gate, ONE, 2)
    moving = at(velocity=(1.0, -9.0, 0.0), stamp=5)
    assert gate.hold(moving, 0, 'stopped').command.tolist() == [-2.0, 6.0, 0.0]
    assert not gate.hold(moving, 0, 'stopped').command.any()  # for all it knows long at rest
    assert gate.hold(at(velocity=(1.0, 0.0, 0.0), stamp=6), 0, 'stopped').command[0] == -2.0
    assert not gate.hold(None, 0, 'stopped').command.any()
    assert not gate.hold(at(velocity=(np.nan, 1.0, 1.0), stamp=7), 0, 'stopped').command.any()


def test_after_the_hold_an_effort_grows_from_the_damping():
    gate = Gate(contract('effort'))
    gate.hold(at(velocity=(1.0, 0.0, 0.0), stamp=5), 0, 'stopped')
    assert gate.filter(ONE, at(), 0).command.tolist() == [2.0, 4.0, 4.0]
