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
"""What crosses comes back with its bits; what must not be stored or flown is refused whole."""
import hashlib
from dataclasses import replace
import math

from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest

from softq_ros.bridge.experience import (
    command_message, episode_to_message, executed_message, message_to_episode, message_to_executed,
    message_to_transition, message_to_weights, transition_to_message, weights_to_message)
from softq_ros.errors import MessageError
from softq_ros.msg import Transition as TransitionMessage
from softq_ros.policies.tensors import MOST_BYTES
from softq_ros.records import EpisodeSummary, Executed, Transition

ACTION = np.array([0.5, -1.0], np.float32)
WEIGHTS = {'sampler.0.weight': np.arange(6, dtype=np.float32).reshape(2, 3),
           'q.0.0.bias': np.array([1.5], np.float32)}


def transition(**changes) -> Transition:
    whole = Transition(np.array([1, 2, 3], np.float32), ACTION, 0.25, 0.0,
                       np.array([4, 5, 6], np.float32), True, 12_345_678_901, 'sim', 2**60 + 1, 7,
                       8, 9, 10, 'random')
    return whole._replace(**changes)


def weights_message(**changes):
    msg = weights_to_message(WEIGHTS, run='r', task='multigoal', algorithm='sql', version=3,
                             updates=40, temperature=0.5)
    for name, value in changes.items():
        setattr(msg, name, value)
    return msg


def test_a_command_carries_what_names_it():
    msg = command_message(ACTION, 12_345_678_901, 'sim', 5, 6, 7, 8, 'policy')
    assert (msg.header.stamp.sec, msg.header.stamp.nanosec) == (12, 345_678_901)
    assert (msg.actor, msg.boot_id, msg.sequence, msg.episode, msg.step) == ('sim', 5, 6, 7, 8)
    assert msg.action.tolist() == [0.5, -1.0] and msg.source == 'policy'


def test_the_answer_to_a_command_names_it_and_keeps_all_bits():
    command = command_message(ACTION, 12_345_678_901, 'sim', 5, 6, 7, 8, 'random')
    executed = Executed(ACTION, np.array([0.1, -0.3]), np.array([0.2, -0.9], np.float32), True,
                        False, 'range')
    msg = executed_message(executed, command)
    assert msg.header.stamp == command.header.stamp and msg.asked == command.action
    assert (msg.actor, msg.boot_id, msg.sequence, msg.episode, msg.source) == (
        'sim', 5, 6, 7, 'random')
    got = message_to_executed(msg)
    assert got.command.tobytes() == executed.command.tobytes()
    assert got.action.tobytes() == executed.action.tobytes()
    assert got.asked.tobytes() == ACTION.tobytes()
    assert (got.limited, got.holding, got.why) == (True, False, 'range')


@pytest.mark.parametrize('action, command', [
    ([0.0], [0.0, 0.0]), ([math.nan, 0.0], [0.0, 0.0]), ([0.0, 0.0], [math.inf, 0.0])])
def test_an_executed_action_of_two_lengths_or_not_finite_is_refused(action, command):
    msg = executed_message(Executed(ACTION, np.array(command), np.array(action, np.float32)),
                           command_message(ACTION, 0, 'sim', 1, 1, 0, 0, 'policy'))
    with pytest.raises(MessageError, match='finite numbers, as many'):
        message_to_executed(msg)


def test_a_hold_of_what_was_not_measured_yet_has_no_command():
    command = command_message(ACTION, 0, 'sim', 1, 1, 0, 0, 'policy')
    held = Executed(ACTION, np.zeros(0), np.zeros(2, np.float32), False, True, 'no observation')
    got = message_to_executed(executed_message(held, command))
    assert got.holding and not len(got.command) and got.why == 'no observation'
    with pytest.raises(MessageError, match='as many'):
        message_to_executed(executed_message(replace(held, holding=False), command))


def test_a_transition_comes_back_as_it_went():
    sent = transition()
    msg = transition_to_message(sent, 'multigoal')
    assert msg.task == 'multigoal' and msg.oldest == sent.sequence
    got = message_to_transition(msg, 3, 2)
    for name, value in sent._asdict().items():
        assert np.all(getattr(got, name) == value), name


@settings(max_examples=100)
@given(arrays(np.float32, 3, elements=st.floats(width=32, allow_nan=False, allow_infinity=False)),
       arrays(np.float32, 2, elements=st.floats(-1, 1, width=32)))
def test_every_finite_observation_and_action_keeps_its_bits(observation, action):
    sent = transition(observation=observation, action=action)
    got = message_to_transition(transition_to_message(sent, 'x'), 3, 2)
    assert got.observation.tobytes() == observation.tobytes()
    assert got.action.tobytes() == action.tobytes()
    assert got.observation.dtype == got.action.dtype == np.float32


@pytest.mark.parametrize('field', ['observation', 'action', 'next_observation'])
@pytest.mark.parametrize('bad', [math.nan, math.inf, -math.inf])
def test_a_component_that_is_not_finite_is_refused_by_name(field, bad):
    vector = getattr(transition(), field).copy()
    vector[1] = bad
    with pytest.raises(MessageError, match=rf'{field}\[1\] is .*finite'):
        message_to_transition(transition_to_message(transition(**{field: vector}), 'x'), 3, 2)


