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
"""Tasks by name: what is found, what is refused and in which words."""
import numpy as np
import pytest

from softq_ros.errors import ConfigurationError
from softq_ros.tasks import catalogue
from softq_ros.tasks.catalogue import (
    KINDS, load_task, read_options, task_configuration, task_names, words_of)


def test_an_unknown_task_is_refused_with_the_names_there_are():
    with pytest.raises(ConfigurationError, match="'stack'; accepted: .*multigoal, .*sawyer_reach"):
        load_task('stack')


@pytest.mark.parametrize('name', task_names())
def test_a_task_bears_the_name_it_was_loaded_by(name):
    assert load_task(name).name == name


def test_an_override_replaces_its_number_and_no_other():
    task = load_task('multigoal', {'horizon': 7})
    assert task.horizon == 7
    assert load_task('multigoal').horizon == 30


def test_an_unknown_number_is_refused_with_those_there_are():
    with pytest.raises(ConfigurationError, match="'radius'; accepted: action_cost, .*goal_radius"):
        load_task('multigoal', {'radius': 1.0})


@pytest.mark.parametrize('name, value, wanted', [
    ('horizon', 0, 'above 0'),
    ('horizon', -1, 'above 0'),
    ('horizon', 2.5, 'as 30'),
    ('horizon', True, 'as 30'),
    ('horizon', '30', 'as 30'),
    ('goal_radius', np.nan, 'finite numbers'),
    ('goal_radius', -1.0, '0 or more'),
    ('goals', [[1.0, 2.0, 3.0]], 'as '),
    ('goals', [[1.0, 2.0], [1.0]], 'as '),
    ('kind', 'sawyer_pose', 'robot, start_spread'),
    ('robot', 'nobody', 'point, sawyer, sim_'),
])
def test_an_absurd_override_is_refused_saying_what_is_accepted(name, value, wanted):
    with pytest.raises(ConfigurationError) as refusal:
        load_task('multigoal', {name: value})
    assert 'accepted: ' in str(refusal.value) and wanted in str(refusal.value)
    assert '\n' not in str(refusal.value)


@pytest.mark.parametrize('name', ['fine_error', 'precision'])
def test_a_number_that_divides_cannot_be_zero(name):
    with pytest.raises(ConfigurationError, match='accepted: above 0'):
        load_task('sawyer_stack', {name: 0.0})


@pytest.mark.parametrize('task, name', [('minitaur_walk', 'least_upright'),
                                        ('pusher_x', 'held_share')])
def test_a_share_or_a_cosine_goes_from_nothing_to_one(task, name):
    assert load_task(task, {name: 1.0}).options[name] == 1.0
    for value in (-0.1, 1.1):
        with pytest.raises(ConfigurationError, match='accepted: from 0 to 1'):
            load_task(task, {name: value})


@pytest.mark.parametrize('name', task_names())
def test_every_component_has_a_name_of_its_own_and_a_unit(name):
    task = load_task(name)
    for spec in (task.observation_spec, task.action_spec):
        assert len(set(spec.names)) == spec.size
        assert all(field.name and field.unit for field in spec.fields)
        assert (spec.low < spec.high).all()


def test_options_are_read_as_in_yaml_files():
    assert read_options(['a=1', 'b=word', 'c=[1,2.5]', 'd=true']) == {
        'a': 1, 'b': 'word', 'c': [1, 2.5], 'd': True}


def test_the_options_that_differ_from_the_file_become_words_that_say_them_again():
    told = {'fit': 'press', 'observe_ik': True, 'start_box': 0.25, 'target_position': [0.5, 0, 0]}
    words = words_of('sawyer_stack', load_task('sawyer_stack', told).options)
    assert read_options(words) == told and not any(' ' in word for word in words)
    assert words_of('no task of ours', {'a': 1}) == ['a=1']


@pytest.mark.parametrize('word', ['a', 'a=', '=1', '', 'a=['])
def test_an_option_without_name_or_value_is_refused(word):
    with pytest.raises(ConfigurationError, match='accepted: '):
        read_options([word])


def test_words_are_held_against_their_choices_and_switches_are_no_numbers(monkeypatch):
    settings = task_configuration('multigoal')['task'] | {'wall': 'open', 'drawn': False}
    monkeypatch.setattr(catalogue, 'task_configuration', lambda _: {'task': dict(settings)})
    monkeypatch.setattr(KINDS['multigoal'], 'CHOICES', {'wall': ('open', 'shut')})
    options = load_task('multigoal', {'wall': 'shut', 'drawn': True}).options
    assert options['wall'] == 'shut' and options['drawn'] is True
    for name, value in (('wall', 'ajar'), ('wall', 1), ('wall', [1]), ('drawn', 1),
                        ('drawn', 'yes'), ('horizon', True)):
        with pytest.raises(ConfigurationError, match=f'{name}: got .*; accepted: '):
            load_task('multigoal', {name: value})
