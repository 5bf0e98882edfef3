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
from dataclasses import replace
from test.support.bundles import bundle_of
from test.support.stream import make_run

import numpy as np
import pytest

from softq_ros.cli import main
from softq_ros.errors import BundleError, ConfigurationError, RunError
from softq_ros.learning.sac import SoftActorCritic
from softq_ros.learning.settings import make_settings
from softq_ros.policies.bundle import Bundle, load_bundle, Manifest, save_bundle
from softq_ros.policies.choice import Choice
from softq_ros.policies.composed import make_actor, task_for
from softq_ros.tasks.catalogue import load_task
from softq_ros.training.compose import compose, composed_q, mean_sampler, run_of
from softq_ros.training.stored import stored_states

TASK = load_task('multigoal')
SMALL = {'hidden': [16, 16]}
BOTH = Choice(('one', 'two'))


def test_the_run_of_a_bundle_is_found_by_its_identity(tmp_path):
    runs = [make_run(tmp_path, name, 1, TASK) for name in ('one', 'two')]
    bundle = bundle_of(TASK)
    trained = {'run': runs[1].identity}
    mine = replace(bundle, manifest=replace(bundle.manifest, trained=trained))
    assert run_of(mine, tmp_path) == runs[1].path
    with pytest.raises(RunError, match='--replay'):
        run_of(bundle, tmp_path)


@pytest.mark.parametrize('choice, alpha', [
    (BOTH, 0.35), (BOTH._replace(temperature=0.5), 0.175),
    (BOTH._replace(weights=(0.8, 0.2)), 0.26)])
def test_the_composed_bundle_has_the_energy_of_the_live_composition(choice, alpha, tmp_path):
    bundles = {'one': bundle_of(TASK, 0, temperature=0.2),
               'two': bundle_of(TASK, 1, temperature=0.5)}
    run = make_run(tmp_path, 'run', 20, TASK)
    made, report = compose(bundles, TASK, choice, [run.path], 3, 0, SMALL, 'a test')
    assert report['states'] == 20 and report['updates'] == 3
    save_bundle(tmp_path / 'made', made)
    loaded = load_bundle(tmp_path / 'made')
    assert loaded.manifest.temperature == pytest.approx(alpha)
    assert loaded.manifest.trained['replay'] == [run.identity]
    assert loaded.manifest.trained['composed'] == {n: b.digest for n, b in bundles.items()}
    live = make_actor(bundles, TASK, choice.weights, choice.temperature)
    rng = np.random.default_rng(0)
    observation = rng.normal(size=2).astype(np.float32)
    actions = rng.uniform(-1, 1, (20, 2)).astype(np.float32)
    assert loaded.actor().q(observation, actions) / loaded.manifest.temperature == pytest.approx(
        live.q(observation, actions), abs=1e-3)


def test_where_temperatures_agree_the_average_is_of_the_qs():
    bundles = [bundle_of(TASK, seed, temperature=0.3) for seed in (0, 1)]
    tensors, alpha = composed_q(bundles, TASK, BOTH)
    assert alpha == pytest.approx(0.3)
    quarters = [0.25 * bundle.weights[f'q.{twin}.2.weight'][0]
                for bundle in bundles for twin in (0, 1)]
    assert tensors['q.0.2.weight'][0] == pytest.approx(np.concatenate(quarters))


def test_distilling_climbs_the_composed_energy(tmp_path):
    bundles = {name: bundle_of(TASK, seed, temperature=0.1)
               for seed, name in enumerate(('one', 'two'))}
    run = make_run(tmp_path, 'run', 20, TASK)
    live, means = make_actor(bundles, TASK), []
    state = stored_states(run.path, TASK)[7]
    for updates in (1, 600):
        made, _ = compose(bundles, TASK, BOTH, [run.path], updates, 0,
                          SMALL | {'learning_rate': 3e-3}, '')
        drawn = made.actor().draw(state, 500, np.random.default_rng(0))
        means.append(live.q(state, drawn).mean())
    drawn = live.draw(state, 100, np.random.default_rng(0))
    wanted, spread = live.q(state, drawn).mean(), live.q(state, drawn).std()
    assert means[0] < means[1]
    assert abs(means[1] - wanted) < abs(means[0] - wanted) and abs(means[1] - wanted) < spread


