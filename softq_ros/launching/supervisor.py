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
"""Starts processes, watches them and leaves none behind."""
import ctypes
import os
from pathlib import Path
import signal
import subprocess
import sys
import tempfile
import threading
import time

import yaml

from softq_ros.launching.reader import Process

PR_SET_PDEATHSIG = 1
GRACE_SEC = {signal.SIGINT: 5.0, signal.SIGTERM: 2.0, signal.SIGKILL: 2.0}
MOST_DEATHS, WITHIN_SEC = 5, 60.0
POLL_SEC = 0.05


def command_line(process: Process, parameter_file: Path | None) -> list[str]:
    """Return how a node is started: its module under this interpreter, then ROS arguments."""
    words = [sys.executable, '-m', f'softq_ros.nodes.{process.executable}', *process.arguments,
             '--ros-args']
    if process.name:
        words += ['-r', f'__node:={process.name}']
    if process.namespace:
        words += ['-r', f'__ns:=/{process.namespace}']
    for before, after in process.remaps:
        words += ['-r', f'{before}:={after}']
    for file in process.parameter_files:
        words += ['--params-file', file]
    if parameter_file:
        words += ['--params-file', str(parameter_file)]
    return words


def _die_with_us() -> None:
    if sys.platform == 'linux':
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Child:
    """One process, started again when it should be."""

    def __init__(self, process: Process, folder: Path) -> None:
        """Write its parameters and start it."""
        self.process = process
        self.label = process.name or process.executable.removesuffix('_node')
        self._file = None
        if process.parameters:
            self._file = folder / f'{self.label}.yaml'
            self._file.write_text(yaml.safe_dump(
                {'/**': {'ros__parameters': process.parameters}}))
        self._deaths: list[float] = []
        self._due: float | None = None
        self._start()

    def _start(self) -> None:
        self._due = None
        output = None if self.process.terminal else subprocess.PIPE
        self._popen = subprocess.Popen(
            command_line(self.process, self._file), stdout=output,
            stderr=None if self.process.terminal else subprocess.STDOUT,
            stdin=subprocess.DEVNULL, env=os.environ | self.process.environment,
            process_group=0, preexec_fn=_die_with_us)
        if output:
            threading.Thread(target=self._forward, args=(self._popen.stdout,),
                             daemon=True).start()

    def _forward(self, stream) -> None:
        for line in stream:
            print(f'[{self.label}] {line.decode(errors="replace").rstrip()}', flush=True)

    @property
    def alive(self) -> bool:
        """Return whether it runs."""
        return self._popen.poll() is None

    def look(self) -> int | None:
        """Start it again if that is due; return its exit code once it is gone for good."""
        if self._due is not None:
            if time.monotonic() >= self._due:
                self._start()
            return None
        code = self._popen.poll()
        if code is None:
            return None
        now = time.monotonic()
        self._deaths = [t for t in self._deaths if now - t < WITHIN_SEC] + [now]
        retries = self.process.most_respawns
        again = self.process.respawn and code != 2 and len(self._deaths) < MOST_DEATHS
        print(f'[{self.label}] process has died with exit code {code}'
              f'{"; starting it again" if again else ""}', flush=True)
        if not again or 0 <= retries < len(self._deaths):
            return code
        self._due = now + self.process.respawn_delay
        return None

    def signal(self, number: int) -> None:
        """Signal its whole process group."""
        try:
            os.killpg(self._popen.pid, number)
        except ProcessLookupError:
            pass

    def wait(self) -> None:
        """Reap it."""
        self._popen.wait()


class Supervisor:
    """
    Runs processes until a required one ends, one cannot go on, or a signal comes.

    A second signal while ending skips to SIGTERM.
    """

    def __init__(self, processes: list[Process]) -> None:
        """Take what to run."""
        self._processes = processes
        self._signals = 0

    def run(self) -> int:
        """Return the exit code of the process that ended it; 0 after a signal."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        with tempfile.TemporaryDirectory(prefix='softq_launch_') as folder:
            children: list[Child] = []
            try:
                for index, process in enumerate(self._processes):
                    place = Path(folder) / str(index)
                    place.mkdir()
                    children.append(Child(process, place))
                return self._watch(children)
            finally:
                self._end(children)

    def _on_signal(self, *_) -> None:
        self._signals += 1

    def _watch(self, children: list[Child]) -> int:
        gone: set[int] = set()
        while not self._signals and len(gone) < len(children):
            for index, child in enumerate(children):
                code = child.look() if index not in gone else None
                if code is None:
                    continue
                gone.add(index)
                if child.process.required or child.process.respawn:
                    return code if code >= 0 else 128 - code
            time.sleep(POLL_SEC)
        return 0

    def _end(self, children: list[Child]) -> None:
        self._signals = 0
        for number, grace in GRACE_SEC.items():
            for child in children:
                if child.alive:
                    child.signal(number)
            deadline = time.monotonic() + grace
            while any(c.alive for c in children) and time.monotonic() < deadline:
                if self._signals and number == signal.SIGINT:
                    break
                time.sleep(POLL_SEC)
        for child in children:
            child.signal(signal.SIGKILL)  # what its own children left in its group
            child.wait()
