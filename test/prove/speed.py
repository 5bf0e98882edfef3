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
import statistics

import numpy as np
from rows import publish, softq, table
from sawyer_rows import SINGLE, SMALL
import torch

from softq_ros.training.bench_learner import ACTION, OBSERVATION, SETTINGS
from softq_ros.training.bench_rival import LIBRARY
from softq_ros.training.provenance import processor

# settings of the learner that is measured; what they cost is measured by sawyer.py's ablations
LEARNERS = {'batch 256': (), 'batch 256, sampler on 64 states': ('svgd_states=64',),
            'batch 256, sampler on 32 states with 8 + 8 particles, 8 value samples': SMALL,
            'batch 256, the same, one critic': SMALL + SINGLE,
            'batch 64': ('batch_size=64',)}
if torch.cuda.is_available():
    LEARNERS |= {f'{label}, on a GPU': (*words, 'device=cuda')
                 for label, words in LEARNERS.items()}
ASKED = {'batch 256': 2.4, 'batch 64': 2.4, 'replay': 5.0}  # of the ratios
RIVAL_ASKED = {'batch 256': 0.45, 'batch 256, the same, one critic': 0.9}
ACT_ASKED = 15e-6  # s, median
LIMITS = """\
An update at batch 256 with 16 value samples and 16 + 16 particles is 5.5 GFLOP of matrix
products: centres of the proposal 0.3, soft value 1.1, regression 0.2, fixed particles 0.6, the Qs
there 1.1 and the slope of the lesser one 0.6, which by autograd is that of both, the moved
particles forward and backward 1.7. What ours can win over the plain version is bounded by what
that one already reaches of the machine's products: the 2.4 that was asked for was measured where
it was a quarter, because the library took a slow path there, which a mode of torch goes round.
SAC makes a tenth of these products, and its time is that of its calls: 0.45 was measured where
products cost a third of what they cost here.
All large passes go in chunks through memory that is kept (softq_ros/learning/in_chunks.py).
Tried besides: one memory for all networks and the particles' median by NumPy, 2 % together; the
same update written as functions with gradients by hand and compiled by torch.compile, 60 ms
before the optimizers where ours takes 64 with them, and at 2 x 128 with the sampler on 64 states
10.0 of 12.6 ms, for a compiler and half a minute at every start; the sampler alone, not the Qs, in
bfloat16, which this processor multiplies seven times as fast: 46 of 57 ms, a ratio of 2.2 that
would still fall short and whose learning nobody has tested. The
64 states are the setting of config/environments; they change the variance of the sampler's step,
not what it estimates. Fewer states, particles and values and a single Q are the lean row of
[sawyer.md](sawyer.md): 8000 control steps to nine of ten instead of 6000, in 38 s of CPU time
instead of 89, where the better SAC takes 57.

The actor's time is three products of a vector and a matrix, more than half of it, and the calls
around them. The replay's is 256 rows that lie in no cache, and for a quarter the random numbers
and the calls; rows padded to whole cache lines were tried and brought a tenth, at the price of
another file format; touching the rows before the copies, rows in order, and copies into kept
memory brought nothing."""


def machine() -> str:
    """Return processor, cores, load and versions."""
    return (f'{processor() or "unknown processor"}, {os.cpu_count()} cores, one thread; '
            f'load average {os.getloadavg()[0]:.1f} at the start; torch {torch.__version__}, '
            f'numpy {np.__version__}')


def gflop(settings: dict, slopes: int = 1) -> float:
    """
    Return the matrix products of an update, multiplication and addition counted as two.

    :param slopes: of how many Qs in each fixed particle; ours follows the lesser one only.
    """
    batch, values = settings['batch_size'], settings['value_samples']
    hidden, twins = settings['hidden'][0], settings.get('critics', 2)
    square = hidden * hidden
    sampler_row = 2 * (ACTION * hidden + square + hidden * ACTION)
    q_row = 2 * (ACTION * hidden + square + hidden)
    value = batch * (values // 2 * sampler_row + twins * values * q_row)
    regression = batch * twins * 3 * 2 * ((OBSERVATION + ACTION) * hidden + square + hidden)
    fixed, updated = settings['fixed_particles'], settings['updated_particles']
    sampler = settings['svgd_states'] * (
        (fixed + 3 * updated) * sampler_row + fixed * (twins + slopes) * q_row)
    return (value + regression + sampler) / 1e9


def samples(*words: str, count: int) -> list[dict]:
    """Measure so many times, each in a process of its own."""
    return [softq('bench', *words) for _ in range(count)]


def learner_row(label: str, count: int, rounds: int) -> list:
    """Return a row of the learner's table."""
    words = [word for setting in LEARNERS[label] for word in ('--set', setting)]
    found = samples('learner', '--rounds', str(rounds), *words, count=count)
    ours, plain, rival, limit = (statistics.median(one[key] for one in found) for key in (
        'median_sec', 'plain_median_sec', f'{LIBRARY}_median_sec', 'matrix_gflops'))
    settings = found[0]['settings']
    return [label, f'{1e3 * ours:.1f}', f'{1e3 * plain:.1f}', *ratios(found, ASKED.get(label)),
            f'{1e3 * rival:.1f}', *ratios(found, RIVAL_ASKED.get(label), f'{LIBRARY}_ratio'),
            f'{limit:.0f}', f'{gflop(settings):.1f}', f'{gflop(settings) / ours / limit:.2f}',
            f'{gflop(plain_settings(settings), 2) / plain / limit:.2f}']


def plain_settings(settings: dict) -> dict:
    """Return the settings of the plain version beside ours."""
    return settings | SETTINGS | {'batch_size': settings['batch_size'], 'critics': 2,
                                  'svgd_states': settings['batch_size']}


def ratios(found: list[dict], asked: float | None, key: str = 'ratio') -> list[str]:
    """Return the median of the ratios, all of them, and what was asked."""
    all_of_them = [one[key] for one in found]
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
        'CPU time of an update [ms], on a GPU wall time: ours, by plain autograd on the whole '
        "batch with 16 value samples, and of Stable-Baselines3's SAC with the same layers and "
        'batch; products: 4096 x 256 x 256 in the same process [GFLOP/s]; those of our update '
        '[GFLOP], and the share of that speed that ours and the plain one reach by theirs alone.',
        table(['update', 'ours', 'plain', 'ratio', 'samples', 'asked', 'SAC', 'ratio', 'samples',
               'asked', 'products', 'of an update', 'ours reaches', 'plain reaches'], learner),
        '## softq bench act and replay',
        'Wall time [us], medians; beside one pass of the same network in torch, and beside the '
        'buffer of Stable-Baselines3.',
        table(['what', 'ours', 'other', 'ratio', 'samples', 'asked'], [
            ['one action', micro(act, 'median_sec'), micro(act, 'torch_median_sec'),
             *ratios(act, None)[:2], f'{1e6 * ACT_ASKED:.0f} us'],
            ['256 of a million', micro(replay, 'median_sec'),
             micro(replay, f'{LIBRARY}_median_sec'), *ratios(replay, ASKED['replay'])]]),
        '## What limits them', LIMITS]
    publish('speed', 'Speed', f'python test/prove/speed.py --count {options.count} '
            f'--rounds {options.rounds}', parts)


if __name__ == '__main__':
    main()
