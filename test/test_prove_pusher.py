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
"""The pusher's proof: what composition is measured against, and what its page says."""
from dataclasses import replace
import importlib
from pathlib import Path
from test.support.bundles import bundle_of
from types import SimpleNamespace

import numpy as np
import pytest

from softq_ros.policies.bundle import load_bundle, save_bundle
from softq_ros.records import Transition
from softq_ros.tasks.catalogue import load_task
from softq_ros.training.learner import Learner
from softq_ros.training.run import open_run
from softq_ros.training.settings import load_settings

PROVE = Path(__file__).resolve().parent / 'prove'


@pytest.fixture(name='pusher')
def import_pusher(monkeypatch):
    """Return the module of the proof."""
    monkeypatch.syspath_prepend(PROVE)
    return importlib.import_module('pusher')


@pytest.fixture(name='page')
def import_page(pusher):
    """Return the module of its page."""
    return importlib.import_module('pusher_page')


@pytest.fixture(name='pushing')
def import_pushing(pusher):
    """Return the module of its methods."""
    return importlib.import_module('support.pushing')


def one_q(bundle):
    """Return a bundle with the first of its twins, as DDPG has one Q."""
    return replace(bundle, weights={name: values for name, values in bundle.weights.items()
                                    if not name.startswith('q.1')})


def test_a_rival_climbs_the_sum_of_two_qs(pushing, tmp_path):
    task, rng = pushing.CORNER, np.random.default_rng(0)
    pair = [one_q(bundle_of(task, seed)) for seed in (0, 1)]
    states = [rng.normal(size=(50, 10)).astype(np.float32) for _ in pair]
    reached = []
    for updates in (1, 1000):
        save_bundle(tmp_path / str(updates), pushing.climbed(pair, task, states, 0, updates))
        actor = load_bundle(tmp_path / str(updates)).actor()
        reached.append(np.mean([actor.q(s, actor.act(s, rng, 'deterministic')[None])
                                for s in states[0]]))
    tried = rng.uniform(-1, 1, (200, 3)).astype(np.float32)
    best = np.mean([actor.q(s, tried).max() for s in states[0]])
    middle = np.mean([actor.q(s, tried).mean() for s in states[0]])
    assert actor.q(states[0][0], tried) == pytest.approx(sum(
        one.actor().q(states[0][0], tried) for one in pair), abs=1e-5)
    assert reached[0] < middle + 0.5 * (best - middle) < middle + 0.8 * (best - middle)
    assert reached[1] > middle + 0.8 * (best - middle)


def test_the_newest_qs_of_a_run_and_how_far_they_lie_from_their_mean(pushing, tmp_path):
    settings = load_settings('sql', 'pusher_x', {
        'hidden': [8, 8], 'warmup_steps': 20, 'batch_size': 8, 'svgd_states': 4, 'polyak': 0.01,
        'updates_per_step': 1.0})
    task = load_task('pusher_x')
    run = open_run(tmp_path, 'a', 'pusher_x', 'sql', 0, settings, options=task.options)
    learner, rng = Learner(task, settings, run), np.random.default_rng(0)
    for i in range(60):
        learner.add(Transition(rng.normal(size=10).astype(np.float32), np.zeros(3, np.float32),
                               float(i), 1.0, rng.normal(size=10).astype(np.float32),
                               sequence=i + 1, boot_id=1, actor='sim'))
        while learner.owed > 0:
            learner.update()
    learner.publish()
    learner.checkpoint()
    learner.close()
    newest, mean = pushing.newest_of(run.path), pushing.policy_of(run.path)
    moved = {name for name, values in mean.weights.items()
             if not np.array_equal(values, newest.weights[name])}
    assert moved == {name for name in mean.weights if name.startswith('q.')}
    state = rng.normal(size=10).astype(np.float32)
    tried = np.random.default_rng(0).uniform(-1, 1, (64, 3)).astype(np.float32)
    assert newest.actor().q(state, tried).mean() > mean.actor().q(state, tried).mean() + 0.1
    assert 0.0 < pushing.wander(run.path, 5) < 10.0


