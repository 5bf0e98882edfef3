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
"""The trainings of the Sawyer's page: methods, rows of its tables, where they are kept."""
from pathlib import Path
from typing import NamedTuple

from rows import RUNS, score

RATE, RESET_SEC, HORIZON = 20.0, 8.0, 100  # Hz, s, control steps: those of config/
SPEED_STEPS, CONVERGED_STEPS, ABLATED_STEPS, ABLATED_SEEDS = 36_000, 40_000, 20_000, 3
TEST_EPISODES, TEST_SEED = 500, 7
LEAN = 'lean'  # soft Q-learning with as little arithmetic as costs little robot time
PLAIN = 'plain'  # soft Q-learning without what is added to every other method:
ADDED = ('batch_size=128', 'discount=0.95', 'hindsight_share=0.8', 'hindsight_ends=4000',
         'value_ceiling=0')
SMALL = ('svgd_states=32', 'fixed_particles=8', 'updated_particles=8', 'value_samples=8')
SINGLE = ('critics=1',)
# name: words, algorithm, settings of its own
METHODS = {'sql': ('SQL', 'sql', ('value_samples=8',)),
           LEAN: ('SQL, lean', 'sql', SMALL + SINGLE), PLAIN: ('SQL, plain', 'sql', ()),
           'sac': ('SAC, learned temperature', 'sac', ()),
           'sac-fixed': ('SAC, temperature 0.02', 'sac', ('temperature=0.02',)),
           'td3': ('TD3', 'td3', ()), 'ddpg': ('DDPG', 'ddpg', ()),
           'droq': ('DroQ, 20 updates a step', 'droq',
                    ('updates_per_step=20', 'temperature=0.02'))}
SPEED = ('target=speed', 'start=above')
SOLVED, PRESS = 'observe_ik=true', 'fit=press'
VELOCITY, TORQUE = 'sawyer_stack', 'sawyer_stack_torque'
REALISM = ('delay_steps=1', 'noise_position=0.0005', 'noise_angle_deg=0.2', 'randomise=true')
SLOWER = ('hindsight_ends=8000',)  # what is learned later is told with other targets for longer
# 15 s: the way is up to 7 rad, and not the one that is nearest in space; rewards are above 0
CONVERGED = ('target=converged', 'start=anywhere', 'horizon=300', 'progress_pay=60',
             'distance_cost=0')
FAR = ('hindsight_share=0', 'value_ceiling=.inf', 'hidden=[256,256]')
CONVERGED_MODE = 'best_of_128'  # it holds the last millimetre more surely than the best of 32
CALM = 'action_cost=0.02'  # what is loose is held by not moving


class Row(NamedTuple):
    """One line of a table: a task with its options, and settings other than the files'."""

    name: str
    words: str
    options: tuple[str, ...]
    settings: tuple[str, ...] = ()
    task: str = VELOCITY
    methods: tuple[str, ...] = ('sql',)


SPEED_ROWS = (
    Row('velocity', 'velocity', SPEED, methods=tuple(METHODS)),
    Row('velocity-ik', 'velocity, sees joints of the target', (*SPEED, SOLVED)),
    Row('torque', 'torque', SPEED, SLOWER, TORQUE, tuple(METHODS)),
    Row('torque-ik', 'torque, sees joints of the target', (*SPEED, SOLVED), SLOWER, TORQUE),
    Row('realism', 'velocity; delay, noise, randomised', (*SPEED, *REALISM), SLOWER),
)
CONVERGED_ROWS = (
    Row('loose-ik', 'loose fit, sees joints of the target', (*CONVERGED, SOLVED, CALM), FAR),
    Row('press-ik', 'press fit, sees joints of the target', (*CONVERGED, SOLVED, PRESS), FAR),
    Row('loose', 'loose fit', (*CONVERGED, CALM), FAR),
    Row('press', 'press fit', (*CONVERGED, PRESS), FAR),
)


ABLATION_ROWS = tuple(
    Row(f'ablation-{name}', words, SPEED, settings, methods=(PLAIN,))
    for name, words, settings in (
        ('u2', '2 updates a step', ('updates_per_step=2',)),
        ('u4', '4 updates a step', ('updates_per_step=4',)),
        ('norm', 'layer norm in the Qs', ('layer_norm=true',)),
        ('huber', 'Huber loss from 1', ('huber=1.0',)),
        ('n3', '3-step returns', ('n_step=3',)),
        ('reset', 'new networks after 5000 updates', ('reset_every=5000',)),
        ('b128', 'batch of 128', ('batch_size=128',)),
        ('v8', '8 value samples', ('value_samples=8',)),
        ('small', '8 value samples, 8 + 8 particles in 32 states', SMALL),
        ('single', 'one critic', SINGLE),
        ('least', 'one critic, 8 value samples, 8 + 8 particles in 32 states', SMALL + SINGLE),
        ('discount', 'discount of 0.95', ('discount=0.95',)),
        ('hindsight', 'hindsight, .8 to 0 over 4000 steps', ADDED[2:4]),
        ('hindsight-stays', 'hindsight, .5 to the end', ('hindsight_share=0.5',)),
        ('ceiling', 'no value above 0', ADDED[4:])))


def settings_of(row: Row, method: str) -> tuple[str, ...]:
    """Return what a training is told; plain ones only what their own rows change."""
    if method == PLAIN:
        return row.settings if row.methods == (PLAIN,) else ()
    return (*ADDED, *row.settings, *METHODS[method][2])


def run_of(row: Row, method: str, seed: int) -> Path:
    """Return where a training is kept."""
    return RUNS / f'sawyer-{row.name}-{method}-s{seed}'


def finished(run: Path) -> bool:
    """Return whether a training has come to its end."""
    return (run / 'proved.json').exists()


def converged_score(run: Path) -> dict:
    """Return what the last weights of a converged row reach, kept once scored."""
    return score(run, CONVERGED_MODE, TEST_EPISODES, TEST_SEED)
