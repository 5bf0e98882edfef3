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
Drawing actions from several soft Q-functions at once, as numpy, inside a control period.

The composed energy is E = (1/T) sum w_i Q_i / alpha_i, the law exp(E) over the box [-1, 1]^A
(Haarnoja et al. 2018, arXiv 1803.06773). It is sampled without training: candidates from a kernel
density around what the constituents' samplers draw are resampled by importance (Rubin 1988) and
the chosen one moves by Metropolis-adjusted Langevin steps (Roberts and Tweedie 1996). All of it
lives in u, where the action is tanh(u) and the law gains prod(1 - a^2). No Boltzmann draw
follows: samples of exp(E) picked by exp(E) once more follow its square.

Letters: N constituents, M particles of one, K candidates, A action size.
"""
from collections.abc import Callable
import math
from typing import NamedTuple

import numpy as np

from softq_ros.errors import ShapeError

CANDIDATES = 64
UNIFORM_SHARE = 0.1  # of the candidates, at least
PARTICLES = 32  # of each constituent's sampler
LEAST_SPREAD = 0.05  # of the kernel density in u, per dimension
LARGEST_U = 9.0  # tanh of more is 1 in float32
STEP_SIZES = np.geomspace(1.6, 0.2, 8)  # of Langevin, in spreads of the particles


class Candidates(NamedTuple):
    """Points ``(K, A)`` in u and the log of the density they were drawn from, ``(K,)``."""

    u: np.ndarray
    log_density: np.ndarray


class Moved(NamedTuple):
    """Where a chain stands, ``(A,)`` in u, and the share of the proposals it took."""

    u: np.ndarray
    acceptance: float


def composed_energy(qs: np.ndarray, weights: np.ndarray, alphas: np.ndarray,
                    temperature: float = 1.0) -> np.ndarray:
    """
    Return E = (1/T) sum w_i Q_i / alpha_i, shaped as one Q; gradients compose likewise.

    With weights that sum to one, T = 1 is the average, which the bounds of
    :mod:`composition_bounds` cover where the alphas agree, and T = 1/N the authors' sum.

    :param qs: ``(N, ...)``
    :param weights: ``(N,)``
    :param alphas: temperatures of the constituents, ``(N,)``
    :param temperature: T, a factor on what they were trained at.
    """
    qs, factors = np.asarray(qs), np.divide(weights, alphas) / temperature
    if factors.shape != qs.shape[:1]:
        raise ShapeError(f'Q {qs.shape}, factors {factors.shape}; accepted: (N, ...) and (N,)')
    return factors.dot(qs) if qs.ndim < 3 else np.tensordot(factors, qs, 1)


def log_one_minus_tanh_squared(u: np.ndarray) -> np.ndarray:
    """Return ln(1 - tanh(u)^2) as 2 (ln 2 - |u| - ln(1 + exp(-2 |u|)))."""
    far = np.abs(u)
    return 2.0 * (math.log(2.0) - far - np.log1p(np.exp(-2.0 * far)))


def log_kernel_density(u: np.ndarray, centres: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """
    Return the log density of a mixture of M equal Gaussians, ``(K,)``.

    :param u: ``(K, A)``
    :param centres: ``(M, A)``
    :param spread: standard deviation of each dimension, ``(A,)``
    """
    if u.shape[1:] != spread.shape or centres.shape[1:] != spread.shape:
        raise ShapeError(f'u {u.shape}, centres {centres.shape}, spread {spread.shape}; accepted: '
                         '(K, A), (M, A) and (A,)')
    scaled, means = u / spread, centres / spread
    squares = (np.square(scaled).sum(1)[:, None] + np.square(means).sum(1)
               - 2.0 * scaled @ means.T)
    constant = (0.5 * math.log(2.0 * math.pi) * u.shape[1] + math.log(len(centres))
                + np.log(spread).sum())
    return np.logaddexp.reduce(-0.5 * squares, axis=1) - constant


def particle_spread(particles: np.ndarray) -> np.ndarray:
    """Return the standard deviation of particles ``(M, A)``, ``(A,)``, never below 0.05."""
    return np.maximum(particles.std(0, ddof=1), LEAST_SPREAD)


def propose(particles: np.ndarray, count: int, rng: np.random.Generator) -> Candidates:
    """
    Draw K candidates around the constituents' particles, and some uniformly over the box.

    A fixed number comes from each constituent's kernel density and from the uniform part; every
    one is weighted by the density of the whole mixture.

    :param particles: in u, ``(N, M, A)``
    """
    if particles.ndim != 3:
        raise ShapeError(f'particles {particles.shape}; accepted: (N, M, A)')
    constituents, each, size = particles.shape
    uniform = max(1, math.ceil(UNIFORM_SHARE * count))
    flat = np.arctanh(rng.uniform(-1.0, 1.0, (uniform, size)))
    shares = np.diff(np.linspace(0, count - uniform, constituents + 1).astype(int))
    spreads = [particle_spread(one) for one in particles]
    drawn = [one[rng.integers(each, size=share)] + spread * rng.standard_normal((share, size))
             for one, spread, share in zip(particles, spreads, shares)]
    u = np.concatenate([flat, *drawn]).clip(-LARGEST_U, LARGEST_U)
    parts = [math.log(uniform / count) + log_one_minus_tanh_squared(u).sum(1)
             - size * math.log(2.0)]
    parts += [math.log(share / count) + log_kernel_density(u, one, spread)
              for one, spread, share in zip(particles, spreads, shares) if share]
    return Candidates(u, np.logaddexp.reduce(parts))


def importance_weights(energy: np.ndarray, candidates: Candidates) -> np.ndarray:
    """
    Return exp(E) prod(1 - a^2) / q(u), normalised to a sum of one, ``(K,)``.

    :param energy: at the candidates, ``(K,)``
    """
    u, log_density = candidates
    if energy.shape != log_density.shape or u.shape[:1] != energy.shape:
        raise ShapeError(f'energy {energy.shape}, candidates {u.shape}; accepted: (K,), (K, A)')
    logs = energy + log_one_minus_tanh_squared(u).sum(1) - log_density
    weights = np.exp(logs - logs.max())
    return weights / weights.sum()


def effective_sample_size(weights: np.ndarray) -> float:
    """Return 1 / sum w^2 of normalised importance weights, between 1 and K."""
    return float(1.0 / np.square(weights).sum())


def _log_law(energy_and_slope: Callable, u: np.ndarray) -> tuple[float, np.ndarray]:
    """Return ln of the law in u up to a constant, and its gradient ``(A,)``."""
    action = np.tanh(u)
    energy, slope = energy_and_slope(action)
    return (energy + log_one_minus_tanh_squared(u).sum(),
            (1.0 - action * action) * slope - 2.0 * action)


def langevin(energy_and_slope: Callable[[np.ndarray], tuple[float, np.ndarray]], u: np.ndarray,
             scale: np.ndarray, rng: np.random.Generator,
             sizes: np.ndarray = STEP_SIZES) -> Moved:
    """
    Move one chain by Metropolis-adjusted Langevin steps on exp(E) prod(1 - a^2).

    Each step has its own size, from wide to narrow, chosen without regard to where the chain
    stands: every one leaves the law as it is.

    :param energy_and_slope: returns E and dE/da ``(A,)`` of an action ``(A,)``.
    :param u: where it begins, ``(A,)``
    :param scale: width of the law in u, ``(A,)``
    :param sizes: one of each step, in widths.
    """
    if u.ndim != 1 or u.shape != scale.shape:
        raise ShapeError(f'u {u.shape}, scale {scale.shape}; accepted: two of (A,)')
    log_law, score = _log_law(energy_and_slope, u)
    noises, chances = rng.standard_normal((len(sizes), len(u))), 1.0 - rng.random(len(sizes))
    taken = 0
    for size, noise, chance in zip(np.multiply.outer(sizes, scale), noises, chances):
        there = u + size * (0.5 * size * score + noise)
        log_there, score_there = _log_law(energy_and_slope, there)
        back = (u - there) / size - 0.5 * size * score_there
        log_ratio = log_there - log_law + 0.5 * (noise.dot(noise) - back.dot(back))
        if math.log(chance) < log_ratio:
            u, log_law, score = there, log_there, score_there
            taken += 1
    return Moved(u, taken / len(sizes))
