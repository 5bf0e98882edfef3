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
"""A stream of made-up transitions for learners of the multi-goal problem."""
import numpy as np

from softq_ros.records import Transition
from softq_ros.training.learner import Learner


def transition(i: int) -> Transition:
    """Return the i-th of the stream, in episodes of ten."""
    rng = np.random.default_rng(i)
    return Transition(rng.normal(size=2).astype(np.float32),
                      rng.uniform(-1, 1, 2).astype(np.float32), -float(i % 7), 1.0,
                      rng.normal(size=2).astype(np.float32), last=i % 10 == 9, sequence=i + 1,
                      boot_id=1, actor='sim', episode=i // 10, step=i % 10)


def feed(learner: Learner, first: int, last: int) -> list[dict]:
    """Add transitions, make the updates they allow and return what they measured."""
    metrics = []
    for i in range(first, last):
        learner.add(transition(i))
        while learner.owed > 0:
            metrics.append(learner.update())
    return metrics
