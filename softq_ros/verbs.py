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
"""What each verb of ``softq`` does; each imports only what it needs."""
import argparse
import json
from pathlib import Path
import shlex
import subprocess
import sys

from softq_ros.errors import ConfigurationError

UNDISTURBED = 'none'
SCRIPTED = 'scripted'  # in place of a policy: the controller somebody wrote for the task
FIRST_CHOICE = {'task': 'sawyer_stack', 'algorithm': 'sql', 'seed': 0}


def _print(result: dict, as_json: bool) -> None:
    if as_json:
        print(json.dumps(result))
    else:
        for name, value in result.items():
            print(f'{name}: {value}')


def _command(words: dict, options: argparse.Namespace) -> str:
    disturbed = {} if options.perturb == UNDISTURBED else {'perturb': options.perturb}
    pairs = [*(words | disturbed).items(), *(('option', word) for word in options.option),
             *(('set', word) for word in options.set)]
    return shlex.join(['softq', 'train', *(str(word) for name, value in pairs
                                           for word in (f'--{name}', value))])


def _values(word: str, options: argparse.Namespace) -> dict:
    from softq_ros.tasks.catalogue import read_options
    try:
        return read_options(getattr(options, word))
    except ConfigurationError as error:
        raise ConfigurationError(f'--{word}: {error}') from error


def _open_run(options: argparse.Namespace, task):
    """Make the run that was asked for, or go on with one as it was made."""
    from softq_ros.training.run import check_name, open_run, resume_run
    from softq_ros.training.settings import load_settings
    if options.steps is not None and options.steps < 1:
        raise ConfigurationError(f'--steps: got {options.steps}; accepted: 1 or more')
    steps = {} if options.steps is None else {'steps': options.steps}
    overrides = _values('set', options)
    given = {name: getattr(options, name) for name in FIRST_CHOICE
             if getattr(options, name) is not None}
    if options.resume is not None:
        for word in ('set', 'option', 'perturb'):
            if getattr(options, word) not in ([], UNDISTURBED):
                raise ConfigurationError(f'--{word}: got {getattr(options, word)} with --resume; '
                                         'accepted: nothing, a run goes on as it was made')
        return resume_run(Path(options.resume), given, options.steps or 0,
                          command=_command({'resume': options.resume} | steps, options))
    chosen = FIRST_CHOICE | given
    settings = load_settings(chosen['algorithm'], chosen['task'], overrides | steps)
    runs, name = Path(options.runs), ''
    if options.run is not None:
        runs, name = Path(options.run).parent, Path(options.run).name
        check_name(name)
    return open_run(runs, name, **chosen, settings=settings,
                    options=task.options, perturb=options.perturb,
                    command=_command(chosen | {'steps': settings.steps}, options))


def _prepare(options: argparse.Namespace) -> tuple:
    """Return the task and what makes its training; nothing is written yet."""
    from softq_ros.tasks.catalogue import load_task
    from softq_ros.training.run import read_run
    from softq_ros.training.scenarios import load_scenario
    from softq_ros.training.settings import is_environment
    examined = not options.no_curve
    name, numbers = options.task or FIRST_CHOICE['task'], _values('option', options)
    perturb = options.perturb
    if options.resume is not None:
        facts = read_run(Path(options.resume)).facts
        name, numbers = facts['task'], facts['options']
        perturb = facts.get('perturb', UNDISTURBED)
    if is_environment(name):
        for word, value in (('option', options.option), ('perturb', options.perturb)):
            if value not in ([], UNDISTURBED):
                raise ConfigurationError(f'--{word}: got {value}; accepted: nothing with a '
                                         f'gymnasium environment, {name}')
        from softq_ros.simulation.gymnasium_task import GymnasiumTask
        from softq_ros.training.gymnasium_loop import GymnasiumTraining
        return GymnasiumTask(name), lambda *parts: GymnasiumTraining(*parts, examined)
    from softq_ros.training.loop import Training
    scenario = None if perturb == UNDISTURBED else load_scenario(perturb)
    return load_task(name, numbers), lambda *parts: Training(*parts, options.until, examined,
                                                             scenario)