class Says:
    """A policy with one action."""

    def __init__(self, *action):
        self._action = np.array(action)

    def act(self, observation, rng, mode):
        return self._action


def test_averaged_actions_are_the_middle_of_two(pushing):
    both = pushing.Averaged([Says(1.0, 0.0, -1.0), Says(0.0, 0.5, -1.0)])
    assert both.act(None, None, 'stochastic').tolist() == [0.5, 0.25, -1.0]


def test_a_composition_is_tuned_once_and_over_other_starts(pushing, tmp_path, monkeypatch):
    asked = []
    distances = {(0.35, 1.0): 0.11, (0.5, 1.0): 0.09, (0.65, 1.0): 0.08, (0.65, 2.0): 0.07}

    def evaluate(mix, task, episodes, seed, sampling):
        asked.append((mix, episodes, seed))
        return SimpleNamespace(outcomes=[{'distance': distances.get(mix, 0.5)}])

    monkeypatch.setattr(pushing, 'evaluate', evaluate)
    monkeypatch.setattr(pushing, 'together', lambda runs, mix: mix)
    assert pushing.tuned([], tmp_path) == (0.65, 2.0)
    tried = [(0.35, 1.0), (0.5, 1.0), (0.65, 1.0), (0.65, 0.5), (0.65, 2.0), (0.65, 4.0)]
    assert asked == [(mix, 20, 100) for mix in tried]
    assert pushing.tuned([], tmp_path) == (0.65, 2.0) and len(asked) == 6


def scored(*distances: float) -> dict:
    return {'success_rate': 0.25, 'outcome': {'distance': float(np.mean(distances))},
            'episode': [{'distance': d, 'puck x': d - 0.8, 'puck y': -0.8} for d in distances]}


def test_verdicts_compare_the_seeds_that_both_have(page):
    rows = {name: page.row_of(found) for name, found in {
        'direct': {0: scored(0.05, 0.05, 0.05, 0.15), 2: scored(9.0)},
        'live': {0: scored(0.05, 0.05, 0.11, 0.11), 1: scored(0.0)},
        'live-sum': {0: scored(0.05, 0.05, 0.05, 0.05)}, 'x': {0: scored(0.05, 1.0, 1.0)},
        'y': {}}.items()}
    assert rows['direct'].success == [0.75, 0.0] and rows['direct'].held == [0.25, 0.25]
    # 0.9 x 0.75 and 1.25 x 0.075 m
    assert page.verdict('live', rows) == (
        '* composed live, average, seeds 0: success 0.500, at least 0.675: **missed**; '
        'distance [m] 0.080, at most 0.094: kept')
    assert '1.000, at least 0.675: kept' in page.verdict('live-sum', rows)
    assert 'success 0.333, at most 0.200: **missed**' in page.alone('x', rows)
    assert page.alone('y', rows) == '* pusher_y alone: missing'
    rows['direct'] = page.row_of({0: scored(9.0)})
    assert 'none to be held against' in page.verdict('live', rows)


def test_the_page_says_what_is_missing_and_shows_pucks_once_there_are_some(
        pusher, tmp_path, monkeypatch):
    monkeypatch.setattr(pusher, 'RUNS', tmp_path)
    monkeypatch.setattr(pusher, 'IMAGES', tmp_path / 'docs' / 'images')
    pages = []
    monkeypatch.setattr(pusher, 'publish', lambda *words: pages.append('\n'.join(words[3])))
    pusher.write(2)
    assert pages[0].count('| missing |') == len(pusher.METHODS) and 'pusher.png' not in pages[0]
    found = scored(0.05, 0.15)
    monkeypatch.setattr(pusher, 'score',
                        lambda name, seed: found if (name, seed) == ('live', 1) else None)
    pusher.write(2)
    assert '| composed live, average | 50.0% | s1 50% | 25.0% | 0.100 | 0.100 |' in pages[1]
    picture = tmp_path / 'docs' / 'images' / 'pusher.png'
    assert 'pusher.png' in pages[1] and picture.read_bytes().startswith(b'\x89PNG')
