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
"""The soft value from 64 actions against exact ones: bias and spread in units of alpha."""
import math
from pathlib import Path
import sys

from rows import publish, table
import torch

sys.path.append(str(Path(__file__).resolve().parents[1]))
from support.densities import Gaussians  # noqa: E402
from support.frozen import FrozenSampler  # noqa: E402

from softq_ros.learning.value import (  # noqa: E402, I100
    effective_sample_size, importance_weights, mixture_proposal, soft_value, uniform_proposal)

CURVATURES, SIZES = (10.0, 100.0), (2, 7, 8, 17)
SAMPLES, PARTICLES, SHARE, STATES = 64, 32, 0.5, 4000
ALPHA, UPDATES, BOUND, HELD_UP_TO = 0.03, 2000, 1.0, 8
SETTINGS = {'learning_rate': 3e-3, 'svgd_states': 32, 'temperature': ALPHA}


def modes(curvature: float, size: int, *places: float) -> Gaussians:
    """Return equal modes along the first axis, at places in standard deviations."""
    spread = 1.0 / math.sqrt(curvature)
    means = torch.zeros(len(places), size)
    means[:, 0] = spread * torch.tensor(places)
    return Gaussians(means, spread**2 * torch.eye(size))


def errors(density: Gaussians, proposal) -> tuple[torch.Tensor, float]:
    """Return the errors of soft values in units of alpha and the mean effective sample size."""
    q = ALPHA * density.q(proposal.action)
    value = soft_value(q, proposal.log_density, ALPHA) / ALPHA
    weights = importance_weights(q, proposal.log_density, ALPHA)
    return value - density.log_integral(), float(effective_sample_size(weights).mean())


def row(words: list, density: Gaussians, sampler: FrozenSampler | None, held: bool) -> list:
    """Return a row of the table; without a sampler the proposal is uniform."""
    generator = torch.Generator().manual_seed(1)
    if sampler is None:
        proposal = uniform_proposal(STATES, SAMPLES, density.size, generator)
    else:
        proposal = mixture_proposal(sampler.centres(STATES, PARTICLES), SAMPLES, SHARE, generator)
    off, effective = errors(density, proposal)
    bias, spread = float(off.mean()), float(off.std())
    verdict = '' if not held else (
        'kept' if max(abs(bias), spread) <= BOUND else '**missed**')
    found = [*words, f'{bias:+.2f}', f'{spread:.2f}', f'{effective:.1f}', verdict]
    print(found, flush=True)
    return found


def rows_of(curvature: float, size: int) -> list[list]:
    """Return the rows of one curvature and dimension."""
    def sampler(density):
        return FrozenSampler(density, UPDATES, **SETTINGS)

    held, name = size <= HELD_UP_TO, [f'{curvature:g}', size]
    one, two = modes(curvature, size, 0.0), modes(curvature, size, -1.25, 1.25)
    far, half = modes(curvature, size, -3.0, 3.0), modes(curvature, size, 1.25)
    far_half = modes(curvature, size, 3.0)
    return [
        row([*name, 'one mode', 'trained sampler'], one, sampler(one), held),
        row([*name, 'two modes, 2.5 apart', 'trained sampler'], two, sampler(two), held),
        row([*name, 'two modes, 2.5 apart', 'misses one mode'], two, sampler(half), False),
        row([*name, 'two modes, 6 apart', 'misses one mode'], far, sampler(far_half), False),
        row([*name, 'one mode', 'none: uniform proposal'], one, None, False)]


def main() -> None:
    """Train the samplers, estimate, write the page."""
    torch.set_num_threads(1)
    found = [line for size in SIZES for curvature in CURVATURES
             for line in rows_of(curvature, size)]
    publish('soft_value', 'The soft value from samples', 'python test/prove/soft_value.py', [
        'Seed 0 of every sampler, 1 of the draws. Q / alpha = -curvature / 2 |a - mode|^2, or ln '
        f'of the mean of two such modes; {SAMPLES} actions a value, half of them uniform, half '
        f'around {PARTICLES} fresh actions of a sampler trained with {UPDATES} updates on 32 '
        f'states, learning rate 0.003; {STATES} values a row, exact value by error functions. A '
        'sampler that misses a mode was trained on the other mode alone. Rows with a trained '
        f'sampler in at most {HELD_UP_TO} dimensions are held to {BOUND:g} alpha, both bias and '
        'spread.',
        table(['curvature', 'dimensions', 'density (standard deviations)', 'centres',
               'bias [alpha]', 'spread [alpha]', 'effective samples', f'within {BOUND:g}'],
              found)])


if __name__ == '__main__':
    main()
