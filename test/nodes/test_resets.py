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
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from softq_ros.errors import ConfigurationError
from softq_ros.nodes.resets import ResetDesk, ScriptedReset
from softq_ros.records import Sensors
from softq_ros.robot.contract import load_contract
from softq_ros.robot.reach import within_reach
from softq_ros.tasks.catalogue import load_task

STANDIN = Path(__file__).resolve().parents[1] / 'standin' / 'standin_sawyer.yaml'


def arm_task(**changes):
    """Return the stacking task on the stand-in's contract, changed."""
    task = load_task('sawyer_stack', {'robot': str(STANDIN)})
    task.contract = replace(task.contract, **changes)
    return task


def drive(reset: ScriptedReset, contract, position: np.ndarray, seconds: float):
    """Return where an arm that follows velocities ends, and the way it took."""
    way, now = [position], 0.0
    while now < seconds:
        sensors = Sensors(0, contract.joints, way[-1], 0 * position, 0 * position)
        action = reset.command(sensors, now)
        if action is None:
            break
        way.append(way[-1] + action * contract.action_scale * contract.period_sec)
        now += contract.period_sec
    return way[-1], np.array(way)


def test_a_seated_brick_comes_off_upwards_before_the_arm_goes_anywhere_else():
    task = arm_task()
    contract, seat = task.contract, task.retreat[0].copy()
    seat[3] += 0.3
    reset = ScriptedReset(task)
    reset.begin(seed=5, timeout_sec=0.0)
    end, way = drive(reset, contract, seat, 60.0)
    assert not reset.under_way and not reset.failure
    assert np.abs(way - task.retreat[0]).max(axis=1).min() < 0.06
    goal = task.start_within_limits(np.random.default_rng(5)).position
    assert np.abs(end - goal).max() < 0.02
    assert within_reach(contract, goal)


def test_a_reset_that_does_not_arrive_says_so():
    task = arm_task()
    reset = ScriptedReset(task)
    reset.begin(seed=5, timeout_sec=2.0)
    blocked = Sensors(0, task.contract.joints, task.contract.reset_pose,
                      np.zeros(7), np.zeros(7))
    for now in np.arange(0.0, 3.0, 0.05):
        if reset.command(blocked, now) is None:
            break
    assert now == pytest.approx(2.05) and not reset.under_way
    assert 'after 2 s' in reset.failure


def test_a_contract_without_room_for_the_task_is_refused():
    corner = np.array([5.0, 5.0, 5.0])
    task = arm_task(workspace_lower=corner, workspace_upper=corner + 1.0)
    with pytest.raises(ConfigurationError, match='standin_sawyer'):
        ScriptedReset(task).begin(0, 0.0)


def test_within_reach_knows_joint_limits_and_box():
    contract = load_contract(STANDIN)
    assert within_reach(contract, contract.reset_pose)
    assert not within_reach(contract, contract.position_upper + 1e-6)
    tool = contract.chain.pose(contract.reset_pose)[0]
    low = replace(contract, workspace_upper=tool - [0.0, 0.0, 1e-6])
    assert not within_reach(low, contract.reset_pose)
    assert within_reach(replace(low, workspace_lower=None, workspace_upper=None),
                        contract.reset_pose)


def test_the_desk_answers_whoever_waits():
    desk = ResetDesk()
    first, second = desk.ask(seed=1), desk.ask(seed=2, timeout_sec=60.0)
    assert desk and desk.take() is first and desk.take() is second and not desk
    desk.moved(0.25)
    assert first.distance == 0.25 and not first.outcome.done()
    desk.begun(7)
    assert first.outcome.result() == second.outcome.result() == (True, '', 7)
    third = desk.ask()
    desk.failed('too early')
    assert not third.outcome.done(), 'what was not taken is not answered'
    desk.take()
    desk.failed('blocked')
    assert third.outcome.result() == (False, 'blocked', 0)


def test_the_desk_gives_up_for_those_who_have_waited_too_long():
    desk = ResetDesk()
    taken, patient, asked = desk.ask(timeout_sec=1e-6), desk.ask(), desk.ask(timeout_sec=1e-6)
    desk.take()
    desk.expire()
    for request in (taken, asked):
        assert request.outcome.result() == (False, 'timed out after 1e-06 s', 0)
    assert desk.take() is patient and not patient.outcome.done()
    desk.begun(3)
    assert patient.outcome.result() == (True, '', 3)
