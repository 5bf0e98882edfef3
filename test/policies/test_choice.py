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
from array import array
import math

import pytest

from softq_ros.errors import ConfigurationError
from softq_ros.policies.choice import (
    Choice, read_choice, read_names, read_number, read_weights, spelled)


@pytest.mark.parametrize('value, names', [
    ('learner', ('learner',)), ('a', ('a',)), (['a'], ('a',)), (['a', 'b'], ('a', 'b')),
    ('/some/path', ('/some/path',))])
def test_names_that_are_read(value, names):
    assert read_names(value) == names


@pytest.mark.parametrize('value, says', [
    (True, 'quote what YAML'), (3, 'a string'), (0.5, 'a string'), (None, 'a string'),
    ([1, 2], 'array of strings'), ('', 'empty'), ('  ', 'empty'), ([], 'empty'), ([''], 'empty'),
    (['a', 'a'], 'each once'), (list('abcdefghi'), 'at most 8'),
    (['a', 'learner'], "'learner' alone"), (['learner', 'a'], "'learner' alone"),
    ('[yes, b]', 'quote each')])
def test_names_that_are_refused_with_the_fix(value, says):
    with pytest.raises(ConfigurationError, match=says) as caught:
        read_names(value)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('value, weights', [
    ([], ()), (array('d'), ()), ([0.25, 0.75], (0.25, 0.75)), (array('q', [1, 0]), (1.0, 0.0)),
    ([1], (1.0,)), ([0.333, 0.333, 0.333], (1 / 3,) * 3)])
def test_weights_that_are_read(value, weights):
    assert read_weights(value) == pytest.approx(weights)


@pytest.mark.parametrize('value, says', [
    (0.5, 'an array'), ('0.5', 'an array'), ('[1, 0.5]', 'with a point'), (True, 'an array'),
    ([True, False], 'an array'), (['a'], 'an array'), (None, 'an array'),
    ([0.5, 0.6], 'sum to 1.1'), ([0.0, 0.0], 'sum to 0'), ([1.5, -0.5], 'from 0'),
    ([math.nan, 1.0], 'from 0'), ([math.inf, 1.0], 'from 0')])
def test_weights_that_are_refused_with_the_fix(value, says):
    with pytest.raises(ConfigurationError, match=says):
        read_weights(value)


@pytest.mark.parametrize('value', [0, -1.0, 1000, math.nan, math.inf, True, '1', None, [1.0]])
def test_temperatures_that_are_refused_with_the_range(value):
    with pytest.raises(ConfigurationError, match='temperature: got .*0.01 to 100'):
        read_number('temperature', value, 0.01, 100.0)


def test_what_three_parameters_choose_together():
    assert read_choice(['a', 'b'], [1, 0], 2) == Choice(('a', 'b'), (1.0, 0.0), 2.0)
    assert read_choice(['a', 'b'], [], 0.5) == Choice(('a', 'b'), (), 0.5)
    assert read_choice('a', [0.3, 0.7], 1.0) == Choice(('a',))  # nothing to weigh
    assert read_choice('learner', [], 1.0).learner
    with pytest.raises(ConfigurationError, match='3 numbers for 2 policies; accepted: 2 that'):
        read_choice(['a', 'b'], [0.2, 0.3, 0.5], 1.0)


@pytest.mark.parametrize('word, value', [
    ('a', 'a'), ('[a, b]', ['a', 'b']), (' [runs/a/policy, b]', ['runs/a/policy', 'b']),
    ('[yes, b]', [True, 'b']), ("['yes', b]", ['yes', 'b']), ('[a, b', '[a, b'),
    ('[]', [])])
def test_brackets_on_a_command_line_are_an_array(word, value):
    assert spelled(word) == value
