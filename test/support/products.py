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
Pairs of densities whose composition has a law that is known exactly.

Mixtures of equal round Gaussians cut off at the box, as numpy. At T = 1/2 the composed law is the
product of the two; at T = 1 its root, a mixture again where both are single Gaussians. Letters:
C components, K samples, A action size.
"""
from test.support.densities import Gaussians

import numpy as np
import torch

from softq_ros.learning.composition import composed_energy

HALVES, ONES = np.full(2, 0.5), np.ones(2)


class Round:
    """A mixture with means ``(C, A)`` and one standard deviation."""

    def __init__(self, means, spread, weights=(1.0,)):
        self.means, self.spread, self.weights = np.array(means), spread, np.array(weights)

    def value_and_slope(self, action):
        apart = action - self.means
        parts = np.log(self.weights) - 0.5 * np.square(apart).sum(1) / self.spread**2
        value = np.logaddexp.reduce(parts)
        return value, -np.exp(parts - value).dot(apart) / self.spread**2

    def value(self, actions):
        apart = actions[:, None] - self.means
        parts = np.log(self.weights) - 0.5 * np.square(apart).sum(2) / self.spread**2
        return np.logaddexp.reduce(parts, axis=1)

    def draw(self, count, rng):
        found = np.empty((0, self.means.shape[1]))
        while len(found) < count:
            chosen = rng.choice(len(self.means), 2 * count, p=self.weights)
            drawn = self.means[chosen] + self.spread * rng.standard_normal(
                (2 * count, self.means.shape[1]))
            found = np.concatenate([found, drawn[(np.abs(drawn) < 1).all(1)]])
        return found[:count]


def mixture(size):
    """Return four modes of uneven weight and, across them, two: the product has eight."""
    first, second = np.zeros((4, size)), np.zeros((2, size))
    first[:, :2] = [(-0.25, -0.25), (0.25, -0.25), (0.25, 0.25), (-0.25, 0.25)]
    second[:, 0], second[:, 1] = (0.25, -0.25), 0.1
    return Round(first, 0.2, (0.4, 0.3, 0.2, 0.1)), Round(second, 0.3, (0.6, 0.4))


def apart(size):
    """Return two Gaussians that agree little: their means are two deviations apart."""
    first, second = np.zeros((1, size)), np.zeros((1, size))
    first[0, 0], second[0, 1] = 0.3, -0.3
    return Round(first, 0.2), Round(second, 0.25)


class Product:
    """
    What two densities make: by the package's energy, and exactly.

    :param temperature: T, 1/2 for mixtures.
    """

    def __init__(self, pair, temperature):
        self.pair, self.temperature = pair, temperature

    def energy(self, actions):
        return self._composed([one.value(actions) for one in self.pair])

    def energy_and_slope(self, action):
        values, slopes = zip(*(one.value_and_slope(action) for one in self.pair))
        return self._composed(values), self._composed(slopes)

    def _composed(self, parts):
        return composed_energy(np.array(parts), HALVES, ONES, self.temperature)

    def exact(self):
        """Return the law: means weighted by precision, weights by how near components are."""
        one, two = self.pair
        sharp = np.array([one.spread**-2, two.spread**-2])
        means = [(sharp[0] * a + sharp[1] * b) / sharp.sum() for a in one.means for b in two.means]
        near = [p * q * np.exp(-0.5 * np.square(a - b).sum() / (one.spread**2 + two.spread**2))
                for p, a in zip(one.weights, one.means) for q, b in zip(two.weights, two.means)]
        covariance = torch.eye(len(means[0])) * float(2.0 * self.temperature / sharp.sum())
        return Gaussians(np.array(means), covariance, (np.array(near) / sum(near)).tolist())
