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
Densities on the box [-1, 1]^A whose exact samples are known: what a frozen Q stands for.

Each is exp(Q) up to a factor, at temperature 1. Letters: K samples, C components, A action size.
"""
import math

import torch


class Density:
    """What is common: ``q`` is ln of the density up to a constant, ``draw`` samples it exactly."""

    def slope(self, action):
        """Return dq/da, shaped as the action."""
        with torch.enable_grad():
            action = action.detach().requires_grad_(True)
            return torch.autograd.grad(self.q(action).sum(), action)[0]


class Uniform(Density):
    """Q = 0."""

    def __init__(self, size):
        self.size = size

    def q(self, action):
        return 0.0 * action[..., 0]

    def draw(self, count, generator):
        return 2.0 * torch.rand(count, self.size, generator=generator) - 1.0


class Squash(Density):
    """The law prod(1 - a^2), which the authors' a-space form makes of Q = 0."""

    def __init__(self, size):
        self.size = size

    def q(self, action):
        return (1.0 - action.square()).log().sum(-1)

    def draw(self, count, generator):
        # the median of three uniform numbers has the density 6 x (1 - x)
        uniform = torch.rand(count, self.size, 3, generator=generator)
        return 2.0 * uniform.median(-1).values - 1.0


class Gaussians(Density):
    """A mixture of equal Gaussians cut off at the box: means ``(C, A)``, covariance ``(A, A)``."""

    def __init__(self, means, covariance, weights=None):
        self.means, self.size = torch.as_tensor(means, dtype=torch.float32), len(covariance)
        count = len(self.means)
        self.weights = torch.as_tensor(weights or [1.0 / count] * count)
        self._root = torch.linalg.cholesky(torch.as_tensor(covariance, dtype=torch.float32))
        self._precision = torch.cholesky_inverse(self._root)

    def parts(self, action):
        """Return ln of each component, weighted, up to one constant, ``(..., C)``."""
        apart = action.unsqueeze(-2) - self.means
        return self.weights.log() - 0.5 * ((apart @ self._precision) * apart).sum(-1)

    def q(self, action):
        return torch.logsumexp(self.parts(action), -1)

    def log_integral(self):
        """Return ln of the integral of exp(Q) over the box, for a diagonal covariance."""
        spread = self._root.diagonal()
        if not torch.equal(self._root, torch.diag(spread)):
            raise ValueError('correlated; accepted: a diagonal covariance')
        scale = math.sqrt(2.0) * spread
        erfs = ((1.0 - self.means) / scale).erf() + ((1.0 + self.means) / scale).erf()
        sides = (spread * math.sqrt(0.5 * math.pi) * erfs).log().sum(-1)
        return float(torch.logsumexp(self.weights.log() + sides, 0))

    def draw(self, count, generator):
        found = torch.empty(0, self.size)
        while len(found) < count:
            chosen = torch.multinomial(self.weights, 2 * count, True, generator=generator)
            noise = torch.randn(2 * count, self.size, generator=generator)
            drawn = self.means[chosen] + noise @ self._root.T
            found = torch.cat([found, drawn[(drawn.abs() < 1).all(-1)]])
        return found[:count]


class AtTheBounds(Density):
    """Q = sum s_i a_i / scale: an exponential against the bound s_i = 1, -1, 1 ..."""

    def __init__(self, size, scale):
        self.size, self._scale = size, scale
        self._signs = torch.tensor([(-1.0) ** index for index in range(size)])

    def q(self, action):
        return (self._signs * action).sum(-1) / self._scale

    def draw(self, count, generator):
        uniform = torch.rand(count, self.size, generator=generator)
        least = math.exp(-2.0 / self._scale)
        from_bound = -self._scale * torch.log(least + (1.0 - least) * uniform)
        return self._signs * (1.0 - from_bound)


def one_mode(size):
    """Return a Gaussian off the middle, 0.25 wide."""
    mean = [[0.3 * (-1) ** index for index in range(size)]]
    return Gaussians(mean, 0.25**2 * torch.eye(size))


def several_modes(size, apart=2.5, spread=0.2, weights=(0.4, 0.3, 0.2, 0.1)):
    """
    Return four modes with uneven weights: on a line in one dimension, else on a square.

    :param apart: distance of neighbours, in standard deviations.
    """
    corners = torch.zeros(4, size)
    if size == 1:
        corners[:, 0] = torch.arange(4.0) - 1.5
    else:
        corners[:, 0] = torch.tensor([-0.5, 0.5, 0.5, -0.5])
        corners[:, 1] = torch.tensor([-0.5, -0.5, 0.5, 0.5])
    return Gaussians(apart * spread * corners, spread**2 * torch.eye(size), list(weights))


def correlated(size, correlation=0.8):
    """Return a Gaussian 0.25 wide whose neighbouring parts correlate; one alone in 1-D."""
    at = torch.arange(float(size))
    return Gaussians(torch.zeros(1, size),
                     0.25**2 * correlation ** (at[:, None] - at[None]).abs())


def at_the_bounds(size):
    """Return a density within about a tenth of a corner."""
    return AtTheBounds(size, 0.1)


KINDS = {'uniform': Uniform, 'one mode': one_mode, 'several modes': several_modes,
         'correlated': correlated, 'near the bounds': at_the_bounds}


def mode_weights(density, actions, steps=200):
    """Return the weights of a mixture's components that make actions likeliest, ``(C,)``."""
    parts = density.parts(actions) - density.weights.log()
    weights = torch.full_like(density.weights, 1.0 / len(density.weights))
    for _ in range(steps):
        weights = torch.softmax(parts + weights.log(), -1).mean(0)
    return weights
