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
"""``softq compose``: its words, and what it does."""
import argparse
from pathlib import Path
import shlex

from softq_ros.errors import ConfigurationError
from softq_ros.verbs.words import add_option, add_recipe, read_values, show


def add_compose(compose: argparse.ArgumentParser) -> None:
    """Say what a composition takes."""
    compose.add_argument('bundle', nargs='+', help='two or more: names or directories')
    compose.add_argument('--out', required=True, help='directory of the new bundle')
    compose.add_argument('--replay', nargs='+', default=[], metavar='RUN',
                         help='runs whose states are learned from; those the policies came from '
                         'when left out')
    compose.add_argument('--runs', default='runs', help='directory that holds those')
    compose.add_argument('--task', default='', help='what it is for, where the policies differ')
    add_option(compose)
    add_recipe(compose)
    compose.add_argument('--updates', type=int, default=10_000, help='of the new sampler')
    compose.add_argument('--seed', type=int, default=0)
    compose.add_argument('--set', action='append', default=[], metavar='NAME=VALUE',
                         help='a setting of the sampler, such as hidden=[128,128]')


def compose(options: argparse.Namespace) -> int:
    """Distil several policies into one."""
    from softq_ros.policies.bundle import find_bundle, load_bundle, save_bundle
    from softq_ros.policies.choice import read_choice
    from softq_ros.policies.composed import task_for
    from softq_ros.training.compose import compose, run_of
    from softq_ros.training.learner import prepare_process
    out = Path(options.out)
    if out.exists():
        raise ConfigurationError(f'--out: {out} exists; accepted: a new directory')
    prepare_process()
    choice = read_choice(options.bundle, options.weights, options.temperature)
    bundles = {name: load_bundle(find_bundle(name)) for name in choice.names}
    task = task_for(bundles, options.task, read_values('option', options))
    runs = [Path(run) for run in options.replay] or [
        run_of(bundle, Path(options.runs)) for bundle in bundles.values()]
    bundle, report = compose(bundles, task, choice, runs, options.updates, options.seed,
                             read_values('set', options), _compose_command(options))
    save_bundle(out, bundle)
    show({'out': str(out), 'task': task.name} | report, options.json)
    return 0


def _compose_command(options: argparse.Namespace) -> str:
    lists = [word for name in ('replay', 'weights') if getattr(options, name)
             for word in (f'--{name}', *getattr(options, name))]
    pairs = [('option', word) for word in options.option] + [('set', word) for word in options.set]
    pairs += [(name, getattr(options, name)) for name in (
        'task', 'temperature', 'updates', 'seed') if getattr(options, name)]
    return shlex.join(['softq', 'compose', *options.bundle, '--out', options.out, *map(str, lists),
                       *(str(word) for name, value in pairs for word in (f'--{name}', value))])
