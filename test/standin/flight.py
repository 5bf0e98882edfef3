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
"""A gate, a driver and a policy as processes, and what they do when one of them fails."""
from collections.abc import Callable, Iterator
from contextlib import contextmanager, ExitStack
import os
from pathlib import Path
import random
import signal
import subprocess
import sys
import time
from typing import NamedTuple

import numpy as np
import rclpy
from rclpy.node import Node
from std_msgs.msg import Float64, Float64MultiArray
from std_srvs.srv import SetBool, Trigger

from softq_ros.srv import Perturb

from .stalls import Stalls
from .watcher import DEADLINE_SEC, wait, Watcher

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TOPIC = 'forward_velocity_controller/commands'
HANG_SEC = 0.6
TROUBLE_SEC = 0.4
KNOWN_SEC = 5.0  # until every process has heard of a new one
FULL = 0.14  # rad/s; what the policy asks of the slowest joint is 0.15


class Delay(NamedTuple):
    """
    How long a hold took to be heard on the arm's topic [s].

    ``total`` from the event, or from when all was well for the last time (a command after it, the
    last good observation); ``after`` from the event; ``said`` as ``total`` but until it was
    published; ``stall``: the longest that this machine kept an idle process waiting meanwhile.
    """

    total: float
    after: float
    said: float
    stall: float

    def within(self, bound: float) -> bool:
        """Return whether it was said within a bound [s], plus only the machine's stall."""
        return self.said <= bound + self.stall


def no_shared_memory() -> dict[str, str]:
    """
    Return the environment of a graph in which nobody waits for a process that is dead or stopped.

    Fast DDS hands messages over in shared memory, under a lock: who is stopped while it holds one
    keeps every other process from writing there, which it notices after a second. Only beyond
    LOCALHOST does rmw_fastrtps listen to what it is told of transports.
    """
    return {'FASTDDS_BUILTIN_TRANSPORTS': 'UDPv4', 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'SUBNET'}


@contextmanager
def stranger() -> Iterator[Node]:
    """Yield a node in the domain of the environment that hears nothing."""
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=int(os.environ['ROS_DOMAIN_ID']))
    node = Node('stranger', context=context)
    try:
        yield node
    finally:
        node.destroy_node()
        context.shutdown()


def start(*words: str) -> subprocess.Popen:
    """Start a Python process, such as ``-m module`` or a script."""
    return subprocess.Popen([sys.executable, *words], cwd=ROOT)


def end(process: subprocess.Popen) -> None:
    """Kill a process and wait for it."""
    process.kill()
    process.wait(DEADLINE_SEC)


def contract_at(rate: float, folder: Path) -> Path:
    """
    Return the stand-in's contract for a control rate [Hz], written into a folder.

    Its ramp is short, so that a trial is.
    """
    text = (HERE / 'standin_sawyer.yaml').read_text(encoding='utf-8')
    path = folder / f'standin_{rate:g}.yaml'
    path.write_text(text.replace('control_rate: 20.0', f'control_rate: {rate:.1f}')
                    .replace('ramp_sec: 0.5', 'ramp_sec: 0.1'), encoding='utf-8')
    return path


