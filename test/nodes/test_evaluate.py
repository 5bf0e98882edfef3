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
import json
from pathlib import Path
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from std_srvs.srv import Trigger
from visualization_msgs.msg import Marker, MarkerArray
import yaml

from softq_ros.nodes import qos
from softq_ros.robot.contract import load_contract
from softq_ros.srv import Perturb, Reset
from test.support.asked import Asked

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = ROOT / 'test' / 'standin' / 'standin_sawyer.yaml'
SAWYER = load_contract('sim_sawyer')
DEADLINE_SEC = 90.0


class Bystander:
    """Looks at a robot, disturbs it and reads what people are told."""

    def __init__(self, domain: str) -> None:
        """Join the domain."""
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=int(domain))
        self._node = node = rclpy.create_node('bystander', context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(node)
        self.prompts: list[str] = []
        self.times: list[float] = []
        self.joints = JointState()
        self.markers: list[Marker] = []
        node.create_subscription(String, 'evaluation/prompt',
                                 lambda m: self.prompts.append(m.data), qos.LATCHED)
        node.create_subscription(JointState, 'joint_states',
                                 lambda m: setattr(self, 'joints', m), qos.STATE)
        node.create_subscription(MarkerArray, 'markers',
                                 lambda m: self.markers.extend(m.markers), qos.STATE)
        node.create_subscription(
            Clock, '/clock', lambda m: self.times.append(m.clock.sec + 1e-9 * m.clock.nanosec),
            qos.STATE)

    def wait(self, condition, what: str) -> None:
        """Spin until a condition holds."""
        end = time.monotonic() + DEADLINE_SEC
        while not condition():
            assert time.monotonic() < end, f'waited for {what}; told {self.prompts}'
            self._executor.spin_once(timeout_sec=0.02)

    def call(self, interface, service: str, **fields):
        """Call a service and return its answer."""
        client = self._node.create_client(interface, service)
        self.wait(client.service_is_ready, service)
        asked = Asked(client, interface.Request(**fields))
        self.wait(asked.done, service)
        return asked.result()

    def perturb(self, kind: str, target: str = '', values=(), duration_sec: float = 0.0,
                service: str = 'sim/perturb') -> Perturb.Response:
        """Disturb it."""
        return self.call(Perturb, service, kind=kind, target=target,
                         values=[float(v) for v in values], duration_sec=duration_sec)

    def close(self) -> None:
        """Leave the domain."""
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)


@pytest.fixture
def bystander(ros_environment):
    """Look on, in the domain of the test."""
    one = Bystander(ros_environment)
    yield one
    one.close()


@pytest.fixture
def launch(tmp_path):
    """Start launch files that are taken down whatever happens."""
    started = []

    def start(*words: str) -> subprocess.Popen:
        started.append(subprocess.Popen(
            [sys.executable, '-m', 'softq_ros.cli', 'launch', *words], cwd=ROOT,
            stdout=(tmp_path / 'launch.log').open('w'), stderr=subprocess.STDOUT,
            start_new_session=True))
        return started[-1]

    yield start
    for one in started:
        if one.poll() is None:
            one.send_signal(signal.SIGINT)
        one.wait(DEADLINE_SEC)


def scenario(folder: Path, events_per_episode: int, **events) -> str:
    """Write a scenario whose events come half a second after the start or the last recovery."""
    path = folder / 'mine.yaml'
    path.write_text(yaml.safe_dump({
        'events_per_episode': events_per_episode, 'settle_sec': 30.0, 'wait_sec': [0.0, 0.5],
        'events': events}, sort_keys=False))
    return f'perturb:={path}'


def test_the_simulator_takes_each_kind_over_the_wire_and_time_goes_on(bystander, launch):
    launch('sim', 'task:=sawyer_stack', 'stepping:=realtime')
    assert bystander.call(Reset, 'sim/reset', boot_id=1, episode=1, seed=3).success
    bystander.wait(lambda: bystander.joints.name, 'joint states')
    assert bystander.perturb('wrench', 'right_l3', [20, 0, 0, 0, 0, 0], 0.2).success
    bystander.wait(lambda: bystander.markers, 'the marker of the push')
    arrow = bystander.markers[0]
    assert arrow.ns == 'push' and arrow.header.frame_id == SAWYER.base_frame
    tail, tip = ([p.x, p.y, p.z] for p in arrow.points)
    assert np.subtract(tip, tail) == pytest.approx([0.08, 0.0, 0.0])
    assert 0.2 < np.linalg.norm(tip) < 1.2, 'on the arm'
    assert bystander.perturb('clamp', 'right_j2', [], 0.5).success
    pose = SAWYER.reset_pose + 0.1
    assert bystander.perturb('pose', '', pose).success
    order = [list(bystander.joints.name).index(joint) for joint in SAWYER.joints]
    bystander.wait(lambda: np.allclose(np.array(bystander.joints.position)[order], pose,
                                       atol=0.02), 'the pose')
    for kind, target, values, says in (
            ('pose', '', [9.0] * 7, 'beyond its limits'), ('clamp', 'elbow', [], 'right_j2'),
            ('target', '', [0.5, 0.1, 0.0], 'no object'), ('kick', '', [], 'accepted: clamp')):
        refused = bystander.perturb(kind, target, values, 1.0)
        assert not refused.success and says in refused.message
    bystander.wait(lambda: len(bystander.times) > 5, 'time')
    assert (np.diff(bystander.times) > 0).all()


