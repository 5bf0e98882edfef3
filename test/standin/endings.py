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
"""How a gate that flies an arm ends, and what it leaves behind."""
import os
from pathlib import Path
import signal
import subprocess
import sys
import time
from typing import NamedTuple

import numpy as np
from std_msgs.msg import Bool

from .flight import Flight, HERE, ROOT, stranger
from .watcher import DEADLINE_SEC, wait

ENDINGS = ('SIGINT', 'SIGTERM', 'exception', 'launcher killed')
MARK = 'SOFTQ_ENDING'


class Ending(NamedTuple):
    """
    What came of a gate that was ended in motion.

    ``last``: largest speed on the arm's topic in its last message [rad/s]; ``seconds`` until
    nothing was left running; ``left``: what was after a while.
    """

    last: float
    seconds: float
    left: list[str]


def marked(mark: str) -> list[str]:
    """Return the processes whose environment bears a mark, as id and command line."""
    found = []
    for entry in Path('/proc').glob('[0-9]*'):
        try:
            if f'{MARK}={mark}'.encode() in (entry / 'environ').read_bytes().split(b'\0'):
                words = (entry / 'cmdline').read_bytes().replace(b'\0', b' ').decode()
                found += [f'{entry.name} {words}'] if words else []  # without: it is dead
        except OSError:
            continue
    return found


def start_gate(flight: Flight, kind: str, mark: str) -> subprocess.Popen:
    """Start a launcher with a gate, or the gate that fails, for a flight without one."""
    if kind == 'exception':
        words = [str(HERE / 'failing_gate.py'), '--ros-args', '-p', 'stepping:=realtime', '-p',
                 f'contract:={flight.contract}']
    else:
        words = ['-m', 'softq_ros.cli', 'launch', str(HERE / 'gate.launch.xml'),
                 f'contract:={flight.contract}']
    return subprocess.Popen([sys.executable, *words], cwd=ROOT, stderr=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, env=os.environ | {MARK: mark})


def provoke(flight: Flight, kind: str, process: subprocess.Popen) -> None:
    """End a launcher or a gate in one of the ways of ``ENDINGS``."""
    if kind == 'exception':
        with stranger() as node:
            estop = node.create_publisher(Bool, 'estop', 10)
            deadline = time.monotonic() + DEADLINE_SEC
            while process.poll() is None and time.monotonic() < deadline:
                estop.publish(Bool(data=True))
                time.sleep(0.05)
        assert process.poll(), 'it ends, and not as if all were well'
    else:
        process.send_signal({'SIGINT': signal.SIGINT, 'SIGTERM': signal.SIGTERM,
                             'launcher killed': signal.SIGKILL}[kind])


def end_in_motion(flight: Flight, kind: str) -> Ending:
    """Start a gate, arm it, end it in motion and return what came of it."""
    mark = str(time.monotonic_ns())
    process = start_gate(flight, kind, mark)
    try:
        flight.move()
        began = time.monotonic()
        provoke(flight, kind, process)
        try:
            wait(lambda: not marked(mark), 'the end', 5.0)
        except AssertionError:
            pass  # what is left is the answer
        seconds, left = time.monotonic() - began, marked(mark)
        time.sleep(0.1)  # what was said last is heard
        return Ending(float(np.abs(flight.watcher.commands[-1].values).max()), seconds, left)
    finally:
        process.kill()
        process.wait()
