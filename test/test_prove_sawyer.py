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
"""What the Sawyer's pages say of trainings: medians, what is censored, verdicts."""
import importlib
import json
from pathlib import Path

import pytest
import yaml

PROOFS = Path(__file__).resolve().parent / 'prove'
HEAD = 'step,cpu_sec,wall_sec,success_rate'


@pytest.fixture
def page(monkeypatch, tmp_path):
    """Return the module of the page, whose runs are elsewhere."""
    monkeypatch.syspath_prepend(PROOFS)
    monkeypatch.setattr(importlib.import_module('sawyer_rows'), 'RUNS', tmp_path)
    return importlib.import_module('sawyer_page')


@pytest.fixture
def graph(monkeypatch, tmp_path):
    """Return the proof on the graph, whose runs are elsewhere."""
    monkeypatch.syspath_prepend(PROOFS)
    module = importlib.import_module('graph')
    monkeypatch.setattr(module, 'RUNS', tmp_path)
    return module


def keep(run: Path, reached: int | None, cpu: float = 100.0, wall: float = 50.0) -> None:
    """Keep what a training leaves that first seated at 1800 and ended at a step."""
    run.mkdir(parents=True)
    (run / 'story.json').write_text(json.dumps({'first_success_step': 1800}))
    (run / 'proved.json').write_text(json.dumps({'success_rate': 0.95, 'command_sec': 70.0,
                                                 'load': 0.5}))
    (run / 'evaluations.csv').write_text(
        f'{HEAD}\n2000,1,1,0.1\n{reached or 8000},{cpu},{wall},0.9\n')
    if reached:
        (run / 'reached').mkdir()
        (run / 'reached' / 'policy.yaml').write_text(yaml.dump({'trained': {'steps': reached}}))


def row_of(page, name: str):
    return {row.name: row for row in page.SPEED_ROWS}[name]


def test_plain_trainings_are_told_what_the_files_say_but_for_what_their_rows_change(page):
    rows = importlib.import_module('sawyer_rows')
    velocity, torque = row_of(page, 'velocity'), row_of(page, 'torque')
    assert rows.settings_of(velocity, 'plain') == rows.settings_of(torque, 'plain') == ()
    changed, = (row for row in page.ABLATION_ROWS if row.name == 'ablation-n3')
    assert rows.settings_of(changed, 'plain') == ('n_step=3',)
    told = rows.settings_of(torque, 'sql')
    assert told.index('hindsight_ends=8000') > told.index('hindsight_ends=4000')
    assert 'temperature=0.02' not in rows.settings_of(velocity, 'sac')


def test_what_was_not_reached_counts_as_later_than_all(page):
    assert page.median([6000, None, 4000]) == '6000'
    assert page.median([None, None, 4000]) == 'None'
    assert page.minutes(6000, 36_000) == '5.0 (13.0)' and page.minutes(None, 36_000) == '> 30'


def test_a_line_shows_every_seed_and_a_median_only_once_all_are_there(page, tmp_path):
    row = row_of(page, 'velocity')
    for seed, reached in ((1, 6000), (2, None)):
        keep(page.run_of(row, 'sql', seed), reached, 100.0 + seed)
    line = page.speed_line(row, 'sql', 3)
    assert line[:2] == ['velocity', 'SQL'] and line[2] == line[3] == line[5] == 'missing'
    assert line[4] == 'missing, 1800 / 6000, 1800 / -'
    assert page.verdicts(3) == ''
    keep(page.run_of(row, 'sql', 0), 4000, 90.0)
    line = page.speed_line(row, 'sql', 3)
    assert line[2:4] == ['1.5 (3.9)', '5.0 (13.0)'] and line[5:] == ['101', '95%, 95%, 95%']


@pytest.mark.parametrize('reached, word', [
    (4000, '3.3 min (12 asked, 3.5 the aim): aim reached'), (14_000, '11.7 min'),
    (16_000, '13.3 min (12 asked, 3.5 the aim): **missed**'), (None, 'inf min')])
def test_the_verdict_is_that_of_the_median(page, reached, word):
    keep(page.run_of(row_of(page, 'velocity'), 'sql', 0), reached)
    first, second = page.verdicts(1).splitlines()
    assert first.endswith('first seated: 1.5 min (4 asked, 1.5 the aim): aim reached')
    assert word in second and ('kept' in second) == (reached == 14_000)


def test_processor_time_stands_beside_that_of_the_better_sac(page):
    row = row_of(page, 'torque')
    for method, cpu in (('sql', 150.0), ('sac', 100.0), ('sac-fixed', 120.0)):
        assert 'CPU' not in page.verdicts(1)
        keep(page.run_of(row, method, 0), 8000, cpu)
    assert page.verdicts(1).endswith('CPU time of SQL beside that of the better SAC: 1.50 (2 '
                                     'asked, 1 the aim): kept')
    keep(page.run_of(row, 'lean', 0), 9000, 75.0)
    assert page.verdicts(1).endswith('of SQL, lean beside that of the better SAC: 0.75 (2 asked, '
                                     '1 the aim): aim reached')


@pytest.mark.parametrize('successes, word', [
    ((0.9, 0.996, 1.0), '99.6% (95% asked, 99.5% the aim): aim reached'),
    ((0.9, 0.95, 0.996), '95.0% (95% asked, 99.5% the aim): kept'),
    ((0.9, 0.94, 1.0), '94.0% (95% asked, 99.5% the aim): **missed**')])
def test_what_is_converged_is_judged_by_the_median_of_its_tests(page, successes, word):
    row, = (row for row in page.CONVERGED_ROWS if row.name == 'loose-ik')
    for seed, success in enumerate(successes):
        assert page.converged_verdict(row, 3).endswith('missing')
        run = page.run_of(row, 'sql', seed)
        keep(run, None)
        (run / 'score-best_of_128.json').write_text(json.dumps({'success_rate': success}))
    assert page.converged_verdict(row, 3).endswith(word)


def test_the_wall_clock_through_the_graph_is_judged_by_its_median(graph):
    assert graph.line(0)[1:] == ['missing'] * 4
    for seed, (reached, wall) in enumerate(((4000, 170.0), (6000, 181.0), (None, 9.0))):
        keep(graph.run_of(seed), reached, wall=wall)
    assert graph.line(0) == [0, '4000', '170', '70', '0.5'] and graph.line(2)[1:3] == ['-', '-']
    runs = [graph.run_of(seed) for seed in range(3)]
    assert graph.verdict(runs, 4) == 'Median: missing.'
    assert '**181 s**' in graph.verdict(runs, 3) and 'kept' in graph.verdict(runs, 3)
    assert 'aim reached' in graph.verdict(runs[:1], 1)
