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
import copy

import numpy as np
import pytest
import yaml

from softq_ros.errors import ConfigurationError
from softq_ros.paths import known, share
from softq_ros.records import Sensors
from softq_ros.robot.contract import load_contract
from softq_ros.training.scenarios import load_scenario, read_scenario

SAWYER = load_contract('sim_sawyer')
SENSORS = Sensors(0, SAWYER.joints, SAWYER.reset_pose, np.zeros(7), np.zeros(7), np.zeros(3),
                  np.array([1.0, 0, 0, 0]), np.array([0.5, 0.1, 0.0]), np.array([1.0, 0, 0, 0]))
GOOD = {'events_per_episode': 2, 'settle_sec': 3.0, 'wait_sec': [0.5, 1.0], 'events': {
    'shove': {'kind': 'wrench', 'targets': ['right_l3'], 'force': [10, 40.0],
              'duration_sec': [0.1, 0.3]},
    'grip': {'kind': 'clamp', 'targets': ['right_j0', 'right_j1'], 'duration_sec': [2, 2]},
    'drag': {'kind': 'pose', 'offset': 0.6},
    'brick': {'kind': 'target', 'distance': [0.02, 0.1]}}}


def write(folder, data):
    path = folder / 'mine.yaml'
    path.write_text(data if isinstance(data, str) else yaml.safe_dump(data, sort_keys=False))
    return path


def changed(path: str, value) -> dict:
    """Return the good file with the value at a path; None takes it out."""
    data = copy.deepcopy(GOOD)
    *way, last = path.split('/')
    place = data
    for name in way:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return data


@pytest.mark.parametrize('path, value, says', [
    ('events_per_episode', 0, 'events_per_episode: got 0; accepted: a whole number'),
    ('events_per_episode', 1.5, 'accepted: a whole number'),
    ('events_per_episode', True, 'accepted: a whole number'),
    ('settle_sec', -1, 'settle_sec: got -1; accepted: a finite number, 0 or more'),
    ('settle_sec', float('nan'), 'accepted: a finite number'),
    ('wait_sec', [2.0, 1.0], 'wait_sec: got [2.0, 1.0]; accepted: [least, most]'),
    ('wait_sec', 1.0, 'accepted: [least, most]'),
    ('wait_sec', None, 'wait_sec is missing'),
    ('events', {}, 'events: got {}; accepted: a mapping'),
    ('events', ['push'], 'accepted: a mapping'),
    ('events/shove', 'hard', "shove: got 'hard'; accepted: a mapping"),
    ('events/shove/kind', 'kick', "kind: got 'kick'; accepted: clamp, pose, target, wrench"),
    ('events/shove/kind', ['wrench'], 'kind: got'),
    ('events/shove/kind', None, 'kind is missing'),
    ('events/shove/strength', 3, "unknown field: got 'strength'"),
    ('events/drag/force', [1, 2], "drag: unknown field: got 'force'; accepted: kind, offset"),
    ('events/shove/force', [10, 'much'], 'force: got'),
    ('events/shove/duration_sec', [0, 1], 'duration_sec: got [0, 1]; accepted: [least, most], '
     'finite, above 0'),
    ('events/shove/duration_sec', None, 'shove: duration_sec is missing'),
    ('events/grip/targets', [], 'targets: got []; accepted: a list of names'),
    ('events/grip/targets', 'right_j0', 'accepted: a list of names'),
    ('events/brick/distance', [0.1], 'distance: got [0.1]'),
    ('speed', 2, "unknown field: got 'speed'"),
])
def test_a_bad_file_is_one_line_that_names_the_field(tmp_path, path, value, says):
    with pytest.raises(ConfigurationError) as caught:
        read_scenario(write(tmp_path, changed(path, value)))
    assert says in str(caught.value) and str(caught.value).startswith('mine.yaml: ')
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('text', ['a: [', '- a\n- b', '', 'events: 1\nevents: 2'])
def test_what_is_no_mapping_is_refused(tmp_path, text):
    with pytest.raises(ConfigurationError, match='mine.yaml'):
        read_scenario(write(tmp_path, text))


def test_an_unknown_name_lists_those_there_are():
    with pytest.raises(ConfigurationError, match='accepted: bully, light, none'):
        load_scenario('rough')


