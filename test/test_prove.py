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
import json
from pathlib import Path
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PROOFS = re.findall(r'^PROOFS_(\w+) := (.*)$', (ROOT / 'Makefile').read_text(), re.M)
HELPERS = (  # no proofs of their own
    'curves.py', 'kept.py', 'paths.py', 'pusher_page.py', 'rows.py', 'sawyer_page.py',
    'sawyer_rows.py')
SCRIPTS = sorted(path.name for path in (ROOT / 'test' / 'prove').glob('*.py')
                 if path.name not in HELPERS)


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


def test_the_permutation_test_counts_splits(standard_ground):
    from rows import permutation
    # 6 ways to take two of 1, 2, 3, 4: only {3, 4} and {1, 2} lie as far apart
    assert permutation([3.0, 4.0], [1.0, 2.0]) == pytest.approx(1 / 3)
    assert permutation([1.0, 2.0], [1.0, 2.0]) == 1.0
    # three against two: of 10 ways {1, 1, 1} alone is as far from {2, 2}
    assert permutation([1.0, 1.0, 1.0], [2.0, 2.0]) == pytest.approx(0.1)


@pytest.fixture
def curves(monkeypatch):
    """Return the module that draws what happens over training."""
    monkeypatch.syspath_prepend(ROOT / 'test' / 'prove')
    return importlib.import_module('curves')


def test_returns_are_those_of_whole_episodes(curves):
    # the second episode was cut by a restart, the fourth is not over
    reward, episode = [1.0, 2, 3, 4, 5, 6, 7], [0, 0, 1, 2, 2, 2, 3]
    last = np.array([0, 1, 0, 0, 0, 1, 0], bool)
    steps, returns = curves.episode_returns(np.array(reward), np.array(episode), last)
    assert steps.tolist() == [2, 6] and returns.tolist() == [3.0, 15.0]


def test_a_point_of_the_curve_is_the_mean_of_its_episodes(curves):
    steps, means = curves.smoothed(np.arange(1, 13) * 100, np.arange(12.0))
    assert steps.tolist() == [1000, 1100, 1200] and means == pytest.approx([4.5, 5.5, 6.5])


def test_a_band_holds_all_seeds_where_all_are_trained(curves, tmp_path):
    one = np.array([0, 100, 200]), np.array([0.0, 1.0, 2.0])
    other = np.array([100, 300]), np.array([3.0, 5.0])
    steps, (least, mean, largest) = curves.band([one, other])
    assert (steps[0], steps[-1]) == (100, 200) and len(steps) == curves.POINTS
    assert (least[0], mean[0], largest[0]) == (1.0, 2.0, 3.0)
    assert (least[-1], mean[-1], largest[-1]) == (2.0, 3.0, 4.0)
    (further, values), = curves.beyond([one, other], 200.0)
    assert further.tolist() == [200, 300] and values.tolist() == [4.0, 5.0]
    nothing = np.array([]), np.array([])
    assert curves.draw({'a': {'SQL': [nothing]}}, 'return', tmp_path / 'none.png') == ''
    said = curves.draw({'a': {'SQL': [one, nothing]}, 'b': {}}, 'return', tmp_path / 'one.png')
    assert 'one.png' in said and (tmp_path / 'one.png').stat().st_size > 1000


def test_what_a_training_came_to_is_saved_and_brought_back_where_it_is_missing(
        monkeypatch, curves, tmp_path):
    kept = importlib.import_module('kept')
    monkeypatch.setattr(kept, 'RUNS', tmp_path / 'runs')
    monkeypatch.setattr(kept, 'KEPT', tmp_path / 'kept')
    run, elsewhere = tmp_path / 'runs' / 'a', tmp_path / 'runs' / 'b'
    (run / 'policy').mkdir(parents=True), (run / 'reached').mkdir()
    for name in ('proved.json', 'run.yaml', 'policy/sampler.bin', 'reached/policy.yaml'):
        (run / name).write_text(name)
    curves.write_returns(run, np.array([300, 600]), np.array([-1.5, 2.25]))
    kept.save('a')
    shutil.copytree(run, elsewhere)
    (elsewhere / 'proved.json').write_text('its own')
    (tmp_path / 'kept' / 'a').rename(tmp_path / 'kept' / 'c')
    kept.save('b'), (elsewhere / 'proved.json').write_text('newer')
    kept.restore()
    back = tmp_path / 'runs' / 'c'
    files = {str(path.relative_to(back)) for path in back.rglob('*') if path.is_file()}
    assert files == {'proved.json', 'run.yaml', 'reached/policy.yaml', 'returns.csv'}
    assert (elsewhere / 'proved.json').read_text() == 'newer'
    assert [part.tolist() for part in curves.training_returns(back)] == [[300, 600], [-1.5, 2.25]]
    with pytest.raises(SystemExit, match='nothing is not there; accepted: runs of'):
        kept.save('nothing')


