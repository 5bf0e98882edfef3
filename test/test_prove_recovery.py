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
"""What the pages on disturbances say of scores: worst kinds, verdicts, comparisons."""
import importlib
import json
from pathlib import Path

import pytest

PROOFS = Path(__file__).resolve().parent / 'prove'


def events(counted: int, recovered: int) -> dict:
    """Return what is reported of a kind of event."""
    rate = recovered / counted if counted else None
    return {'events': 9, 'resisted': 9 - counted, 'counted': counted, 'recovered': recovered,
            'recovery_rate': rate, 'recovery_ci': [0.1, 0.9],
            'recovery_time_sec': 0.5 if recovered else None, 'path_m': None,
            'limited_share': 0.25}


def report(**kinds: tuple[int, int]) -> dict:
    """Return a report of events counted and recovered from, by kind."""
    perturbations = {kind: events(*numbers) for kind, numbers in kinds.items()}
    rates = {kind: one['recovery_rate'] for kind, one in perturbations.items() if one['counted']}
    worst = min(rates, key=rates.get)
    return {'success_rate': 0.9, 'recovery_rate': rates[worst], 'recovery_worst': worst,
            'perturbations': perturbations}


def proof(name: str, monkeypatch, runs: Path, keeper: str | None = None):
    """Return the module of a proof whose runs, that a keeper names, are elsewhere."""
    monkeypatch.syspath_prepend(PROOFS)
    monkeypatch.setattr(importlib.import_module(keeper or name), 'RUNS', runs)
    return importlib.import_module(name)


@pytest.fixture
def recovery(monkeypatch, tmp_path):
    """Return the proof on recovery."""
    return proof('recovery', monkeypatch, tmp_path)


@pytest.fixture
def softness(monkeypatch, tmp_path):
    """Return the proof on softness."""
    return proof('softness', monkeypatch, tmp_path, 'sawyer_rows')


def test_the_worst_kind_is_bold_and_what_never_counted_has_no_line(recovery):
    lines = recovery.lines(recovery.FIXED[0], report(push=(4, 3), clamp=(5, 5), target=(0, 0)))
    assert [line[2] for line in lines] == ['**push**', 'clamp']
    assert lines[0][5:9] == [4, 3, '**75.0% (10.0% to 90.0%)**', '0.5'] and lines[1][6] == 5


@pytest.mark.parametrize('recovered, word', [(84, '**missed**'), (85, 'kept'), (98, 'kept'),
                                             (99, 'aim reached')])
def test_the_verdict_is_that_of_the_worst_kind(recovery, recovered, word):
    said = recovery.verdict(recovery.FIXED[0], report(push=(100, recovered), clamp=(1, 1)))
    assert said == f'* scripted, velocity: recovery_rate {recovered:.1f}%, {word}'


def test_a_training_that_is_not_there_is_missing(recovery):
    assert recovery.learning_line('pushed', 0)[2:] == ['missing', 'missing']


def keep(softness, method: str, rates: list[float], reached: bool = True) -> None:
    """Keep scores of trainings from wide starts."""
    for seed, rate in enumerate(rates):
        run = softness.run_of('wide', method, seed)
        run.mkdir(parents=True)
        if reached:
            (run / 'reached').mkdir()
        count = round(10 * rate)
        softness.kept_at(run, 50).write_text(json.dumps(report(**{
            kind: (10, count) for kind in softness.KINDS})))


def test_trainings_that_did_not_reach_success_are_counted_and_left_out(softness):
    keep(softness, 'sql', [0.9, 0.7])
    keep(softness, 'td3', [0.1], reached=False)
    assert softness.line('wide', 'sql', 3, 50)[2:5] == ['2 of 2', 1, '90%']
    assert softness.line('wide', 'sql', 3, 50)[-1] == '80% (70% to 90%)'
    assert softness.line('wide', 'td3', 3, 50)[2:5] == ['0 of 1', 2, 'missing']


def test_nothing_is_claimed_where_chance_explains_it(softness):
    keep(softness, 'sql', [0.9, 0.9, 0.9, 0.9])
    keep(softness, 'sac', [0.1, 0.2, 0.1, 0.2])
    keep(softness, 'td3', [0.8, 0.9, 0.9, 0.9])
    assert softness.comparison('wide', 'sac', 4, 50).endswith('worst kind, p = 0.029')
    assert softness.comparison('wide', 'td3', 4, 50).endswith('nothing is claimed')
    assert softness.comparison('narrow', 'sac', 4, 50).endswith('missing')
