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
"""The command line: what is refused in one line, what fails aloud, what each bench prints."""
import json
import os
import subprocess
import sys
from xml.etree import ElementTree

import imageio.v2 as imageio
import pytest

from softq_ros import cli
from softq_ros.errors import LearningError, RunError
from softq_ros.learning import sql
from softq_ros.learning.actor import MODES
from softq_ros.paths import share
from softq_ros.policies.bundle import save_bundle
from softq_ros.tasks.catalogue import load_task
from softq_ros.training import bench_speed
from softq_ros.training.learner import Learner
from softq_ros.training.run import open_run, read_run, resume_run
from softq_ros.training.settings import load_settings


@pytest.fixture
def policy(tmp_path):
    """Write an untrained policy of the multi-goal problem and return its folder."""
    settings = load_settings('sql', 'multigoal', {'hidden': [16, 16]})
    run = open_run(tmp_path / 'runs', 'a', 'multigoal', 'sql', 0, settings)
    learner = Learner(load_task('multigoal'), settings, run)
    learner.publish()
    save_bundle(tmp_path / 'policy', learner.bundle())
    learner.close()
    return tmp_path / 'policy'


@pytest.mark.parametrize('words', [['train', '--steps', '600'], ['bench', 'learner']])
def test_a_gpu_that_is_not_there_is_refused_and_nothing_left(
        words, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr('torch.cuda.is_available', lambda: False)
    monkeypatch.chdir(tmp_path)
    assert cli.main([*words, '--set', 'device=cuda']) == 2
    assert "accepted: 'cpu'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('words, says', [
    (['train', '--task', 'Nowhere-v0'], 'Nowhere'),
    (['train', '--task', 'nowhere'], 'sawyer_stack'),
    (['train', '--steps', '0'], 'accepted: 1 or more'),
    (['train', '--resume', 'nowhere'], 'nowhere'),
    (['train', '--set', 'preset'], 'accepted: NAME=VALUE'),
    (['train', '--set', 'preset=[theirs'], 'accepted: a value as in YAML'),
    (['train', '--set', 'preset=theirs'], 'accepted: code, ours, paper'),
    (['train', '--set', 'pace=1'], "unknown setting of sql: got 'pace'"),
    (['train', '--set', 'device=tpu'], "device: got 'tpu'; accepted: cpu, cuda"),
    (['train', '--algorithm', 'sac', '--set', 'device=cuda'], 'unknown setting of sac'),
    (['bench', 'nothing'], 'lockstep'),
    (['plot', 'a', 'b', '--what', 'landscape', '--out', 'c.png'], 'accepted: one'),
    (['evaluate', 'sawyer_stack', '--perturb', 'rough'], 'accepted: bully, light, none'),
    (['robot', 'fly', 'ur5e'], 'check'),
    (['robot', 'check'], 'contract'),
])
def test_bad_words_are_one_line_and_leave_nothing(words, says, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith('softq: ') and error.count('\n') == 1 and says in error
    assert list(tmp_path.iterdir()) == []


def test_a_setting_given_by_hand_is_recorded_with_the_command(tmp_path, capsys):
    words = ['--set', 'preset=code', '--set', 'hidden=[8, 8]', '--set', 'warmup_steps=10']
    run = tmp_path / 'a'
    assert cli.main(['train', '--task', 'multigoal', '--steps', '12', '--no-curve', '--run',
                     str(run), *words]) == 0
    made = read_run(run)
    assert (made.settings.preset, made.settings.hidden) == ('code', (8, 8))
    assert "--set preset=code --set 'hidden=[8, 8]'" in made.facts['command']
    assert cli.main(['train', '--resume', str(run), *words]) == 2
    assert 'goes on as it was made' in capsys.readouterr().err


def test_an_option_of_the_task_stays_with_run_and_policy(tmp_path, capsys):
    run = tmp_path / 'a'
    assert cli.main(['train', '--task', 'multigoal', '--steps', '12', '--no-curve', '--run',
                     str(run), '--option', 'horizon=3', '--set', 'warmup_steps=10']) == 0
    made = read_run(run)
    assert made.facts['options']['horizon'] == 3
    assert '--option horizon=3' in made.facts['command']
    assert cli.main(['train', '--resume', str(run), '--steps', '20', '--no-curve']) == 0
    words = ['evaluate', str(run / 'policy'), '--episodes', '2', '--json']
    for more, length in (([], 3.0), (['--option', 'horizon=1'], 1.0)):
        assert cli.main([*words, *more]) == 0
        assert json.loads(capsys.readouterr().out.splitlines()[-1])['length_mean'] == length
    for bad in ('horizon=0', 'horizn=2', 'horizon', 'horizon=[', 'robot=nobody'):
        assert cli.main([*words, '--option', bad]) == 2
        assert 'accepted: ' in capsys.readouterr().err


def test_a_run_is_not_resumed_with_another_option(tmp_path):
    run = open_run(tmp_path, 'a', 'multigoal', 'sql', 0, load_settings('sql', 'multigoal', {}),
                   options=load_task('multigoal').options)
    with pytest.raises(RunError, match='option horizon 30, asked for 3; accepted: 30'):
        resume_run(run.path, {'options': load_task('multigoal', {'horizon': 3}).options})


@pytest.mark.parametrize('error, patched', [
    (OSError(28, 'No space left on device'), (Learner, 'checkpoint')),
    (LearningError('loss is nan'), (sql.SoftQLearning, 'update'))])
def test_a_training_that_fails_exits_with_2_and_says_why(error, patched, capsys, tmp_path,
                                                         monkeypatch):
    def fail(*_):
        raise error

    monkeypatch.setattr(*patched, fail)
    assert cli.main(['train', '--task', 'multigoal', '--steps', '1010', '--no-curve', '--runs',
                     str(tmp_path)]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == f'softq: {error}'


def test_a_landscape_is_drawn_of_a_policy(policy, tmp_path, capsys):
    out = tmp_path / 'landscape.png'
    assert cli.main(['plot', str(policy), '--what', 'landscape', '--out', str(out)]) == 0
    assert out.read_bytes().startswith(b'\x89PNG') and 'policy' in capsys.readouterr().out


def test_the_benches_of_one_process_print_their_keys(capsys, monkeypatch):
    act, replay = bench_speed.act_latency, bench_speed.replay_speed
    monkeypatch.setattr(bench_speed, 'act_latency', lambda: act(20))
    monkeypatch.setattr(bench_speed, 'replay_speed', lambda: replay(1000, 20))
    for words in (['act'], ['replay'], ['learner', '--set', 'batch_size=16', '--rounds', '1']):
        assert cli.main(['bench', *words, '--json']) == 0
        result = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert result['rate'] == pytest.approx(1 / result['median_sec'])
        assert result['what']


def test_the_robots_that_ship_are_listed_and_hold(capsys):
    assert cli.main(['list', 'robots', '--json']) == 0
    robots = json.loads(capsys.readouterr().out)['robots']
    assert {'generic_ros2_control', 'moveit_servo', 'sawyer', 'sim_sawyer', 'ur5e'} <= set(robots)
    for robot in robots:
        assert cli.main(['robot', 'check', robot]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert all(line.startswith('ok  ') for line in lines)
        assert lines[0].startswith(f'ok  contract: {robot}, ')


def test_a_contract_that_does_not_hold_is_answered_with_its_field(tmp_path, capsys):
    path = tmp_path / 'arm.yaml'
    text = share('config', 'robots', 'ur5e.yaml').read_text()
    path.write_text(text.replace('ramp_sec: 0.5', 'ramp_sec: 0'))
    assert cli.main(['robot', 'check', str(path)]) == 2
    assert capsys.readouterr().out.startswith('no  contract: arm.yaml: ramp_sec: got 0; accepted')
    assert cli.main(['robot', 'check', str(path), '--json']) == 2
    found = json.loads(capsys.readouterr().out)
    assert found['ok'] is False and found['robot'] == str(path)
    assert [check['ok'] for check in found['checks']] == [False]


def test_a_live_check_without_ros_is_refused_in_one_line(tmp_path, monkeypatch, capsys):
    (tmp_path / 'rclpy.py').write_text('raise ImportError("no rclpy here")')
    monkeypatch.setenv('PYTHONPATH', str(tmp_path))
    assert cli.main(['robot', 'check', 'ur5e', '--live']) == 2
    error = capsys.readouterr().err
    assert error == ('softq: --live: ImportError: no rclpy here; accepted: an environment with '
                     'ROS 2\n')


def test_recoveries_stand_beside_the_score(tmp_path, capsys):
    scenario = tmp_path / 'mine.yaml'
    scenario.write_text('{events_per_episode: 1, settle_sec: 0, wait_sec: [0, 0.2], '
                        'events: {drag: {kind: pose, offset: 0.2}}}')
    words = ['sawyer_stack', '--perturb', str(scenario), '--episodes', '1', '--json']
    assert cli.main(['evaluate', *words]) == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {'success_rate', 'recovery_rate', 'recovery_time_sec', 'perturbations'} <= set(report)
    assert (report['recovery_worst'], report['perturbations']['drag']['events']) == ('drag', 1)
    assert report['episodes'] == 1 and report['perturb'] == 'mine'


def test_a_robot_without_a_tool_is_not_disturbed(policy, capsys):
    assert cli.main(['evaluate', str(policy), '--perturb', 'light']) == 2
    assert 'multigoal; accepted: none' in capsys.readouterr().err


def test_the_scripted_controller_is_scored_where_there_is_one(capsys):
    words = ['evaluate', 'scripted', '--episodes', '2', '--json']
    assert cli.main([*words, '--task', 'sawyer_stack']) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result['success_rate'] == 1.0 and result['sampling'] == 'scripted'
    assert cli.main([*words, '--task', 'multigoal']) == 2
    assert 'multigoal: no scripted controller' in capsys.readouterr().err


def test_every_way_of_drawing_actions_can_be_asked_for(capsys):
    with pytest.raises(SystemExit):
        cli.main(['evaluate', '--help'])
    assert f'--sampling {{{",".join(MODES)}}}' in capsys.readouterr().out
    for name in ('evaluate', 'play'):
        words = ElementTree.parse(share('launch', f'{name}.launch.xml'))
        found = [one.get('value') for one in words.findall('arg[@name="sampling"]/choice')]
        assert found == ['as_scored', *MODES]


def test_a_film_alone_needs_no_episodes(tmp_path, capsys):
    film = tmp_path / 'film.mp4'
    words = ['evaluate', 'scripted', '--option', 'horizon=10', '--episodes', '0']
    assert cli.main(words) == 2
    assert '--episodes: got 0; accepted: 1 or more' in capsys.readouterr().err
    assert cli.main([*words, '--video', str(film), '--json']) == 0
    assert 'success_rate' not in json.loads(capsys.readouterr().out.splitlines()[-1])
    assert imageio.get_reader(film).get_meta_data()['duration'] == pytest.approx(1.0, abs=0.2)


@pytest.mark.parametrize('module, chosen, found', [
    ('softq_ros.cli', '', '1'), ('softq_ros.nodes', '', '1'), ('softq_ros.cli', '2', '2')])
def test_products_take_one_thread_unless_somebody_chose(module, chosen, found):
    environment = {name: value for name, value in os.environ.items() if name != 'OMP_NUM_THREADS'}
    script = (f'import os, {module}, numpy; '
              'print(os.environ["OMP_NUM_THREADS"], len(os.listdir("/proc/self/task")))')
    done = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True,
                          env=environment | ({'OMP_NUM_THREADS': chosen} if chosen else {}))
    asked, threads = done.stdout.split()
    assert asked == found and (int(threads) == 1 or chosen)
