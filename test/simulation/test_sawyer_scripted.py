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
"""The controller written by hand: what it says in places worked out, and that it stacks."""
import numpy as np
import pytest

from softq_ros.records import Sensors
from softq_ros.robot.gate import Gate
from softq_ros.robot.inverse import joints_at
from softq_ros.simulation.catalogue import make_plant
from softq_ros.tasks.catalogue import load_task
from softq_ros.tasks.sawyer_scripted import HOVER, PRESSED, ScriptedSawyer

STACK = load_task('sawyer_stack')
SEAT, UPRIGHT = STACK.target
STARTS = 6


def stacked(name: str, options: dict, starts: int = STARTS) -> int:
    """Return in how many episodes the brick is seated in the last five steps."""
    task = load_task(name, options)
    plant, gate, controller = make_plant(task), Gate(task.contract), ScriptedSawyer(task)
    seated = 0
    for episode in range(starts):
        sensors = plant.reset(task.start(np.random.default_rng([11, episode])), 0)
        held = 0
        for _ in range(task.horizon):
            executed = gate.filter(controller.act_on(sensors), sensors, episode)
            sensors = plant.step(executed.command)
            held = held + 1 if task.at_target(sensors) else 0
        seated += held >= 5
    return seated


def over_the_seat(height: float, aside: float = 0.0, interface: str = 'velocity') -> tuple:
    """Return a controller's action with the brick over or beside the seat, and the robot."""
    name = {'velocity': 'sawyer_stack', 'effort': 'sawyer_stack_torque'}[interface]
    task = load_task(name)
    chain = task.contract.chain
    joints = joints_at(chain, SEAT + [aside, 0, height], UPRIGHT, STACK.retreat[0])
    sensors = Sensors(0, task.contract.joints, joints, np.zeros(7), np.zeros(7),
                      *chain.pose(joints))
    action = ScriptedSawyer(task).act_on(sensors)
    return action, chain.velocity(joints, action * task.contract.action_scale)[:3]


def test_over_the_seat_it_goes_straight_down_and_beside_it_to_the_rim():
    _, down = over_the_seat(0.01)
    assert down[2] < -0.02 and np.abs(down[:2]).max() < 0.1 * abs(down[2])
    _, to_rim = over_the_seat(0.01, 0.01)
    assert to_rim[2] > 0.0 and to_rim[0] < 0.0


def test_the_funnel_ends_at_its_rim_and_presses_at_its_bottom():
    _, at_rim = over_the_seat(HOVER, 0.02)
    assert at_rim[2] == pytest.approx(0.0, abs=1e-3) and at_rim[0] < -0.01
    _, seated = over_the_seat(0.0)
    assert seated[2] == pytest.approx(4.0 * PRESSED, rel=0.05)  # 1/s of the way that is wanted


def test_torques_stay_in_their_range_and_push_towards_the_seat():
    action, _ = over_the_seat(0.03, 0.0, 'effort')
    assert np.abs(action).max() <= 1.0 and action.dtype == np.float32
    far, _ = over_the_seat(0.2, -0.2, 'effort')
    assert np.abs(far).max() == 1.0


@pytest.mark.parametrize('name, options', [
    ('sawyer_stack', {}), ('sawyer_stack_torque', {}),
    ('sawyer_stack', {'robot': 'sim_sawyer_increment'}),
    ('sawyer_stack', {'target': 'speed', 'start': 'above'}),
    ('sawyer_stack_torque', {'target': 'speed', 'start': 'above'})])
def test_it_stacks_from_the_starts_of_the_task(name, options):
    assert stacked(name, options) >= STARTS - 1


@pytest.mark.parametrize('brick', ['2x4', '2x2'])
def test_it_overcomes_a_press_fit(brick):
    assert stacked('sawyer_stack', {'fit': 'press', 'brick': brick}, 2) == 2


def test_it_stacks_from_anywhere_on_targets_anywhere_given_the_time():
    options = {'target': 'converged', 'start': 'anywhere', 'horizon': 300}
    assert stacked('sawyer_stack', options, 3) == 3
