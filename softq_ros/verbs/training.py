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
"""``softq train``: its words, and what it does."""
import argparse
from pathlib import Path
import shlex

from softq_ros.errors import ConfigurationError
from softq_ros.verbs.words import add_option, FIRST_CHOICE, read_values, show, UNDISTURBED


def add_train(train: argparse.ArgumentParser) -> None:
    """Say what training takes."""
    train.add_argument('--task', help='sawyer_stack when left out; one of softq list tasks, or '
                       'the id of a gymnasium environment')
    train.add_argument('--algorithm', help='sql (when left out), sac, td3, ddpg or droq')
    train.add_argument('--steps', type=int, help='control steps; left out: the task\'s, or the '
                       'run\'s; more than a run had lets it go on for longer')
    train.add_argument('--seed', type=int, help='0 when left out')
    train.add_argument('--set', action='append', default=[], metavar='NAME=VALUE',
                       help='a setting of the algorithm other than the files say, such as '
                       'preset=code or hidden=[256,256]; may be repeated')
    add_option(train)
    train.add_argument('--perturb', default='none', help='disturb the robot while it learns, at '
                       'first gently: none, light, bully, or a .yaml file')
    train.add_argument('--replay', action='append', default=[], metavar='RUN',
                       help='a run whose stored transitions, judged by this task, are half of '
                       'each batch; may be repeated, and said when a run goes on')
    where = train.add_mutually_exclusive_group()
    where.add_argument('--runs', default='runs', help='directory that holds runs')
    where.add_argument('--run', help='directory of a new run')
    where.add_argument('--resume', help='directory of the run to go on with, as it was made')
    train.add_argument('--until', choices=('reached', 'budget'), default='reached')
    train.add_argument('--no-curve', action='store_true', help='no evaluations and no report')


def _command(words: dict, options: argparse.Namespace) -> str:
    disturbed = {} if options.perturb == UNDISTURBED else {'perturb': options.perturb}
    pairs = [*(words | disturbed).items(), *(('option', word) for word in options.option),
             *(('set', word) for word in options.set),
             *(('replay', word) for word in options.replay)]
    return shlex.join(['softq', 'train', *(str(word) for name, value in pairs
                                           for word in (f'--{name}', value))])


def _open_run(options: argparse.Namespace, task):
    """Make the run that was asked for, or go on with one as it was made."""
    from softq_ros.learning.devices import open_device
    from softq_ros.training.hindsight import check_hindsight
    from softq_ros.training.run import check_name, open_run, resume_run
    from softq_ros.training.settings import load_settings
    from softq_ros.training.stored import judged
    for replay in options.replay:
        judged(Path(replay), task, 1)
    if options.steps is not None and options.steps < 1:
        raise ConfigurationError(f'--steps: got {options.steps}; accepted: 1 or more')
    steps = {} if options.steps is None else {'steps': options.steps}
    overrides = read_values('set', options)
    given = {name: getattr(options, name) for name in FIRST_CHOICE
             if getattr(options, name) is not None}
    if options.resume is not None:
        for word in ('set', 'option', 'perturb'):
            if getattr(options, word) not in ([], UNDISTURBED):
                raise ConfigurationError(f'--{word}: got {getattr(options, word)} with --resume; '
                                         'accepted: nothing, a run goes on as it was made')
        return resume_run(Path(options.resume), given, options.steps or 0,
                          command=_command({'resume': options.resume} | steps, options),
                          replays=options.replay)
    chosen = FIRST_CHOICE | given
    settings = load_settings(chosen['algorithm'], chosen['task'], overrides | steps)
    check_hindsight(task, settings)
    open_device(settings.device)  # before anything is written
    runs, name = Path(options.runs), ''
    if options.run is not None:
        runs, name = Path(options.run).parent, Path(options.run).name
        check_name(name)
    return open_run(runs, name, **chosen, settings=settings,
                    options=task.options, perturb=options.perturb, replays=options.replay,
                    command=_command(chosen | {'steps': settings.steps}, options))


def _prepare(options: argparse.Namespace) -> tuple:
    """Return the task and what makes its training; nothing is written yet."""
    from softq_ros.tasks.catalogue import load_task
    from softq_ros.training.run import read_run
    from softq_ros.training.scenarios import load_scenario
    from softq_ros.training.settings import is_environment
    examined = not options.no_curve
    name, numbers = options.task or FIRST_CHOICE['task'], read_values('option', options)
    perturb = options.perturb
    if options.resume is not None:
        facts = read_run(Path(options.resume)).facts
        name, numbers = facts['task'], facts['options']
        perturb = facts.get('perturb', UNDISTURBED)
    if is_environment(name):
        for word, value in (('option', options.option), ('perturb', options.perturb),
                            ('replay', options.replay)):
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
    show(result, options.json)
    return 130 if reason == 'interrupted' else 0
