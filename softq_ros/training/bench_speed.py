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
"""How long one action and one drawn batch take: wall times of this process."""
from collections.abc import Callable
import statistics
import time

import numpy as np
import torch

from softq_ros.learning.actor import Actor
from softq_ros.learning.composed_actor import ComposedActor, Constituent
from softq_ros.learning.replay import ReplayBuffer
from softq_ros.learning.settings import make_settings
from softq_ros.learning.sql import SoftQLearning
from softq_ros.records import Transition
from softq_ros.training.bench_learner import ACTION, OBSERVATION
from softq_ros.training.bench_rival import installed, rival_buffer

BATCH = 256


def _times(work: Callable, count: int) -> list[float]:
    found = []
    for _ in range(count):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return found


def act_latency(count: int = 5000) -> dict:
    """Return median and p99 [s] from observation to action, layers of 2 x 256; of two composed."""
    agent = SoftQLearning(OBSERVATION, ACTION, make_settings('sql', {'hidden': (256, 256)}), 0)
    actor, rng = Actor('sql', agent.weights(), agent.temperature), np.random.default_rng(0)
    observation = rng.standard_normal(OBSERVATION, np.float32)
    state, sampler = torch.from_numpy(observation).unsqueeze(0), agent.modules['sampler']
    with torch.inference_mode():
        others = _times(lambda: torch.tanh(sampler(state, agent.noise(1, 1))), count)
    times = _times(lambda: actor.act(observation, rng), count)
    both = ComposedActor([
        Constituent(Actor('sql', agent.weights(), agent.temperature), np.arange(OBSERVATION))
        for _ in range(2)], [0.5, 0.5], 1.0, OBSERVATION)
    composed = _times(lambda: both.act(observation, rng), count // 5)
    median, other = statistics.median(times), statistics.median(others)
    return {'rate': 1 / median, 'median_sec': median, 'p99_sec': float(np.percentile(times, 99)),
            'composed_median_sec': statistics.median(composed),
            'composed_p99_sec': float(np.percentile(composed, 99)),
            'torch_median_sec': other, 'ratio': other / median,
            'what': f'an action from {OBSERVATION} numbers by layers of 2 x 256'}


def replay_speed(rows: int = 1_000_000, count: int = 1000) -> dict:
    """Return median times [s] of storing a transition and of drawing 256 of a million."""
    replay, rng = ReplayBuffer(rows, OBSERVATION, ACTION), np.random.default_rng(0)
    one = Transition(np.ones(OBSERVATION, np.float32), np.ones(ACTION, np.float32), 0.0, 1.0,
                     np.ones(OBSERVATION, np.float32))
    added = statistics.median(_times(lambda: replay.add(one), rows))
    other = rival_buffer(rows, OBSERVATION, ACTION) if installed() else None
    drawn, drawn_there = [], []
    for _ in range(count):
        drawn += _times(lambda: replay.sample(BATCH, rng), 1)
        if other:
            drawn_there += _times(lambda: other.sample(BATCH), 1)
    median = statistics.median(drawn)
    result = {'rate': 1 / median, 'median_sec': median,
              'p99_sec': float(np.percentile(drawn, 99)), 'add_median_sec': added,
              'what': f'{BATCH} of {rows} transitions of {OBSERVATION} and {ACTION} numbers'}
    if other:
        there = statistics.median(drawn_there)
        result |= {'stable_baselines3_median_sec': there, 'ratio': there / median}
    return result
