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
"""A policy tries itself on stored observations before it may fly."""
import time

import numpy as np

from softq_ros.errors import BundleError
from softq_ros.learning.actor import Actor
from softq_ros.records import Spec

LARGEST_WEIGHT = 1e6  # our choice; trained ones stay below 100
MOST_OF_A_PERIOD = 0.5  # that one action may take
PROBES = 8  # observations that are tried


def check_weights(weights: dict[str, np.ndarray]) -> None:
    """
    Refuse weights that no training makes: huge ones, and layers of nothing but zeros.

    :raises BundleError: naming the tensor.
    """
    for name, tensor in weights.items():
        largest = float(np.abs(tensor).max(initial=0.0))
        if not largest <= LARGEST_WEIGHT:
            raise BundleError(f'tensor {name} reaches {largest:g}; accepted: up to '
                              f'{LARGEST_WEIGHT:g}')
        if name.endswith('.weight') and largest == 0:
            raise BundleError(f'tensor {name} is all zero: it says the same whatever it reads')


def probes(spec: Spec, seen: list[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """Return observations ``(O,)`` to try: those last seen; before any, some within the ranges."""
    if seen:
        return seen[-PROBES:]
    low = np.where(np.isfinite(spec.low), spec.low, -1.0)
    high = np.where(np.isfinite(spec.high), spec.high, 1.0)
    return list(rng.uniform(low, high, (PROBES, spec.size)).astype(np.float32))


def check_flies(actor: Actor, observations: list[np.ndarray], period_sec: float,
                sampling: str = 'stochastic') -> None:
    """
    Refuse a policy whose actions or Qs are not finite, leave [-1, 1], or take too long.

    :raises BundleError: saying what it did.
    """
    rng, times = np.random.default_rng(0), []
    for observation in observations:
        began = time.perf_counter()
        action = actor.act(observation, rng, sampling)
        times.append(time.perf_counter() - began)
        if not (np.isfinite(action).all() and (np.abs(action) <= 1).all()):
            raise BundleError(f'acts {action.tolist()} on a stored observation; accepted: finite '
                              'numbers within [-1, 1]')
        if not np.isfinite(actor.q(observation, action[np.newaxis])).all():
            raise BundleError('Q of a stored observation is not finite')
    # the quickest: what else runs while it is loaded is not its fault
    took, most = min(times), MOST_OF_A_PERIOD * period_sec
    if took > most:
        raise BundleError(f'an action takes {1e3 * took:.1f} ms here; accepted: {1e3 * most:.1f}, '
                          'half a control period')
