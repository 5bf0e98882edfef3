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
"""Substitutions of launch XML: ``$(var name)`` and the few others that are read here."""
from collections.abc import Callable
from dataclasses import dataclass, field
import math
from pathlib import Path

from softq_ros.errors import accepted, ConfigurationError
from softq_ros.paths import PACKAGE, share

TRUE, FALSE = ('true', '1'), ('false', '0')


@dataclass
class Scope:
    """What a place in a launch file sees; a group works on a copy."""

    path: Path
    values: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    namespace: str = ''
    parameters: dict[str, object] = field(default_factory=dict)

    def copy(self) -> 'Scope':
        """Return a scope whose changes do not reach this one."""
        return Scope(self.path, dict(self.values), dict(self.environment), self.namespace,
                     dict(self.parameters))


def truth(text: str) -> bool:
    """
    Return what a condition says.

    :raises ConfigurationError: for anything but true, 1, false and 0, in any case.
    """
    word = text.strip().lower()
    if word not in TRUE + FALSE:
        raise ConfigurationError(f'condition: {accepted(text, TRUE + FALSE)}')
    return word in TRUE


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def equal(left: str, right: str) -> bool:
    """Compare as launch does: truth values, then numbers, then text."""
    if left.lower() in TRUE + FALSE and right.lower() in TRUE + FALSE:
        return truth(left) == truth(right)
    if _number(left) is not None and _number(right) is not None:
        return math.isclose(float(left), float(right))
    return left == right


def _var(scope: Scope, name: str) -> str:
    if name not in scope.values:
        raise ConfigurationError(f'$(var {name}) is not set; {accepted(name, scope.values)}')
    return scope.values[name]


def _env(scope: Scope, name: str, default: str | None = None) -> str:
    value = scope.environment.get(name, default)
    if value is None:
        raise ConfigurationError(f'environment variable {name} is not set and has no default')
    return value


def _share(_scope: Scope, package: str) -> str:
    if package != PACKAGE:
        raise ConfigurationError(f'$(find-pkg-share): {accepted(package, [PACKAGE])}')
    return str(share())


def _word(value: bool) -> str:
    return str(value).lower()


# name: (function, fewest arguments, most arguments)
FUNCTIONS: dict[str, tuple[Callable[..., str], int, int]] = {
    'var': (_var, 1, 1),
    'env': (_env, 1, 2),
    'find-pkg-share': (_share, 1, 1),
    'dirname': (lambda scope: str(scope.path.parent), 0, 0),
    'equals': (lambda _, a, b: _word(equal(a, b)), 2, 2),
    'not-equals': (lambda _, a, b: _word(not equal(a, b)), 2, 2),
    'not': (lambda _, a: _word(not truth(a)), 1, 1),
    'and': (lambda _, a, b: _word(truth(a) and truth(b)), 2, 2),
    'or': (lambda _, a, b: _word(truth(a) or truth(b)), 2, 2),
}


def _call(name: str, arguments: list[str], scope: Scope) -> str:
    if name not in FUNCTIONS:
        raise ConfigurationError(f'$({name}) is outside the subset; {accepted(name, FUNCTIONS)}')
    function, fewest, most = FUNCTIONS[name]
    if not fewest <= len(arguments) <= most:
        wanted = f'{fewest}' if fewest == most else f'{fewest} to {most}'
        raise ConfigurationError(f'$({name}) got {len(arguments)} arguments; accepted: {wanted}')
    return function(scope, *arguments)


def _inside(text: str, at: int, scope: Scope) -> tuple[str, int]:
    """Expand what follows ``$(`` up to its closing parenthesis; return the value and the end."""
    words: list[str] = []
    word, quote = None, ''
    while at < len(text):
        character = text[at]
        if text.startswith('$(', at):
            value, at = _inside(text, at + 2, scope)
            word = (word or '') + value
            continue
        at += 1
        if quote:
            word, quote = (word, '') if character == quote else (word + character, quote)
        elif character in '\'"':
            word, quote = word or '', character
        elif character in ' )':
            words += [] if word is None else [word]
            word = None
            if character == ')':
                return _call(words[0] if words else '', words[1:], scope), at
        else:
            word = (word or '') + character
    raise ConfigurationError(f'substitution is not closed: {text!r}')


def expand(text: str, scope: Scope) -> str:
    """
    Return the text with every substitution replaced.

    :raises ConfigurationError: for an unknown or malformed substitution or an unset name.
    """
    result, at = '', 0
    while (start := text.find('$(', at)) >= 0:
        value, end = _inside(text, start + 2, scope)
        result, at = result + text[at:start] + value, end
    return result + text[at:]
