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
A policy as numpy: one observation to one action, without torch.

Letters: O observation, A action, K candidates.
"""
import numpy as np

from softq_ros.errors import accepted, BundleError, ShapeError

ALGORITHMS = ('sql', 'sac', 'td3', 'ddpg', 'droq')
GAUSSIAN = ('sac', 'droq')
BEST_OF = {'best_of_32': 32, 'best_of_128': 128}  # modes that take the best of so many draws
MEAN_OF = {'mean_of_128': 128}  # modes that take their mean, as mean_action weights them
DRAWS = BEST_OF | MEAN_OF
MODES = ('stochastic', 'deterministic', *DRAWS)
ZERO = np.float32(0)
CACHE_LINE = 64  # bytes
LOG_STD = (-20.0, 2.0)  # range of the Gaussian policy's log standard deviation
NORM_EPSILON = np.float32(1e-5)  # added to variances; torch's


def _layers(weights: dict[str, np.ndarray], prefix: str) -> list[tuple[np.ndarray, np.ndarray]]:
    layers = []
    while f'{prefix}.{len(layers)}.weight' in weights:
        name = f'{prefix}.{len(layers)}'
        weight, bias = weights[f'{name}.weight'], weights.get(f'{name}.bias')
        good = (weight.ndim == 2 and bias is not None and bias.shape == weight.shape[:1]
                and (not layers or weight.shape[1] == layers[-1][0].shape[1]))
        if not good:
            raise BundleError(f'layer {name}: weight {weight.shape}, bias '
                              f'{None if bias is None else bias.shape} do not fit together')
        layers.append((np.ascontiguousarray(weight.T, np.float32), bias.astype(np.float32)))
    if not layers:
        raise BundleError(f'no layers named {prefix}.0.weight ...; got {sorted(weights)[:4]}')
    return layers


def _norms(weights: dict[str, np.ndarray], prefix: str, layers: list) -> list[tuple | None]:
    """Return scale and shift of each hidden layer's normalisation, None where it has none."""
    if f'{prefix}.0.norm_weight' not in weights:
        return [None] * (len(layers) - 1)
    norms = []
    for layer, (_, bias) in enumerate(layers[:-1]):
        norm = [weights.get(f'{prefix}.{layer}.norm_{part}') for part in ('weight', 'bias')]
        if any(part is None or part.shape != bias.shape for part in norm):
            shapes = [None if part is None else part.shape for part in norm]
            raise BundleError(f'layer {prefix}.{layer}: normalisation {shapes}; accepted: two of '
                              f'{bias.shape}')
        norms.append(tuple(part.astype(np.float32) for part in norm))
    return norms