def test_a_new_sampler_starts_as_the_mean_of_those_it_stands_for(tmp_path):
    bundles = {name: bundle_of(TASK, seed) for seed, name in enumerate(('one', 'two'))}
    run = make_run(tmp_path, 'run', 20, TASK)
    state = stored_states(run.path, TASK)[7]
    made, _ = compose(bundles, TASK, BOTH._replace(weights=(0.8, 0.2)), [run.path], 1, 0,
                      {'learning_rate': 1e-9}, '')
    one, two, both = (np.arctanh(bundle.actor().draw(state, 50, np.random.default_rng(0)))
                      for bundle in (*bundles.values(), made))
    assert both == pytest.approx(0.8 * one + 0.2 * two, abs=1e-3)
    given, _ = compose(bundles, TASK, BOTH, [run.path], 1, 0, SMALL, '')
    assert given.weights['sampler.0.bias'].shape == (16,)


def test_where_one_policy_has_no_such_sampler_a_new_one_starts_from_nothing(tmp_path):
    gaussian = SoftActorCritic(2, 2, make_settings('sac', {}), 0).weights()
    bundles = [bundle_of(TASK, 0), Bundle(Manifest.of(TASK, 'sac', 1.0, 0.99, {}), gaussian)]
    assert mean_sampler(bundles, TASK, BOTH) is None
    run = make_run(tmp_path, 'run', 20, TASK)
    made, _ = compose(dict(zip(('one', 'two'), bundles)), TASK, BOTH, [run.path], 1, 0, {}, '')
    assert made.weights['sampler.0.bias'].shape == (128,)


def test_the_verb_finds_the_runs_and_keeps_what_is_there(tmp_path, capsys):
    for seed, name in enumerate(('one', 'two')):
        bundle, run = bundle_of(TASK, seed), make_run(tmp_path / 'runs', name, 10, TASK)
        trained = {'run': run.identity}
        save_bundle(tmp_path / name, replace(
            bundle, manifest=replace(bundle.manifest, trained=trained)))
    words = ['compose', str(tmp_path / 'one'), str(tmp_path / 'two'), '--out',
             str(tmp_path / 'both'), '--runs', str(tmp_path / 'runs'), '--updates', '2', '--set',
             'hidden=[8,8]', '--weights', '0.25', '0.75']
    assert main([*words, '--json']) == 0
    assert '"states": 20' in capsys.readouterr().out
    trained = load_bundle(tmp_path / 'both').manifest.trained
    assert trained['weights'] == [0.25, 0.75] and trained['steps'] == 0
    for word in words:
        assert word == str(tmp_path / 'runs') or word == '--runs' or word in trained['command']
    assert main(words) == 2
    assert 'exists; accepted: a new directory' in capsys.readouterr().err


def test_what_cannot_be_composed_is_refused(tmp_path):
    one, two = bundle_of(TASK, 0), bundle_of(TASK, 1)
    run = make_run(tmp_path, 'run', 3, TASK).path

    def call(bundles=None, updates=1):
        return compose(bundles or {'one': one, 'two': two}, TASK, BOTH, [run], updates, 0,
                       SMALL, '')

    other = replace(two, manifest=replace(two.manifest, discount=0.5))
    with pytest.raises(BundleError, match='discount differs'):
        call({'one': one, 'two': other})
    with pytest.raises(ConfigurationError, match="device: got 'cuda'; accepted: 'cpu'"):
        compose({'one': one, 'two': two}, TASK, BOTH, [run], 1, 0, SMALL | {'device': 'cuda'}, '')
    for bad in ({'bundles': {'one': one}}, {'updates': 0}):
        with pytest.raises(ConfigurationError, match='accepted'):
            call(**bad)
    with pytest.raises(ConfigurationError, match='--task'):
        task_for({'one': one, 'arm': bundle_of(load_task('sawyer_reach'))}, '', {})
    assert task_for({'one': one}, '', {}).name == 'multigoal'
