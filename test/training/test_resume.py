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
"""What ``softq train`` accepts: a run goes on as it was made, anything odd is one line."""
import json

import pytest

from softq_ros.cli import main
from softq_ros.learning.settings import SqlSettings
from softq_ros.training import learner as learner_module
from softq_ros.training.run import open_run, read_run

SMALL = SqlSettings(hidden=(16, 16), warmup_steps=20, replay_capacity=500, batch_size=8, steps=40,
                    temperature=0.7)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Make a run that no configuration file would give."""
    monkeypatch.setattr(learner_module, 'prepare_process', lambda: None)
    return open_run(tmp_path, 'a', 'multigoal', 'sql', 7, SMALL, command='first')


def train(capsys, *words: str) -> dict:
    """Train without a curve and return the result."""
    assert main(['train', *map(str, words), '--no-curve', '--json']) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def refusal(capsys, *words: str) -> str:
    """Return the one line that refuses a command."""
    assert main(['train', *map(str, words)]) == 2
    said = capsys.readouterr()
    assert said.out == '' and said.err.startswith('softq: ') and said.err.count('\n') == 1
    return said.err


def test_a_run_goes_on_with_nothing_but_its_name(run, capsys):
    result = train(capsys, '--resume', run.path)
    assert (result['steps'], result['updates']) == (40, 20)
    after = read_run(run.path)
    assert after.settings == SMALL and after.facts['seed'] == 7
    assert after.facts['command'] == f'first; softq train --resume {run.path}'


def test_more_steps_let_it_go_on_and_what_agrees_may_be_said(run, capsys):
    train(capsys, '--resume', run.path)
    result = train(capsys, '--resume', run.path, '--steps', 60, '--task', 'multigoal',
                   '--algorithm', 'sql', '--seed', 7)
    assert result['steps'] == 60
    assert train(capsys, '--resume', run.path)['steps'] == 60


@pytest.mark.parametrize(('words', 'says'), [
    (['--seed', '0'], "seed 7, asked for 0; accepted: 7"),
    (['--task', 'sawyer_stack'], "'multigoal', asked for 'sawyer_stack'"),
    (['--algorithm', 'sac'], "'sql', asked for 'sac'"),
    (['--steps', '39'], 'steps: got 39; accepted: 40'),
    (['--runs', 'elsewhere'], '--runs'), (['--run', 'b'], '--run')])
def test_what_contradicts_the_run_is_refused(run, capsys, words, says):
    before = (run.path / 'run.yaml').read_bytes()
    assert says in refusal(capsys, '--resume', run.path, *words)
    assert (run.path / 'run.yaml').read_bytes() == before


@pytest.mark.parametrize(('words', 'says'), [
    (['--steps', '0'], '--steps: got 0; accepted: 1 or more'),
    (['--steps', '-1'], '--steps: got -1; accepted: 1 or more'),
    (['--seed', '-1'], 'seed: got -1; accepted: 0 to'),
    (['--seed', str(2**64)], f'seed: got {2**64}; accepted: 0 to'),
    (['--run', ''], "got ''"), (['--run', '..'], "got '..'"), (['--run', 'a b'], "got 'a b'"),
    (['--run', 'a\nb'], r"got 'a\nb'"), (['--resume', ''], 'no run'),
    (['--resume', 'no\nwhere'], 'no run'), (['--task', '../x'], 'unknown task'),
    (['--run', 'x/' + 'a' * 300], 'accepted: ')])
def test_an_odd_word_is_refused_in_one_line(tmp_path, monkeypatch, capsys, words, says):
    monkeypatch.chdir(tmp_path)
    assert says in refusal(capsys, *words)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('data', [b'', b'\xff\xfe\x00', b'a: [', b'settings: {}'])
def test_a_broken_run_is_refused_in_one_line(run, capsys, data):
    (run.path / 'run.yaml').write_bytes(data)
    assert str(run.path) in refusal(capsys, '--resume', run.path)
    assert main(['inspect', str(run.path)]) == 2


def test_a_negative_seed_is_refused_by_evaluate(capsys):
    assert main(['evaluate', 'sawyer_stack', '--seed', '-1', '--episodes', '1']) == 2
    assert 'seed: got -1; accepted: 0 to' in capsys.readouterr().err