@pytest.mark.parametrize('name', known('config/scenarios'))
def test_what_ships_says_the_unit_and_source_of_every_number(name):
    load_scenario(name)
    for line in share('config', 'scenarios', f'{name}.yaml').read_text().splitlines():
        field, _, value = line.partition(':')
        if not line.startswith('#') and any(c.isdigit() for c in value.split('#')[0]):
            assert 'events_per_episode' in field or '#' in value, line


def test_the_issues_ranges_are_those_of_the_files():
    light, bully = load_scenario('light'), load_scenario('bully')
    assert light.events_per_episode == 1 and bully.events_per_episode == 3
    push, = light.events
    assert (push.force, push.duration_sec) == ((10, 40), (0.2, 0.2))
    events = {event.name: event for event in bully.events}
    assert (events['push'].force, events['push'].duration_sec) == ((20, 120), (0.1, 1.0))
    assert events['clamp'].duration_sec == (2, 2)
    assert {e.offset for e in bully.events if e.kind == 'pose'} == {0.6, 1.2}
    assert events['target'].distance[1] == 0.1


def numbers(scenario, seed, episode) -> list:
    return [(d.title, d.wait_sec, d.duration_sec,
             next(d.candidates(SENSORS, SAWYER)).tolist()) for d in scenario.plan(seed, episode)]


def test_a_seed_says_all_that_happens(tmp_path):
    scenario = read_scenario(write(tmp_path, GOOD))
    assert numbers(scenario, 7, 3) == numbers(scenario, 7, 3)
    assert numbers(scenario, 7, 3) != numbers(scenario, 8, 3)
    assert numbers(scenario, 7, 3) != numbers(scenario, 7, 7)


def test_each_kind_is_the_first_equally_often_and_all_follow(tmp_path):
    scenario = read_scenario(write(tmp_path, GOOD))
    plans = [scenario.plan(0, episode) for episode in range(400)]
    assert [plan[0].event.name for plan in plans[:5]] == [
        'shove', 'grip', 'drag', 'brick', 'shove']
    assert all(len(plan) == 2 for plan in plans)
    second = [plan[1].event.name for plan in plans]
    # binomial, 400 draws at 1/4: 100 with a standard deviation of 8.7
    assert all(65 <= second.count(name) <= 135 for name in scenario.names)


def test_draws_stay_in_their_ranges(tmp_path):
    scenario = read_scenario(write(tmp_path, GOOD))
    drawn = [d for episode in range(200) for d in scenario.plan(1, episode)]
    assert all(0.5 <= d.wait_sec <= 1.0 for d in drawn)
    for d in drawn:
        values = next(d.candidates(SENSORS, SAWYER))
        if d.event.name == 'shove':
            assert 10 <= np.linalg.norm(values[:3]) <= 40 and not values[3:].any()
            assert 0.1 <= d.duration_sec <= 0.3
        elif d.event.name == 'grip':
            assert values.size == 0 and d.duration_sec == 2
            assert d.target in ('right_j0', 'right_j1')
        elif d.event.name == 'drag':
            assert np.abs(values - SENSORS.position).max() <= 0.6
        else:
            step = values - SENSORS.object_position
            assert 0.02 <= np.linalg.norm(step) <= 0.1 + 1e-12 and step[2] == 0


def test_poses_beyond_the_limits_are_drawn_again(tmp_path):
    scenario = read_scenario(write(tmp_path, changed('events/drag/offset', 6.0)))
    drag = next(d for d in scenario.plan(0, 2) if d.event.name == 'drag')
    poses = list(drag.candidates(SENSORS, SAWYER))
    assert poses and all((SAWYER.position_lower <= p).all() and (p <= SAWYER.position_upper).all()
                         for p in poses)


def test_without_an_object_there_is_no_place_to_move_it_to(tmp_path):
    scenario = read_scenario(write(tmp_path, GOOD))
    brick = scenario.plan(0, 3)[0]
    blind = Sensors(0, SAWYER.joints, SAWYER.reset_pose, np.zeros(7), np.zeros(7))
    assert list(brick.candidates(blind, SAWYER)) == []
