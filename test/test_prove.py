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
"""The proofs that make prove names are there and say what they take."""
import importlib
from pathlib import Path
import re
import subprocess
import sys

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
PROOFS = re.findall(r'^PROOFS_(\w+) := (.*)$', (ROOT / 'Makefile').read_text(), re.M)
SCRIPTS = sorted(path.name for path in (ROOT / 'test' / 'prove').glob('*.py')
                 if path.name != 'rows.py')


def test_the_full_tier_runs_every_proof_and_the_quick_one_some_of_them():
    tiers = {name: {words.split(',')[0] + '.py' for words in text.split()}
             for name, text in PROOFS}
    assert tiers['full'] == set(SCRIPTS) and tiers['quick'] < tiers['full']


@pytest.mark.parametrize('script', SCRIPTS)
def test_each_takes_the_words_of_its_tiers(script):
    asked = [words.split(',') for _, text in PROOFS for words in text.split()]
    for words in [words for name, *words in asked if words and name + '.py' == script]:
        done = subprocess.run([sys.executable, ROOT / 'test' / 'prove' / script, *words, '--help'],
                              capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 0 and 'usage' in done.stdout, done.stderr


@pytest.fixture
def standard_ground(monkeypatch):
    """Return the module of that proof."""
    monkeypatch.syspath_prepend(ROOT / 'test' / 'prove')
    return importlib.import_module('standard_ground')


def test_the_p_value_is_fishers(standard_ground):
    from rows import fisher
    # the lady who tastes tea: 3 of 4 and 1 of 4, 34 of 70 ways; all of both, 2 of 70
    assert fisher(3, 1, 4) == pytest.approx(34 / 70) and fisher(4, 0, 4) == pytest.approx(2 / 70)
    assert fisher(2, 2, 5) == 1.0 and fisher(3, 1, 4) == fisher(1, 3, 4)


def test_returns_are_those_of_whole_episodes(standard_ground):
    # the second episode was cut by a restart, the fourth is not over
    reward, episode = [1.0, 2, 3, 4, 5, 6, 7], [0, 0, 1, 2, 2, 2, 3]
    last = np.array([0, 1, 0, 0, 0, 1, 0], bool)
    steps, returns = standard_ground.episode_returns(np.array(reward), np.array(episode), last)
    assert steps.tolist() == [2, 6] and returns.tolist() == [3.0, 15.0]


def test_a_point_of_the_curve_is_the_mean_of_its_episodes(standard_ground):
    steps, means = standard_ground.smoothed(np.arange(1, 13) * 100, np.arange(12.0))
    assert steps.tolist() == [1000, 1100, 1200] and means == pytest.approx([4.5, 5.5, 6.5])


def test_each_ablation_changes_one_setting(standard_ground):
    assert [setting.split('=')[0] for setting in standard_ground.changes()] == [
        'value_samples', 'svgd_states', 'temperature', 'critics']
    assert all(float(setting.split('=')[1]) != own
               for setting, own in standard_ground.changes().items())