def train(options: argparse.Namespace) -> int:
    """Train in one process."""
    from softq_ros.training.learner import Learner, prepare_process
    from softq_ros.training.panel import Panel
    prepare_process()
    task, make_training = _prepare(options)
    run = _open_run(options, task)
    learner = Learner(task, run.settings, run)
    training = make_training(task, run, learner)
    panel = Panel()
    try:
        reason = training.run(panel)
    finally:
        panel.close()
    result = {'run': str(run.path), 'ended': reason, 'steps': learner.steps,
              'updates': learner.updates}
    if reason != 'interrupted' and not options.no_curve:
        result |= training.report()
    learner.close()
    _print(result, options.json)
    return 130 if reason == 'interrupted' else 0


def evaluate(options: argparse.Namespace) -> int:
    """Score policies on test episodes."""
    from softq_ros.policies.bundle import find_bundle, load_bundle
    from softq_ros.training.evaluation import evaluate
    from softq_ros.training.scenarios import load_scenario
    from softq_ros.training.seeds import checked_seed
    from softq_ros.training.settings import deployed_sampling, is_environment
    least = 0 if options.video else 1  # with none there is the film alone
    if options.episodes < least:
        raise ConfigurationError(f'--episodes: got {options.episodes}; accepted: {least} or more')
    checked_seed(options.seed)
    scenario = None if options.perturb == UNDISTURBED else load_scenario(options.perturb)
    for name in options.bundle:
        bundle = None if name == SCRIPTED else load_bundle(find_bundle(name))
        if bundle and is_environment(bundle.manifest.task):
            _print({'policy': name} | _score_environment(bundle, options), options.json)
            continue
        task = _task_of(bundle, options)
        actor = bundle.actor() if bundle else task.scripted()
        sampling = options.sampling or deployed_sampling(task.name) if bundle else SCRIPTED
        found = {'policy': name}
        if options.episodes:
            found |= evaluate(actor, task, options.episodes, options.seed, 'test', 0,
                              sampling).to_json()
            found |= _disturb(actor, task, scenario, options, sampling) if scenario else {}
        if options.video:
            _film(actor, task, scenario, options, sampling)
            found['video'] = options.video
        _print(found, options.json)
    return 0


def _disturb(actor, task, scenario, options: argparse.Namespace, sampling: str) -> dict:
    """Score recoveries."""
    from softq_ros.training.perturbed import evaluate_perturbed

    def tell(done: int, total: int) -> None:
        if sys.stderr.isatty():
            print(f'\rdisturbed episodes: {done} of {total}', end='' if done < total else '\n',
                  file=sys.stderr, flush=True)

    return evaluate_perturbed(actor, task, scenario, options.episodes, options.seed,
                              sampling, tell)


def _film(actor, task, scenario, options: argparse.Namespace, sampling: str) -> None:
    from softq_ros.training.video import film, film_perturbed
    path, how = Path(options.video), {'seed': options.seed, 'sampling': sampling}
    if scenario is None:
        film(actor, task, path, **how)
    else:
        film_perturbed(actor, task, scenario, path, **how)


def _task_of(bundle, options: argparse.Namespace):
    """Return what a policy is scored on: its own task unless another is named."""
    from softq_ros.tasks.catalogue import load_task
    numbers = _values('option', options)
    if bundle is None:
        return load_task(options.task or FIRST_CHOICE['task'], numbers)
    own = options.task in ('', bundle.manifest.task)
    task = bundle.task(numbers) if own else load_task(options.task, numbers)
    bundle.check_fits(task)
    return task


def _score_environment(bundle, options: argparse.Namespace) -> dict:
    from softq_ros.simulation.gymnasium_task import GymnasiumTask
    from softq_ros.training.gymnasium_loop import score
    name = bundle.manifest.task
    for word, value in (('task', options.task), ('video', options.video),
                        ('perturb', options.perturb.removesuffix('none'))):
        if value not in ('', name):
            raise ConfigurationError(f'--{word}: got {value}; accepted: nothing with a policy of '
                                     f'the gymnasium environment {name}')
    task, sampling = GymnasiumTask(name), options.sampling or 'deterministic'
    bundle.check_fits(task)
    return {'sampling': sampling, 'episodes': options.episodes, 'seed': options.seed} | score(
        bundle.actor(), task, options.episodes, options.seed, sampling)


