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
"""
Reads our XML launch files where ``ros2 launch`` is missing.

Elements: launch, arg (with choice), let, group (if, unless, scoped), push-ros-namespace,
set_parameter, set_env, node (of this package, with param, remap, env), include (with arg), log.
Substitutions: var, env, find-pkg-share, dirname, equals, not-equals, not, and, or. They mean what
they mean to launch. Anything else is refused, naming file and line. Differences: the exit code is
that of the process that ended everything, SIGTERM takes every node down, a node that refuses its
configuration (exit code 2) is not started again.
"""
import os
from pathlib import Path
import sys
import tempfile

import yaml

from softq_ros.errors import accepted, ConfigurationError, SoftqError
from softq_ros.launching.elements import read
from softq_ros.launching.plan import declared, make_plan, NodePlan
from softq_ros.launching.supervisor import ProcessPlan, Supervisor
from softq_ros.paths import known, share

USAGE = 'usage: softq launch FILE [--show-args] [name:=value ...]'
HELP = ('-h', '--help')
SUFFIX = '.launch.xml'


def find_launch_file(name: str) -> Path:
    """
    Return a launch file by path, or by the name of one that ships.

    :raises ConfigurationError: listing those that ship.
    """
    shipped = share('launch') / (name.removesuffix(SUFFIX) + SUFFIX)
    for path in (Path(name), shipped):
        if path.is_file():
            return path.resolve()
    raise ConfigurationError(f'launch file: {accepted(name, known("launch", SUFFIX))}')


def arguments(words: list[str]) -> dict[str, str]:
    """
    Return ``name:=value`` words as a dictionary.

    :raises ConfigurationError: for a word of another form.
    """
    given = {}
    for word in words:
        name, sign, value = word.partition(':=')
        if not sign or not name:
            raise ConfigurationError(f'launch argument: got {word!r}; accepted: name:=value')
        given[name] = value
    return given


def show_arguments(path: Path) -> None:
    """Print every argument of a launch file with its default, choices and description."""
    for element in declared(read(path)):
        choices = '|'.join(choice.get('value') for choice in element.all('choice'))
        default = element.get('default')
        shown = 'required' if default is None else f'default {default!r}'
        print(f"{element.get('name')}: {element.get('description', '')} "
              f"({shown}{', one of ' + choices if choices else ''})")


def command(node: NodePlan, folder: Path) -> tuple[str, ...]:
    """
    Return the command line of a node; its parameters go through files in a folder.

    The key of those files is ``/**``, and the name is remapped for the node that bears the
    executable's default name only: one process may hold two nodes.
    """
    own = node.executable.removesuffix('_node')
    words = [sys.executable, '-m', f'softq_ros.nodes.{node.executable}', *node.arguments,
             '--ros-args']
    if node.name != own:
        words += ['-r', f'{own}:__node:={node.name}']
    if node.namespace:
        words += ['-r', f"__ns:=/{node.namespace.lstrip('/')}"]
    for old, new in node.remaps:
        words += ['-r', f'{old}:={new}']
    for index, values in enumerate(node.parameters):
        if values:
            path = folder / f"{node.namespace.replace('/', '.')}{node.name}-{index}.yaml"
            path.write_text(values if isinstance(values, str) else yaml.safe_dump(
                {'/**': {'ros__parameters': values}}), encoding='utf-8')
            words += ['--params-file', str(path)]
    return tuple(words)


def _process(node: NodePlan, folder: Path) -> ProcessPlan:
    # children import the package from where this one was imported
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [node.environment.get('PYTHONPATH')])]
    environment = node.environment | {'PYTHONPATH': os.pathsep.join(paths),
                                      'PYTHONUNBUFFERED': '1'}
    return ProcessPlan(node.name, command(node, folder), environment, node.emulate_tty,
                       node.respawn, node.respawn_delay_sec, node.respawn_max_retries,
                       node.required)


def _run(words: list[str]) -> int:
    if any(word in HELP for word in words):
        print(f'{USAGE}\nFILE: a path, or one of {", ".join(known("launch", SUFFIX))}')
        return 0
    names = [word for word in words if ':=' not in word and word != '--show-args']
    if len(names) != 1 or names[0].startswith('-'):
        raise ConfigurationError(f'{USAGE}; got {" ".join(words) or "nothing"}')
    path = find_launch_file(names[0])
    if '--show-args' in words:
        show_arguments(path)
        return 0
    plan = make_plan(path, arguments([word for word in words if word != names[0]]))
    for message in plan.messages:
        print(message, flush=True)
    with tempfile.TemporaryDirectory(prefix='softq_launch_') as folder:
        return Supervisor([_process(node, Path(folder)) for node in plan.nodes]).run()


def main(argv: list[str] | None = None) -> int:
    """
    Run a launch file.

    :returns: the exit code of the process that ended it; 2 for a refused file or argument.
    """
    try:
        return _run(sys.argv[1:] if argv is None else argv)
    except SoftqError as error:
        print(f'softq launch: {error}', file=sys.stderr)
        return 2
