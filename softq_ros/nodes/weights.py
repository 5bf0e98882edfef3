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
"""The policy's side of the learner's stream of weights."""
from pathlib import Path
import threading
import time

from softq_ros.bridge.experience import message_to_weights
from softq_ros.errors import SoftqError
from softq_ros.learning.actor import Actor
from softq_ros.msg import PolicyWeights
from softq_ros.nodes.cockpit import Cockpit, Flight
from softq_ros.policies.bundle import Bundle, Manifest, save_bundle
from softq_ros.tasks.task import Task
from softq_ros.training.settings import load_settings

STORE_EVERY_SEC = 10.0


class WeightsReceiver:
    """
    Checks what the learner sends, puts it into the cockpit and keeps a bundle of it on disk.

    It follows the run it heard first; another run's weights are refused and counted.

    :param store: directory of the bundle; empty for none.
    """

    def __init__(self, task: Task, cockpit: Cockpit, store: str) -> None:
        """Start without weights."""
        self._task, self._cockpit = task, cockpit
        self._store = Path(store) if store else None
        self._run = ''
        self._newest: PolicyWeights | None = None
        self._stored, self._stored_at = 0, time.monotonic()
        self._writer: threading.Thread | None = None
        self.rejected = 0

    def receive(self, msg: PolicyWeights) -> str:
        """Put checked weights into the cockpit; return why they were refused, or nothing."""
        try:
            self._accept(msg)
        except SoftqError as error:
            self.rejected += 1
            return f'learner/weights version {msg.version}: {error}'
        return ''

    def _accept(self, msg: PolicyWeights) -> None:
        if self._run and msg.run != self._run:
            raise SoftqError(f'run {msg.run}; accepted: {self._run}, the run heard first')
        if msg.task != self._task.name:
            raise SoftqError(f'task {msg.task!r}; accepted: {self._task.name!r}')
        weights = message_to_weights(msg)[0]
        actor = Actor(msg.algorithm, weights, msg.temperature)
        actor.check_sizes(self._task.observation_spec.size, self._task.action_spec.size)
        self._run, self._newest = msg.run, msg
        self._cockpit.stream = Flight(actor, 'learner', msg.version, time.monotonic())

    def store_if_due(self, at_once: bool = False) -> None:
        """Write the newest accepted weights as a bundle, in a thread unless ``at_once``."""
        newest, now = self._newest, time.monotonic()
        due = at_once or now - self._stored_at > STORE_EVERY_SEC
        if self._store is None or newest is None or not due or newest.version == self._stored:
            return
        if self._writer and self._writer.is_alive():
            return
        self._stored, self._stored_at = newest.version, now
        if at_once:
            self._write(newest)
            return
        self._writer = threading.Thread(target=self._write, args=(newest,), daemon=True)
        self._writer.start()

    def _write(self, msg: PolicyWeights) -> None:
        weights = message_to_weights(msg)[0]
        discount = load_settings(msg.algorithm, self._task.name, {}).discount
        manifest = Manifest.of(self._task, msg.algorithm, msg.temperature, discount, trained={
            'run': msg.run, 'version': msg.version, 'updates': msg.updates})
        try:
            save_bundle(self._store, Bundle(manifest, weights))
        except (OSError, SoftqError) as error:
            self._cockpit.reason = f'cannot keep the weights: {error}'
