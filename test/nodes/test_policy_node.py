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
"""The policy's parameters while it flies: switched between ticks, refused with the reason."""
from contextlib import contextmanager
import re
from test.support.bundles import save_random
from test.support.pilot import flying
import time

import pytest
import rclpy
from rclpy.parameter import Parameter

from softq_ros.errors import SoftqError
from softq_ros.learning.composed_actor import ComposedActor
from softq_ros.nodes.cockpit import Cockpit
from softq_ros.nodes.policy_node import PolicyNode


@contextmanager
def node_of(root, domain, **values):
    """Build the parameters' node with start-up values; yield what flies."""
    context, cockpit, node = rclpy.Context(), Cockpit(), None
    rclpy.init(context=context, domain_id=int(domain))
    try:
        node = PolicyNode(cockpit, context=context, parameter_overrides=[
            Parameter(name, value=value) for name, value in
            ({'task': 'multigoal', 'policies': str(root)} | values).items()])
        yield cockpit.flight
    finally:
        if node:
            node.destroy_node()
        context.shutdown()


def test_a_composition_flies_from_the_start(tmp_path, ros_environment):
    for seed, name in enumerate(('one', 'two')):
        save_random(tmp_path, name, 'multigoal', seed)
    with node_of(tmp_path, ros_environment, policy=['one', 'two'], weights=[0.25, 0.75],
                 temperature=0.5) as flight:
        assert flight.name == 'one + two' and isinstance(flight.actor, ComposedActor)
        assert flight.choice == (('one', 'two'), (0.25, 0.75), 0.5)
    with node_of(tmp_path, ros_environment) as flight:
        assert flight.name == 'learner' and flight.actor is None


@pytest.mark.parametrize('values, says', [
    ({'policy': True}, 'parameter policy: .*a string'), ({'policy': 'none'}, 'unknown policy'),
    ({'policy': ['one', 'one']}, 'each once'), ({'weights': [0.1]}, 'sum to 0.1'),
    ({'policy': ['one', 'two'], 'weights': [1.0]}, 'for 2 policies.*set weights to'),
    ({'temperature': 0}, '0.01 to 100'), ({'sampling': 'often'}, 'accepted: as_scored, best'),
    ({'paused': 'yes'}, 'accepted: false, true'), ({'blend': 1.0}, 'unknown parameter')])
def test_start_up_values_are_refused_with_the_fix(tmp_path, ros_environment, values, says):
    for seed, name in enumerate(('one', 'two')):
        save_random(tmp_path, name, 'multigoal', seed)
    with pytest.raises(SoftqError, match=says):
        with node_of(tmp_path, ros_environment, **values):
            pass


@pytest.fixture
def pilot(tmp_path, ros_environment):
    """Fly the point, with two good bundles and two bad ones at hand."""
    root = tmp_path / 'policies'
    for seed, (name, task) in enumerate((('one', 'multigoal'), ('two', 'multigoal'),
                                         ('arm', 'sawyer_reach'), ('torn', 'multigoal'))):
        save_random(root, name, task, seed)
    path = root / 'torn' / 'sampler.safetensors'
    path.write_bytes(path.read_bytes()[:-3])
    with flying(tmp_path, ros_environment, 'task:=multigoal', 'policy:=one') as one:
        one.root = root
        yield one


def test_what_came_of_an_episode_is_said(pilot, tmp_path):
    pilot.wait(lambda: len(pilot.episodes) > 1, 'two episodes')
    one = pilot.episodes[0]
    said = re.search(rf'episode {one.episode}: (.*), return (\S+), (\d+) steps, ended by (\w+)',
                     (tmp_path / 'play.log').read_text())
    assert said and (int(said[3]), said[4]) == (one.steps, one.cause)
    assert float(said[2]) == pytest.approx(one.reward_sum, abs=0.06)


