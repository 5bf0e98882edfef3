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
"""Parameters declared once: name, default, description, choices; checked before they count."""
from collections.abc import Callable
from dataclasses import dataclass
import math

from rcl_interfaces.msg import ParameterDescriptor, SetParametersResult
from rclpy.exceptions import (
    InvalidParameterTypeException, InvalidParameterValueException, ParameterUninitializedException)
from rclpy.node import Node

from softq_ros.errors import accepted, ConfigurationError
from softq_ros.tasks.catalogue import load_task, read_options
from softq_ros.tasks.task import Task


@dataclass(frozen=True)
class Parameter:
    """One read-only parameter; its type is that of its default."""

    name: str
    default: str | bool | int | float
    description: str
    choices: tuple[str, ...] | Callable[[], list[str]] = ()
    minimum: float = -math.inf

    def refusal(self, value: object) -> str:
        """Return why a value is not accepted, or nothing."""
        choices = self.choices() if callable(self.choices) else self.choices
        if choices and value not in choices:
            return f'parameter {self.name}: {accepted(value, choices)}'
        if isinstance(value, (int, float)) and not (math.isfinite(value)
                                                    and value >= self.minimum):
            return f'parameter {self.name}: got {value}; accepted: at least {self.minimum}'
        return ''


OPTIONS = Parameter('options', '', 'of the task, in place of what its file says: '
                    'NAME=VALUE NAME=VALUE')


def read_words(name: str, settings: dict) -> dict:
    """
    Return what a parameter such as ``options`` says, by name.

    :raises ConfigurationError: naming the parameter.
    """
    try:
        return read_options(settings[name].split())
    except ConfigurationError as error:
        raise ConfigurationError(f'parameter {name}: {error}') from error


def task_of(settings: dict) -> Task:
    """
    Return the task of the parameters ``task``, ``options`` and, where there is one, ``contract``.

    :raises ConfigurationError: for what none of them accepts.
    """
    options = read_words('options', settings)
    if settings.get('contract'):
        options['robot'] = settings['contract']
    return load_task(settings['task'], options)


def _refuse_unknown(node: Node, parameters: tuple[Parameter, ...], own: frozenset[str]) -> None:
    names = {parameter.name for parameter in parameters} | own
    overrides = {name for name in node._parameter_overrides
                 if not name.startswith('qos_overrides.')}
    unknown = sorted(overrides - names - {'use_sim_time', 'start_type_description_service'})
    if unknown:
        raise ConfigurationError(f'unknown parameter: {accepted(unknown[0], names)}')


def declare(node: Node, parameters: tuple[Parameter, ...],
            own: frozenset[str] = frozenset()) -> dict:
    """
    Declare read-only parameters and return their start-up values.

    :param own: further names the node declares itself.
    :raises ConfigurationError: naming the parameter, the value and what would be accepted; also
        for a start-up value whose name is not declared.
    """
    _refuse_unknown(node, parameters, own)
    by_name = {parameter.name: parameter for parameter in parameters}

    def check(changes) -> SetParametersResult:
        refusals = [by_name[c.name].refusal(c.value) for c in changes if c.name in by_name]
        reason = next((text for text in refusals if text), '')
        return SetParametersResult(successful=not reason, reason=reason)

    node.add_on_set_parameters_callback(check)
    values = {}
    for parameter in parameters:
        descriptor = ParameterDescriptor(description=parameter.description, read_only=True)
        try:
            values[parameter.name] = node.declare_parameter(
                parameter.name, parameter.default, descriptor).value
        except InvalidParameterTypeException as error:
            raise ConfigurationError(
                f'parameter {parameter.name}: {error}; accepted: '
                f'{type(parameter.default).__name__}') from error
        except (InvalidParameterValueException, ParameterUninitializedException) as error:
            raise ConfigurationError(str(error)) from error
    return values