def test_a_quadruped_is_pushed_over_the_wire_and_lives(bystander, launch):
    process = launch('sim', 'task:=minitaur_walk')
    assert bystander.call(Reset, 'sim/reset', boot_id=1, episode=1, seed=3).success
    assert bystander.perturb('wrench', 'base', [0, 30, 0, 0, 0, 0], 0.2).success
    bystander.wait(lambda: bystander.markers, 'the marker of the push')
    tail, tip = ([p.x, p.y, p.z] for p in bystander.markers[0].points)
    assert np.subtract(tip, tail) == pytest.approx([0.0, 0.12, 0.0]) and abs(tip[0]) < 0.2
    assert not bystander.perturb('clamp', 'base', [], 0.2).success
    assert process.poll() is None


def test_the_graph_writes_the_report_of_softq_evaluate(bystander, launch, tmp_path):
    word = scenario(tmp_path, 2, drag={'kind': 'pose', 'offset': 0.3},
                    brick={'kind': 'target', 'distance': [0.05, 0.1]})
    process = launch('evaluate', word, 'episodes:=2', 'seed:=7', f'runs:={tmp_path}',
                     f'report:={tmp_path / "report.json"}')
    assert process.wait(DEADLINE_SEC) == 0, (tmp_path / 'launch.log').read_text()[-3000:]
    report = json.loads((tmp_path / 'report.json').read_text())
    assert report['perturb'] == 'mine' and report['mode'] == 'sim'
    drag, brick = report['perturbations']['drag'], report['perturbations']['brick']
    assert drag['counted'] == drag['recovered'] >= 2
    assert 0 < drag['recovery_time_sec'] < 10 and drag['path_m'] > 0.03
    assert brick['refused'] >= 2 and brick['events'] == 0
    assert (report['recovery_rate'], report['recovery_worst']) == (1.0, 'drag')


@pytest.mark.parametrize('word, says', [
    ('perturb:=rough', 'accepted: bully, light, none'),
    ('task:=multigoal', 'multigoal'),
    ('episodes:=0', 'episodes')])
def test_what_cannot_be_evaluated_is_refused_in_one_line(tmp_path, ros_environment, word, says):
    policy = ['policy:=learner'] if word.startswith('task') else []
    done = subprocess.run(
        [sys.executable, '-m', 'softq_ros.cli', 'launch', 'evaluate', word, f'runs:={tmp_path}',
         *policy], cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE_SEC)
    assert done.returncode == 2, done.stdout + done.stderr
    assert says in done.stdout + done.stderr and 'Traceback' not in done.stdout + done.stderr


def test_a_person_is_told_what_to_do_and_the_same_report_is_written(bystander, launch, tmp_path):
    driver = subprocess.Popen([sys.executable, str(ROOT / 'test' / 'standin' / 'standin.py'),
                               '--controller', 'forward_velocity', '--timeout', '0.2'])
    try:
        word = scenario(tmp_path, 1, shove={
            'kind': 'wrench', 'targets': ['right_l5'], 'force': [100, 200],
            'duration_sec': [0.2, 0.2]})
        process = launch('evaluate', word, 'mode:=robot', f'robot:={CONTRACT}', 'episodes:=1',
                         f'runs:={tmp_path}', f'report:={tmp_path / "report.json"}')
        bystander.wait(lambda: bystander.call(Trigger, 'gate/arm').success, 'the gate to arm')
        bystander.wait(lambda: 'push right_l5 with 100 to 200 N for 0.2 s' in bystander.prompts,
                       'the prompt')
        bystander.perturb('wrench', 'right_l5', [0, 0, 200.0, 0, 0, 0], 0.2, 'standin/perturb')
        bystander.wait(lambda: 'hands off: the robot recovers' in bystander.prompts, 'the end')
        bystander.wait(lambda: process.poll() is not None, 'the report')
    finally:
        driver.terminate()
        driver.wait(DEADLINE_SEC)
    report = json.loads((tmp_path / 'report.json').read_text())
    assert report['mode'] == 'robot' and report['recovery_rate'] == 1.0
    shove = report['perturbations']['shove']
    assert shove['counted'] == shove['recovered'] == 1 and 0 < shove['recovery_time_sec'] < 10
