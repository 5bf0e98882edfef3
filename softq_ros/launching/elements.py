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
"""The subset of launch XML that is read here; anything else is refused by name, file and line."""
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from softq_ros.errors import accepted, ConfigurationError

ACTIONS = ('arg', 'let', 'group', 'push-ros-namespace', 'set_parameter', 'set_env', 'node',
           'include', 'log')
# element: (attributes it must have, attributes it may have, elements it may hold)
SUBSET = {
    'launch': ((), ('version',), ACTIONS),
    'arg': (('name',), ('default', 'description'), ('choice',)),
    'choice': (('value',), (), ()),
    'let': (('name', 'value'), (), ()),
    'group': ((), ('if', 'unless', 'scoped'), ACTIONS),
    'push-ros-namespace': (('namespace',), (), ()),
    'set_parameter': (('name', 'value'), (), ()),
    'set_env': (('name', 'value'), (), ()),
    'node': (('pkg', 'exec'),
             ('name', 'namespace', 'output', 'emulate_tty', 'respawn', 'respawn_delay',
              'respawn_max_retries', 'on_exit', 'args', 'if', 'unless'),
             ('param', 'remap', 'env')),
    'param': ((), ('name', 'value', 'type', 'from', 'allow_substs'), ()),
    'remap': (('from', 'to'), (), ()),
    'env': (('name', 'value'), (), ()),
    'include': (('file',), ('if', 'unless'), ('arg',)),
    'log': (('message',), ('if', 'unless'), ()),
}


@dataclass
class Element:
    """One XML element and where it stands."""

    tag: str
    attributes: dict[str, str]
    path: Path
    line: int
    children: list['Element'] = field(default_factory=list)

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return an attribute, or the default where it is absent."""
        return self.attributes.get(name, default)

    def error(self, text: str) -> ConfigurationError:
        """Return an error that starts with where this element stands."""
        return ConfigurationError(f'{self.path}:{self.line}: {text}')

    def all(self, tag: str) -> list['Element']:
        """Return the children of one kind."""
        return [child for child in self.children if child.tag == tag]


def _check(element: Element, parent: Element | None) -> None:
    allowed = SUBSET[parent.tag][2] if parent else ('launch',)
    if element.tag not in SUBSET or element.tag not in allowed:
        where = f'<{parent.tag}>' if parent else 'a launch file'
        raise element.error(f'<{element.tag}> in {where} is outside the subset; '
                            f'{accepted(element.tag, allowed)}')
    needed, optional, _ = SUBSET[element.tag]
    if element.tag == 'arg' and parent.tag == 'include':
        needed, optional = ('name', 'value'), ()
    for name in element.attributes:
        if name not in needed + optional:
            raise element.error(f'attribute {name} of <{element.tag}> is outside the subset; '
                                f'{accepted(name, needed + optional)}')
    for name in needed:
        if name not in element.attributes:
            raise element.error(f'<{element.tag}> lacks its attribute {name}')


class _Builder:
    def __init__(self, path: Path) -> None:
        self._path, self._open = path, []
        self.root: Element | None = None
        self.parser = parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._refuse_doctype

    def _here(self) -> Element:
        return Element('', {}, self._path, self.parser.CurrentLineNumber)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        element = Element(tag, attributes, self._path, self.parser.CurrentLineNumber)
        parent = self._open[-1] if self._open else None
        _check(element, parent)
        if parent:
            parent.children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, _tag: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        if text.strip():
            raise self._here().error(f'text between elements is outside the subset: '
                                     f'{text.strip()!r}')

    def _refuse_doctype(self, *_declaration) -> None:
        raise self._here().error('a document type is outside the subset')


def read(path: Path) -> Element:
    """
    Return the root element of a launch file.

    :raises ConfigurationError: naming file and line when it cannot be read, is no XML or holds
        an element or attribute outside the subset.
    """
    builder = _Builder(path)
    try:
        builder.parser.Parse(path.read_bytes(), True)
    except OSError as error:
        raise ConfigurationError(f'launch file {path}: {error.strerror}') from error
    except expat.ExpatError as error:
        raise ConfigurationError(
            f'{path}:{error.lineno}: {expat.ErrorString(error.code)}') from error
    return builder.root
