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

import numpy as np
import pytest

from softq_ros.errors import BundleError, SoftqError
from softq_ros.learning.actor import Actor
from softq_ros.learning.composed_actor import ComposedActor, NarrowActor
from softq_ros.policies.canary import check_flies, check_weights, probes
from softq_ros.policies.composed import bound_note, columns_of, make_actor, task_for
from softq_ros.tasks.catalogue import load_task

TASK = load_task('sawyer_reach')
SPEC = TASK.observation_spec
ROWS = TASK.action_spec.to_list()
RNG = np.random.default_rng(0)


def change(bundle, **fields):
    return replace(bundle, manifest=replace(bundle.manifest, **fields))


def test_one_bundle_acts_by_its_own_sampler_and_two_are_composed():
    one, two = bundle_of(TASK, 0), bundle_of(TASK, 1)
    assert isinstance(make_actor({'one': one}, TASK), Actor)
    assert isinstance(make_actor({'one': one}, TASK, temperature=0.5), ComposedActor)
    whole = make_actor({'one': one, 'two': two}, TASK, [0.25, 0.75])
    observation, action = np.zeros(SPEC.size, np.float32), np.zeros((1, 7), np.float32)
    wanted = 0.25 * one.actor().q(observation, action) + 0.75 * two.actor().q(observation, action)
    assert whole.q(observation, action) == pytest.approx(wanted, abs=1e-5)


def test_a_bundle_reads_its_own_fields_by_name_and_in_order():
    rows = SPEC.to_list()
    few = bundle_of(TASK, 0, inputs=3)
    few = change(few, observation=[rows[1], rows[4], rows[5]])
    assert columns_of(few, SPEC).tolist() == [1, 4, 5]
    assert isinstance(make_actor({'few': few}, TASK), NarrowActor)
    assert isinstance(make_actor({'few': few, 'all': bundle_of(TASK, 1)}, TASK), ComposedActor)
    with pytest.raises(BundleError, match=f'few: reads {rows[1]["name"]} after'):
        make_actor({'few': change(few, observation=[rows[4], rows[1], rows[5]])}, TASK)
    odd = change(few, observation=[*rows[:2], {'name': 'smell', 'unit': 'rose'}])
    with pytest.raises(BundleError, match='reads smell in rose; the task shows it not at all'):
        make_actor({'few': odd}, TASK)


def test_a_bundle_of_another_task_says_how_that_is_launched():
    seen = bundle_of(load_task('sawyer_stack', {'observe_ik': True}))
    with pytest.raises(BundleError, match='learned task:=sawyer_stack options:="observe_ik=true"'):
        make_actor({'seen': seen}, load_task('sawyer_stack'))


@pytest.mark.parametrize('fields, says', [
    ({'discount': 0.5}, 'discount differs: 0.99 of one, 0.5 of two'),
    ({'control_rate': 7.0}, 'control_rate differs'), ({'action_scale': [1.0]}, 'action_scale'),
    ({'action': []}, 'action differs: right_j0 velocity, .*, right_j6 velocity of one, none'),
    ({'action': [*ROWS[:6], ROWS[6] | {'high': 2.0}]}, 'differs: {.*2.0} of two'),
    ({'action': [7]}, 'rows need name and unit')])
def test_bundles_that_differ_are_refused_naming_the_difference(fields, says):
    one = bundle_of(TASK, 0)
    with pytest.raises(SoftqError, match=says):
        make_actor({'one': one, 'two': change(one, **fields)}, TASK)


def test_a_bundle_alone_keeps_its_options_and_several_take_those_of_the_task_that_is_named():
    short = bundle_of(load_task('multigoal', {'horizon': 3}))
    for name in ('', 'multigoal'):
        assert task_for({'one': short}, name, {}).horizon == 3
        assert task_for({'one': short}, name, {'horizon': 7}).horizon == 7
    pair = {'one': short, 'two': bundle_of(load_task('multigoal'))}
    assert task_for(pair, 'multigoal', {}).horizon == 30
    assert task_for({'one': short}, 'minimaze', {}).name == 'minimaze'


def test_different_temperatures_are_taken_and_said():
    one, two = bundle_of(TASK, 0), change(bundle_of(TASK, 1), temperature=0.5)
    assert isinstance(make_actor({'one': one, 'two': two}, TASK), ComposedActor)
    assert bound_note([one, two], 1.0) == 'no bound: trained at the temperatures 1, 0.5'
    assert bound_note([one, one], 1.0) == bound_note([one, one], 0.5) == ''
    assert bound_note([one, one], 2.0) == 'no bound: temperature 2 is above 1'


def test_the_canary_lives_on_a_good_policy_and_on_what_was_seen():
    seen = [np.full(SPEC.size, i, np.float32) for i in range(20)]
    assert [int(o[0]) for o in probes(SPEC, seen, RNG)] == list(range(12, 20))
    unseen = probes(SPEC, [], RNG)
    assert len(unseen) == 8 and all((SPEC.low <= o).all() and (o <= SPEC.high).all()
                                    for o in unseen)
    check_flies(bundle_of(TASK, 0).actor(), unseen, TASK.contract.period_sec)


class Bad:
    """A policy that says and values what a test wants."""

    def __init__(self, word=0.0, value=0.0):
        self._word, self._value = word, value

    def act(self, observation, rng, mode):
        return np.full(7, self._word)

    def q(self, observation, actions):
        return np.array([self._value])


@pytest.mark.parametrize('bad, period, says', [
    (Bad(np.nan), 1.0, 'finite numbers'), (Bad(1.001), 1.0, 'within'),
    (Bad(value=np.inf), 1.0, 'Q of a stored'), (Bad(), 1e-9, 'half a control period')])
def test_the_canary_dies_of_a_bad_one(bad, period, says):
    with pytest.raises(BundleError, match=says):
        check_flies(bad, [np.zeros(SPEC.size)], period)


@pytest.mark.parametrize('value, says', [(1e30, 'reaches 1e.30'), (0.0, 'all zero')])
def test_weights_that_no_training_makes_are_refused(value, says):
    weights = bundle_of(TASK, 0).weights
    check_weights(weights)
    check_weights(weights | {'q.0.0.bias': np.zeros(3)})
    with pytest.raises(BundleError, match=says):
        check_weights(weights | {'sampler.0.weight': np.full((2, 2), value)})
