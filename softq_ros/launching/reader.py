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
Reads a launch file into the processes it starts.

The subset: ``launch``, ``arg`` with ``choice``, ``let``, ``group`` (``if``, ``unless``),
``push-ros-namespace``, ``set_env``, ``include`` with ``arg``, ``log``, and ``node`` with
``param``, ``remap`` and ``env``. Anything else is refused by name and line.
"""
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

import yaml

from softq_ros.errors import accepted, ConfigurationError
from softq_ros.launching.substitutions import boolean, Scope
from softq_ros.paths import PACKAGE

CONDITIONS = ('if', 'unless')
ATTRIBUTES = {
    'launch': (), 'arg': ('name', 'default', 'description', 'value'), 'choice': ('value',),
    'let': ('name', 'value'), 'group': ('scoped',), 'push-ros-namespace': ('namespace',),
    'set_env': ('name', 'value'), 'include': ('file',), 'log': ('message',),
    'node': ('pkg', 'exec', 'name', 'namespace', 'output', 'respawn', 'respawn_delay',
             'respawn_max_retries', 'on_exit', 'emulate_tty', 'args'),
    'param': ('name', 'value', 'type', 'from'), 'remap': ('from', 'to'), 'env': ('name', 'value')}
CHILDREN = {'arg': ('choice', ), 'node': ('param', 'remap', 'env'), 'include': ('arg',)}
BLOCKS = ('launch', 'group')
INSIDE_BLOCKS = ('arg', 'let', 'group', 'push-ros-namespace', 'set_env', 'include', 'log', 'node')
TYPES = {'str': str, 'int': int, 'float': float}


@dataclass(frozen=True)
class Argument:
    """One ``arg`` of a launch file."""

    name: str
    default: str | None
    description: str
    choices: tuple[str, ...]


@dataclass
class Process:
    """One node to start."""

    executable: str
    name: str
    namespace: str = ''
    parameters: dict[str, object] = field(default_factory=dict)
    parameter_files: list[str] = field(default_factory=list)
    remaps: list[tuple[str, str]] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    arguments: list[str] = field(default_factory=list)
    required: bool = False
    respawn: bool = False
    respawn_delay: float = 0.0
    most_respawns: int = -1
    terminal: bool = False


def parse(path: Path) -> ElementTree.Element:
    """
    Return the tree of a launch file; each element knows its line.

    :raises ConfigurationError: when it is no XML, or holds what is outside the subset.
    """
    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict) -> None:
        builder.start(tag, attributes | {'\0line': str(parser.CurrentLineNumber)})

    parser.StartElementHandler, parser.EndElementHandler = start, builder.end
    try:
        parser.Parse(path.read_bytes(), True)
    except OSError as error:
        raise ConfigurationError(f'{path}: {error.strerror}') from error
    except expat.ExpatError as error:
        raise ConfigurationError(f'{path.name}: not XML: {error}') from error
    root = builder.close()
    _check(root, path, None)
    return root


def _check(element: ElementTree.Element, path: Path, parent: str | None) -> None:
    line = element.attrib.pop('\0line')
    element.set('\0at', f'{path.name}:{line}')
    where = f'{path.name}:{line}: element'
    allowed = (('launch',) if parent is None else INSIDE_BLOCKS if parent in BLOCKS
               else CHILDREN.get(parent, ()))
    if element.tag not in allowed:
        raise ConfigurationError(f'{where} of {parent or "the file"}: '
                                 f'{accepted(element.tag, allowed)}')
    for name in element.attrib:
        names = ATTRIBUTES[element.tag] + CONDITIONS
        if name != '\0at' and name not in names:
            raise ConfigurationError(f'{where} {element.tag}: attribute {accepted(name, names)}')
    for child in element:
        _check(child, path, element.tag)


def arguments_of(root: ElementTree.Element) -> list[Argument]:
    """Return the arguments a launch file declares."""
    return [Argument(e.get('name', ''), e.get('default'), e.get('description', ''),
                     tuple(c.get('value', '') for c in e))
            for e in root.iter('arg') if 'value' not in e.attrib]


class Reader:
    """Walks the elements of one file and of those it includes."""

    def __init__(self, path: Path, given: dict[str, str]) -> None:
        """
        Read a file with the arguments given.

        :raises ConfigurationError: for an unknown argument or a value that is no choice.
        """
        self.processes: list[Process] = []
        self.messages: list[str] = []
        root = parse(path)
        names = {a.name for a in arguments_of(root)}
        for name in given:
            if name not in names:
                raise ConfigurationError(f'launch argument of {path.name}: '
                                         f'{accepted(name, names)}')
        self._block(root, Scope(path, dict(given)), '', {})

    def _block(self, block: ElementTree.Element, scope: Scope, namespace: str,
               environment: dict[str, str]) -> None:
        environment = dict(environment)
        for element in block:
            try:
                if not self._applies(element, scope):
                    continue
                if element.tag == 'push-ros-namespace':
                    pushed = scope.expand(element.attrib['namespace'])
                    namespace = '/'.join(p for p in (namespace, pushed.strip('/')) if p)
                elif element.tag == 'set_env':
                    environment[element.attrib['name']] = scope.expand(element.attrib['value'])
                else:
                    self._one(element, scope, namespace, environment)
            except KeyError as error:
                raise ConfigurationError(f'{element.get(chr(0) + "at")}: {element.tag} lacks '
                                         f'{error}') from error
            except ConfigurationError as error:
                at = element.get('\0at')
                text = str(error)
                raise ConfigurationError(text if '.xml' in text.split(' ')[0]
                                         else f'{at}: {text}') from error

    def _applies(self, element: ElementTree.Element, scope: Scope) -> bool:
        wanted = boolean(scope.expand(element.get('if', 'true')))
        return wanted and not boolean(scope.expand(element.get('unless', 'false')))

    def _one(self, element: ElementTree.Element, scope: Scope, namespace: str,
             environment: dict[str, str]) -> None:
        if element.tag == 'arg':
            self._argument(element, scope)
        elif element.tag == 'let':
            scope.variables[element.attrib['name']] = scope.expand(element.attrib['value'])
        elif element.tag == 'log':
            self.messages.append(scope.expand(element.attrib['message']))
        elif element.tag == 'group':
            inner = Scope(scope.path, dict(scope.variables))
            self._block(element, inner, namespace, environment)
        elif element.tag == 'include':
            self._include(element, scope, namespace, environment)
        else:
            self.processes.append(self._node(element, scope, namespace, environment))

    def _argument(self, element: ElementTree.Element, scope: Scope) -> None:
        name, default = element.attrib['name'], element.get('default')
        if name not in scope.variables:
            if default is None:
                raise ConfigurationError(f'launch argument {name} has no default: give {name}:=')
            scope.variables[name] = scope.expand(default)
        choices = [c.attrib['value'] for c in element]
        if choices and scope.variables[name] not in choices:
            raise ConfigurationError(
                f'launch argument {name}: {accepted(scope.variables[name], choices)}')

    def _include(self, element: ElementTree.Element, scope: Scope, namespace: str,
                 environment: dict[str, str]) -> None:
        path = Path(scope.expand(element.attrib['file']))
        given = {a.attrib['name']: scope.expand(a.attrib['value']) for a in element}
        inner = Scope(path, dict(scope.variables) | given)
        self._block(parse(path), inner, namespace, environment)

    def _node(self, element: ElementTree.Element, scope: Scope, namespace: str,
              environment: dict[str, str]) -> Process:
        def text(name: str, default: str = '') -> str:
            return scope.expand(element.get(name, default))

        package, executable = scope.expand(element.attrib['pkg']), element.attrib['exec']
        if package != PACKAGE:
            raise ConfigurationError(f'node of package {accepted(package, (PACKAGE,))}')
        own = text('namespace').strip('/')
        process = Process(
            scope.expand(executable), text('name'), '/'.join(p for p in (namespace, own) if p),
            environment=dict(environment), arguments=text('args').split(),
            required=text('on_exit') == 'shutdown', respawn=boolean(text('respawn', 'false')),
            respawn_delay=float(text('respawn_delay', '0')),
            most_respawns=int(text('respawn_max_retries', '-1')),
            terminal=boolean(text('emulate_tty', 'false')))
        for child in element:
            if self._applies(child, scope):
                self._attach(process, child, scope)
        return process

    def _attach(self, process: Process, child: ElementTree.Element, scope: Scope) -> None:
        if child.tag == 'remap':
            process.remaps.append((scope.expand(child.attrib['from']),
                                   scope.expand(child.attrib['to'])))
        elif child.tag == 'env':
            process.environment[child.attrib['name']] = scope.expand(child.attrib['value'])
        elif 'from' in child.attrib:
            process.parameter_files.append(scope.expand(child.attrib['from']))
        else:
            process.parameters[child.attrib['name']] = _typed(
                child.attrib['name'], scope.expand(child.attrib['value']), child.get('type'))


def _typed(name: str, text: str, kind: str | None) -> object:
    """Return a parameter's value; without a type it goes through YAML, as ``ros2 launch`` does."""
    try:
        if kind is None:
            return yaml.safe_load(text)
        if kind == 'bool':
            return boolean(text)
        return TYPES[kind](text)
    except KeyError as error:
        raise ConfigurationError(f'param {name}: type {accepted(kind, (*TYPES, "bool"))}'
                                 ) from error
    except (ValueError, yaml.YAMLError) as error:
        raise ConfigurationError(f'param {name}: got {text!r}; accepted: {kind or "YAML"}'
                                 ) from error
