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

import numpy as np
import pytest
import yaml

from softq_ros.errors import ConfigurationError, PlantFault
from softq_ros.policies.bundle import find_bundle, load_bundle
from softq_ros.records import Sensors
from softq_ros.robot.contract import load_contract
from softq_ros.tasks.catalogue import load_task
from softq_ros.training import perturbed
from softq_ros.training.perturbed import disturb, evaluate_perturbed
from softq_ros.training.scenarios import Disturbance, Event, read_scenario
from softq_ros.training.touch import Touch
from softq_ros.training.trial import Trial

STILL = Sensors(0, ('j',), np.zeros(1), np.zeros(1), np.zeros(1), np.zeros(3),
                np.array([1.0, 0, 0, 0]))
PUSH = Event('push', 'wrench', ('right_l3',), (10.0, 10.0), (0.2, 0.2))


def push(wait_sec: float = 0.0) -> Disturbance:
    return Disturbance(PUSH, 'right_l3', wait_sec, 0.2, 0)


def at(step: int, x: float = 0.0) -> Sensors:
    """Return what is measured at a step of 50 ms, the tool at x [m]."""
    return replace(STILL, stamp=step * 50_000_000, tool_position=np.array([x, 0.0, 0.0]))


def first_due(trial: Trial, success, steps: int = 400) -> int:
    """Return the step at which a disturbance falls due."""
    for step in range(steps):
        trial.see(at(step), success(step))
        if trial.due:
            return step
    raise AssertionError('never due')


def test_it_disturbs_once_the_success_was_held_for_a_second_and_the_wait_is_over():
    assert first_due(Trial([push()], 10.0), lambda step: step >= 7) == 7 + 20
    assert first_due(Trial([push(0.5)], 10.0), lambda step: step >= 7) == 7 + 20 + 10
    assert first_due(Trial([push()], 10.0), lambda step: step >= 7 and step != 20) == 21 + 20


def test_a_robot_that_never_settles_is_disturbed_all_the_same():
    assert first_due(Trial([push()], 3.0), lambda step: False) == 60
    assert first_due(Trial([push(0.5)], 0.0), lambda step: False) == 10


def test_a_failure_ends_it_and_a_recovery_goes_on():
    for comes_back in (True, False):
        trial = Trial([push(), push()], 0.0)
        first = first_due(trial, lambda step: True)
        trial.disturbed(0.2)
        assert trial.current.title == 'push right_l3' and trial.due is None
        for step in range(first + 1, 1000):
            away = step < first + 30
            trial.see(at(step, 0.1 * away), comes_back and not away)
            if trial.recovery is None:
                break
        outcome, = trial.outcomes
        assert outcome.counted and outcome.recovered == comes_back
        assert trial.finished != comes_back and trial.current is None
        # seen again at once, as settle_sec is 0
        assert (trial.due is not None) == comes_back


def test_the_tool_is_compared_with_where_it_was_when_the_disturbance_fell_due():
    trial = Trial([push()], 0.0)
    trial.see(at(0), True)
    assert trial.due
    trial.see(at(1, 0.1), True)  # it had begun before it was known to have
    trial.disturbed(0.2)
    for step in range(2, 40):
        trial.see(at(step, 0.1), True)
    assert trial.outcomes[0].counted


def test_what_is_refused_is_written_down_and_the_next_comes():
    trial = Trial([push(), push()], 0.0)
    trial.see(at(0), True)
    trial.refused()
    assert trial.refusals == ['push'] and not trial.finished
    trial.see(at(1), True)
    trial.refused()
    assert trial.refusals == ['push', 'push'] and trial.finished and not trial.outcomes


def test_an_end_before_its_time_is_a_failure():
    trial = Trial([push(), push()], 0.0)
    trial.see(at(0), True)
    trial.disturbed(0.2)
    trial.stop()
    assert trial.finished and trial.outcomes[0].counted and not trial.outcomes[0].recovered


# a policy in the simulator

@pytest.fixture(scope='module')
def bundle():
    return load_bundle(find_bundle('sawyer_stack'))


