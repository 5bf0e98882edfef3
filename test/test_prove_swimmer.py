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
import json
from pathlib import Path

import pytest
import yaml

from softq_ros import cli

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def swimmer(monkeypatch, tmp_path):
    """Return the module of that proof, its runs elsewhere."""
    monkeypatch.syspath_prepend(ROOT / 'test' / 'prove')
    module = importlib.import_module('swimmer')
    monkeypatch.setattr(importlib.import_module('rows'), 'RUNS', tmp_path)
    for name, path in (('RUNS', tmp_path), ('SPEED_RUN', tmp_path / 'swimmer_speed-sql-s0'),
                       ('LINE', tmp_path / 'swimmer_line.json')):
        monkeypatch.setattr(module, name, path)
    return module


def keep(module, method: str, seed: int, share: float, first: int | None = 9000) -> Path:
    """Write what a training scored, and when it first ended beyond the line."""
    run = module.run_of(method, seed)
    run.mkdir()
    (run / 'score-stochastic.json').write_text(json.dumps(
        {'success_rate': share, 'outcome': {'x': 5.0}}))
    (run / 'story.json').write_text(json.dumps({'first_success_step': first}))
    (run / 'run.yaml').write_text(yaml.safe_dump({'settings': {'warmup_steps': 5000}}))
    return run


def test_a_training_counts_from_four_of_five_episodes_and_five_to_none_is_a_difference(swimmer):
    for seed in range(5):
        keep(swimmer, 'sql', seed, 0.8)
        keep(swimmer, 'ddpg', seed, 0.75)
    assert swimmer.line('sql', 5)[1] == '5 of 5' and swimmer.line('ddpg', 5)[1] == '0 of 5'
    assert swimmer.difference('ddpg', 5) == (
        '* SQL against DDPG: 5 and 0 of 5, p = 0.0079 (Fisher, two-sided)')
    assert swimmer.difference('sac', 5) == '* SQL against SAC: missing'
    assert swimmer.line('sac', 5)[1:] == ['missing', '', '', '', 5]
    assert swimmer.line('sql', 5)[-2:] == ['9000, 9000, 9000, 9000, 9000', '']


def test_three_to_none_of_five_is_none(swimmer):
    for seed in range(5):
        keep(swimmer, 'sql', seed, 1.0 if seed < 3 else 0.0)
        keep(swimmer, 'sac', seed, 0.0)
    assert swimmer.difference('sac', 5).endswith('so nothing is claimed')


def test_a_line_that_a_warm_up_crossed_is_told(swimmer):
    runs = [keep(swimmer, 'sql', seed, 0.0, first) for seed, first in enumerate((None, 5001))]
    assert 'Of the warm-ups of 2 trainings none' in swimmer.warm_up(runs)
    assert 'Of the warm-ups of 3 trainings 1 ' in swimmer.warm_up(
        [*runs, keep(swimmer, 'sql', 2, 0.0, 4500)])


def test_the_line_lies_at_a_share_of_the_median_way(swimmer, monkeypatch):
    monkeypatch.setattr(swimmer, 'MEASURED', 3)
    monkeypatch.setattr(swimmer, 'AT_RANDOM', 2)
    cli.main(['train', '--no-curve', '--run', str(swimmer.SPEED_RUN), '--task', 'swimmer_speed',
              '--steps', '60', '--set', 'warmup_steps=20'])
    (swimmer.SPEED_RUN / 'proved.json').write_text('{}')
    found = swimmer.place()
    assert found['finish'] == pytest.approx(0.6 * found['median'], abs=0.005)
    assert found['median'] > 0 and -1 < found['at_random'] < 1
    assert f'{found["finish"]:.2f} m' in swimmer.drawn()
