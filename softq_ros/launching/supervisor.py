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
"""Runs processes together and ends them together: none outlives the supervisor."""
import codecs
import ctypes
from dataclasses import dataclass
import functools
import os
import selectors
import signal
import subprocess
import sys
import time

POLL_SEC = 0.05
SIGTERM_AFTER_SEC, SIGKILL_AFTER_SEC = 5.0, 7.0  # after the SIGINT that asks for an end
MOST_DEATHS, WINDOW_SEC = 5, 60.0
REFUSED = 2  # exit code of a process that refuses its configuration
PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == 'linux' else None


@dataclass(frozen=True)
class ProcessPlan:
    """A command, under which name it reports, and what follows from its end."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    inherits_output: bool = False
    respawn: bool = False
    respawn_delay_sec: float = 0.0
    respawn_max_retries: int = -1
    required: bool = False


def _prepare_child(parent: int) -> None:
    # a shell starts background jobs with SIGINT ignored, and children would inherit that
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if _LIBC:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before we asked to be told
        os._exit(1)


class Child:
    """One process group, started again and again as its plan says."""

    def __init__(self, plan: ProcessPlan) -> None:
        """Start it."""
        self.plan = plan
        self.deaths: list[float] = []
        self.respawn_at: float | None = None
        self._decode = codecs.getincrementaldecoder('utf-8')('replace').decode
        self._line = ''
        self.start()

    def start(self) -> None:
        """Start the process as the leader of a session of its own."""
        self.respawn_at = None
        output = None if self.plan.inherits_output else subprocess.PIPE
        self.process = subprocess.Popen(
            self.plan.command, env=self.plan.environment, stdin=subprocess.DEVNULL, stdout=output,
            stderr=None if output is None else subprocess.STDOUT, start_new_session=True,
            preexec_fn=functools.partial(_prepare_child, os.getpid()))
        if self.process.stdout:
            os.set_blocking(self.process.stdout.fileno(), False)

    @property
    def may_return(self) -> bool:
        """Return whether its plan allows one more start."""
        most = self.plan.respawn_max_retries
        return most < 0 or len(self.deaths) <= most

    def signal(self, number: int) -> None:
        """Send a signal to the whole group, where it still exists."""
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def relay(self) -> int:
        """
        Print what it wrote, each line behind its name.

        :returns: the number of bytes; 0 at the end of its output, -1 when there is nothing yet.
        """
        try:
            chunk = os.read(self.process.stdout.fileno(), 65536)
        except BlockingIOError:
            return -1
        *lines, self._line = (self._line + self._decode(chunk)).split('\n')
        if not chunk and self._line:
            lines, self._line = [*lines, self._line], ''
        for line in lines:
            print(f'[{self.plan.name}] {line}', flush=True)
        return len(chunk)


def exit_code(returned: int) -> int:
    """Return what a shell would report: 128 + n for a process that signal n ended."""
    return 128 - returned if returned < 0 else returned


class Supervisor:
    """Starts every plan, waits, and takes everything down when one required process ends."""

    def __init__(self, plans: list[ProcessPlan]) -> None:
        """Start all processes; signals that ask for an end are caught from here on."""
        self._asked: list[int] = []
        hang_up = () if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else (signal.SIGHUP,)
        for number in (signal.SIGINT, signal.SIGTERM, *hang_up):  # nohup stays nohup
            signal.signal(number, lambda caught, _frame: self._asked.append(caught))
        self._selector = selectors.DefaultSelector()
        self._children: list[Child] = []
        self._alive: list[Child] = []
        self._stopping_since: float | None = None
        self._sent = 0
        self._code: int | None = None
        self._first_failure = 0
        self._plans = plans

    def run(self) -> int:
        """
        Run until everything has ended.

        :returns: the exit code of the process that ended it all; 0 when a signal did; otherwise
            the first one that was not 0.
        """
        try:
            for plan in self._plans:
                child = Child(plan)
                self._children.append(child)
                self._begun(child)
            while self._alive or any(child.respawn_at for child in self._children):
                self._turn()
        finally:
            for child in self._children:
                child.signal(signal.SIGKILL)
        return self._first_failure if self._code is None else self._code

    def _turn(self) -> None:
        for key, _ in self._selector.select(POLL_SEC if self._selector.get_map() else 0):
            if key.data.relay() == 0:
                self._selector.unregister(key.fileobj)
        if not self._selector.get_map():
            time.sleep(POLL_SEC)
        for child in list(self._alive):
            if child.process.poll() is not None:
                self._ended(child)
        self._respawn()
        if self._asked and self._stopping_since is None:
            self._stop(0, f'signal {signal.Signals(self._asked[0]).name}')
        self._press()

    def _begun(self, child: Child) -> None:
        self._alive.append(child)
        if child.process.stdout:
            self._selector.register(child.process.stdout, selectors.EVENT_READ, child)

    def _ended(self, child: Child) -> None:
        self._alive.remove(child)
        child.signal(signal.SIGKILL)  # what it started itself and left behind
        self._drain(child)
        code = exit_code(child.process.returncode)
        if self._stopping_since is not None:
            return
        self._say(f'{child.plan.name} ended with exit code {code}')
        now = time.monotonic()
        child.deaths.append(now)
        recent = [at for at in child.deaths if now - at < WINDOW_SEC]
        again = child.plan.respawn and code != REFUSED
        if again and len(recent) >= MOST_DEATHS:
            self._stop(code or 1, f'{child.plan.name} ended {len(recent)} times within '
                                  f'{WINDOW_SEC:.0f} s')
        elif child.plan.required or (child.plan.respawn and not again):
            self._stop(code, f'{child.plan.name} is required')
        elif again and child.may_return:
            child.respawn_at = now + child.plan.respawn_delay_sec
        else:
            self._first_failure = self._first_failure or code

    def _drain(self, child: Child) -> None:
        if child.process.stdout:
            if child.process.stdout in self._selector.get_map():
                self._selector.unregister(child.process.stdout)
            while child.relay() > 0:
                pass
            child.process.stdout.close()

    def _respawn(self) -> None:
        for child in self._children:
            if child.respawn_at is not None and time.monotonic() >= child.respawn_at:
                self._say(f'starting {child.plan.name} again')
                child.start()
                self._begun(child)

    def _stop(self, code: int, why: str) -> None:
        self._say(f'stopping: {why}')
        self._code, self._stopping_since = code, time.monotonic()
        for child in self._children:
            child.respawn_at = None

    def _press(self) -> None:
        """Press the living by SIGINT, SIGTERM, then SIGKILL; a second Ctrl-C skips the first."""
        if self._stopping_since is None:
            return
        waited = time.monotonic() - self._stopping_since
        hasty = self._asked.count(signal.SIGINT) > 1
        level = 3 if waited >= SIGKILL_AFTER_SEC else (
            2 if hasty or waited >= SIGTERM_AFTER_SEC else 1)
        if level > self._sent:
            self._sent = level
            number = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)[level - 1]
            for child in self._alive:
                if level > 1 and not hasty:
                    self._say(f'{child.plan.name} has not ended: {number.name}')
                child.signal(number)

    @staticmethod
    def _say(text: str) -> None:
        print(f'[launch] {text}', file=sys.stderr, flush=True)
