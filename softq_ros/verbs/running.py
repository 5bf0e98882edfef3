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
"""``softq robot``, ``launch``, ``call`` and ``bench``: contracts, graphs, and how fast it is."""
import argparse
import json
import subprocess
import sys

from softq_ros.errors import ConfigurationError, RunError
from softq_ros.verbs.words import read_values, show

SERVICES = ('gate/arm', 'gate/stop', 'episode/confirm', 'policy/rollback', 'learner/finish')
BENCHES = ('lockstep', 'paths', 'loop', 'learner', 'act', 'replay')


def add_robot(robot: argparse.ArgumentParser) -> None:
    """Say what a check of a robot takes."""
    robot.add_argument('what', choices=('check',), help='hold a contract against itself and its '
                       'URDF; exit code 0 where all is well, else 2')
    robot.add_argument('contract', help='a .yaml file, or one of softq list robots')
    robot.add_argument('--live', action='store_true', help='also against the running graph: '
                       'controller, topics, types, rates, frames')


def add_bench(bench: argparse.ArgumentParser) -> None:
    """Say what a measurement takes."""
    bench.add_argument('what', choices=BENCHES,
                       help='lockstep: control steps a second of sim, gate and policy; paths: '
                       'wall time of the graph over that of softq train; loop: periods and '
                       'latency of commands in realtime beside a busy learner; learner: '
                       'updates a second beside a plain version of the same; act: one action; '
                       'replay: one batch of 256 of a million')
    bench.add_argument('--seconds', type=float, default=10.0,
                       help='how long lockstep and loop are timed')
    bench.add_argument('--task', default='sawyer_stack', help='of lockstep, paths and loop')
    bench.add_argument('--steps', type=int, default=2000, help='control steps of each training')
    bench.add_argument('--pairs', type=int, default=3, help='trainings of each path')
    bench.add_argument('--seed', type=int, default=0)
    bench.add_argument('--set', action='append', default=[], metavar='NAME=VALUE',
                       help='a setting of the learner that is measured, such as svgd_states=64; '
                       'the plain one shares layers and batch size only; may be repeated')
    bench.add_argument('--rounds', type=int, default=20, help='paired rounds of learner')


def check_robot(options: argparse.Namespace) -> int:
    """Say whether a contract holds."""
    from softq_ros.robot.check import check_contract
    contract, checks = check_contract(options.contract)
    if contract is not None and options.live:
        checks += _check_live(options.contract)
    ok = all(check.ok for check in checks)
    if options.json:
        print(json.dumps({'robot': options.contract, 'ok': ok,
                          'checks': [check._asdict() for check in checks]}))
    else:
        print(*checks, sep='\n')
    return 0 if ok else 2


def _check_live(name_or_path: str) -> list:
    """Check in a process of its own: ROS stays out of this one."""
    from softq_ros.robot.check import Check
    done = subprocess.run([sys.executable, '-m', 'softq_ros.nodes.live_check', name_or_path],
                          capture_output=True, text=True)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ['no answer'])[-1]
        raise ConfigurationError(f'--live: {why}; accepted: an environment with ROS 2')
    return [Check(**row) for row in json.loads(done.stdout.splitlines()[-1])]


def add_call(call: argparse.ArgumentParser) -> None:
    """Say what a call takes."""
    call.add_argument('service', choices=SERVICES, help='of the running graph; exit code 0 where '
                      'it says yes, else 2')
    call.add_argument('--namespace', default='', help='of the graph, such as /robot1')


def call_service(options: argparse.Namespace) -> int:
    """Call a service in a process of its own and say what it answers."""
    words = [options.service, options.namespace]
    done = subprocess.run([sys.executable, '-m', 'softq_ros.nodes.call', *words],
                          capture_output=True, text=True)
    if done.returncode:
        raise RunError((done.stderr.strip().splitlines() or ['no answer'])[-1])
    answer = json.loads(done.stdout.splitlines()[-1])
    show(answer, options.json)
    return 0 if answer['ok'] else 2


def launch(options: argparse.Namespace) -> int:
    """Run a launch file."""
    from softq_ros.launching import main as launch
    return launch(options.arguments)


def bench(options: argparse.Namespace) -> int:
    """Measure how fast something is."""
    if options.what == 'lockstep':
        return launch(argparse.Namespace(arguments=[
            'bench', f'seconds:={options.seconds}', f'task:={options.task}']))
    show(_measure(options), options.json)
    return 0


def _measure(options: argparse.Namespace) -> dict:
    if options.what == 'paths':
        from softq_ros.training.bench import compare_paths
        return compare_paths(options.task, options.steps, options.pairs, options.seed)
    if options.what == 'loop':
        from softq_ros.training.bench_loop import bench_loop
        return bench_loop(options.task, options.seconds)
    from softq_ros.training.learner import prepare_process
    prepare_process()
    if options.what == 'learner':
        from softq_ros.training.bench_learner import compare_updates
        return compare_updates(options.rounds, read_values('set', options))
    from softq_ros.training import bench_speed
    return bench_speed.act_latency() if options.what == 'act' else bench_speed.replay_speed()
