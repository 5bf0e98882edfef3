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
"""A training on the stand-in in realtime, whose learner is killed at full load."""
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

import numpy as np
from std_srvs.srv import Trigger

from softq_ros.learning.ring import row_type
from softq_ros.msg import LearnerStatus
from softq_ros.tasks.catalogue import load_task

from .flight import end, HERE, ROOT, start, TOPIC
from .processes import node_under
from .stalls import Stalls
from .watcher import LATCHED, wait, Watcher

TASK = 'sawyer_stack'
LAUNCH_SEC = 120.0  # longest time until the learner learns
KILLS_A_LAUNCH = 4  # a launch gives up after five deaths within a minute
LEARNED_SEC = 2.0  # at full load before each kill, so that its updates are under way


class Learning:
    """
    A launched training in robot mode.

    :param folder: holds the run; a second training in it resumes the first.
    """

    rate = 20.0  # Hz

    def __init__(self, folder: Path) -> None:
        """Start it, arm it and wait until it learns."""
        self._folder, self._watcher, self._stalls = folder, Watcher(TOPIC), Stalls(folder)
        self._learner: LearnerStatus | None = None
        self._watcher.node.create_subscription(LearnerStatus, 'learner/status', self._on_learner,
                                               LATCHED)
        self._driver = start(str(HERE / 'standin.py'), '--timeout', '0.2')
        resume = str(self._path.exists()).lower()
        with open(folder / f'launch-{time.monotonic_ns()}.log', 'w') as log:
            self._launcher = subprocess.Popen(
                [sys.executable, '-m', 'softq_ros.cli', 'launch', 'train', f'task:={TASK}',
                 'mode:=robot', f'robot:={HERE / "standin_sawyer.yaml"}', f'runs:={folder}',
                 'run:=arm', f'resume:={resume}', 'exploration:=true', 'steps:=1000000'],
                cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
        wait(lambda: self._watcher.call(self._watcher.arm, Trigger.Request()).success, 'arming')
        wait(self._learning, 'updates', LAUNCH_SEC)

    def _on_learner(self, msg: LearnerStatus) -> None:
        self._learner = msg

    def _learning(self) -> bool:
        return self._learner is not None and self._learner.state == 'learning'

    @property
    def malformed(self) -> list[list[float]]:
        """What was said on the arm's topic that is no vector of finite numbers."""
        return self._watcher.malformed()

    @property
    def _path(self) -> Path:
        return self._folder / 'arm' / 'replay' / 'transitions.bin'

    def rows(self) -> np.ndarray:
        """Return the transitions that are committed."""
        kind = row_type(load_task(TASK).observation_spec.size, 7)
        total = int(np.fromfile(self._path, '<u8', 1, offset=32)[0])
        return np.fromfile(self._path, kind, total, offset=4096)

    def kill_learner(self) -> tuple[np.ndarray, float]:
        """
        Kill the learner at full load and wait until another one learns.

        :returns: periods of the policy's commands meanwhile, and how long this machine kept an
            idle process waiting [s].
        """
        time.sleep(LEARNED_SEC)
        before, boot = self.rows(), self._learner.boot_id
        began = time.monotonic() - LEARNED_SEC
        os.kill(node_under(self._launcher.pid, 'learner_node'), signal.SIGKILL)
        wait(lambda: self._learning() and self._learner.boot_id != boot
             and self._learner.steps > len(before), 'another learner', 60.0)
        after = self.rows()
        assert np.array_equal(after[:len(before)], before), 'an acknowledged row is lost'
        check_sequences(after)
        asks = [ask for ask in self._watcher.asks if ask.said > began]
        periods = [b.said - a.said for a, b in zip(asks, asks[1:])]
        return np.array(periods), self._stalls.worst(began, time.monotonic())

    def close(self) -> None:
        """End everything, the launcher as Ctrl-C does."""
        self._launcher.send_signal(signal.SIGINT)
        self._launcher.wait(30.0)
        end(self._driver)
        self._stalls.close()
        self._watcher.close()


def check_sequences(rows: np.ndarray) -> None:
    """Find the sequence numbers of each boot of the policy rise by one: none lost or twice."""
    for boot in np.unique(rows['boot_id']):
        mine = rows['sequence'][rows['boot_id'] == boot].astype(np.int64)
        assert (np.diff(mine) == 1).all(), np.flatnonzero(np.diff(mine) != 1)