def normalised(x: np.ndarray, scale: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Return (x - mean) / sqrt(variance + 1e-5) scale + shift over the last axis (Ba 2016)."""
    x = x - x.mean(-1, keepdims=True)
    variance = np.square(x).mean(-1, keepdims=True)
    return x / np.sqrt(variance + NORM_EPSILON) * scale + shift


def mean_action(actions: np.ndarray, q: np.ndarray, temperature: float) -> np.ndarray:
    """
    Return the mean of actions ``(K, A)``, each with weight exp(Q / alpha), ``(A,)``.

    Of draws from exp(Q / alpha) it is the mean action at half the temperature, by importance
    weights. It shakes less than the best draw, which is the one whose Q errs most in its favour;
    where the law has several modes it lies between them.

    :param q: ``(K,)``
    :param temperature: alpha; 0 leaves the action with the largest Q.
    :raises ShapeError: when the two do not go together.
    """
    if actions.ndim != 2 or q.shape != actions.shape[:1]:
        raise ShapeError(f'actions {actions.shape}, Q {q.shape}; accepted: (K, A) and (K,)')
    if not temperature:
        return actions[int(np.argmax(q))]
    weights = np.exp((q - q.max()) / np.float32(temperature))
    return (weights @ actions / weights.sum()).clip(-1, 1)


def _forward(layers: list, x: np.ndarray, norms: list | None = None) -> np.ndarray:
    for (weight, bias), norm in zip(layers, norms or [None] * (len(layers) - 1)):
        x = x @ weight + bias
        x = np.maximum(normalised(x, *norm) if norm else x, ZERO)
    weight, bias = layers[-1]
    return x @ weight + bias


def _aligned(values: np.ndarray) -> np.ndarray:
    """Copy an array to the start of a cache line: a product then loads no line twice."""
    memory = np.empty(values.nbytes + CACHE_LINE, np.uint8)
    start = -memory.ctypes.data % CACHE_LINE
    copy = memory[start:start + values.nbytes].view(values.dtype).reshape(values.shape)
    copy[:] = values
    return copy


class Row:
    """
    One input through the layers, in memory that is kept: half the time of fresh arrays.

    The biases are the last row of each weight, and every layer's input ends in a one.
    """

    def __init__(self, layers: list[tuple[np.ndarray, np.ndarray]]) -> None:
        """Copy the layers; ``input`` is what the caller fills."""
        weights = [_aligned(np.concatenate([weight, bias[np.newaxis]])) for weight, bias in layers]
        inputs = [_aligned(np.ones(len(weight), np.float32)) for weight in weights]
        self.input = inputs[0][:-1]
        self._last, self._weight = inputs[-1].dot, weights[-1]
        self._hidden = [(x.dot, weight, after[:-1])
                        for x, weight, after in zip(inputs, weights, inputs[1:])]

    def output(self) -> np.ndarray:
        """Return what the last layer says of ``input``."""
        for times, weight, after in self._hidden:
            np.maximum(times(weight, after), ZERO, out=after)
        return self._last(self._weight)


def _check_names(weights: dict[str, np.ndarray], networks: dict[str, list],
                 norms: dict[str, list]) -> None:
    known = {f'{prefix}.{layer}.{part}' for prefix, layers in networks.items()
             for layer in range(len(layers)) for part in ('weight', 'bias')}
    known |= {f'{prefix}.{layer}.norm_{part}' for prefix, parts in norms.items()
              for layer, norm in enumerate(parts) if norm for part in ('weight', 'bias')}
    if set(weights) != known:
        raise BundleError(f'tensors {sorted(set(weights) - known)[:3]} belong to no layer')
    for name, values in weights.items():
        if not np.isfinite(values).all():
            raise BundleError(f'tensor {name} is not finite; accepted: finite numbers')


class Actor:
    """
    Acts with the weights of a policy.

    :param algorithm: how the sampler network is read. ``sql``: observation and noise to ``u``,
        the action is tanh(u). ``sac``, ``droq``: observation to mean and log standard deviation
        of ``u``. ``td3``, ``ddpg``: observation to ``u``.
    :param weights: ``sampler.<layer>.weight``, ``.bias``, ``q.<twin>.<layer>.weight`` ..., and
        ``.norm_weight``, ``.norm_bias`` of Qs with layer normalisation.
    :raises BundleError: when names or shapes do not fit together.
    """

    source = 'policy'  # of its transitions

    def __init__(self, algorithm: str, weights: dict[str, np.ndarray], temperature: float,
                 noise: float = 0.1) -> None:
        """Check the layers and keep them ready."""
        if algorithm not in ALGORITHMS:
            raise BundleError(f'algorithm: {accepted(algorithm, ALGORITHMS)}')
        self.algorithm, self.temperature, self._noise = algorithm, temperature, noise
        self._sampler = _layers(weights, 'sampler')
        self._qs = [_layers(weights, 'q.0')]
        if 'q.1.0.weight' in weights:
            self._qs.append(_layers(weights, 'q.1'))
        names = [f'q.{twin}' for twin in range(len(self._qs))]
        self._norms = [_norms(weights, name, q) for name, q in zip(names, self._qs)]
        _check_names(weights, {'sampler': self._sampler} | dict(zip(names, self._qs)),
                     dict(zip(names, self._norms)))
        self._check_shapes()
        self._row = Row(self._sampler)
        self._seen = self._row.input[:self.observation_size]
        self._drawn = (self._row.input[self.observation_size:] if algorithm == 'sql' else
                       np.empty(self.action_size, np.float32))

    def _check_shapes(self) -> None:
        """Take the sizes from the sampler; refuse Qs that have others."""
        outputs = self._sampler[-1][0].shape[1]
        inputs = self._sampler[0][0].shape[0]
        gaussian = self.algorithm in GAUSSIAN
        self.action_size = outputs // 2 if gaussian else outputs
        self.observation_size = inputs - self.action_size if self.algorithm == 'sql' else inputs
        if gaussian and outputs % 2 or self.observation_size < 1 or len(self._sampler) < 2:
            raise BundleError(f'sampler of {len(self._sampler)} layers, {inputs} inputs, '
                              f'{outputs} outputs; no {self.algorithm} policy has these')
        wanted = self.observation_size + self.action_size, 1
        for q in self._qs:
            got = q[0][0].shape[0], q[-1][0].shape[1]
            if got != wanted:
                raise BundleError(f'q has {got} inputs and outputs; accepted: {wanted}')

    def check_sizes(self, observation_size: int, action_size: int) -> None:
        """
        Refuse a policy made for other sizes.

        :raises BundleError: with both pairs of sizes.
        """
        mine, wanted = (self.observation_size, self.action_size), (observation_size, action_size)
        if mine != wanted:
            raise BundleError(f'observation and action sizes {mine}; accepted: {wanted}')

    @property
    def q_layers(self) -> list[list[tuple[np.ndarray, np.ndarray]]]:
        """
        Return weight ``(inputs, outputs)`` and bias of each layer of each Q.

        :raises BundleError: where they are normalised.
        """
        if any(norm for norms in self._norms for norm in norms):
            raise BundleError('Q with layer normalisation; accepted: one without')
        return self._qs

    @property
    def sampler_layers(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return weight ``(inputs, outputs)`` and bias of each layer of the sampler."""
        return self._sampler

    def act(self, observation: np.ndarray, rng: np.random.Generator,
            mode: str = 'stochastic') -> np.ndarray:
        """
        Return one action ``(A,)`` float32 for one observation ``(O,)``.

        ``deterministic`` is noise zero; ``best_of_32`` and ``best_of_128`` are the draw with the
        largest min of the Qs, ``mean_of_128`` is :func:`mean_action` of so many.
        Not for two threads at a time.
        """
        if mode == 'stochastic':
            rng.standard_normal(dtype=np.float32, out=self._drawn)
        elif mode == 'deterministic':
            self._drawn.fill(0)
        elif mode in DRAWS:
            actions = self.draw(observation, DRAWS[mode], rng)
            q = self.q(observation, actions)
            return mean_action(actions, q, self.temperature if mode in MEAN_OF else 0.0)
        else:
            raise BundleError(f'mode: {accepted(mode, MODES)}')
        self._seen[:] = observation
        return self._squash(self._row.output(), self._drawn)

    def draw(self, observation: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        """Draw actions ``(K, A)`` for one observation ``(O,)``."""
        noise = rng.standard_normal((count, self.action_size), np.float32)
        return self._actions(observation, noise)

    def _actions(self, observation: np.ndarray, noise: np.ndarray) -> np.ndarray:
        if self.algorithm == 'sql':
            (first, bias), rest = self._sampler[0], self._sampler[1:]
            split = self.observation_size
            x = noise @ first[split:] + (observation @ first[:split] + bias)
            return self._squash(_forward(rest, np.maximum(x, ZERO)), noise)
        return self._squash(_forward(self._sampler, observation), noise)

    def _squash(self, u: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return the actions ``(A,)`` or ``(K, A)`` that outputs and noise stand for."""
        if self.algorithm == 'sql':
            return np.tanh(u)
        if self.algorithm in ('td3', 'ddpg'):
            return np.clip(np.tanh(u) + np.float32(self._noise) * noise, -1, 1)
        mean, log_std = u[:self.action_size], u[self.action_size:]
        return np.tanh(mean + np.exp(np.clip(log_std, *LOG_STD)) * noise)

    def q(self, observation: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """Return the minimum of the Qs, ``(K,)``, for one observation and actions ``(K, A)``."""
        rows = np.concatenate(
            [np.broadcast_to(observation, (len(actions), self.observation_size)), actions], 1)
        return np.min([_forward(q, rows, norms)[:, 0]
                       for q, norms in zip(self._qs, self._norms)], axis=0)