def compose(options: argparse.Namespace) -> int:
    """Distil several policies into one."""
    from softq_ros.policies.bundle import find_bundle, load_bundle, save_bundle
    from softq_ros.training.compose import compose, Recipe, run_of, task_for
    from softq_ros.training.learner import prepare_process
    out = Path(options.out)
    if out.exists():
        raise ConfigurationError(f'--out: {out} exists; accepted: a new directory')
    prepare_process()
    bundles = {name: load_bundle(find_bundle(name)) for name in options.bundle}
    task = task_for(bundles, options.task, _values('option', options))
    runs = [Path(run) for run in options.replay] or [
        run_of(bundle, Path(options.runs)) for bundle in bundles.values()]
    bundle, report = compose(bundles, task, Recipe(tuple(options.weights), options.temperature),
                             runs, options.updates, options.seed, _values('set', options),
                             _compose_command(options))
    save_bundle(out, bundle)
    _print({'out': str(out), 'task': task.name} | report, options.json)
    return 0


def _compose_command(options: argparse.Namespace) -> str:
    lists = [word for name in ('replay', 'weights') if getattr(options, name)
             for word in (f'--{name}', *getattr(options, name))]
    pairs = [('option', word) for word in options.option] + [('set', word) for word in options.set]
    pairs += [(name, getattr(options, name)) for name in (
        'task', 'temperature', 'updates', 'seed') if getattr(options, name)]
    return shlex.join(['softq', 'compose', *options.bundle, '--out', options.out, *map(str, lists),
                       *(str(word) for name, value in pairs for word in (f'--{name}', value))])


def plot(options: argparse.Namespace) -> int:
    """Draw curves of runs, or what a policy of the plane learned."""
    if options.what == 'landscape':
        return _plot_landscape(options)
    from softq_ros.training.plots import plot_runs
    plot_runs([Path(run) for run in options.run], Path(options.out))
    _print({'out': options.out, 'runs': len(options.run)}, options.json)
    return 0


def _plot_landscape(options: argparse.Namespace) -> int:
    from softq_ros.policies.bundle import find_bundle, load_bundle
    from softq_ros.training.landscape import draw_landscape
    if len(options.run) != 1:
        raise ConfigurationError(f'a landscape: got {len(options.run)} policies; accepted: one')
    bundle = load_bundle(find_bundle(options.run[0]))
    task = bundle.task()
    bundle.check_fits(task)
    draw_landscape(bundle.actor(), task, Path(options.out))
    _print({'out': options.out, 'policy': options.run[0]}, options.json)
    return 0


def inspect(options: argparse.Namespace) -> int:
    """Say what a run or a bundle is."""
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


def list_known(options: argparse.Namespace) -> int:
    """Say what is here."""
    from softq_ros.paths import known, share
    if options.what == 'policies':
        names = sorted(p.parent.name for p in share('policies').glob('*/policy.yaml'))
    else:
        names = known(f'config/{options.what}')
    _print({options.what: names}, True) if options.json else print('\n'.join(names))
    return 0


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


def launch(options: argparse.Namespace) -> int:
    """Run a launch file."""
    from softq_ros.launching import main as launch
    return launch(options.arguments)


def bench(options: argparse.Namespace) -> int:
    """Measure how fast something is."""
    if options.what == 'lockstep':
        return launch(argparse.Namespace(arguments=[
            'bench', f'seconds:={options.seconds}', f'task:={options.task}']))
    _print(_measure(options), options.json)
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
        return compare_updates(options.batch, options.rounds, options.svgd_states)
    from softq_ros.training import bench_speed
    return bench_speed.act_latency() if options.what == 'act' else bench_speed.replay_speed()
