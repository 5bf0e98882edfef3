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
"""
Several policies that act as one, without training: the live side of :mod:`composition`.

Letters: O observation, A action, N constituents, M particles, K candidates.
"""

import numpy as np

from softq_ros.errors import accepted, BundleError
from softq_ros.learning.actor import Actor, DRAWS, MEAN_OF, MODES, ZERO
from softq_ros.learning.composition import (
    CANDIDATES, composed_energy, effective_sample_size, importance_weights, langevin,
    particle_spread, PARTICLES, propose)

NEAREST = 1.0 - 1e-7  # to a bound, of a particle whose u is asked for


class MeanQ:
    """
    The mean of one or two Qs, and its gradient in the action, for one observation at a time.

    Not the smaller: that one doubts what its policy has seldom seen, and a composition goes where
    none of its policies went alone.

    :param qs: layers of each, as :class:`Actor` keeps them.
    :param size: O
    """

    def __init__(self, qs: list[list[tuple[np.ndarray, np.ndarray]]], size: int) -> None:
        """Split the first layers into what reads the observation and what reads the action."""
        self._qs = [([np.ascontiguousarray(q[0][0][size:]), *(weight for weight, _ in q[1:-1])],
                     [bias for _, bias in q[1:-1]], q[-1][0][:, 0].copy(), float(q[-1][1][0]))
                    for q in qs]
        self._first = [(q[0][0][:size], q[0][1]) for q in qs]
        self._embedded: list[np.ndarray] = []

    def look(self, observation: np.ndarray) -> None:
        """Hold an observation ``(O,)``."""
        self._embedded = [observation @ weight + bias for weight, bias in self._first]

    @staticmethod
    def _hidden(weights: list, biases: list, x: np.ndarray) -> list[np.ndarray]:
        """Return the activations of the hidden layers, ``(F,)`` or ``(K, F)`` each."""
        hidden = []
        for weight, bias in zip(weights, biases):
            x = x.dot(weight)
            x += bias
            hidden.append(np.maximum(x, ZERO, out=x))
        return hidden

    def value(self, actions: np.ndarray) -> np.ndarray:
        """Return Q of actions ``(K, A)`` float32, ``(K,)``."""
        values = [self._hidden(weights, [embedded, *biases], actions)[-1].dot(last) + shift
                  for (weights, biases, last, shift), embedded in zip(self._qs, self._embedded)]
        return sum(values) / len(values)

    def value_and_slope(self, action: np.ndarray) -> tuple[float, np.ndarray]:
        """Return Q and its gradient ``(A,)`` at an action ``(A,)`` float32."""
        values, slopes = [], []
        for (weights, biases, slope, shift), embedded in zip(self._qs, self._embedded):
            hidden = self._hidden(weights, [embedded, *biases], action)
            values.append(float(hidden[-1].dot(slope)) + shift)
            for weight, x in zip(reversed(weights), reversed(hidden)):
                slope = weight.dot(slope * (x > ZERO))
            slopes.append(slope)
        return sum(values) / len(values), sum(slopes) / len(slopes)