@pytest.mark.parametrize('sizes, match', [
    ((4, 2), 'observation has 3 components; accepted: 4'),
    ((3, 1), 'action has 2 components; accepted: 1')])
def test_another_size_is_refused_with_both(sizes, match):
    with pytest.raises(MessageError, match=match):
        message_to_transition(transition_to_message(transition(), 'x'), *sizes)


def test_a_next_observation_of_another_size_is_refused():
    msg = transition_to_message(transition(next_observation=np.zeros(2)), 'x')
    with pytest.raises(MessageError, match='next_observation has 2'):
        message_to_transition(msg, 3, 2)


@pytest.mark.parametrize('changes, match', [
    ({'reward': math.nan}, 'reward is nan'), ({'reward': math.inf}, 'reward is inf'),
    ({'discount': math.nan}, 'discount is nan'), ({'discount': -0.1}, 'discount is -0.1'),
    ({'discount': 1.5}, 'discount is 1.5; accepted: 0 to 1'),
    ({'sequence': 0}, 'sequence is 0'), ({'source': 'cat'}, "source: got 'cat'; .*human"),
    ({'action': np.array([0, -1.01], np.float32)}, r'within \[-1, 1\]')])
def test_what_must_not_be_learned_from_is_refused(changes, match):
    with pytest.raises(MessageError, match=match):
        message_to_transition(transition_to_message(transition(**changes), 'x'), 3, 2)


def test_an_empty_transition_is_refused():
    with pytest.raises(MessageError, match='observation has 0'):
        message_to_transition(TransitionMessage(), 3, 2)


def test_an_episode_comes_back_as_it_went():
    sent = EpisodeSummary(4, 30, -12.5, True, True, 1.5, 'terminal', 2)
    msg = episode_to_message(sent, 'sim', 5, 'multigoal', 9, 6)
    assert (msg.actor, msg.boot_id, msg.task, msg.policy_version) == ('sim', 5, 'multigoal', 6)
    assert math.isnan(msg.recovery_time_sec)
    assert message_to_episode(msg) == sent


def test_an_episode_without_success_has_no_time_to_it():
    sent = EpisodeSummary(4, 30, -12.5, False, False, math.nan, 'horizon')
    got = message_to_episode(episode_to_message(sent, 'sim', 5, 'multigoal', 9, 6))
    assert math.isnan(got.time_to_success_sec)


def test_an_episode_whose_return_is_no_number_is_refused():
    sent = EpisodeSummary(4, 30, math.nan, False, False, math.nan, 'horizon')
    with pytest.raises(MessageError, match='reward_sum'):
        message_to_episode(episode_to_message(sent, 'sim', 5, 'multigoal', 9, 6))


def test_weights_come_back_with_their_bits_and_what_is_said_of_them():
    weights, meta = message_to_weights(weights_message())
    assert weights.keys() == WEIGHTS.keys()
    for name, tensor in WEIGHTS.items():
        assert weights[name].tobytes() == tensor.tobytes()
        assert weights[name].shape == tensor.shape and weights[name].dtype == np.float32
    assert meta == ('r', 'multigoal', 'sql', 3, 40, 0.5)


def test_the_digest_of_weights_is_the_sha256_of_their_bytes():
    msg = weights_message()
    assert msg.digest == hashlib.sha256(bytes(msg.data)).hexdigest()


@pytest.mark.parametrize('at', [0, 8, 40, -1])
def test_one_flipped_bit_is_found(at):
    msg = weights_message()
    msg.data[at] ^= 1
    with pytest.raises(MessageError, match='digest'):
        message_to_weights(msg)


def test_weights_that_are_too_large_are_refused_before_they_are_read():
    msg = weights_message()
    msg.data.frombytes(bytes(MOST_BYTES))
    with pytest.raises(MessageError, match=f'accepted: {MOST_BYTES}'):
        message_to_weights(msg)


@pytest.mark.parametrize('data', [b'', b'\x80\x04N.', b'PK\x03\x04' + bytes(100)])
def test_what_is_not_safetensors_is_refused_although_its_digest_fits(data):
    msg = weights_message(data=data, digest=hashlib.sha256(data).hexdigest())
    with pytest.raises(MessageError, match='weights: not safetensors'):
        message_to_weights(msg)


@pytest.mark.parametrize('temperature', [math.nan, math.inf, -0.1])
def test_a_temperature_that_is_none_is_refused(temperature):
    with pytest.raises(MessageError, match='temperature'):
        message_to_weights(weights_message(temperature=temperature))


def test_weights_that_are_not_finite_are_refused():
    msg = weights_to_message({'q': np.array([np.nan], np.float32)}, run='r', task='t',
                             algorithm='sql', version=1, updates=1, temperature=1.0)
    with pytest.raises(MessageError, match='not finite'):
        message_to_weights(msg)
