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
"""A run told whole: what ended it, which weights it keeps, and that its parts add up."""
from dataclasses import replace
import json
import time

import numpy as np
import pytest

from softq_ros.errors import RunError
from softq_ros.policies.bundle import Bundle, load_bundle, Manifest
from softq_ros.records import EpisodeSummary
from softq_ros.tasks.catalogue import load_task
from softq_ros.training import examiner as examiner_module
from softq_ros.training import report as report_module
from softq_ros.training import story as story_module
from softq_ros.training import video
from softq_ros.training.evaluation import Evaluation
from softq_ros.training.examiner import Examiner
from softq_ros.training.learner import Learner
from softq_ros.training.loop import Training
from softq_ros.training.metrics import read_rows
from softq_ros.training.panel import Progress
from softq_ros.training.run import open_run, resume_run
from softq_ros.training.settings import load_settings
from softq_ros.training.story import Story

TASK = load_task('multigoal')
SETTINGS = load_settings('sql', 'multigoal', {
    'hidden': [16, 16], 'warmup_steps': 20, 'replay_capacity': 1000,
    'updates_per_step': 1, 'batch_size': 4,
    'evaluate_every': 45, 'steps': 90})


def summary(success: bool) -> EpisodeSummary:
    """Return an episode of three steps."""
    return EpisodeSummary(0, 3, -1.0, success, success, 0.1, 'terminal')


@pytest.fixture
def scores(monkeypatch):
    """Let every evaluation give the share of successes that the test sets."""
    rate = {'now': 0.0}

    def evaluate(actor, task, episodes, seed, block='test', first=0, sampling='stochastic',
                 stopped=lambda: False) -> Evaluation:
        good = round(episodes * rate['now'])
        return Evaluation([summary(i < good) for i in range(episodes)], [None] * episodes, (),
                          sampling, seed)

    monkeypatch.setattr(examiner_module, 'evaluate', evaluate)
    monkeypatch.setattr(report_module, 'evaluate', evaluate)
    monkeypatch.setattr(video, 'film', lambda *_, **__: None)
    return rate


@pytest.fixture
def clock(monkeypatch):
    """Let the story's clock stand still until the test moves it [s]."""
    class Clock:
        now = 1000.0

        def monotonic(self) -> float:
            return self.now

        def process_time(self) -> float:
            return 0.0

    clock = Clock()
    monkeypatch.setattr(story_module, 'time', clock)
    return clock


def layers(prefix: str, inputs: int, outputs: int, value: float) -> dict:
    """Return a network of one hidden unit."""
    return {f'{prefix}.0.weight': np.full((1, inputs), value, np.float32),
            f'{prefix}.0.bias': np.zeros(1, np.float32),
            f'{prefix}.1.weight': np.full((outputs, 1), value, np.float32),
            f'{prefix}.1.bias': np.zeros(outputs, np.float32)}


def bundle(value: float) -> Bundle:
    """Return a policy that one number tells apart."""
    return Bundle(Manifest.of(TASK, 'sql', 1.0, 0.99, {'updates': 3}),
                  layers('sampler', 4, 2, value) | layers('q.0', 4, 1, value))


def test_the_examiner_keeps_the_weights_that_passed(tmp_path, scores):
    examiner = Examiner(TASK, tmp_path, 0, 100)
    assert examiner.headline == 'not yet'
    assert not examiner.examine(100, bundle(1.0), 5.0) and examiner.passed is None
    scores['now'] = 0.95
    assert examiner.examine(200, bundle(2.0), 6.0)
    scores['now'] = 0.7
    assert examiner.examine(300, bundle(3.0), 7.0)
    kept = load_bundle(tmp_path / 'reached')
    assert kept.weights['sampler.0.weight'][0, 0] == 2.0
    assert kept.manifest.trained['steps'] == 200 and kept.manifest.scored['success_rate'] == 0.95


def test_an_examiner_that_goes_on_knows_what_was_reached(tmp_path, scores):
    scores['now'] = 0.95
    Examiner(TASK, tmp_path, 0, 100).examine(200, bundle(2.0), 6.0)
    again = Examiner(TASK, tmp_path, 0, 100, after=250)
    assert again.criterion.reached == 200 and again.headline == '96% at step 200'  # 48 of 50
    assert again.passed.weights['q.0.0.weight'][0, 0] == 2.0
    assert not again.due(299) and again.due(300)


def trained(folder, run=None, until='reached') -> tuple[Training, Learner]:
    """Train until the end."""
    run = run or open_run(folder, 'a', 'multigoal', 'sql', 0, SETTINGS, command='first')
    learner = Learner(TASK, run.settings, run)
    training = Training(TASK, run, learner, until)
    training.run(None)
    training.report()
    learner.close()
    return training, learner


