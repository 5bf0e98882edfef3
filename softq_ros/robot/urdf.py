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
"""The serial chain between two links of a URDF, and what the URDF says of its joints."""
import math
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from softq_ros.errors import accepted, ConfigurationError
from softq_ros.robot.kinematics import Chain, Segment
from softq_ros.robot.yaml_file import read_capped, short

LARGEST_FILE = 4 << 20  # bytes; a description without its meshes has some 50 thousand
MOVING = ('revolute', 'continuous', 'prismatic')


class UrdfLimits(NamedTuple):
    """What a joint may do [rad or m, per second, N m or N]; infinite where nothing is said."""

    lower: float
    upper: float
    velocity: float
    effort: float


class Urdf(NamedTuple):
    """A chain and the limits of its joints, in its order."""

    chain: Chain
    limits: tuple[UrdfLimits, ...]


def _read(path: Path) -> str:
    try:
        return read_capped(path, LARGEST_FILE)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f'{path.name}: not readable as URDF: {error}') from error


def _parse(text: str) -> ElementTree.Element:
    if '<!DOCTYPE' in text or '<!ENTITY' in text:
        raise ConfigurationError('got a document type or entities; accepted: a plain URDF')
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise ConfigurationError(f'not readable as URDF: {error}') from error
    if root.tag != 'robot':
        raise ConfigurationError(f'got <{root.tag}>; accepted: a URDF, whose root is <robot>')
    return root


def _numbers(element: ElementTree.Element | None, name: str, default: str) -> tuple[float, ...]:
    text = default if element is None else element.get(name, default)
    try:
        numbers = tuple(float(word) for word in text.split())
    except ValueError:
        numbers = ()
    if len(numbers) != len(default.split()) or not all(map(math.isfinite, numbers)):
        raise ConfigurationError(f'{name}: got {short(text)}; accepted: '
                                 f'{len(default.split())} finite numbers')
    return numbers


def _link(joint: ElementTree.Element, which: str) -> str:
    element = joint.find(which)
    return '' if element is None else element.get('link', '')


def _path(root: ElementTree.Element, base: str, tool: str) -> list[ElementTree.Element]:
    """Return the joints from base to tool."""
    above = {_link(joint, 'child'): joint for joint in root.findall('joint')}
    path, link = [], tool
    while link != base:
        if link not in above or len(path) > len(above):
            raise ConfigurationError(
                f'no chain from {base!r} to {tool!r}; {accepted(link, {base, *above})} (a xacro '
                'file must be expanded first)')
        path.append(above[link])
        link = _link(above[link], 'parent')
    return path[::-1]


def _segment(joint: ElementTree.Element) -> Segment:
    kind, name = joint.get('type', ''), joint.get('name', '')
    if kind not in (*MOVING, 'fixed') or joint.find('mimic') is not None:
        raise ConfigurationError(f'joint {name!r}: '
                                 f'{accepted(kind, (*MOVING, "fixed"))}, without mimic')
    origin = joint.find('origin')
    return Segment(name if kind in MOVING else '', _numbers(origin, 'xyz', '0 0 0'),
                   _numbers(origin, 'rpy', '0 0 0'),
                   _numbers(joint.find('axis'), 'xyz', '1 0 0'), kind == 'prismatic')


def _limits(joint: ElementTree.Element) -> UrdfLimits:
    limit = joint.find('limit')
    endless = joint.get('type') == 'continuous'
    if limit is None:
        if not endless:
            raise ConfigurationError(f'joint {joint.get("name")!r}: no <limit>; accepted: one, or '
                                     'a continuous joint')
        return UrdfLimits(-math.inf, math.inf, math.inf, math.inf)
    lower, upper, velocity, effort = (
        _numbers(limit, name, '0')[0] for name in ('lower', 'upper', 'velocity', 'effort'))
    return UrdfLimits(*((-math.inf, math.inf) if endless else (lower, upper)), velocity, effort)


def chain_from_urdf(path_or_text: Path | str, base: str, tool: str) -> Urdf:
    """
    Return the chain from one link to another with the limits of its joints.

    :param path_or_text: a file, or the URDF itself.
    :raises ConfigurationError: where it is no URDF, or has no serial chain between the two.
    """
    text = _read(path_or_text) if isinstance(path_or_text, Path) else path_or_text
    path = _path(_parse(text), base, tool)
    moving = [joint for joint in path if joint.get('type') in MOVING]
    return Urdf(Chain(tuple(map(_segment, path))), tuple(map(_limits, moving)))
