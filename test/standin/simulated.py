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
"""The simulator in realtime under a gate that is killed."""
import random
import time

import numpy as np
from std_srvs.srv import Trigger

from softq_ros.srv import Reset

from .flight import end, HERE, start
from .watcher import wait, Watcher

TOPIC = 'velocity_controller/commands'
STILL = 1e-3  # rad/s


class Simulated:
    """Simulator, gate and a policy that never asks for zero."""

    timeout = 0.2  # s; after which the simulator stops without commands

    def __init__(self) -> None:
        """Start them; the contract of the simulator arms by itself."""
        self._random, self._watcher = random.Random(0), Watcher(TOPIC)
        task = ('--ros-args', '-p', 'task:=sawyer_reach', '-p', 'stepping:=realtime')
        self._gate_words = ('-m', 'softq_ros.nodes.gate_node', *task)
        self.processes = {'sim': start('-m', 'softq_ros.nodes.sim_node', *task),
                          'policy': start(str(HERE / 'asker.py')),
                          'gate': start(*self._gate_words)}
        assert self._watcher.call(self._watcher.reset, Reset.Request(episode=1)).success

    def kill_gate(self) -> float:
        """Kill the gate in motion and return how long the arm moved on [s]."""
        wait(self._moving, 'motion')
        time.sleep(self._random.uniform(0.0, 0.1))
        event = time.monotonic()
        end(self.processes['gate'])
        time.sleep(0.8)
        states = list(self._watcher.states)
        moving = [t for t, msg in states
                  if t > event and self._fastest(msg) >= STILL]
        after = [t for t, _ in states if t > event]
        assert len(after) > 8, 'the simulator went silent'
        self.processes['gate'] = start(*self._gate_words)
        return max(moving, default=event) - event

    def _moving(self) -> bool:
        watcher = self._watcher
        if watcher.status is not None and not watcher.status.armed:  # refused too often
            watcher.call(watcher.arm, Trigger.Request())
        return bool(watcher.states) and self._fastest(watcher.states[-1][1]) > 0.1

    def _fastest(self, msg) -> float:
        return float(np.abs(msg.velocity).max())

    def close(self) -> None:
        """End everything."""
        for process in self.processes.values():
            end(process)
        self._watcher.close()
