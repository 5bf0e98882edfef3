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
"""The parameters by which a person chooses what flies, checked before they are accepted."""
from array import array

from rcl_interfaces.msg import ParameterDescriptor, SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger

from softq_ros.errors import accepted, ConfigurationError, SoftqError
from softq_ros.learning.actor import MODES
from softq_ros.nodes.cockpit import Cockpit, Flight
from softq_ros.nodes.hangar import Hangar
from softq_ros.policies.choice import (
    LEARNER, read_choice, read_names, read_number, read_weights, TEMPERATURES)
from softq_ros.tasks.task import Task
from softq_ros.training.settings import deployed_sampling

CHOOSING = {'policy': LEARNER, 'weights': [], 'temperature': 1.0}
DEFAULTS = CHOOSING | {'blend_sec': 0.0, 'sampling': 'stochastic', 'exploration': True,
                       'paused': False}
DESCRIPTIONS = {
    'policy': '"learner", the name of a bundle, or an array of names: a composition',
    'weights': 'of each policy of a composition, numbers that sum to 1; empty: equal ones',
    'temperature': 'factor on the temperature of training; with N policies 1 averages their Qs, '
                   '1/N adds them up',
    'blend_sec': 'how long one policy fades into the next [s]',
    'sampling': 'how actions are drawn: stochastic, deterministic, best_of_32, best_of_128, '
                'mean_of_128, or as_scored: the one that the task is scored with',
    'exploration': 'whether it may move at random before there is a policy',
    'paused': 'whether it says nothing'}
LONGEST_BLEND_SEC = 10.0
AS_SCORED = 'as_scored'
ORDER = ('(set weights to [] first, then policy, then weights; or all in one call of '
         'set_parameters_atomically)')


def _check_one(name: str, value: object) -> None:
    """Refuse a value that fits its parameter under no circumstances."""
    if name == 'policy':
        read_names(value)
    elif name == 'weights':
        read_weights(value)
    elif name == 'temperature':
        read_number(name, value, *TEMPERATURES)
    elif name == 'blend_sec':
        read_number(name, value, 0.0, LONGEST_BLEND_SEC)
    elif name == 'sampling' and value not in (*MODES, AS_SCORED):
        raise ConfigurationError(f'sampling: {accepted(value, (*MODES, AS_SCORED))}')
    elif name in ('exploration', 'paused') and not isinstance(value, bool):
        raise ConfigurationError(f'{name}: {accepted(value, ("true", "false"))}')


class Selector:
    """
    Owns the changeable parameters and ``policy/rollback`` of the policy's node.

    The node's thread finds, checks and tries bundles while the control loop goes on; a change is
    accepted or refused as a whole, and what was accepted flies from the next control step on.

    :param settings: the read-only parameters.
    :raises SoftqError: for start-up values that are not accepted.
    """

    def __init__(self, node: Node, task: Task, cockpit: Cockpit, settings: dict) -> None:
        """Declare the parameters and let what they name fly."""
        self._node, self._task, self._cockpit = node, task, cockpit
        self._hangar = Hangar(task, cockpit, settings['policies'])
        self._prepared: Flight | None = None
        self._previous: Flight | None = None
        self._returning: Flight | None = None
        self._values: dict[str, object] = {}
        node.add_on_set_parameters_callback(self._on_set)
        for name, default in DEFAULTS.items():
            self._declare(name, settings['mode'] == 'sim' if name == 'exploration' else default)
        self._keep(self._declared())
        flight = self._prepare(self._values, {})
        cockpit.switch(None if flight.choice.learner else flight)
        node.add_post_set_parameters_callback(self._on_changed)
        node.create_service(Trigger, 'policy/rollback', self._on_rollback)

    def _declare(self, name: str, default: object) -> None:
        descriptor = ParameterDescriptor(description=DESCRIPTIONS[name], dynamic_typing=True)
        try:
            self._node.declare_parameter(name, default, descriptor)
        except Exception as error:  # rclpy raises several unrelated types here
            raise ConfigurationError(f'parameter {name}: {error}') from error

    def _declared(self) -> dict[str, object]:
        if not self._node.get_parameter('weights').value:  # rclpy takes an empty list for bytes
            self._node.set_parameters([_weights_parameter(())])
        return {name: self._node.get_parameter(name).value for name in DEFAULTS}

    # checks: nothing changes here

    def _on_set(self, changes: list[Parameter]) -> SetParametersResult:
        try:
            self._judge({c.name: c.value for c in changes if c.name in DEFAULTS})
        except SoftqError as error:
            return self._refuse(str(error))
        except Exception as error:  # an exception here would end the process
            return self._refuse(f'{type(error).__name__}: {error}')
        return SetParametersResult(successful=True)

    def _refuse(self, text: str) -> SetParametersResult:
        self._cockpit.reason = ' '.join(text.split())
        return SetParametersResult(successful=False, reason=self._cockpit.reason)

    def _judge(self, changes: dict[str, object]) -> None:
        for name, value in changes.items():
            try:
                _check_one(name, value)
            except ConfigurationError as error:
                raise ConfigurationError(f'parameter {error}') from error
        if not self._values or not set(changes) & set(CHOOSING):
            return
        afresh = 'policy' in changes
        self._prepared = self._returning or self._prepare(
            self._values | changes, {} if afresh else self._cockpit.chosen.bundles)

    def _prepare(self, values: dict[str, object], held: dict) -> Flight:
        try:
            choice = read_choice(*(values[name] for name in CHOOSING))
        except ConfigurationError as error:  # each was checked: they do not go together
            raise ConfigurationError(f'parameter {error} {ORDER}') from error
        if choice.learner:
            return self._cockpit.stream
        try:
            return self._hangar.prepare(choice, held)
        except SoftqError as error:
            raise type(error)(f'parameter policy: {error}') from error

    # changes: all of this was accepted

    def _on_changed(self, changes: list[Parameter]) -> None:
        mine = {change.name: change.value for change in changes if change.name in DEFAULTS}
        self._keep(mine)
        if set(mine) & set(CHOOSING) and self._prepared is not None:
            self._fly(self._prepared)

    def _keep(self, values: dict[str, object]) -> None:
        self._values = self._values | values
        cockpit, now = self._cockpit, self._values
        cockpit.exploration, cockpit.paused = now['exploration'], now['paused']
        cockpit.sampling = (deployed_sampling(self._task.name) if now['sampling'] == AS_SCORED
                            else now['sampling'])

    def _fly(self, flight: Flight) -> None:
        now = self._cockpit.chosen
        if (flight.choice, flight.digests) == (now.choice, now.digests):
            return
        self._previous = now
        steps = round(self._values['blend_sec'] / self._task.contract.period_sec)
        self._cockpit.switch(None if flight.choice.learner else flight, steps)

    def _on_rollback(self, _, response: Trigger.Response) -> Trigger.Response:
        """Fly what flew before, from memory: its files may have changed since."""
        before = self._previous
        if before is None or before.choice.learner and self._cockpit.stream.actor is None:
            response.success, response.message = False, 'no policy flew before this one'
            return response
        names = before.choice.names
        self._returning = before
        try:
            result = self._node.set_parameters_atomically([
                Parameter('policy', value=names[0] if len(names) == 1 else list(names)),
                _weights_parameter(before.choice.weights),
                Parameter('temperature', value=before.choice.temperature)])
        finally:
            self._returning = None
        response.success = result.successful
        response.message = result.reason or f'{before.name} flies'
        return response


def _weights_parameter(weights: tuple[float, ...]) -> Parameter:
    return Parameter('weights', Parameter.Type.DOUBLE_ARRAY, array('d', weights))
