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
"""Bundles become flights: found, verified, held against the task, tried, then handed out."""
from pathlib import Path
import time

import numpy as np

from softq_ros.errors import BundleError
from softq_ros.nodes.cockpit import Cockpit, Flight, Loaded
from softq_ros.policies.bundle import find_bundle, load_bundle
from softq_ros.policies.canary import check_flies, check_weights, probes
from softq_ros.policies.choice import Choice
from softq_ros.policies.composed import bound_note, make_actor
from softq_ros.tasks.task import Task


class Hangar:
    """
    Makes flights; runs beside the control loop.

    :param root: directory that confines names of bundles; empty: those that ship, and paths.
    """

    def __init__(self, task: Task, cockpit: Cockpit, root: str) -> None:
        """Keep where bundles are found and what tries them."""
        self._task, self._cockpit = task, cockpit
        self._root = Path(root) if root else None

    def prepare(self, choice: Choice, held: dict[str, Loaded]) -> Flight:
        """
        Return what a choice of bundles flies by.

        :param held: bundles that need not be read again.
        :raises BundleError: in one line, naming the bundle and what is wrong.
        """
        found = {name: held.get(name) or self._read(name) for name in choice.names}
        bundles = {name: bundle for name, (_, bundle) in found.items()}
        actor = make_actor(bundles, self._task, choice.weights, choice.temperature)
        name = ' + '.join(choice.names)
        self._try(name, actor)
        return Flight(
            actor, name, 0, time.monotonic(), choice, time.time_ns(),
            tuple(str(path.absolute()) for path, _ in found.values()),
            tuple(bundle.digest for bundle in bundles.values()),
            bound_note(list(bundles.values()), choice.temperature) if len(bundles) > 1 else '',
            found)

    def _read(self, name: str) -> Loaded:
        path = find_bundle(name, self._root)
        try:
            bundle = load_bundle(path)
            check_weights(bundle.weights)
        except BundleError as error:
            raise BundleError(f'{name}: {error}') from error
        return path, bundle

    def _try(self, name: str, actor) -> None:
        tried = probes(self._task.observation_spec, list(self._cockpit.seen),
                       np.random.default_rng(0))
        period = self._task.contract.period_sec
        try:
            check_flies(actor, tried, period, self._cockpit.sampling)
        except BundleError as error:
            raise BundleError(f'{name}: {error}') from error