class Flight:
    """
    The stand-in under a policy that never asks for zero; zero on the arm's topic is a hold.

    :param rate: of control [Hz].
    :param folder: takes the contract of that rate.
    """

    def __init__(self, rate: float, folder: Path) -> None:
        """Start everything; nothing is armed."""
        self.rate, self._random = rate, random.Random(0)
        self.timeout, self.observation_timeout = min(5.0 / rate, 0.2), 0.15
        self.contract = contract_at(rate, folder)
        self._watcher, self._stalls = Watcher(TOPIC), Stalls(folder)
        self.processes = {'standin': start(str(HERE / 'standin.py'), '--timeout', '0.2'),
                          'stalls': self._stalls.process}
        self._opened, self._stranger = ExitStack(), None
        self.ask()

    def ask(self) -> None:
        """Start a policy."""
        self.processes['policy'] = start(str(HERE / 'asker.py'), '--rate', str(self.rate))

    def start_gate(self) -> None:
        """Start a gate."""
        self.processes['gate'] = start(
            '-m', 'softq_ros.nodes.gate_node', '--ros-args', '-p', 'stepping:=realtime', '-p',
            f'contract:={self.contract}')

    @property
    def malformed(self) -> list[list[float]]:
        """What was said on the arm's topic that is no vector of finite numbers."""
        return self._watcher.malformed()

    @property
    def watcher(self) -> Watcher:
        """What was heard, once every process is still alive."""
        dead = [name for name, process in self.processes.items() if process.poll() is not None]
        assert not dead, f'{dead} ended'
        return self._watcher

    def move(self) -> None:
        """Wait until the arm is told to move, armed again if need be, and for a random phase."""
        began, refusal = time.monotonic(), ''
        while not self.moving():
            assert time.monotonic() < began + DEADLINE_SEC, f'no motion: {self.why()}; {refusal}'
            status = self.watcher.status
            if self.watcher.states and (status is None or not status.armed):
                refusal = self.watcher.call(self.watcher.arm, Trigger.Request()).message
            time.sleep(0.02)
        time.sleep(self._random.uniform(0.0, 2.0 / self.rate))

    def moving(self) -> bool:
        """Return whether policy and arm are told, right now, to move at full authority."""
        newest, now = self.watcher.commands[-1:], time.monotonic()
        return bool(newest and self.watcher.asked) and (
            now - newest[0].heard < 0.05 and np.abs(newest[0].values).min() > FULL
            and now - self.watcher.asked[-1] < 2.0 / self.rate)

    def why(self) -> str:
        """Return what the gate says of itself."""
        status = self._watcher.status
        return 'silent' if status is None else f'armed {status.armed}, {status.why}'

    def silence(self, kind: str) -> Delay:
        """Silence the policy by ``kill``, ``stop`` or ``hang`` at a random phase."""
        self.move()
        policy, watcher = self.processes['policy'], self.watcher
        event = time.monotonic()
        if kind == 'hang':
            watcher.hang.publish(Float64(data=HANG_SEC))
        else:
            policy.send_signal(signal.SIGKILL if kind == 'kill' else signal.SIGSTOP)
        delay = self.delay(event, lambda held: max(event, *(
            ask.said for ask in watcher.asks if ask.said < held)))
        if kind == 'kill':
            policy.wait()
            self.ask()
        elif kind == 'stop':
            policy.send_signal(signal.SIGCONT)
        return delay

    def disturb(self, kind: str) -> Delay:
        """Let joint_states fall ``silent``, be ``frozen`` or ``shifted`` to the future."""
        self.move()
        watcher, event = self.watcher, time.monotonic()
        assert watcher.call(watcher.perturb, Perturb.Request(
            kind=kind, values=[5.0], duration_sec=TROUBLE_SEC)).success

        def last_good(held: float) -> float:
            states = [row for row in list(watcher.states) if event - 0.1 < row[0] < held]
            if kind == 'silent':
                return max(t for t, _ in states)
            if kind == 'shifted':
                return max(t for t, m in states if m.header.stamp.sec < time.time() + 2.0)
            return min(t for t, m in states if m.position == states[-1][1].position)
        return self.delay(event, last_good)

    def crowd(self) -> Delay:
        """Let a node that the graph knows announce the arm's topic, and leave it again."""
        if self._stranger is None:
            self._stranger = self._opened.enter_context(stranger())
            time.sleep(KNOWN_SEC)
        self.move()
        event = time.monotonic()
        other = self._stranger.create_publisher(Float64MultiArray, TOPIC, 1)
        delay = self.delay(event)
        self._refused('second publisher')
        self._stranger.destroy_publisher(other)
        return delay

    def protect(self) -> Delay:
        """Let the driver say that it is not ready, and ready again."""
        self.move()
        watcher, event = self.watcher, time.monotonic()
        watcher.call(watcher.protective_stop, SetBool.Request(data=True))
        delay = self.delay(event, lambda held: watcher.unready)
        self._refused('not ready')
        watcher.call(watcher.protective_stop, SetBool.Request(data=False))
        return delay

    def _refused(self, why: str) -> None:
        wait(lambda: self.watcher.status.why.startswith(why), why)
        answer = self.watcher.call(self.watcher.arm, Trigger.Request())
        assert not answer.success and why in answer.message, answer.message
        assert not self.watcher.status.armed

    def delay(self, event: float, last_good: Callable[[float], float] | None = None) -> Delay:
        """
        Wait for the first hold after an event.

        :param last_good: returns when, before that hold was heard, all was well for the last time.
        """
        wait(lambda: self._watcher.hold(event), f'a hold; the gate is {self.why()}', 3.0)
        hold = self._watcher.hold(event)
        since = last_good(hold.heard) if last_good else event
        return Delay(hold.heard - since, hold.heard - event, hold.said - since,
                     self._stalls.worst(since, hold.heard))

    def close(self) -> None:
        """End everything."""
        for process in self.processes.values():
            end(process)
        self._opened.close()
        self._watcher.close()
