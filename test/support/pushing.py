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
"""Two pushers as one, by every means that test/prove/pusher.py compares."""
from collections.abc import Callable
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from softq_ros import cli
from softq_ros.learning.agent import name_of_q
from softq_ros.learning.composed_sampler import ComposedEnergy, frozen_qs
from softq_ros.learning.networks import Policy
from softq_ros.learning.wide import named, Part, wide_sum
from softq_ros.policies.bundle import Bundle, load_bundle, Manifest, save_bundle
from softq_ros.policies.composed import make_actor
from softq_ros.policies.tensors import MOST_BYTES
from softq_ros.tasks.catalogue import load_task
from softq_ros.tasks.task import Task
from softq_ros.training.checkpoint import load_newest
from softq_ros.training.compose import stored_states
from softq_ros.training.evaluation import evaluate

CORNER = load_task('pusher_corner')
WEIGHTS, TEMPERATURES = (0.35, 0.5, 0.65), (0.5, 1.0, 2.0, 4.0)  # a composition is tuned over
TUNED_ON, TUNING_SEED = 20, 100  # starts, and their seed
CLIMBS = 30_000  # updates of DDPG's sum, as in the authors' program
PARTICLES = 8  # fixed, and updated, of a distillation; the authors' program
BATCH, RATE = 128, 1e-3  # states of an update, Adam; the authors' program


class Mix(NamedTuple):
    """How two policies are composed; as it stands their average."""

    weight: float = 0.5  # of the first
    temperature: float = 1.0  # factor on that of training


SUM = Mix(temperature=0.5)  # two Qs add up, as in the authors' program


def at_corner(outcomes: list[dict]) -> float:
    """Return the share of episodes whose puck lies within reach of the corner at the end."""
    radius = CORNER.options['success_distance']
    return float(np.mean([one['distance'] < radius for one in outcomes]))


class Averaged:
    """Acts by the mean of what several policies say; has the interface of an actor."""

    source = 'policy'

    def __init__(self, actors: list) -> None:
        """Keep the actors."""
        self._actors = actors

    def act(self, observation: np.ndarray, rng: np.random.Generator, mode: str) -> np.ndarray:
        """Return one action ``(A,)``."""
        return np.mean([one.act(observation, rng, mode) for one in self._actors], axis=0)


