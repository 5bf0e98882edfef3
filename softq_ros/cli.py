#!/usr/bin/env python3
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
"""The ``softq`` command: errors are one line, exit 2."""
import argparse
import sys

from softq_ros import verbs
from softq_ros.errors import ConfigurationError, SoftqError


class Parser(argparse.ArgumentParser):
    """Raises our error instead of printing the usage."""

    def error(self, message: str) -> None:
        """Refuse in one line."""
        raise ConfigurationError(f'{message}; softq {self.prog.split()[-1]} --help says more')


def _add_option(verb: Parser) -> None:
    verb.add_argument('--option', action='append', default=[], metavar='NAME=VALUE',
                      help='of the task, in place of what its file says, such as horizon=50; '
                      'may be repeated')


def _add_train(train: Parser) -> None:
    train.add_argument('--task', help='sawyer_stack when left out; one of softq list tasks, or '
                       'the id of a gymnasium environment')
    train.add_argument('--algorithm', help='sql (when left out), sac, td3, ddpg or droq')
    train.add_argument('--steps', type=int, help='control steps; left out: the task\'s, or the '
                       'run\'s; more than a run had lets it go on for longer')
    train.add_argument('--seed', type=int, help='0 when left out')
    train.add_argument('--set', action='append', default=[], metavar='NAME=VALUE',
                       help='a setting of the algorithm other than the files say, such as '
                       'preset=code or hidden=[256,256]; may be repeated')
    _add_option(train)
    train.add_argument('--perturb', default='none', help='disturb the robot while it learns, at '
                       'first gently: none, light, bully, or a .yaml file')
    where = train.add_mutually_exclusive_group()
    where.add_argument('--runs', default='runs', help='directory that holds runs')
    where.add_argument('--run', help='directory of a new run')
    where.add_argument('--resume', help='directory of the run to go on with, as it was made')
    train.add_argument('--until', choices=('reached', 'budget'), default='reached')
    train.add_argument('--no-curve', action='store_true', help='no evaluations and no report')


def _add_compose(compose: Parser) -> None:
    compose.add_argument('bundle', nargs='+', help='two or more: names or directories')
    compose.add_argument('--out', required=True, help='directory of the new bundle')
    compose.add_argument('--replay', nargs='+', default=[], metavar='RUN',
                         help='runs whose states are learned from; those the policies came from '
                         'when left out')
    compose.add_argument('--runs', default='runs', help='directory that holds those')
    compose.add_argument('--task', default='', help='what it is for, where the policies differ')
    _add_option(compose)
    compose.add_argument('--weights', nargs='+', type=float, default=[],
                         help='of each, summing to 1; equal when left out')
    compose.add_argument('--temperature', type=float, default=1.0,
                         help='factor on those of training: with N policies 1 averages their Qs, '
                         '1/N adds them up, as the authors\' program does')
    compose.add_argument('--updates', type=int, default=10_000, help='of the new sampler')
    compose.add_argument('--seed', type=int, default=0)
    compose.add_argument('--set', action='append', default=[], metavar='NAME=VALUE',
                         help='a setting of the sampler, such as hidden=[128,128]')


BENCHES = ('lockstep', 'paths', 'loop', 'learner', 'act', 'replay')


def _add_bench(bench: Parser) -> None:
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
    bench.add_argument('--batch', type=int, default=256, help='transitions of an update')
    bench.add_argument('--svgd-states', type=int, default=0,
                       help='states of the batch the sampler learns from; 0: all')
    bench.add_argument('--rounds', type=int, default=20, help='paired rounds of learner')


def _add_robot(robot: Parser) -> None:
    robot.add_argument('what', choices=('check',), help='hold a contract against itself and its '
                       'URDF; exit code 0 where all is well, else 2')
    robot.add_argument('contract', help='a .yaml file, or one of softq list robots')
    robot.add_argument('--live', action='store_true', help='also against the running graph: '
                       'controller, topics, types, rates, frames')


def _parser() -> Parser:
    parser = Parser(prog='softq', description=__doc__)
    choices = parser.add_subparsers(dest='verb', required=True, parser_class=Parser)

    def verb(name: str, run, text: str) -> Parser:
        one = choices.add_parser(name, help=text, description=text)
        one.set_defaults(run_verb=run)
        one.add_argument('--json', action='store_true', help='one JSON object as the last line')
        return one

    _add_train(verb('train', verbs.train, 'train in one process, without ROS'))
    score = verb('evaluate', verbs.evaluate, 'score policies on test episodes')
    score.add_argument('bundle', nargs='+', help='policies; scripted: the controller that '
                       'somebody wrote for --task')
    score.add_argument('--task', default='')
    _add_option(score)
    score.add_argument('--episodes', type=int, default=100, help='with --video 0: the film '
                       'alone')
    score.add_argument('--seed', type=int, default=0)
    score.add_argument('--sampling', choices=('stochastic', 'deterministic', 'best_of_32'))
    score.add_argument('--perturb', default='none', help='disturb the robot as a scenario says: '
                       'none, light, bully, or a .yaml file; then --episodes counts those of '
                       'each kind of event, beside those without')
    score.add_argument('--video', default='', help='mp4 file to write')
    _add_compose(verb('compose', verbs.compose, 'distil several policies into one, without any '
                      'new steps of the robot'))
    plot = verb('plot', verbs.plot, 'draw what was learned')
    plot.add_argument('run', nargs='+', help='run directories; a policy for a landscape')
    plot.add_argument('--what', choices=('curves', 'landscape'), default='curves',
                      help='learning curves of runs, or paths and Q of a point in the plane')
    plot.add_argument('--out', required=True)
    verb('inspect', verbs.inspect, 'say what a bundle or run is and whether it verifies'
         ).add_argument('what')
    verb('list', verbs.list_known, 'say what is here').add_argument(
        'what', choices=('tasks', 'robots', 'algorithms', 'policies'))
    _add_robot(verb('robot', verbs.check_robot, 'say whether a robot\'s contract holds'))
    _add_bench(verb('bench', verbs.bench, 'measure how fast it is'))
    launch = choices.add_parser('launch', help='run a launch file without ros2 launch',
                                add_help=False)
    launch.add_argument('arguments', nargs=argparse.REMAINDER)
    launch.set_defaults(run_verb=verbs.launch)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one verb and return the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        if argv[:1] == ['launch']:
            return verbs.launch(argparse.Namespace(arguments=argv[1:]))
        options = _parser().parse_args(argv)
        return options.run_verb(options)
    except (SoftqError, OSError) as error:
        print(f'softq: {" ".join(str(error).split())}', file=sys.stderr)
        return 2


if __name__ == '__main__':
    raise SystemExit(main())
