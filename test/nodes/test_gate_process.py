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
from contextlib import contextmanager
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from rclpy.serialization import serialize_message
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool

from softq_ros.bridge.conversions import ns_to_time
from softq_ros.bridge.experience import command_message
from test.support.gate_graph import contract_file, graph, INTERFACES, values

FUZZED = 10_000
HALF = np.full(7, 0.5, np.float32)


@contextmanager
def arm(tmp_path, interface: str = 'velocity', **changes):
    """Run a gate in a process of its own, and a probe; the domain is the environment's."""
    contract = contract_file(tmp_path, interface, **changes)
    gate = subprocess.Popen([sys.executable, '-m', 'softq_ros.nodes.gate_node', '--ros-args',
                             '-p', 'stepping:=realtime', '-p', f'contract:={contract}'])
    try:
        with graph('realtime', domain=None, inside=False, contract=contract) as g:
            yield g, gate
    finally:
        gate.kill()
        gate.wait()


@pytest.mark.parametrize('interface, number', [('velocity', signal.SIGINT),
                                               *((name, signal.SIGTERM) for name in INTERFACES)])
def test_a_signal_leaves_a_hold_as_the_last_word(tmp_path, ros_environment, interface, number):
    with arm(tmp_path, interface) as (g, gate):
        g.armed()
        g.run(1.0, HALF[:g.size])
        assert not g.probe.executed[-1].holding
        gate.send_signal(number)
        began = time.monotonic()
        assert gate.wait(timeout=2.0) == 0
        assert time.monotonic() - began < 1.0
        g.run(0.2)
        last = [values(m) for m in g.probe.commands[-2:]]
        if g.contract.position_like:
            assert np.abs(last[1] - last[0]).max() < 1e-3
        else:
            assert not last[1].any()


def mangled(good: bytes, chance: random.Random) -> bytes:
    """Return a serialized message with some bytes changed, and often cut short."""
    bad = bytearray(good)
    for _ in range(chance.randint(1, 6)):
        bad[chance.randrange(4, len(bad))] = chance.randrange(256)
    return bytes(bad[:chance.randrange(5, len(bad))] if chance.random() < 0.2 else bad)


def fuzz(g, publisher, make, chance: random.Random) -> None:
    """Publish mangled messages as fast as they are heard, between good ones of all inputs."""
    for count in range(FUZZED):
        if count % 100 == 0:
            good = serialize_message(make())
        publisher.publish(mangled(good, chance))
        if count % 10 == 0:
            g.run(0.001, HALF)


def test_ten_thousand_raw_messages_per_input_publish_nothing_absurd(tmp_path, ros_environment):
    chance = random.Random(0)
    with arm(tmp_path, ready_topics=['fine']) as (g, gate):
        ready = g.probe.create_publisher(Bool, 'fine', 1)
        g.tell(ready, Bool(data=True), g.may_arm)
        fuzz(g, g.probe.joints, lambda: joint_state(g), chance)
        fuzz(g, g.probe.asks, lambda: command_message(HALF, g.stamp, 'sim', 1, 1, 0, 0, 'policy'),
             chance)
        fuzz(g, ready, lambda: Bool(data=True), chance)
        fuzz(g, g.probe.estop, lambda: Bool(data=False), chance)
        assert gate.poll() is None
        ready.publish(Bool(data=True))
        g.armed()
        g.run(1.2, HALF)
        assert not g.probe.executed[-1].holding
        status = g.status(lambda s: s.accepted > 10)
        assert status.received == status.accepted + status.rejected > 1000
        counts = dict(zip(status.reasons, status.counts))
        assert counts['command'] == status.rejected and counts['joint_states'] > 1000
        assert 'exception' not in counts
        assert np.isfinite([values(m) for m in g.probe.commands]).all()


def joint_state(g) -> JointState:
    """Return what a driver says now."""
    msg = JointState(name=list(g.contract.joints), position=g.position.tolist(),
                     velocity=[0.1] * 7, effort=[0.0] * 7)
    ns_to_time(msg.header.stamp, time.time_ns())
    return msg