def test_policies_are_switched_and_refused_while_it_flies(pilot):
    pilot.wait(lambda: pilot.status.policy == 'one' and pilot.status.sequence > 20, 'flight')
    assert pilot.set('policy', 'two') == (True, '')
    pilot.wait(lambda: pilot.status.policy == 'two', 'the switch')
    for value, says in (('missing', 'arm, one, torn, two'), ('torn', 'torn: .*digest'),
                        ('arm', 'arm: reads'), ('../one', 'arm, one'), (3, 'a string'),
                        (True, 'a string'), (['one', 'torn'], 'torn: .*digest'),
                        (['one', 'arm'], 'differs'), ('', 'empty'), ([1.0], 'a string')):
        accepted, reason = pilot.set('policy', value)
        assert not accepted and re.search(says, reason), (value, reason)
        assert '\n' not in reason
    before = pilot.status.sequence
    pilot.wait(lambda: pilot.status.sequence > before + 50, 'the old skill to fly on')
    assert pilot.status.policy == 'two'
    assert pilot.set('seed', 4)[0] is False
    assert pilot.set('sampling', 'best_of_32') == (True, '')
    assert 'stochastic' in pilot.set('sampling', 'sometimes')[1]
    pilot.wait(lambda: pilot.status.sampling == 'best_of_32', 'the mode')
    assert pilot.set('sampling', 'as_scored') == (True, '')
    pilot.wait(lambda: pilot.status.sampling == 'stochastic', 'that of multigoal')
    assert pilot.set('paused', True)[0]
    pilot.wait(lambda: pilot.status.state == 'paused', 'the pause')
    assert pilot.set('paused', False)[0]
    before = pilot.status.sequence
    pilot.wait(lambda: pilot.status.sequence > before + 20, 'the flight to go on')


def test_a_composition_flies_by_one_parameter_and_rolls_back(pilot):
    pilot.wait(lambda: pilot.status.policy == 'one' and pilot.status.sequence > 20, 'flight')
    assert pilot.roll_back() == (False, 'no policy flew before this one')
    assert pilot.set('policy', ['one', 'two']) == (True, '')
    pilot.wait(lambda: pilot.status.policy == 'one + two', 'the composition')
    status = pilot.status
    assert status.sources == [str(pilot.root / name) for name in ('one', 'two')]
    assert len(set(status.digests)) == 2 and all(len(d) == 64 for d in status.digests)
    assert abs(time.time() - status.since.sec) < 30 and not len(status.weights)
    for name, value, says in (
            ('weights', [0.5, 0.6], 'sum to 1.1'), ('weights', [1.0], '1 numbers for 2'),
            ('weights', 0.5, 'an array'), ('temperature', 0.0, '0.01 to 100'),
            ('temperature', 'hot', '0.01 to 100'), ('blend_sec', -1.0, '0 to 10'),
            ('paused', 'yes', 'true'), ('sampling', 1, 'stochastic')):
        accepted, reason = pilot.set(name, value)
        assert not accepted and says in reason, (name, value, reason)
    assert pilot.set('weights', [0.25, 0.75]) == (True, '')
    pilot.wait(lambda: list(pilot.status.weights) == [0.25, 0.75], 'the weights')
    assert pilot.set_at_once(temperature=2, blend_sec=0.5) == (True, '')
    pilot.wait(lambda: pilot.status.note == 'no bound: temperature 2 is above 1', 'the note')
    assert pilot.set('sampling', 'stochastic')[0]
    pilot.wait(lambda: 1.0 <= pilot.status.effective_sample_size <= 64.0
               and 0.0 <= pilot.status.acceptance <= 1.0, 'draws')
    assert pilot.roll_back() == (True, 'one + two flies')
    assert pilot.get('temperature') == 1.0 and list(pilot.get('weights')) == [0.25, 0.75]
    assert pilot.set_at_once(policy='two', weights=[], temperature=1.0) == (True, '')
    pilot.wait(lambda: pilot.status.policy == 'two', 'the single one')
    assert pilot.roll_back()[0] and pilot.get('policy') == ['one', 'two']
    pilot.wait(lambda: pilot.status.policy == 'one + two', 'the way back')


def test_what_rolls_back_flies_from_memory(pilot):
    pilot.wait(lambda: pilot.status.policy == 'one' and pilot.status.sequence > 5, 'flight')
    before = list(pilot.status.digests)
    assert pilot.set('policy', 'two') == (True, '')
    save_random(pilot.root, 'one', 'multigoal', 9)
    assert pilot.roll_back() == (True, 'one flies')
    pilot.wait(lambda: list(pilot.status.digests) == before, 'the old bits')
    assert pilot.set('policy', 'one') == (True, '')
    pilot.wait(lambda: list(pilot.status.digests) != before, 'the new bits of the same name')


def test_an_episode_begins_when_asked_for(pilot):
    pilot.wait(lambda: pilot.status.sequence > 20, 'flight')
    result = pilot.reset(seed=7)
    assert result.success
    pilot.wait(lambda: any(e.cause == 'stopped' for e in pilot.episodes), 'the end of the old one')
    stopped = next(e for e in pilot.episodes if e.cause == 'stopped')
    assert result.episode == stopped.episode + 1 and not stopped.success
    pilot.wait(lambda: pilot.status.episode > result.episode, 'the episodes to go on')
