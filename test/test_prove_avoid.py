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
import importlib
from pathlib import Path

import numpy as np
import pytest

PROVE = Path(__file__).resolve().parent / 'prove'


@pytest.fixture(name='avoid')
def import_avoid(monkeypatch, tmp_path):
    """Return the module of the proof, its scores kept apart."""
    monkeypatch.syspath_prepend(PROVE)
    module = importlib.import_module('avoid')
    monkeypatch.setattr(module, 'OUT', tmp_path)
    return module


def found(avoid, touched: str, seated: str):
    """Return a score of episodes, one letter each."""
    return avoid.Score(*(np.array([letter == 'x' for letter in row]) for row in (touched, seated)),
                       np.arange(float(len(seated))))


def test_an_episode_is_clean_when_it_was_seated_and_never_touched(avoid):
    assert found(avoid, 'xx--', 'x-x-').clean.tolist() == [False, False, True, False]


def test_the_weight_with_most_clean_episodes_is_taken_then_the_one_nearest_to_equal(avoid):
    tried = {0.2: found(avoid, '----', 'x---'), 0.35: found(avoid, '----', 'xxx-'),
             0.8: found(avoid, '---x', 'xxxx')}
    assert avoid.chosen(tried) == 0.35
    assert avoid.chosen(tried | {0.2: None}) is None


@pytest.mark.parametrize('touched, seated, missed', [
    ('-' * 20, 'x' * 16 + '-' * 4, 0), ('x' + '-' * 19, 'x' * 20, 0),
    ('xx' + '-' * 18, 'x' * 20, 1), ('-' * 20, 'x' * 15 + '-' * 5, 1)])
def test_verdicts_hold_the_composed_policy_to_its_bounds(avoid, touched, seated, missed):
    alone = found(avoid, 'xxxx-', 'xxxxx')
    assert avoid.verdicts(alone, found(avoid, touched, seated)).count('missed') == missed
    assert avoid.verdicts(alone, None).count('missing') == 1
    assert 'missed' in avoid.verdicts(found(avoid, 'xx--', 'xxxx'), None)


def test_a_score_is_made_once_and_kept_and_none_without_its_training(avoid, monkeypatch, tmp_path):
    method = avoid.METHODS['scripted']
    monkeypatch.setattr(avoid.TASK, 'horizon', 3)
    first = avoid.score('scripted', method, 2, 1)
    monkeypatch.setattr(avoid, 'evaluate', None)
    again = avoid.score('scripted', method, 2, 1)
    assert len(first.returns) == 2 and again.returns.tolist() == first.returns.tolist()
    assert not first.seated.any() and first.touched.dtype == again.touched.dtype == bool
    assert avoid.score('x', method._replace(needs=(tmp_path / 'nothing',)), 2, 1) is None
