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
"""How fast learner, actor and replay are beside the plain way and beside Stable-Baselines3."""
import argparse
import os
from pathlib import Path
import statistics

import numpy as np
from rows import publish, softq, table
import torch

from softq_ros.training.bench_learner import ACTION, OBSERVATION

# words of the benchmark, and its batch and sampler's states
LEARNERS = {'batch 256': ([], 256, 256),
            'batch 256, sampler on 64 states': (['--svgd-states', '64'], 256, 64),
            'batch 64': (['--batch', '64'], 64, 64)}
ASKED = {'batch 256': 2.4, 'batch 64': 2.4, 'replay': 5.0}  # of the ratios
ACT_ASKED = 15e-6  # s, median
LIMITS = """\
An update at batch 256 with 16 value samples and 16 + 16 particles is 6.1 GFLOP of matrix
products: centres of the proposal 0.3, soft value 1.1, regression 0.2, fixed particles 0.6, the Qs
there and their slopes 2.2, the moved particles forward and backward 1.7. The ratio asked for was
measured where the plain version reached a quarter of what the machine's products can do, because
the library took a slow path there, which a mode of torch goes round; here there is no such path
to win from. Beside the products stand the exponentials, the noise and the small sums, at the
speed of the memory, which other work on the machine takes away: on an emptier one the products
were 51 of 106 ms before the next step was made.
The passes with gradients go in chunks through memory that is kept
(softq_ros/learning/in_chunks.py), which made the update at full particles 1.2 times as fast and
changed nothing where the sampler learns from 64 states. Those 64 are the setting of
config/environments; they change the variance of the sampler's step, not what it estimates.

The actor's time is three products of a vector and a matrix, more than half of it, and the calls
around them; at a load of 2.4 it was 14.6 to 14.8 us in seven measurements. The replay's is 256
rows that lie in no cache, and for a third the random numbers and the calls; rows padded to whole
cache lines were tried and brought a tenth, at the price of another file format."""


def machine() -> str:
    """Return processor, cores, load and versions."""
    info = Path('/proc/cpuinfo')
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(':', 1)[1].strip() for line in lines if line.startswith('model name')]
    return (f'{names[0] if names else "unknown processor"}, {os.cpu_count()} cores, one thread; '
            f'load average {os.getloadavg()[0]:.1f} at the start; torch {torch.__version__}, '
            f'numpy {np.__version__}')


def gflop(batch: int, states: int) -> float:
    """Return the matrix products of an update, multiplication and addition counted as two."""
    hidden, value_samples, particles, twins = 256, 16, 16, 2
    square = hidden * hidden
    sampler_row = 2 * (ACTION * hidden + square + hidden * ACTION)
    q_row = 2 * (ACTION * hidden + square + hidden)
    value = batch * (value_samples // 2 * sampler_row + twins * value_samples * q_row)
    regression = batch * twins * 3 * 2 * ((OBSERVATION + ACTION) * hidden + square + hidden)
    sampler = states * particles * (4 * sampler_row + twins * 2 * q_row)
    return (value + regression + sampler) / 1e9


def samples(*words: str, count: int) -> list[dict]:
    """Measure so many times, each in a process of its own."""
    return [softq('bench', *words) for _ in range(count)]


def learner_row(label: str, count: int, rounds: int) -> list:
    """Return a row of the learner's table."""
    words, batch, states = LEARNERS[label]
    found = samples('learner', '--rounds', str(rounds), *words, count=count)
    ours, limit = (statistics.median(one[key] for one in found)
                   for key in ('median_sec', 'matrix_gflops'))
    plain = statistics.median(one['plain_median_sec'] for one in found)
    return [label, f'{1e3 * ours:.1f}', f'{1e3 * plain:.1f}', *ratios(found, ASKED.get(label)),
            f'{limit:.0f}', f'{gflop(batch, states) / ours / limit:.2f}',
            f'{gflop(batch, batch) / plain / limit:.2f}']


def ratios(found: list[dict], asked: float | None) -> list[str]:
    """Return the median of the ratios, all of them, and what was asked."""
    all_of_them = [one['ratio'] for one in found]
    return [f'{statistics.median(all_of_them):.2f}',
            ', '.join(f'{ratio:.2f}' for ratio in all_of_them), f'{asked}' if asked else '']


def micro(found: list[dict], key: str) -> str:
    """Return all samples of a time [us]."""
    return ', '.join(f'{1e6 * one[key]:.1f}' for one in found)


def main() -> None:
    """Measure and write the page."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument('--count', type=int, default=3, help='processes of each measurement')
    words.add_argument('--rounds', type=int, default=8, help='paired rounds of the learner')
    options = words.parse_args()
    where = machine()
    learner = [learner_row(label, options.count, options.rounds) for label in LEARNERS]
    act = samples('act', count=options.count)
    replay = samples('replay', count=options.count)
    parts = [
        f'{where}. Every sample is a process of its own; ratios are taken within one. Layers of '
        '2 x 256, 24 observations, 7 actions.',
        '## softq bench learner',
        'CPU time of an update [ms], beside the update by plain autograd on the whole batch; '
        'products: 4096 x 256 x 256 in the same process [GFLOP/s], and the share of it that each '
        'reaches by its matrix products alone.',
        table(['update', 'ours', 'plain', 'ratio', 'samples', 'asked', 'products', 'ours reaches',
               'plain reaches'], learner),
        '## softq bench act and replay',
        'Wall time [us], medians; beside one pass of the same network in torch, and beside the '
        'buffer of Stable-Baselines3.',
        table(['what', 'ours', 'other', 'ratio', 'samples', 'asked'], [
            ['one action', micro(act, 'median_sec'), micro(act, 'torch_median_sec'),
             *ratios(act, None)[:2], f'{1e6 * ACT_ASKED:.0f} us'],
            ['256 of a million', micro(replay, 'median_sec'),
             micro(replay, 'stable_baselines3_median_sec'), *ratios(replay, ASKED['replay'])]]),
        '## What limits them', LIMITS]
    publish('speed', 'Speed', f'python test/prove/speed.py --count {options.count} '
            f'--rounds {options.rounds}', parts)


if __name__ == '__main__':
    main()