class NarrowActor:
    """
    A policy that reads a part of what the task shows; has the interface of :class:`Actor`.

    :param columns: where its observation stands in that of the task, in its own order.
    """

    source = 'policy'  # of its transitions

    def __init__(self, actor: Actor, columns: np.ndarray, observation_size: int) -> None:
        """Keep the actor."""
        self._actor, self._columns = actor, columns
        self.algorithm, self.temperature = actor.algorithm, actor.temperature
        self.observation_size, self.action_size = observation_size, actor.action_size

    def act(self, observation: np.ndarray, rng: np.random.Generator,
            mode: str = 'stochastic') -> np.ndarray:
        """Return one action ``(A,)`` float32 for one observation ``(O,)``."""
        return self._actor.act(observation[self._columns], rng, mode)

    def draw(self, observation: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        """Draw actions ``(K, A)`` for one observation ``(O,)``."""
        return self._actor.draw(observation[self._columns], count, rng)

    def q(self, observation: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """Return Q, ``(K,)``, for one observation and actions ``(K, A)``."""
        return self._actor.q(observation[self._columns], actions)


class Constituent:
    """
    One policy of a composition.

    :param columns: where its observation stands in that of the task, in its own order.
    :raises BundleError: for a policy without temperature: it has no Boltzmann law to compose.
    """

    def __init__(self, actor: Actor, columns: np.ndarray) -> None:
        """Keep the actor ready."""
        if not actor.temperature > 0:
            raise BundleError(f'temperature {actor.temperature} of a {actor.algorithm} policy; '
                              'accepted: one above 0, as sql and sac policies have')
        self.actor, self.temperature, self._columns = actor, actor.temperature, columns
        self._q = MeanQ(actor.q_layers, actor.observation_size)
        self.value, self.value_and_slope = self._q.value, self._q.value_and_slope

    def look(self, observation: np.ndarray) -> None:
        """Hold its part of an observation ``(O,)`` of the task."""
        self._seen = observation[self._columns]
        self._q.look(self._seen)

    def particles(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Draw from its own sampler, ``(M, A)`` in u."""
        drawn = self.actor.draw(self._seen, count, rng).astype(np.float64)
        return np.arctanh(drawn.clip(-NEAREST, NEAREST))


class ComposedActor:
    """
    Acts by exp(E) of several policies; has the interface of :class:`Actor`.

    ``stochastic`` is a draw; ``best_of_32`` the candidate with the largest E of the 64 a draw
    begins with, ``best_of_128`` of 256, ``mean_of_128`` their mean under exp(2 E), the law at half
    the temperature; ``deterministic`` the best of 64 from a generator that
    always starts alike. With one constituent it is that policy at another temperature. ``q`` is E,
    so that ``temperature``, what ``q`` is divided by, is 1.

    :param weights: of the constituents, ``(N,)``
    :param sharpening: T of :func:`composed_energy`, a factor on the temperatures of training.
    :param observation_size: of the task.
    """

    algorithm, temperature, source = 'composed', 1.0, 'composed'

    def __init__(self, constituents: list[Constituent], weights: np.ndarray, sharpening: float,
                 observation_size: int) -> None:
        """Start with nothing drawn."""
        self._constituents, self._sharpening = constituents, sharpening
        self._weights = np.asarray(weights, np.float64)
        self._alphas = np.array([one.temperature for one in constituents])
        self.observation_size = observation_size
        self.action_size = constituents[0].actor.action_size
        self.effective_sample_size = self.acceptance = float('nan')

    def _energy(self, actions: np.ndarray) -> np.ndarray:
        actions = actions.astype(np.float32)
        return self._composed([one.value(actions) for one in self._constituents])

    def _energy_and_slope(self, action: np.ndarray) -> tuple[float, np.ndarray]:
        action = action.astype(np.float32)
        values, slopes = zip(*(one.value_and_slope(action) for one in self._constituents))
        return self._composed(values), self._composed(slopes)

    def _composed(self, parts) -> np.ndarray:
        return composed_energy(np.array(parts, np.float64), self._weights, self._alphas,
                               self._sharpening)

    def _look(self, observation: np.ndarray) -> None:
        for one in self._constituents:
            one.look(observation)

    def act(self, observation: np.ndarray, rng: np.random.Generator,
            mode: str = 'stochastic') -> np.ndarray:
        """
        Return one action ``(A,)`` float32 for one observation ``(O,)``.

        Not for two threads at a time.
        """
        if mode not in MODES:
            raise BundleError(f'mode: {accepted(mode, MODES)}')
        self._look(observation)
        return self._drawn(np.random.default_rng(0) if mode == 'deterministic' else rng, mode)

    def _drawn(self, rng: np.random.Generator, mode: str) -> np.ndarray:
        particles = np.stack([one.particles(PARTICLES, rng) for one in self._constituents])
        candidates = propose(particles, 2 * DRAWS.get(mode, CANDIDATES // 2), rng)
        energy = self._energy(np.tanh(candidates.u))
        weights = importance_weights(energy, candidates)
        self.effective_sample_size = effective_sample_size(weights)
        if mode in MEAN_OF:
            mean = importance_weights(2.0 * energy, candidates) @ np.tanh(candidates.u)
            return mean.clip(-1, 1).astype(np.float32)
        if mode != 'stochastic':
            return np.tanh(candidates.u[np.argmax(energy)]).astype(np.float32)
        at = min(int(np.searchsorted(np.cumsum(weights), rng.random())), CANDIDATES - 1)
        scale = np.min([particle_spread(one) for one in particles], axis=0)
        moved = langevin(self._energy_and_slope, candidates.u[at], scale, rng)
        self.acceptance = moved.acceptance
        return np.tanh(moved.u).astype(np.float32)

    def draw(self, observation: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        """Draw actions ``(K, A)`` for one observation ``(O,)``, each anew."""
        self._look(observation)
        return np.stack([self._drawn(rng, 'stochastic') for _ in range(count)])

    def q(self, observation: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """Return E, ``(K,)``, for one observation and actions ``(K, A)``."""
        self._look(observation)
        return self._energy(actions)
