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
"""Our own messages: commands, what became of them, transitions, episodes, weights."""
from array import array
import hashlib
from math import isfinite
import time
from typing import NamedTuple

import numpy as np

from softq_ros import msg as messages
from softq_ros.bridge.conversions import all_finite, doubles, floats, ns_to_time, time_to_ns
from softq_ros.errors import accepted, BundleError, MessageError
from softq_ros.policies.tensors import MOST_BYTES, parse, serialise
from softq_ros.records import EpisodeSummary, Executed, SOURCES, Transition


class WeightsMeta(NamedTuple):
    """What a weights message says of its weights; ``temperature`` in reward units."""

    run: str
    task: str
    algorithm: str
    version: int
    updates: int
    temperature: float


def command_message(action: np.ndarray, stamp: int, actor: str, boot_id: int, sequence: int,
                    episode: int, step: int, source: str) -> messages.Command:
    """Return the command that answers the observation of a stamp [ns]; ``action`` is ``(A,)``."""
    msg = messages.Command(actor=actor, boot_id=boot_id, sequence=sequence, episode=episode,
                           step=step, action=floats(action), source=source)
    ns_to_time(msg.header.stamp, stamp)
    return msg


def executed_message(executed: Executed, command: messages.Command) -> messages.Executed:
    """Return the gate's answer to a command; what was asked is copied as it came."""
    return messages.Executed(
        header=command.header, actor=command.actor, boot_id=command.boot_id,
        sequence=command.sequence, episode=command.episode, asked=command.action,
        action=floats(executed.action), command=doubles(executed.command),
        limited=executed.limited, holding=executed.holding, why=executed.why,
        source=command.source)


def message_to_executed(msg: messages.Executed) -> Executed:
    """
    Return what the gate made of a command; a hold of a robot not measured yet has no command.

    :raises MessageError: when what was executed is of two lengths or not finite.
    """
    asked, action = np.frombuffer(msg.asked, np.float32), np.frombuffer(msg.action, np.float32)
    command = np.frombuffer(msg.command, np.float64)
    fits = len(action) == len(command) or msg.holding and not len(command)
    if not (fits and all_finite(msg.action) and all_finite(msg.command)):
        raise MessageError(f'executed action {action.tolist()}, command {command.tolist()}; '
                           'accepted: finite numbers, as many of one as of the other')
    return Executed(asked, command, action, msg.limited, msg.holding, msg.why)


def transition_to_message(transition: Transition, task: str) -> messages.Transition:
    """Return a transition as it is sent; the sender fills in ``oldest``."""
    msg = messages.Transition(
        actor=transition.actor, boot_id=transition.boot_id, sequence=transition.sequence,
        oldest=transition.sequence, task=task, episode=transition.episode, step=transition.step,
        observation=floats(transition.observation), action=floats(transition.action),
        reward=float(transition.reward), discount=float(transition.discount),
        next_observation=floats(transition.next_observation), last=bool(transition.last),
        policy_version=transition.policy_version, source=transition.source)
    ns_to_time(msg.header.stamp, transition.stamp)
    return msg


def message_to_transition(msg: messages.Transition, observation_size: int,
                          action_size: int) -> Transition:
    """
    Return a transition that may be stored.

    :raises MessageError: a wrong size, a number not finite, an action outside [-1, 1], a discount
        outside [0, 1], no sequence number, an unknown source.
    """
    observation = _vector('observation', msg.observation, observation_size)
    following = _vector('next_observation', msg.next_observation, observation_size)
    action = _vector('action', msg.action, action_size)
    if max(map(abs, msg.action)) > 1.0:
        raise MessageError(f'action is {action.tolist()}; accepted: within [-1, 1]')
    if not isfinite(msg.reward):
        raise MessageError(f'reward is {msg.reward}; accepted: finite numbers')
    if not 0.0 <= msg.discount <= 1.0:
        raise MessageError(f'discount is {msg.discount}; accepted: 0 to 1')
    if msg.sequence < 1:
        raise MessageError(f'sequence is {msg.sequence}; accepted: 1, 2, 3 ...')
    if msg.source not in SOURCES:
        raise MessageError(f'source: {accepted(msg.source, SOURCES)}')
    return Transition(observation, action, msg.reward, msg.discount, following, msg.last,
                      time_to_ns(msg.header.stamp), msg.actor, msg.boot_id, msg.episode,
                      msg.step, msg.sequence, msg.policy_version, msg.source)


