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
"""A person at the command line, and a graph to fly."""
from contextlib import contextmanager
import os
from pathlib import Path
import signal
import subprocess
import sys
import time

import numpy as np
from rcl_interfaces.srv import GetParameters, SetParameters, SetParametersAtomically
import rclpy
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter, parameter_value_to_python
from std_srvs.srv import Trigger

from softq_ros.action import ResetEpisode
from softq_ros.msg import Episode, Executed, PolicyStatus, Transition
from softq_ros.nodes import qos
from softq_ros.srv import Perturb
from test.support.asked import Asked

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_SEC = 40.0


def _message(name: str, value):
    if value == []:  # rclpy takes it for bytes
        return Parameter(name, Parameter.Type.DOUBLE_ARRAY, []).to_parameter_msg()
    return Parameter(name, value=value).to_parameter_msg()


class Pilot:
    """A person at the command line: sets parameters and reads the status."""

    def __init__(self, domain: str) -> None:
        """Join the domain."""
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=int(domain))
        self._node = rclpy.create_node('pilot', context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self.status = PolicyStatus()
        self._node.create_subscription(PolicyStatus, 'policy/status', self._on_status, qos.LATCHED)
        make = self._node.create_client
        self._client = make(SetParameters, 'policy/set_parameters')
        self._at_once = make(SetParametersAtomically, 'policy/set_parameters_atomically')
        self._get, self._back = (make(GetParameters, 'policy/get_parameters'),
                                 make(Trigger, 'policy/rollback'))
        self.executed: list[tuple[float, int]] = []
        self._node.create_subscription(Executed, 'gate/executed', self._on_executed, qos.EXECUTED)
        self.episodes: list[Episode] = []
        self._node.create_subscription(Episode, 'episodes', self.episodes.append, qos.EPISODES)
        self.transitions: list[Transition] = []
        self._node.create_subscription(Transition, 'policy/transitions', self.transitions.append,
                                       qos.TRANSITIONS)
        self._resets = ActionClient(self._node, ResetEpisode, 'episode/reset')

    def _on_status(self, msg: PolicyStatus) -> None:
        self.status = msg

    def wait(self, condition, what: str) -> None:
        """Spin until a condition holds."""
        end = time.monotonic() + DEADLINE_SEC
        while not condition():
            assert time.monotonic() < end, f'waited for {what}; status {self.status}'
            self._executor.spin_once(timeout_sec=0.05)

    def _on_executed(self, msg: Executed) -> None:
        self.executed.append((time.monotonic(), msg.episode))

    def periods(self, first: int = 0) -> np.ndarray:
        """Return the times [s] from one answer of the gate to the next of its episode."""
        heard = self.executed[first:]
        return np.array([later - now for (now, one), (later, other) in zip(heard, heard[1:])
                         if one == other])

    def _call(self, client, request, what: str):
        self.wait(client.service_is_ready, what)
        asked = Asked(client, request)
        self.wait(asked.done, what)
        return asked.result()

    def set(self, name: str, value) -> tuple[bool, str]:
        """Set one parameter; return whether it was accepted and the reason."""
        request = SetParameters.Request(parameters=[_message(name, value)])
        result = self._call(self._client, request, f'{name} to be set').results[0]
        return result.successful, result.reason

    def set_at_once(self, **values) -> tuple[bool, str]:
        """Set several parameters in one step; return whether it was accepted and the reason."""
        request = SetParametersAtomically.Request(
            parameters=[_message(name, value) for name, value in values.items()])
        result = self._call(self._at_once, request, f'{values} to be set').result
        return result.successful, result.reason

    def get(self, name: str):
        """Return the value of a parameter."""
        request = GetParameters.Request(names=[name])
        return parameter_value_to_python(self._call(self._get, request, name).values[0])

    def roll_back(self) -> tuple[bool, str]:
        """Ask for what flew before; return whether it flies and what was said."""
        answer = self._call(self._back, Trigger.Request(), 'policy/rollback')
        return answer.success, answer.message

    def perturb(self, kind: str, values: list[float]) -> Perturb.Response:
        """Disturb the simulator at once."""
        client = self._node.create_client(Perturb, 'sim/perturb')
        return self._call(client, Perturb.Request(kind=kind, values=values), kind)

    def reset(self, seed: int) -> ResetEpisode.Result:
        """Ask for a new episode and return what became of it."""
        self.wait(self._resets.server_is_ready, 'episode/reset')
        asked = self._resets.send_goal_async(ResetEpisode.Goal(seed=seed))
        self.wait(asked.done, 'the goal to be taken')
        result = asked.result().get_result_async()
        self.wait(result.done, 'the episode to begin')
        return result.result().result

    def close(self) -> None:
        """Leave the domain."""
        self._resets.destroy()
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)


@contextmanager
def launched(name: str, folder: Path, domain: str, *words: str):
    """Launch a file of ours; ends with every process gone; ``<name>.log`` stays."""
    with (folder / f'{name}.log').open('wb') as log:
        process = subprocess.Popen(
            [sys.executable, '-m', 'softq_ros.cli', 'launch', name, f'runs:={folder}', *words],
            cwd=ROOT, start_new_session=True, stdout=log, stderr=subprocess.STDOUT)
    one = Pilot(domain)
    try:
        yield one
    finally:
        one.close()
        process.send_signal(signal.SIGINT)
        process.wait(DEADLINE_SEC)
        assert not os.path.exists(f'/proc/{process.pid}')


def flying(folder: Path, domain: str, *words: str):
    """Let bundles of ``folder/policies`` fly."""
    return launched('play', folder, domain, f'policies:={folder / "policies"}', *words)
