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
"""Calls of the graph's services without the ``ros2`` command."""
import json
import threading

import pytest
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from std_srvs.srv import Trigger

from softq_ros import cli
from softq_ros.errors import MessageError
from softq_ros.nodes import call as call_module


@pytest.fixture
def gate(ros_environment):
    """Offer arm, which is refused, and stop, which is not; count the calls."""
    context, called = Context(), []
    rclpy.init(context=context, signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node('gate', context=context, namespace='robot1')

    def answer(name, success, message):
        def on_call(_, response):
            called.append(name)
            response.success, response.message = success, message
            return response
        return on_call

    node.create_service(Trigger, 'gate/arm', answer('arm', False, 'joint states are late'))
    node.create_service(Trigger, 'gate/stop', answer('stop', True, 'stopped'))
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    thread = threading.Thread(target=executor.spin)
    thread.start()
    yield called
    executor.shutdown()
    rclpy.shutdown(context=context)
    thread.join()


def test_what_a_service_answers_is_shown_and_decides_the_exit_code(gate, capsys):
    assert cli.main(['call', 'gate/stop', '--namespace', '/robot1', '--json']) == 0
    assert json.loads(capsys.readouterr().out) == {'ok': True, 'message': 'stopped'}
    assert cli.main(['call', 'gate/arm', '--namespace', 'robot1']) == 2
    assert 'joint states are late' in capsys.readouterr().out
    assert gate == ['stop', 'arm']


def test_a_service_that_nobody_offers_is_named(ros_environment, monkeypatch):
    monkeypatch.setattr(call_module, 'PATIENCE_SEC', 0.2)
    with pytest.raises(MessageError, match=rf'/gate/arm: nobody offers it within 0.2 s.*here '
                                           rf'{ros_environment}'):
        call_module.call('gate/arm')


def test_a_service_that_never_answers_is_named(ros_environment, monkeypatch):
    monkeypatch.setattr(call_module, 'PATIENCE_SEC', 1.0)
    context = Context()
    rclpy.init(context=context, signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node('gate', context=context)
    node.create_service(Trigger, 'gate/arm', lambda _, response: response)  # never spun
    try:
        with pytest.raises(MessageError, match='/gate/arm: no answer within 1 s'):
            call_module.call('gate/arm')
    finally:
        rclpy.shutdown(context=context)


def test_services_that_nothing_here_offers_are_refused(capsys):
    assert cli.main(['call', 'gate/fly']) == 2
    assert 'gate/arm' in capsys.readouterr().err
