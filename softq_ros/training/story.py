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
"""What a report tells and no other file of a run holds, over all parts of the run."""
from collections.abc import Iterator
from contextlib import contextmanager
import json
from pathlib import Path
import time

from softq_ros.errors import RunError
from softq_ros.training.panel import Progress
from softq_ros.training.run import replace_file

FILE = 'story.json'
KEEP_EVERY_SEC = 5.0
KINDS = {'wall_sec': (int, float), 'cpu_sec': (int, float), 'episodes': int,
         'first_success_step': (int, type(None))}
NOTHING = {'wall_sec': 0.0, 'cpu_sec': 0.0, 'episodes': 0, 'first_success_step': None}


def _read(path: Path) -> dict:
    if not path.exists():
        return NOTHING
    try:
        found = json.loads(path.read_bytes())
    except ValueError as error:
        raise RunError(f'{path}: no JSON: {error}') from error
    if isinstance(found, dict):
        found.setdefault('cpu_sec', 0.0)  # runs of earlier versions
    good = isinstance(found, dict) and set(found) == set(KINDS)
    if not good or not all(isinstance(found[name], kind) for name, kind in KINDS.items()):
        raise RunError(f'{path}: holds {found!r}; accepted: {sorted(KINDS)}')
    return found


class Story:
    """
    Time, episodes and first success of a run; the time between its parts is left out.

    :param folder: of the run.
    :param progress: gets what earlier parts counted, and is what :meth:`keep` writes.
    :raises RunError: when the file of an earlier part is broken.
    """

    def __init__(self, folder: Path, progress: Progress) -> None:
        """Take up what earlier parts left."""
        self._path, self._progress = folder / FILE, progress
        kept = _read(self._path)
        self._before, self._began = kept['wall_sec'], time.monotonic()
        self._cpu_before = kept['cpu_sec'] - time.process_time()
        self._kept_at = self._began
        progress.episodes += kept['episodes']
        if kept['first_success_step'] is not None:
            progress.first_success_step = kept['first_success_step']

    @property
    def wall_sec(self) -> float:
        """Return the wall time of all parts [s]."""
        return self._before + time.monotonic() - self._began

    @property
    def cpu_sec(self) -> float:
        """Return the processor time of all parts, what was put aside left out [s]."""
        return self._cpu_before + time.process_time()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Leave the processor time of a block out."""
        began = time.process_time()
        yield
        self._cpu_before -= time.process_time() - began

    def keep(self, at_once: bool = False) -> None:
        """Write it down, every five seconds unless ``at_once``."""
        if not at_once and time.monotonic() - self._kept_at < KEEP_EVERY_SEC:
            return
        self._kept_at = time.monotonic()
        replace_file(self._path, json.dumps({
            'wall_sec': self.wall_sec, 'cpu_sec': self.cpu_sec,
            'episodes': self._progress.episodes,
            'first_success_step': self._progress.first_success_step}).encode())
