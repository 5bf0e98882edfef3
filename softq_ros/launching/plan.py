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
"""From a launch file and its arguments to the list of nodes that it asks for."""
from dataclasses import dataclass, field
import os
from pathlib import Path

import yaml

from softq_ros.errors import accepted, ConfigurationError
from softq_ros.launching.elements import Element, read
from softq_ros.launching.substitutions import expand, Scope, truth
from softq_ros.paths import PACKAGE

DEEPEST_INCLUDE = 10
TYPES = {'str': str, 'int': int, 'float': float, 'bool': truth}


@dataclass(frozen=True)
class NodePlan:
    """One node as the launch file describes it."""

    executable: str
    name: str
    namespace: str
    parameters: tuple[dict | str, ...]  # in order: values by name, or the text of a YAML file
    remaps: tuple[tuple[str, str], ...]
    environment: dict[str, str]
    arguments: tuple[str, ...]
    emulate_tty: bool
    respawn: bool
    respawn_delay_sec: float
    respawn_max_retries: int
    required: bool


@dataclass
class Plan:
    """What a launch file asks for: nodes to run and messages to print."""

    nodes: list[NodePlan] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


def declared(root: Element) -> list[Element]:
    """Return the arguments that a launch file declares itself, in order."""
    found = root.all('arg')
    for group in root.all('group'):
        found += declared(group)
    return found


def _value(element: Element, name: str, scope: Scope, default: str | None = None) -> str | None:
    text = element.get(name, default)
    try:
        return None if text is None else expand(text, scope)
    except ConfigurationError as error:
        raise element.error(f'{name} of <{element.tag}>: {error}') from error


def _typed(element: Element, name: str, scope: Scope, kind: str, default: str) -> object:
    text = _value(element, name, scope, default)
    try:
        return TYPES[kind](text)
    except (ValueError, ConfigurationError) as error:
        raise element.error(
            f'{name} of <{element.tag}>: got {text!r}; accepted: {kind}') from error


def _wanted(element: Element, scope: Scope) -> bool:
    return (_typed(element, 'if', scope, 'bool', 'true')
            and not _typed(element, 'unless', scope, 'bool', 'false'))


def _parameter(element: Element, scope: Scope) -> dict | str:
    if 'from' in element.attributes:
        path = Path(_value(element, 'from', scope))
        try:
            text = path.read_text(encoding='utf-8')
        except OSError as error:
            raise element.error(f'from of <param>: {path}: {error.strerror}') from error
        return expand(text, scope) if _typed(element, 'allow_substs', scope, 'bool',
                                             'false') else text
    for name in ('name', 'value'):
        if name not in element.attributes:
            raise element.error(f'<param> lacks its attribute {name}')
    kind = element.get('type')
    if kind is None:
        value = yaml.safe_load(_value(element, 'value', scope))
    elif kind in TYPES:
        value = _typed(element, 'value', scope, kind, '')
    else:
        raise element.error(f'type of <param>: {accepted(kind, TYPES)}')
    return {_value(element, 'name', scope): value}


def _pairs(element: Element, tag: str, names: tuple[str, str], scope: Scope) -> list:
    return [tuple(_value(child, name, scope) for name in names) for child in element.all(tag)]


def _joined(outer: str, inner: str) -> str:
    return inner if inner.startswith('/') else '/'.join(part for part in (outer, inner) if part)


def _node(element: Element, scope: Scope) -> NodePlan:
    fixed = {'pkg': PACKAGE, 'output': 'screen', 'on_exit': 'shutdown'}
    for name, only in fixed.items():
        if _value(element, name, scope, only) != only:
            raise element.error(f'{name} of <node>: {accepted(element.get(name), [only])}')
    executable = _value(element, 'exec', scope)
    known = [p.stem for p in (Path(__file__).parent.parent / 'nodes').glob('*_node.py')]
    if executable not in known:
        raise element.error(f'exec of <node>: {accepted(executable, known)}')
    return NodePlan(
        executable, _value(element, 'name', scope, executable.removesuffix('_node')),
        _joined(scope.namespace, _value(element, 'namespace', scope, '')),
        (scope.parameters, *(_parameter(child, scope) for child in element.all('param'))),
        tuple(_pairs(element, 'remap', ('from', 'to'), scope)),
        scope.environment | dict(_pairs(element, 'env', ('name', 'value'), scope)),
        tuple(_value(element, 'args', scope, '').split()),
        _typed(element, 'emulate_tty', scope, 'bool', 'false'),
        _typed(element, 'respawn', scope, 'bool', 'false'),
        _typed(element, 'respawn_delay', scope, 'float', '0'),
        _typed(element, 'respawn_max_retries', scope, 'int', '-1'),
        element.get('on_exit') == 'shutdown')


def _declare(element: Element, scope: Scope) -> None:
    name = element.get('name')
    if name not in scope.values:
        if 'default' not in element.attributes:
            raise element.error(f'launch argument {name} has no default: give {name}:=value')
        scope.values[name] = _value(element, 'default', scope)
    choices = [choice.get('value') for choice in element.all('choice')]
    if choices and scope.values[name] not in choices:
        raise element.error(f'launch argument {name}: {accepted(scope.values[name], choices)}')


def _include(element: Element, scope: Scope, plan: Plan, depth: int) -> None:
    if depth == DEEPEST_INCLUDE:
        raise element.error(f'includes are nested more than {DEEPEST_INCLUDE} deep')
    path = Path(_value(element, 'file', scope))
    scope.values.update(_pairs(element, 'arg', ('name', 'value'), scope))
    here, scope.path = scope.path, path
    _visit(read(path), scope, plan, depth + 1)
    scope.path = here


def _visit(parent: Element, scope: Scope, plan: Plan, depth: int = 0) -> None:
    for element in parent.children:
        if not _wanted(element, scope):
            continue
        tag = element.tag
        if tag == 'arg':
            _declare(element, scope)
        elif tag == 'group':
            scoped = _typed(element, 'scoped', scope, 'bool', 'true')
            _visit(element, scope.copy() if scoped else scope, plan, depth)
        elif tag == 'include':
            _include(element, scope, plan, depth)
        elif tag == 'node':
            plan.nodes.append(_node(element, scope))
        elif tag == 'log':
            plan.messages.append(_value(element, 'message', scope))
        elif tag == 'push-ros-namespace':
            scope.namespace = _joined(scope.namespace, _value(element, 'namespace', scope))
        else:
            _set(element, scope)


def _set(element: Element, scope: Scope) -> None:
    name, value = _value(element, 'name', scope), _value(element, 'value', scope)
    if element.tag == 'let':
        scope.values[name] = value
    elif element.tag == 'set_env':
        scope.environment[name] = value
    else:
        scope.parameters = scope.parameters | {name: yaml.safe_load(value)}


def make_plan(path: Path, given: dict[str, str]) -> Plan:
    """
    Read a launch file with its arguments.

    :raises ConfigurationError: for an argument that the file does not declare, and for anything
        outside the subset, naming file and line.
    """
    root = read(path)
    names = [element.get('name') for element in declared(root)]
    for name in given:
        if name not in names:
            raise ConfigurationError(f'{path.name}: launch argument: {accepted(name, names)}')
    plan = Plan()
    _visit(root, Scope(path, dict(given), dict(os.environ)), plan)
    return plan
