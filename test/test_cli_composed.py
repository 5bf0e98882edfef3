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
"""``softq evaluate "[a, b]"``: the policies act together, as on the robot."""
import json
from pathlib import Path
from test.support.bundles import bundle_of, save_random

import imageio.v2 as imageio
import pytest

from softq_ros import cli
from softq_ros.policies.bundle import load_bundle, save_bundle
from softq_ros.policies.composed import make_actor
from softq_ros.simulation.gymnasium_task import GymnasiumTask
from softq_ros.tasks.catalogue import load_task
from softq_ros.training.evaluation import evaluate

SHORT = {'horizon': 5}


@pytest.fixture(name='pushers')
def make_pushers(tmp_path) -> list[Path]:
    """Write two untrained policies, one for each axis."""
    return [save_random(tmp_path, name, name, seed)
            for seed, name in enumerate(('pusher_x', 'pusher_y'))]


def result(capsys) -> dict:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


@pytest.mark.parametrize('more, weights, temperature, note', [
    ([], [0.5, 0.5], 1.0, ''), (['--temperature', '0.5'], [0.5, 0.5], 0.5, ''),
    (['--weights', '0.25', '0.75', '--temperature', '2'], [0.25, 0.75], 2.0,
     'no bound: temperature 2 is above 1')])
def test_two_policies_are_scored_as_one(pushers, capsys, more, weights, temperature, note):
    one, two = pushers
    assert cli.main(['evaluate', f'[{one}, {two}]', '--task', 'pusher_corner', '--option',
                     'horizon=5', '--episodes', '3', '--seed', '4', '--json', *more]) == 0
    found, task = result(capsys), load_task('pusher_corner', SHORT)
    actor = make_actor({path.name: load_bundle(path) for path in pushers}, task, weights,
                       temperature)
    said = {'policy': f'[{one}, {two}]', 'weights': weights, 'temperature': temperature,
            'note': note}
    assert found == said | evaluate(actor, task, 3, 4).to_json()
    assert found['sampling'] == 'stochastic' and found['outcome']['distance'] > 0.1


def test_a_policy_alone_takes_another_temperature_and_says_so(pushers, capsys):
    words = ['evaluate', str(pushers[0]), '--option', 'horizon=5', '--episodes', '2', '--json']
    assert cli.main(words) == 0
    alone = result(capsys)
    assert 'temperature' not in alone
    assert cli.main([*words, '--temperature', '0.5']) == 0
    sharper = result(capsys)
    assert (sharper['weights'], sharper['temperature']) == ([1.0], 0.5)
    assert sharper['return_mean'] != alone['return_mean']


def test_policies_of_one_task_need_no_other(tmp_path, capsys):
    paths = [save_random(tmp_path, name, 'multigoal', seed)
             for seed, name in enumerate(('one', 'two'))]
    assert cli.main(['evaluate', f'[{paths[0]}, {paths[1]}]', '--episodes', '1', '--json']) == 0
    assert len(result(capsys)['mode_shares']) == 4


def test_a_composition_is_filmed(pushers, tmp_path):
    film = tmp_path / 'film.mp4'
    assert cli.main(['evaluate', f'[{pushers[0]}, {pushers[1]}]', '--task', 'pusher_corner',
                     '--option', 'horizon=10', '--episodes', '0', '--video', str(film)]) == 0
    assert imageio.get_reader(film).get_meta_data()['duration'] == pytest.approx(1.0, abs=0.2)


def test_a_composition_is_disturbed_like_any_policy(tmp_path, capsys):
    paths = [save_random(tmp_path, name, 'sawyer_reach', seed)
             for seed, name in enumerate(('one', 'two'))]
    scenario = tmp_path / 'mine.yaml'
    scenario.write_text('{events_per_episode: 1, settle_sec: 0, wait_sec: [0, 0.2], '
                        'events: {drag: {kind: pose, offset: 0.2}}}')
    assert cli.main(['evaluate', f'[{paths[0]}, {paths[1]}]', '--perturb', str(scenario),
                     '--option', 'horizon=20', '--episodes', '1', '--json']) == 0
    assert result(capsys)['perturbations']['drag']['events'] == 1


@pytest.mark.parametrize('words, says', [
    (['[{0}, {1}]'], '--task: got'), (['[{0}, {1}'], 'quote each'), (['[yes, {0}]'], 'quote what'),
    (['[{0}, {0}]'], 'each once'), (['[]'], 'empty'), (['[{0}, nobody]'], 'unknown policy'),
    (['[{0}, {1}]', '--weights', '0.5', '0.6'], 'sum to 1.1'),
    (['[{0}, {1}]', '--weights', '1.0'], '1 numbers for 2 policies'),
    (['[{0}, {1}]', '--weights', 'nan', '1'], 'numbers from 0'),
    (['[{0}, {1}]', '--temperature', '0'], '0.01 to 100'),
    (['[{0}, {1}]', '--task', 'multigoal'], 'the task shows it not at all'),
    (['[{0}, {1}]', '--task', 'nowhere'], 'pusher_corner'),
    (['[{0}, scripted]', '--task', 'pusher_corner'], 'unknown policy')])
def test_bad_words_are_one_line(pushers, capsys, words, says):
    assert cli.main(['evaluate', *(word.format(*pushers) for word in words)]) == 2
    error = capsys.readouterr().err
    assert error.startswith('softq: ') and error.count('\n') == 1 and says in error


def test_policies_of_gymnasium_environments_are_not_composed(tmp_path, capsys):
    save_bundle(tmp_path / 'one', bundle_of(GymnasiumTask('Pendulum-v1')))
    words = ['evaluate', str(tmp_path / 'one'), '--episodes', '1']
    assert cli.main([*words, '--json']) == 0 and 'weights' not in result(capsys)
    assert cli.main([*words, '--temperature', '0.5']) == 2
    assert 'accepted: one policy of a gymnasium environment, at 1' in capsys.readouterr().err