def test_each_ablation_changes_one_setting(standard_ground):
    assert [setting.split('=')[0] for setting in standard_ground.changes()] == [
        'value_samples', 'svgd_states', 'temperature', 'critics']
    assert all(float(setting.split('=')[1]) != own
               for setting, own in standard_ground.changes().items())


@pytest.fixture
def minitaur(monkeypatch, tmp_path):
    """Return the module of that proof, its runs elsewhere."""
    monkeypatch.syspath_prepend(ROOT / 'test' / 'prove')
    module = importlib.import_module('minitaur')
    monkeypatch.setattr(module, 'RUNS', tmp_path)
    return module


def keep(module, method: str, seed: int, share: float, speed: float, heading: float) -> None:
    """Write what a training of the quadruped scored."""
    run = module.run_of(method, seed)
    run.mkdir()
    found = {'success_rate': share, 'success_ever_rate': 1.0,
             'outcome': {'net_speed': speed, 'heading': heading}}
    for ground in module.GROUNDS:
        (run / f'score-{ground.name}.json').write_text(json.dumps(found))


def test_the_quadruped_is_measured_by_its_worst_training_and_against_the_trot(minitaur):
    keep(minitaur, 'scripted', 0, 0.4, 0.1, 130.0)
    for seed, share, speed, heading in ((0, 0.9, 0.36, 10.0), (1, 0.6, 0.5, 29.0)):
        keep(minitaur, 'sql', seed, share, speed, heading)
    mild, hard = minitaur.MILDER[0], minitaur.HARDER[0]
    assert minitaur.flat_verdict(2) == 'kept' and minitaur.flat_verdict(3) == 'missing'
    assert minitaur.mild_verdict(2, mild) == '75%, missed'
    assert minitaur.hard_verdict(2, hard) == '75% to 40%, kept'
    keep(minitaur, 'sql', 2, 0.0, 0.34, 0.0)
    assert minitaur.flat_verdict(3) == 'missed'
    assert minitaur.hard_verdict(3, hard) == '50% to 40%, missed'
    assert minitaur.flat_line('sac', 2) == ['SAC', *['missing'] * 3]
    assert minitaur.ground_line(hard, 2)[1:3] == ['40% (100%)', '90% (100%), 60% (100%)']
    assert minitaur.flat_line('sql', 4)[1] == '0.36, 0.50, 0.34, missing'


def test_what_never_gets_across_is_no_factor_better_than_what_never_does(minitaur):
    keep(minitaur, 'scripted', 0, 0.0, 0.1, 0.0)
    keep(minitaur, 'sql', 0, 0.0, 0.1, 0.0)
    assert minitaur.hard_verdict(1, minitaur.HARDER[0]) == '0% to 0%, missed'


def test_a_page_says_what_its_runs_were_trained_on(standard_ground, tmp_path):
    from rows import trained_at
    facts = {'a': {'commit': '1a', 'versions': {'processor': 'Z80'}},
             'b': {'commit': '2b', 'versions': {'python': '3.11'}}}
    for name, words in facts.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / 'run.yaml').write_text(yaml.safe_dump(words))
    assert trained_at([tmp_path / name for name in facts]) == (
        'trained at commit 1a, 2b (processor: Z80, unrecorded)')
    assert trained_at([]) == 'none trained yet'
