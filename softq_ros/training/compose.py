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
Several policies distilled into one: a new sampler on the states of their runs, no new steps.

The bundle that comes of it is one of soft Q-learning: its sampler follows the composed energy
E = (1/T) sum w_i Q_i / alpha_i, its Q is alpha E as one wide network, exactly. Here alpha is T
times the weighted mean of the alpha_i, so that Q is sum w_i Q_i where these agree.

Letters: O observation, B states.
"""
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from softq_ros.errors import ConfigurationError, RunError
from softq_ros.learning.composed_sampler import ComposedEnergy, ComposedSampler, frozen_qs
from softq_ros.learning.settings import make_settings
from softq_ros.learning.wide import Layers, named, Part, wide_sum
from softq_ros.policies.bundle import Bundle, Manifest
from softq_ros.policies.choice import Choice
from softq_ros.policies.composed import columns_of, make_actor
from softq_ros.policies.tensors import MOST_BYTES
from softq_ros.tasks.task import Task
from softq_ros.training.provenance import commit, versions
from softq_ros.training.run import FILE, read_run
from softq_ros.training.stored import stored_states


def run_of(bundle: Bundle, runs: Path) -> Path:
    """
    Return the run that a bundle came from.

    :raises RunError: when it is not among these runs.
    """
    identity = bundle.manifest.trained.get('run', '')
    for path in sorted(runs.glob(f'*/{FILE}')):
        if read_run(path.parent).identity == identity:
            return path.parent
    raise RunError(f'run {identity!r} is not in {runs}; accepted: --replay RUN ..., whose states '
                   'are learned from')


def composed_q(bundles: Sequence[Bundle], task: Task, choice: Choice) -> tuple[dict, float]:
    """Return the tensors of alpha E as one network, and alpha."""
    shares = np.array(choice.shares)
    alphas = np.array([bundle.manifest.temperature for bundle in bundles])
    alpha = float(choice.temperature * (shares @ alphas))
    factors = alpha * shares / alphas / choice.temperature
    layers = wide_sum([Part(q, columns_of(bundle, task.observation_spec), factor / len(qs))
                       for bundle, factor in zip(bundles, factors.tolist())
                       for qs in [bundle.actor().q_layers] for q in qs],
                      task.observation_spec.size)
    tensors = named(layers, 'q.0')
    size = sum(values.nbytes for values in tensors.values())
    if size > MOST_BYTES // 2:
        raise ConfigurationError(f'the composed Q takes {size} bytes; accepted: at most '
                                 f'{MOST_BYTES // 2}, of fewer or smaller policies')
    return tensors, alpha


def mean_sampler(bundles: Sequence[Bundle], task: Task, choice: Choice) -> Layers | None:
    """Return the weighted mean of the policies' u as one sampler; nothing where one has no u."""
    if any(bundle.manifest.algorithm != 'sql' for bundle in bundles):
        return None
    return wide_sum([Part(bundle.actor().sampler_layers,
                          columns_of(bundle, task.observation_spec), share)
                     for bundle, share in zip(bundles, choice.shares)],
                    task.observation_spec.size)


def distil(bundles: Sequence[Bundle], task: Task, choice: Choice, states: Sequence[np.ndarray],
           updates: int, seed: int, values: dict | None = None) -> tuple[dict, dict]:
    """
    Return the tensors of a sampler of the composed energy, and the last update's metrics.

    Unless ``hidden`` is among the values it starts as the mean of the policies' own samplers, if
    they have the same kind: from random weights it settled, with the same energy, at other modes.

    :param states: of each run, ``(B, O)``; each counts by how many it has.
    :param values: settings of the sampler other than the defaults of ``sql``; an update takes
        ``svgd_states`` states.
    """
    energy = ComposedEnergy([
        q for bundle, share in zip(bundles, choice.shares)
        for q in frozen_qs(bundle.weights, columns_of(bundle, task.observation_spec),
                           share / bundle.manifest.temperature / choice.temperature)])
    values = (values or {}) | {'temperature': 1.0}
    start = None if 'hidden' in values else mean_sampler(bundles, task, choice)
    if start:
        values['hidden'] = [len(bias) for _, bias in start[:-1]]
    settings = make_settings('sql', values)
    if settings.device != 'cpu':
        raise ConfigurationError(f"device: got {settings.device!r}; accepted: 'cpu', where "
                                 'compositions learn')
    sampler = ComposedSampler(task.observation_spec.size, task.action_spec.size, settings, seed,
                              energy)
    if start:
        sampler.start_from(start)
    union, rng, metrics = np.concatenate(list(states)), np.random.default_rng(seed), {}
    for _ in range(updates):
        metrics = sampler.climb(union[rng.integers(len(union), size=settings.svgd_states)])
    return sampler.weights(), metrics


def compose(bundles: dict[str, Bundle], task: Task, choice: Choice, runs: Sequence[Path],
            updates: int, seed: int, values: dict, command: str) -> tuple[Bundle, dict]:
    """
    Return one bundle of several, and a report.

    :param bundles: by name, those of ``choice``.
    :param runs: whose states are learned from.
    :param command: what a person typed for it.
    :raises SoftqError: when bundles, runs and task do not go together.
    """
    if updates < 1 or len(bundles) < 2:
        raise ConfigurationError(f'got {len(bundles)} policies, {updates} updates; accepted: two '
                                 'or more of each')
    make_actor(bundles, task, choice.shares, choice.temperature)  # refuses misfits
    parts = list(bundles.values())
    tensors, alpha = composed_q(parts, task, choice)
    states = [stored_states(run, task) for run in runs]
    sampler, metrics = distil(parts, task, choice, states, updates, seed, values)
    count = sum(len(one) for one in states)
    trained = {'command': command, 'seed': seed, 'commit': commit(), 'versions': versions(),
               'updates': updates, 'steps': 0, 'states': count,
               'composed': {name: bundle.digest for name, bundle in bundles.items()},
               'weights': list(choice.shares), 'temperature': choice.temperature,
               'replay': [read_run(run).identity for run in runs]}
    manifest = Manifest.of(task, 'sql', alpha, parts[0].manifest.discount, trained)
    return Bundle(manifest, sampler | tensors), {
        'states': count, 'updates': updates, 'temperature': alpha} | metrics
