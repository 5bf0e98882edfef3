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
"""The ``softq`` command: each verb imports only what it needs; errors are one line, exit 2."""
import argparse
import json
from pathlib import Path
import shlex
import sys

from softq_ros.errors import ConfigurationError, SoftqError

FIRST_CHOICE = {'task': 'sawyer_stack', 'algorithm': 'sql', 'seed': 0}


class Parser(argparse.ArgumentParser):
    """Raises our error instead of printing the usage."""

    def error(self, message: str) -> None:
        """Refuse in one line."""
        raise ConfigurationError(f'{message}; softq {self.prog.split()[-1]} --help says more')


def _print(result: dict, as_json: bool) -> None:
    if as_json:
        print(json.dumps(result))
    else:
        for name, value in result.items():
            print(f'{name}: {value}')


def _command(words: dict) -> str:
    return shlex.join(['softq', 'train', *(str(word) for name, value in words.items()
                                           for word in (f'--{name}', value))])


def _open_run(options: argparse.Namespace):
    """Make the run that was asked for, or go on with one as it was made."""
    from softq_ros.training.run import check_name, open_run, resume_run
    from softq_ros.training.settings import load_settings
    if options.steps is not None and options.steps < 1:
        raise ConfigurationError(f'--steps: got {options.steps}; accepted: 1 or more')
    steps = {} if options.steps is None else {'steps': options.steps}
    given = {name: getattr(options, name) for name in FIRST_CHOICE
             if getattr(options, name) is not None}
    if options.resume is not None:
        return resume_run(Path(options.resume), given, options.steps or 0,
                          command=_command({'resume': options.resume} | steps))
    chosen = FIRST_CHOICE | given
    settings = load_settings(chosen['algorithm'], chosen['task'], steps)
    runs, name = Path(options.runs), ''
    if options.run is not None:
        runs, name = Path(options.run).parent, Path(options.run).name
        check_name(name)
    return open_run(runs, name, **chosen, settings=settings,
                    command=_command(chosen | {'steps': settings.steps}))


def _train(options: argparse.Namespace) -> int:
    from softq_ros.tasks.catalogue import load_task
    from softq_ros.training.learner import Learner, prepare_process
    from softq_ros.training.loop import Training
    from softq_ros.training.panel import Panel
    from softq_ros.training.settings import is_environment
    run = _open_run(options)
    name = run.facts['task']
    prepare_process()
    if is_environment(name):
        from softq_ros.training.gymnasium_loop import GymnasiumTraining
        from softq_ros.simulation.gymnasium_task import GymnasiumTask
        task = GymnasiumTask(name)
        learner = Learner(task, run.settings, run)
        training = GymnasiumTraining(task, run, learner, not options.no_curve)
    else:
        task = load_task(name)
        learner = Learner(task, run.settings, run)
        training = Training(task, run, learner, options.until, not options.no_curve)
    panel = Panel()
    reason = training.run(panel)
    panel.close()
    result = {'run': str(run.path), 'ended': reason, 'steps': learner.steps,
              'updates': learner.updates}
    if reason != 'interrupted' and not options.no_curve:
        result |= training.report()
    learner.close()
    _print(result, options.json)
    return 130 if reason == 'interrupted' else 0


def _evaluate(options: argparse.Namespace) -> int:
    from softq_ros.policies.bundle import find_bundle, load_bundle
    from softq_ros.tasks.catalogue import load_task
    from softq_ros.training.evaluation import evaluate
    from softq_ros.training.seeds import checked_seed
    from softq_ros.training.settings import deployed_sampling
    if options.episodes < 1:
        raise ConfigurationError(f'--episodes: got {options.episodes}; accepted: 1 or more')
    checked_seed(options.seed)
    for name in options.bundle:
        bundle = load_bundle(find_bundle(name))
        task = load_task(options.task or bundle.manifest.task)
        bundle.check_fits(task)
        sampling = options.sampling or deployed_sampling(task.name)
        score = evaluate(bundle.actor(), task, options.episodes, options.seed, 'test', 0, sampling)
        if options.video:
            from softq_ros.training.video import film
            film(bundle.actor(), task, Path(options.video), seed=options.seed, sampling=sampling)
        _print({'policy': name} | score.to_json(), options.json)
    return 0


def _plot(options: argparse.Namespace) -> int:
    from softq_ros.training.plots import plot_runs
    plot_runs([Path(run) for run in options.run], Path(options.out))
    _print({'out': options.out, 'runs': len(options.run)}, options.json)
    return 0


