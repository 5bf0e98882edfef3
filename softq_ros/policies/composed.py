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
Bundles as one policy: what each reads of a task's observation, and what must be equal.

Letters: O observation, N bundles.
"""
from collections.abc import Sequence

import numpy as np

from softq_ros.errors import accepted, BundleError, ConfigurationError
from softq_ros.learning.actor import Actor
from softq_ros.learning.composed_actor import ComposedActor, Constituent, NarrowActor
from softq_ros.policies.bundle import Bundle
from softq_ros.records import Spec
from softq_ros.tasks.catalogue import load_task, words_of
from softq_ros.tasks.task import Task

ALIKE = ('action', 'action_scale', 'control_rate', 'discount')


def columns_of(bundle: Bundle, spec: Spec) -> np.ndarray:
    """
    Return where the bundle's observation stands in a task's, ``(O,)``, by name and unit.

    It may read less than there is, in the same order: another order is another observation.

    :raises BundleError: naming the first component that is not there or out of its order.
    """
    shown, columns = {f.name: (at, f.unit) for at, f in enumerate(spec.fields)}, []
    for row in Spec.from_list(bundle.manifest.observation).fields:
        at, unit = shown.get(row.name, (-1, None))
        if unit != row.unit:
            there = f'in {unit}' if unit else 'not at all'
            raise BundleError(f'reads {row.name} in {row.unit}; the task shows it {there}')
        if columns and at <= columns[-1]:
            raise BundleError(f'reads {row.name} after {spec.names[columns[-1]]}; accepted: the '
                              'order in which the task shows them')
        columns.append(at)
    return np.array(columns)


def _apart(mine: list[dict], theirs: list[dict]) -> Sequence:
    """Return how actions differ: in their names, or the first whose unit or range does."""
    names = [', '.join(Spec.from_list(rows).names) or 'none' for rows in (mine, theirs)]
    apart = [pair for pair in zip(mine, theirs) if pair[0] != pair[1]]
    return names if names[0] != names[1] else apart[0]


def check_alike(bundles: dict[str, Bundle]) -> None:
    """
    Refuse bundles whose actions, scaling, control rate or discount differ.

    :raises BundleError: naming the first difference and both values.
    """
    (first, one), *others = bundles.items()
    for name, other in others:
        for what in ALIKE:
            mine, theirs = getattr(one.manifest, what), getattr(other.manifest, what)
            if mine != theirs:
                mine, theirs = _apart(mine, theirs) if what == 'action' else (mine, theirs)
                raise BundleError(f'{what} differs: {mine} of {first}, {theirs} of {name}; '
                                  'accepted: the same in every policy of a composition')


def bound_note(bundles: Sequence[Bundle], temperature: float) -> str:
    """Return why :mod:`composition_bounds` does not cover a composition, or nothing."""
    alphas = [bundle.manifest.temperature for bundle in bundles]
    if len(set(alphas)) > 1:
        return f'no bound: trained at the temperatures {", ".join(f"{a:g}" for a in alphas)}'
    if temperature > 1:
        return f'no bound: temperature {temperature:g} is above 1'
    return ''


def task_for(bundles: dict[str, Bundle], name: str, options: dict) -> Task:
    """
    Return the task that bundles are used for: their own, where they have one and none is named.

    A bundle alone keeps the options it was trained with.

    :raises ConfigurationError: when they differ and none is named.
    """
    first, own = next(iter(bundles.values())), {b.manifest.task for b in bundles.values()}
    if not name and len(own) > 1:
        raise ConfigurationError(f'--task: {accepted(name, own)}, or another that shows all they '
                                 'read')
    if name and (len(bundles) > 1 or own != {name}):
        return load_task(name, options)
    return first.task(options)


def make_actor(bundles: dict[str, Bundle], task: Task, weights: Sequence[float] = (),
               temperature: float = 1.0) -> Actor | NarrowActor | ComposedActor:
    """
    Return what acts by one bundle, or by several as one.

    A single bundle acts by its own sampler at T = 1; all else is sampled from the composed energy.

    :param bundles: by name.
    :param weights: that sum to one, of each; none: equal ones.
    :param temperature: T, a factor on the temperatures of training. 1 is the average, 1 / N the
        authors' sum.
    :raises BundleError: when one does not fit the task or the others.
    """
    check_alike(bundles)
    columns = [_prefixed(name, lambda: _columns(bundle, task)) for name, bundle in bundles.items()]
    actors = [bundle.actor() for bundle in bundles.values()]
    size = task.observation_spec.size
    if len(actors) == 1 and temperature == 1:
        whole = len(columns[0]) == size
        return actors[0] if whole else NarrowActor(actors[0], columns[0], size)
    parts = [_prefixed(name, lambda: Constituent(*pair))
             for name, pair in zip(bundles, zip(actors, columns))]
    shares = list(weights) or [1.0 / len(actors)] * len(actors)
    return ComposedActor(parts, shares, temperature, size)


def _columns(bundle: Bundle, task: Task) -> np.ndarray:
    try:
        columns = columns_of(bundle, task.observation_spec)
        bundle.check_acts(task)
    except BundleError as error:
        manifest = bundle.manifest
        options = ' '.join(words_of(manifest.task, manifest.options))
        raise BundleError(f'{error}; it learned task:={manifest.task} '
                          f'options:="{options}"') from error
    return columns


def _prefixed(name: str, call):
    """Return what a call returns; its refusal begins with the bundle's name."""
    try:
        return call()
    except BundleError as error:
        raise BundleError(f'{name}: {error}') from error
