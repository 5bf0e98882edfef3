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
"""Small agents of every algorithm, the batches they learn from, states compared."""
import numpy as np

from softq_ros.learning.ddpg import Ddpg
from softq_ros.learning.droq import Droq
from softq_ros.learning.sac import SoftActorCritic
from softq_ros.learning.settings import make_settings
from softq_ros.learning.sql import SoftQLearning
from softq_ros.learning.td3 import Td3
from softq_ros.records import Batch

AGENTS = {'sql': SoftQLearning, 'sac': SoftActorCritic, 'td3': Td3, 'ddpg': Ddpg, 'droq': Droq}
SMALL = {'hidden': [16, 16], 'batch_size': 8}
O, A = 5, 4


def make(kind, seed=0):
    """Return an agent of a kind: name, settings beside the small ones."""
    name, values = kind
    return AGENTS[name](O, A, make_settings(name, SMALL | values), seed)


def batches(count, seed=0, size=8):
    """Return so many batches of made-up transitions."""
    rng = np.random.default_rng(seed)
    return [Batch(*(part.astype(np.float32) for part in (
        rng.normal(size=(size, O)), rng.uniform(-1, 1, (size, A)), rng.normal(size=size),
        rng.integers(0, 2, size), rng.normal(size=(size, O))))) for _ in range(count)]


def same(first, second):
    """Return whether two states are bit-equal."""
    assert first.keys() == second.keys()
    return all(np.array_equal(first[name], second[name]) for name in first)