def _inspect(options: argparse.Namespace) -> int:
    from dataclasses import asdict
    from softq_ros.policies.bundle import find_bundle, load_bundle, MANIFEST
    from softq_ros.training.run import FILE, read_run
    path = Path(options.what)
    if (path / FILE).exists():
        _print({'kind': 'run'} | read_run(path).facts, options.json)
        return 0
    if path.is_dir() and not (path / MANIFEST).exists():
        raise ConfigurationError(f'{path}: neither a run ({FILE}) nor a bundle ({MANIFEST})')
    bundle = load_bundle(find_bundle(options.what))
    tensors = {name: list(tensor.shape) for name, tensor in bundle.weights.items()}
    _print({'kind': 'bundle', 'verified': True} | asdict(bundle.manifest)
           | {'tensors': tensors}, options.json)
    return 0


def _list(options: argparse.Namespace) -> int:
    from softq_ros.paths import known, share
    if options.what == 'policies':
        names = sorted(p.parent.name for p in share('policies').glob('*/policy.yaml'))
    else:
        names = known(f'config/{options.what}')
    _print({options.what: names}, True) if options.json else print('\n'.join(names))
    return 0


def _launch(options: argparse.Namespace) -> int:
    from softq_ros.launching import main as launch
    return launch(options.arguments)


def _bench(options: argparse.Namespace) -> int:
    from softq_ros.training import bench
    if options.what == 'lockstep':
        return _launch(argparse.Namespace(arguments=['bench', f'seconds:={options.seconds}']))
    _print(bench.compare_paths(options.task, options.steps, options.pairs, options.seed),
           options.json)
    return 0


def _parser() -> Parser:
    parser = Parser(prog='softq', description=__doc__)
    verbs = parser.add_subparsers(dest='verb', required=True, parser_class=Parser)

    def verb(name: str, run, text: str) -> Parser:
        one = verbs.add_parser(name, help=text, description=text)
        one.set_defaults(run_verb=run)
        one.add_argument('--json', action='store_true', help='one JSON object as the last line')
        return one

    train = verb('train', _train, 'train in one process, without ROS')
    train.add_argument('--task', help='sawyer_stack when left out; one of softq list tasks, or '
                       'the id of a gymnasium environment')
    train.add_argument('--algorithm', help='sql (when left out), sac, td3 or ddpg')
    train.add_argument('--steps', type=int, help='control steps; left out: the task\'s, or the '
                       'run\'s; more than a run had lets it go on for longer')
    train.add_argument('--seed', type=int, help='0 when left out')
    where = train.add_mutually_exclusive_group()
    where.add_argument('--runs', default='runs', help='directory that holds runs')
    where.add_argument('--run', help='directory of a new run')
    where.add_argument('--resume', help='directory of the run to go on with, as it was made')
    train.add_argument('--until', choices=('reached', 'budget'), default='reached')
    train.add_argument('--no-curve', action='store_true', help='no evaluations and no report')
    score = verb('evaluate', _evaluate, 'score policies on test episodes')
    score.add_argument('bundle', nargs='+')
    score.add_argument('--task', default='')
    score.add_argument('--episodes', type=int, default=100)
    score.add_argument('--seed', type=int, default=0)
    score.add_argument('--sampling', choices=('stochastic', 'deterministic', 'best_of_32'))
    score.add_argument('--video', default='', help='mp4 file to write')
    plot = verb('plot', _plot, 'draw learning curves')
    plot.add_argument('run', nargs='+')
    plot.add_argument('--out', required=True)
    verb('inspect', _inspect, 'say what a bundle or run is and whether it verifies'
         ).add_argument('what')
    verb('list', _list, 'say what is here').add_argument(
        'what', choices=('tasks', 'robots', 'algorithms', 'policies'))
    bench = verb('bench', _bench, 'lockstep: control steps a second of sim, gate and policy; '
                 'paths: wall time of the graph over that of softq train')
    bench.add_argument('what', choices=('lockstep', 'paths'))
    bench.add_argument('--seconds', type=float, default=10.0, help='how long lockstep is timed')
    bench.add_argument('--task', default='sawyer_stack')
    bench.add_argument('--steps', type=int, default=2000, help='control steps of each training')
    bench.add_argument('--pairs', type=int, default=3)
    bench.add_argument('--seed', type=int, default=0)
    launch = verbs.add_parser('launch', help='run a launch file without ros2 launch',
                              add_help=False)
    launch.add_argument('arguments', nargs=argparse.REMAINDER)
    launch.set_defaults(run_verb=_launch)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one verb and return the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        if argv[:1] == ['launch']:
            return _launch(argparse.Namespace(arguments=argv[1:]))
        options = _parser().parse_args(argv)
        return options.run_verb(options)
    except SoftqError as error:
        print(f'softq: {" ".join(str(error).split())}', file=sys.stderr)
        return 2


if __name__ == '__main__':
    raise SystemExit(main())