@pytest.fixture
def scenario(tmp_path):
    """Return one with a re-posed arm and a target that cannot be moved."""
    path = tmp_path / 'mine.yaml'
    path.write_text(yaml.safe_dump({
        'events_per_episode': 1, 'settle_sec': 0.0, 'wait_sec': [0.1, 0.3], 'events': {
            'drag': {'kind': 'pose', 'offset': 0.3},
            'brick': {'kind': 'target', 'distance': [0.05, 0.1]}}}, sort_keys=False))
    return read_scenario(path)


def test_a_seed_gives_the_same_report_again(bundle, scenario):
    told = []
    reports = [evaluate_perturbed(bundle.actor(), bundle.task(), scenario, 1, seed, 'best_of_32',
                                  lambda *count: told.append(count)) for seed in (5, 5, 6)]
    assert reports[0] == reports[1] != reports[2]
    assert told == [(1, 2), (2, 2)] * 3
    drag, brick = reports[0]['perturbations'].values()
    assert drag['counted'] == drag['on_the_way'] == 1 and reports[0]['perturb'] == 'mine'
    assert brick['refused'] == 1 and brick['events'] == 0


def test_a_fault_under_a_disturbance_is_a_failure(bundle, scenario, monkeypatch):
    make, steps = perturbed.make_plant, iter(range(1000))

    def fragile(task):
        plant = make(task)
        whole = plant.step

        def step(command):
            if next(steps) > 10:
                raise PlantFault('broken')
            return whole(command)
        plant.step = step
        return plant

    monkeypatch.setattr(perturbed, 'make_plant', fragile)
    report = evaluate_perturbed(bundle.actor(), bundle.task(), scenario, 1, 5, 'best_of_32')
    drag = report['perturbations']['drag']
    assert (drag['counted'], drag['recovered']) == (1, 0) and report['recovery_rate'] == 0.0


def test_a_robot_without_a_tool_is_refused(scenario):
    with pytest.raises(ConfigurationError, match='multigoal; accepted: none'):
        evaluate_perturbed(None, load_task('multigoal'), scenario, 1, 0, 'stochastic')


def test_the_first_pose_that_the_plant_takes_is_taken():
    class Picky:
        asked = 0

        def perturb(self, kind, target, values, duration_sec):
            self.asked += 1
            if self.asked < 4:
                raise ConfigurationError('no')

    plant, contract = Picky(), load_contract('sim_sawyer')
    sensors = replace(STILL, position=contract.reset_pose)
    drag = Disturbance(Event('drag', 'pose', offset=0.3), '', 0.0, 0.0, 1)
    assert disturb(plant, drag, sensors, contract) and plant.asked == 4
    plant.asked = -1000
    assert not disturb(plant, drag, sensors, contract)


# a person in place of the simulator

def test_a_touch_is_an_error_beyond_what_is_usual():
    touch = Touch(load_contract('sim_sawyer'))
    rest = replace(STILL, velocity=np.zeros(7))
    for _ in range(40):
        assert not touch.touched(rest, np.full(7, 0.2), expected=False)
    # the mean of four steps: 0.2 is usual, the margin 0.1; one step adds 0.3 / 4, the second more
    for speed, found in ((0.3, False), (0.3, True), (0.3, True), (0.0, True), (0.0, True),
                         (0.0, False)):
        moving = replace(rest, velocity=np.array([0.0, 0, 0, -speed, 0, 0, 0]))
        assert touch.touched(moving, np.full(7, 0.2), expected=True) == found


def test_a_displaced_tool_is_seen_from_where_it_last_was_left_alone():
    touch = Touch(load_contract('sim_sawyer'))
    rest = replace(STILL, velocity=np.zeros(7))
    touch.touched(rest, np.zeros(7), expected=False)
    assert not touch.displaced(replace(rest, tool_position=np.array([0.009, 0, 0])))
    moved = replace(rest, tool_position=np.array([0.0, 0.011, 0]))
    touch.touched(moved, np.zeros(7), expected=True)
    assert touch.displaced(moved)


def test_a_twist_is_no_command_to_compare_with():
    with pytest.raises(ConfigurationError, match='twist'):
        Touch(load_contract('moveit_servo'))