def _vector(what: str, values: array, size: int) -> np.ndarray:
    if len(values) != size:
        raise MessageError(f'{what} has {len(values)} components; accepted: {size}')
    vector = np.frombuffer(values, np.float32)
    if not all_finite(values):
        at = int(np.argmin(np.isfinite(vector)))
        raise MessageError(f'{what}[{at}] is {vector[at]}; accepted: finite numbers')
    return vector


def episode_to_message(summary: EpisodeSummary, actor: str, boot_id: int, task: str, stamp: int,
                       policy_version: int) -> messages.Episode:
    """Return one finished episode; ``stamp`` [ns] is that of its last answered observation."""
    msg = messages.Episode(
        actor=actor, boot_id=boot_id, task=task, episode=summary.episode, steps=summary.steps,
        reward_sum=float(summary.reward_sum), success=summary.success,
        success_ever=summary.success_ever,
        time_to_success_sec=float(summary.time_to_success_sec), recovery_time_sec=float('nan'),
        cause=summary.cause, limited=summary.limited, human=summary.human,
        policy_version=policy_version)
    ns_to_time(msg.header.stamp, stamp)
    return msg


def message_to_episode(msg: messages.Episode) -> EpisodeSummary:
    """
    Return the summary of an episode.

    :raises MessageError: when its sum of rewards is not finite.
    """
    if not isfinite(msg.reward_sum):
        raise MessageError(f'reward_sum is {msg.reward_sum}; accepted: finite numbers')
    return EpisodeSummary(msg.episode, msg.steps, msg.reward_sum, msg.success, msg.success_ever,
                          msg.time_to_success_sec, msg.cause, msg.limited, msg.human)


def weights_to_message(weights: dict[str, np.ndarray], *, run: str, task: str, algorithm: str,
                       version: int, updates: int, temperature: float) -> messages.PolicyWeights:
    """Return weights as safetensors bytes with their SHA-256, stamped with the wall time."""
    data = serialise(weights)
    msg = messages.PolicyWeights(
        run=run, task=task, algorithm=algorithm, version=version, updates=updates,
        temperature=float(temperature), digest=hashlib.sha256(data).hexdigest(),
        data=array('B', data))
    ns_to_time(msg.header.stamp, time.time_ns())
    return msg


def message_to_weights(msg: messages.PolicyWeights) -> tuple[dict[str, np.ndarray], WeightsMeta]:
    """
    Return float32 weights by name and what is said of them; size and digest are checked first.

    :raises MessageError: too large, damaged, not safetensors, a temperature that is none.
    """
    if len(msg.data) > MOST_BYTES:
        raise MessageError(f'weights of {len(msg.data)} bytes; accepted: {MOST_BYTES}')
    data = msg.data.tobytes()
    digest = hashlib.sha256(data).hexdigest()
    if msg.digest != digest:
        raise MessageError(f'weights with digest {digest}; accepted: {msg.digest!r}, as announced')
    if not (isfinite(msg.temperature) and msg.temperature >= 0.0):
        raise MessageError(f'temperature is {msg.temperature}; accepted: finite, at least 0')
    try:
        weights = parse(data)
    except BundleError as error:
        raise MessageError(f'weights: {error}') from error
    return weights, WeightsMeta(msg.run, msg.task, msg.algorithm, msg.version, msg.updates,
                                msg.temperature)