def test_the_policy_of_a_run_that_reached_it_is_what_passed(tmp_path, scores):
    scores['now'] = 1.0
    _, learner = trained(tmp_path)
    run = tmp_path / 'a'
    scored = load_bundle(run / 'policy').manifest.scored
    assert (scored['block'], scored['success_rate'], scored['episodes']) == ('test', 1.0, 100)
    policy, passed = load_bundle(run / 'policy'), load_bundle(run / 'reached')
    assert learner.updates == 25 and policy.manifest.trained['updates'] == 20
    assert policy.manifest.trained['steps'] == 45
    assert policy.manifest.trained == passed.manifest.trained
    assert all(np.array_equal(policy.weights[n], passed.weights[n]) for n in passed.weights)
    assert 'The weights of step 45, which passed' in (run / 'summary.md').read_text()
    newest = max(run.glob('checkpoints/checkpoint-*'))
    assert newest.name.endswith('25')  # the learner itself goes on from its own last state


def test_a_run_that_reached_it_ends_at_once_when_resumed(tmp_path, scores):
    scores['now'] = 1.0
    trained(tmp_path)
    scores['now'] = 0.0
    _, learner = trained(tmp_path, resume_run(tmp_path / 'a', {}))
    assert learner.steps == 45
    assert load_bundle(tmp_path / 'a' / 'policy').manifest.trained['updates'] == 20
    _, learner = trained(tmp_path, resume_run(tmp_path / 'a', {}), 'budget')
    assert learner.steps == 90
    text = (tmp_path / 'a' / 'summary.md').read_text()
    assert '\nLast weights on' in text and '(45 steps;' in text and 'because | budget' in text
    assert load_bundle(tmp_path / 'a' / 'policy').manifest.trained['steps'] == 90


def test_the_parts_of_a_run_add_up(tmp_path, scores, clock):
    run = open_run(tmp_path, 'a', 'multigoal', 'sql', 0, replace(SETTINGS, steps=50))
    learner = Learner(TASK, run.settings, run)
    first = Training(TASK, run, learner)
    first._progress.steps = 17
    first._progress.saw(summary(True))
    clock.now += 60.0
    first.run(None)
    learner.close()
    episodes = first._progress.episodes
    clock.now += 5000.0  # nobody trains
    training, _ = trained(tmp_path, resume_run(run.path, {}, 90))
    clock.now += 30.0
    assert training._story.wall_sec == pytest.approx(90.0)
    assert training._progress.first_success_step == 17
    assert training._progress.episodes > episodes > 1
    rows = read_rows(run.path / 'evaluations.csv')
    assert [(row['step'], float(row['wall_sec'])) for row in rows] == [('45', 60.0), ('90', 60.0)]
    text = (run.path / 'summary.md').read_text()
    assert 'wall clock | 1.0 min' in text and '(17 steps;' in text


def test_a_story_is_kept_every_five_seconds_and_at_once(tmp_path, clock):
    story = Story(tmp_path, Progress())
    story.keep()
    assert not (tmp_path / 'story.json').exists()
    clock.now += 5.0
    story.keep()
    clock.now += 1.0
    story.keep()
    assert json.loads((tmp_path / 'story.json').read_text())['wall_sec'] == 5.0
    story.keep(at_once=True)
    assert json.loads((tmp_path / 'story.json').read_text())['wall_sec'] == 6.0


@pytest.mark.parametrize('data', [b'', b'\xff', b'[]', b'{"wall_sec": "long"}'])
def test_a_broken_story_is_refused_in_one_line(tmp_path, data):
    (tmp_path / 'story.json').write_bytes(data)
    with pytest.raises(RunError, match='story.json') as refused:
        Story(tmp_path, Progress())
    assert '\n' not in str(refused.value)


def test_the_first_success_is_dated_without_a_panel(tmp_path, scores, monkeypatch):
    monkeypatch.setattr('softq_ros.training.interaction.SuccessClock.ever', True)
    training, _ = trained(tmp_path)
    assert 0 < training._progress.first_success_step <= 30


def test_the_first_success_is_dated_by_the_later_of_two_counts():
    late, resumed = Progress(), Progress(steps=5000)
    for one in (False, True):  # episodes are over before anybody says how many steps there were
        late.saw(summary(one))
        resumed.saw(summary(one))  # what was before is not counted in episodes
    assert late.first_success_step == 2 * summary(True).steps > 0
    assert resumed.first_success_step == 5000


def test_processor_time_adds_up_without_what_was_put_aside(tmp_path, monkeypatch):
    spent = [100.0]
    monkeypatch.setattr(time, 'process_time', lambda: spent[0])
    story = Story(tmp_path, Progress())
    spent[0] += 3.0
    with story.aside():
        spent[0] += 50.0
    spent[0] += 4.0
    story.keep(at_once=True)
    spent[0] = 1.0  # of the next process
    story = Story(tmp_path, Progress())
    spent[0] += 2.0
    assert story.cpu_sec == pytest.approx(9.0)
