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
import sys

from softq_ros.errors import ConfigurationError, SoftqError


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


def _train(options: argparse.Namespace) -> int:
    from softq_ros.tasks.catalogue import load_task
    from softq_ros.training.learner import Learner, prepare_process
    from softq_ros.training.loop import Training
    from softq_ros.training.panel import Panel
    from softq_ros.training.run import open_run
    from softq_ros.training.settings import load_settings
    overrides = {'steps': options.steps} if options.steps else {}
    path = options.resume or options.run
    name, runs = (Path(path).name, Path(path).parent) if path else ('', Path(options.runs))
    task = load_task(options.task)
    settings = load_settings(options.algorithm, task.name, overrides)
    run = open_run(runs, name, task.name, options.algorithm, options.seed, settings,
                   resume=bool(options.resume),
                   command=f'softq train --task {task.name} --algorithm {options.algorithm} '
                           f'--steps {settings.steps} --seed {options.seed}')
    prepare_process()
    learner = Learner(task, settings, run)
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
    from softq_ros.training.settings import deployed_sampling
    if options.episodes < 1:
        raise ConfigurationError(f'--episodes: got {options.episodes}; accepted: 1 or more')
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
    import yaml
    from softq_ros.policies.bundle import find_bundle, load_bundle, MANIFEST
    path = Path(options.what)
    if (path / 'run.yaml').exists():
        _print({'kind': 'run'} | yaml.safe_load((path / 'run.yaml').read_text()), options.json)
        return 0
    if path.is_dir() and not (path / MANIFEST).exists():
        raise ConfigurationError(f'{path}: neither a run (run.yaml) nor a bundle ({MANIFEST})')
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
    train.add_argument('--task', default='sawyer_stack')
    train.add_argument('--algorithm', default='sql', help='sql, sac, td3 or ddpg')
    train.add_argument('--steps', type=int, default=0, help='control steps; 0: the task\'s')
    train.add_argument('--seed', type=int, default=0)
    train.add_argument('--runs', default='runs', help='directory that holds runs')
    train.add_argument('--run', default='', help='directory of a new run')
    train.add_argument('--resume', default='', help='directory of the run to go on with')
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
        print(f'softq: {error}', file=sys.stderr)
        return 2


if __name__ == '__main__':
    raise SystemExit(main())