def climbed(bundles: list[Bundle], task: Task, states: list[np.ndarray], seed: int,
            updates: int) -> Bundle:
    """
    Return a policy that climbs the sum of frozen Qs: how the authors compose DDPG.

    :param states: of each replay, ``(B, O)``; each is half of a batch.
    """
    torch.manual_seed(seed)
    rng, columns = np.random.default_rng(seed), np.arange(task.observation_spec.size)
    hidden = tuple(len(bundles[0].weights[f'sampler.{layer}.bias']) for layer in range(2))
    policy = Policy(len(columns), hidden, task.action_spec.size)
    energy = ComposedEnergy([q for bundle in bundles
                             for q in frozen_qs(bundle.weights, columns, 1.0)])
    adam = torch.optim.Adam(policy.parameters(), RATE)
    for _ in range(updates):
        state = torch.from_numpy(np.concatenate([
            own[rng.integers(len(own), size=BATCH // len(states))] for own in states]))
        action = torch.tanh(policy(state)).unsqueeze(1)
        adam.zero_grad()
        (-(energy.least_slope(state, action.detach()) * action).sum(-1).mean()).backward()
        adam.step()
    sampler = {name.replace('layers', 'sampler'): values.numpy()
               for name, values in policy.state_dict().items()}
    layers = wide_sum([Part(b.actor().q_layers[0], columns, 1.0) for b in bundles], len(columns))
    manifest = Manifest.of(task, 'ddpg', 0.0, bundles[0].manifest.discount,
                           {'composed': [bundle.digest for bundle in bundles], 'updates': updates})
    return Bundle(manifest, sampler | named(layers, 'q.0'))


def distilled(runs: list[Path], seed: int, mix: Mix, out: Path) -> Bundle:
    """Return what ``softq compose`` makes of two runs, kept once made."""
    if not out.exists():
        particles = [word for name in ('fixed_particles', 'updated_particles')
                     for word in ('--set', f'{name}={PARTICLES}')]
        cli.main(['compose', *(str(run / 'policy') for run in runs), '--task', CORNER.name,
                  '--weights', str(mix.weight), str(1.0 - mix.weight), '--temperature',
                  str(mix.temperature), *particles, '--replay', *map(str, runs), '--seed',
                  str(seed), '--out', str(out)])
    return load_bundle(out)


def sum_of_ddpg(runs: list[Path], seed: int, out: Path) -> Bundle:
    """Return the policy that climbs the sum of two DDPG trainings, kept once made."""
    if not out.exists():
        states = [stored_states(run, CORNER) for run in runs]
        bundles = [load_bundle(run / 'policy') for run in runs]
        save_bundle(out, climbed(bundles, CORNER, states, seed, CLIMBS))
    return load_bundle(out)


def policy_of(run: Path) -> Bundle:
    """Return the last weights of a run: its Qs are the mean of late ones."""
    return load_bundle(run / 'policy')


def newest_of(run: Path) -> Bundle:
    """Return the last weights of a run with its newest Qs in place of their mean."""
    bundle, (state, _) = policy_of(run), load_newest(run / 'checkpoints', MOST_BYTES)
    newest = {name_of_q(name.removeprefix('q/')): values for name, values in state.items()
              if name.startswith('q/')}
    return Bundle(bundle.manifest, bundle.weights | newest)


def wander(run: Path, count: int = 300, actions: int = 64) -> float:
    """
    Return how far the newest Q of a run lies from the mean of late ones.

    The standard deviation of their difference over uniform actions, median over stored states.
    """
    rng, states = np.random.default_rng(0), stored_states(run, CORNER)
    newest, mean = newest_of(run).actor(), policy_of(run).actor()
    tried = rng.uniform(-1.0, 1.0, (actions, CORNER.action_spec.size)).astype(np.float32)
    return float(np.median([np.std(newest.q(state, tried) - mean.q(state, tried))
                            for state in states[rng.integers(len(states), size=count)]]))


def together(runs: list[Path], mix: Mix = Mix(), of: Callable = policy_of):
    """Return what acts by the policies of runs, as the policy node makes it."""
    weights = (mix.weight, 1.0 - mix.weight) if len(runs) > 1 else ()
    return make_actor({run.name: of(run) for run in runs}, CORNER, weights, mix.temperature)


def tuned(runs: list[Path], out: Path) -> Mix:
    """
    Return the mix that did best, live, from other starts; kept once known.

    Most success, at a tie the least distance; first among weights, then among temperatures.
    """
    kept = out / 'tuned.json'
    if not kept.exists():
        tried: dict[Mix, tuple[float, float]] = {}

        def rank(mix: Mix) -> tuple[float, float]:
            if mix not in tried:
                found = evaluate(together(runs, mix), CORNER, TUNED_ON, TUNING_SEED,
                                 sampling='stochastic').outcomes
                tried[mix] = at_corner(found), -float(np.mean([one['distance'] for one in found]))
            return tried[mix]

        best = max((Mix(weight) for weight in WEIGHTS), key=rank)
        best = max((best._replace(temperature=t) for t in TEMPERATURES), key=rank)
        out.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps({'best': best, 'tried': list(tried.items())}))
    return Mix(*json.loads(kept.read_text())['best'])


def averaged(runs: list[Path]) -> Averaged:
    """Return the mean of the policies of runs."""
    return Averaged([load_bundle(run / 'policy').actor() for run in runs])


class Method(NamedTuple):
    """
    A line of the table.

    :param needs: names of trainings.
    :param make: makes an actor of their runs, a seed and the folder of what is made of them.
    """

    words: str
    needs: tuple[str, ...]
    make: Callable
    sampling: str = 'stochastic'


PAIR = ('x-shared', 'y-shared')
METHODS = {
    'direct': Method('trained for the corner', ('corner',), lambda runs, *_: together(runs)),
    'x': Method('pusher_x alone', PAIR[:1], lambda runs, *_: together(runs)),
    'y': Method('pusher_y alone', PAIR[1:], lambda runs, *_: together(runs)),
    'live': Method('composed live, average', PAIR, lambda runs, *_: together(runs)),
    'live-sum': Method('composed live, sum', PAIR, lambda runs, *_: together(runs, SUM)),
    'live-tuned': Method('composed live, tuned', PAIR,
                         lambda runs, _, out: together(runs, tuned(runs, out))),
    'live-newest': Method('composed live, newest Qs', PAIR,
                          lambda runs, *_: together(runs, of=newest_of)),
    'distilled': Method('distilled, average', PAIR, lambda runs, seed, out: distilled(
        runs, seed, Mix(), out / 'distilled').actor()),
    'distilled-tuned': Method('distilled, tuned', PAIR, lambda runs, seed, out: distilled(
        runs, seed, tuned(runs, out), out / 'distilled-tuned').actor()),
    'averaged': Method('averaged actions', PAIR, lambda runs, *_: averaged(runs)),
    'live-apart': Method('composed live, before sharing', ('x', 'y'),
                         lambda runs, *_: together(runs)),
    'ddpg': Method("DDPG's sum", ('x-ddpg', 'y-ddpg'), lambda runs, seed, out: sum_of_ddpg(
        runs, seed, out / 'ddpg').actor(), 'deterministic')}
