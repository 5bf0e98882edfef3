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
"""What binds the fields of a contract to each other; each rule names the field to mend."""
from collections.abc import Callable, Iterator

import numpy as np

from softq_ros.robot.contract_fields import POSITION_LIKE

Complaints = Iterator[tuple[str, str]]
SLACK = 1e-6  # of a limit beside its URDF's: both are written with some digits


def _hardware(found: dict) -> Complaints:
    if found['simulated']:
        return
    if found['arm_on_start']:
        yield 'arm_on_start', 'got true; accepted only with simulated: true'
    if not found['downstream_timeout_sec'] and found['interface'] not in POSITION_LIKE:
        yield 'downstream_timeout_sec', (
            'got 0; accepted with simulated: false: above zero, since a driver without a time-out '
            f'keeps the last {found["interface"]} for ever')
    if not found['ramp_sec']:
        yield 'ramp_sec', 'got 0; accepted with simulated: false: a number above zero'


def _positions(found: dict) -> Complaints:
    lower, upper, pose = (found[n] for n in ('position_lower', 'position_upper', 'reset_pose'))
    if (lower >= upper).any():
        yield 'position_lower', 'not below position_upper for every joint'
    if (np.clip(pose, lower, upper) != pose).any():
        yield 'reset_pose', 'outside position_lower to position_upper'


def _largest_action(found: dict) -> tuple[np.ndarray, str] | None:
    """Return the limit that an action of 1 must not ask more of, and its name."""
    interface, period = found['interface'], 1.0 / found['control_rate']
    if interface == 'velocity':
        return found['velocity_limit'], 'velocity_limit'
    if interface == 'effort':
        return found['effort_limit'], 'effort_limit'
    if interface == 'twist':
        return np.repeat(found['twist_limit'], 3), 'twist_limit'
    if interface in ('position_increment', 'trajectory'):
        return (np.minimum(found['velocity_limit'] * period, found['lead_limit']),
                'velocity_limit / control_rate or lead_limit')
    return None  # an offset from the reset pose may be far; the gate goes there step by step


def _action_scale(found: dict) -> Complaints:
    largest = _largest_action(found)
    if largest and (found['action_scale'] > largest[0] * (1.0 + 1e-9)).any():
        yield 'action_scale', f'above {largest[1]}'


def _times(found: dict) -> Complaints:
    rate, output = found['control_rate'], found['output_rate']
    if output < rate or abs(output / rate - round(output / rate)) > 1e-9:
        yield 'output_rate', f'got {output:g}; accepted: a whole multiple of control_rate {rate:g}'
    for name in ('command_timeout_sec', 'observation_timeout_sec'):
        if found[name] * rate < 1.0 - 1e-9:
            yield name, f'got {found[name]:g}; accepted: at least a control period, {1 / rate:g}'
    if 0 < found['downstream_timeout_sec'] * output <= 1.0:
        yield 'downstream_timeout_sec', (
            f'got {found["downstream_timeout_sec"]:g}; accepted: longer than the time between two '
            f'commands, {1 / output:g}')


def _kinematics(found: dict) -> Complaints:
    chain = found['chain']
    if found['urdf'] and chain is not found['urdf'].chain:
        yield 'chain', 'got one beside urdf; accepted: one of the two'
    if chain and chain.joints != found['joints']:
        yield ('urdf' if found['urdf'] else 'chain'), (
            f'got joints {list(chain.joints)}; accepted: those of the contract in their order, '
            f'{list(found["joints"])}')
    if not chain and found['tool_pose'] == 'kinematics':
        yield 'tool_pose', 'got kinematics without chain or urdf; accepted: topic, or a chain'
    if not chain and np.isfinite(found['tool_speed_limit']):
        yield 'tool_speed_limit', 'got a number without chain or urdf; accepted: a chain with it'


def _workspace(found: dict) -> Complaints:
    lower, upper = found['workspace_lower'], found['workspace_upper']
    if lower is None and upper is None:
        return
    if lower is None or upper is None or (lower >= upper).any():
        yield 'workspace_lower', 'not below workspace_upper; accepted: both, below in x, y and z'
    if not found['chain']:
        yield 'workspace_lower', 'got a box without chain or urdf; accepted: a chain with it'
    tool = found['chain'].pose(found['reset_pose'])[0]
    if (np.clip(tool, lower, upper) != tool).any():
        yield 'reset_pose', (f'the tool would be at {np.round(tool, 4).tolist()}; accepted: in '
                             f'workspace_lower {lower.tolist()} to workspace_upper '
                             f'{upper.tolist()}')


def _description(found: dict) -> Complaints:
    """Compare with the URDF: what it allows is the most that a contract may."""
    limits = np.array(found['urdf'].limits).T if found['urdf'] else np.empty((0, 0))
    for name, allowed in zip(('position_lower', 'position_upper', 'velocity_limit',
                              'effort_limit'), limits):
        lower = name == 'position_lower'
        beyond = found[name] < allowed - SLACK if lower else found[name] > allowed + SLACK
        if beyond.any():
            at = int(np.flatnonzero(beyond)[0])
            yield name, (f'got {found[name][at]:g} for {found["joints"][at]}; accepted: at '
                         f'{"least" if lower else "most"} the {allowed[at]:g} of the URDF')


RULES: tuple[Callable[[dict], Complaints], ...] = (
    _hardware, _positions, _action_scale, _times, _kinematics, _workspace, _description)


def check_rules(found: dict, refuse: Callable[[str, str], None]) -> None:
    """
    Hold every rule against the fields.

    :param refuse: raises with the name of a field and what is wrong with it.
    """
    for rule in RULES:
        for field, complaint in rule(found):
            refuse(field, complaint)
