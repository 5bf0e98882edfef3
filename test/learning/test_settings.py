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
"""Settings: every value is checked, files and defaults agree."""
from dataclasses import asdict

import pytest
import yaml

from softq_ros.errors import ConfigurationError
from softq_ros.learning.settings import make_settings, SETTINGS
from softq_ros.paths import share


@pytest.mark.parametrize('algorithm', SETTINGS)
def test_file_of_the_algorithm_holds_the_defaults(algorithm):
    text = share('config', 'algorithms', f'{algorithm}.yaml').read_text()
    values = yaml.safe_load(text)
    assert values | {'hidden': tuple(values['hidden'])} == asdict(SETTINGS[algorithm]())
    assert make_settings(algorithm, values) == SETTINGS[algorithm]()
    assert all('  # ' in line for line in text.splitlines() if not line.startswith('#'))


@pytest.mark.parametrize('algorithm, values, text', [
    ('sql', {'temperature': 0}, 'temperature: got 0; accepted: above 0'),
    ('sql', {'temperature': -1.0}, 'temperature: got -1.0; accepted: above 0'),
    ('sql', {'temperature': float('nan')}, 'accepted: a finite number'),
    ('sql', {'temperature': '1'}, 'accepted: a finite number'),
    ('sql', {'temperature': 10**400}, 'accepted: a finite number'),
    ('sql', {'fixed_particles': 1}, 'fixed_particles: got 1; accepted: 2 or more'),
    ('sql', {'updated_particles': 1}, 'accepted: 2 or more'),
    ('sql', {'updated_particles': 2.5}, 'accepted: a whole number'),
    ('sql', {'value_samples': True}, 'accepted: a whole number'),
    ('sql', {'uniform_share': 0.05}, 'accepted: 0.1 to 1'),
    ('sql', {'critics': 0}, 'accepted: 1 or more'),
    ('sql', {'critics': 3}, 'critics: got 3; accepted: 1 or 2'),
    ('sql', {'preset': 'theirs'}, 'accepted: code, ours, paper'),
    ('sac', {'temperature': -0.1}, 'accepted: 0 or more'),
    ('sac', {'preset': 'ours'}, "unknown setting of sac: got 'preset'"),
    ('ddpg', {'discount': 1.1}, 'accepted: 0 to 1'),
    ('ddpg', {'polyak': 0}, 'accepted: above 0'),
    ('ddpg', {'learning_rate': 0.0}, 'accepted: above 0'),
    ('ddpg', {'hidden': []}, 'accepted: a list of layer sizes'),
    ('ddpg', {'hidden': [16, 0]}, 'accepted: layer sizes of 1 or more'),
    ('ddpg', {'batch_size': 0}, 'accepted: 1 or more'),
    ('sql', {'n_step': 0}, 'n_step: got 0; accepted: 1 or more'),
    ('sac', {'reset_every': -1}, 'reset_every: got -1; accepted: 0 or more'),
    ('td3', {'huber': -0.5}, 'huber: got -0.5; accepted: 0 or more'),
    ('ddpg', {'layer_norm': 1}, 'layer_norm: got 1; accepted: false, true'),
    ('droq', {'dropout': 1}, 'dropout: got 1; accepted: 0 to below 1'),
    ('droq', {'dropout': 2.0}, 'dropout: got 2.0; accepted: 0 to 1'),
    ('sac', {'dropout': 0.1}, "unknown setting of sac: got 'dropout'"),
    ('sql', {'value_ceiling': float('nan')}, 'value_ceiling: got nan; accepted: a finite number'),
    ('sql', {'value_ceiling': float('-inf')}, 'accepted: a finite number'),
    ('sql', {'hindsight_share': 1.5}, 'hindsight_share: got 1.5; accepted: 0 to 1'),
    ('reinforce', {}, "got 'reinforce'; accepted: ddpg, droq, sac, sql, td3")])
def test_what_makes_no_sense_is_refused_with_what_would(algorithm, values, text):
    with pytest.raises(ConfigurationError) as caught:
        make_settings(algorithm, values)
    assert text in str(caught.value)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('value', [float('inf'), 600.0, 0, -3.5])
def test_values_are_cut_anywhere_or_nowhere(value):
    assert make_settings('td3', {'value_ceiling': value}).value_ceiling == value


def test_a_whole_number_where_any_may_stand_is_a_float():
    settings = make_settings('sql', {'updates_per_step': 2, 'batch_size': 2})
    assert (type(settings.updates_per_step), type(settings.batch_size)) == (float, int)
