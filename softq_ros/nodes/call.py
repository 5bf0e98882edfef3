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
"""One call of a service that says yes or no, where the ``ros2`` command is missing."""
import json
import os
import sys

import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from std_srvs.srv import Trigger

from softq_ros.errors import MessageError

PATIENCE_SEC = 5.0


def call(service: str, namespace: str = '') -> Trigger.Response:
    """
    Call a ``std_srvs/Trigger``.

    :param namespace: of the graph.
    :raises MessageError: when nobody offers it or answers in time.
    """
    context = Context()
    rclpy.init(context=context, signal_handler_options=SignalHandlerOptions.NO)
    try:
        node = rclpy.create_node('caller', context=context, namespace=namespace)
        service = node.resolve_service_name(service)
        client = node.create_client(Trigger, service)
        if not client.wait_for_service(PATIENCE_SEC):
            raise _unanswered(service, 'nobody offers it')
        answer = client.call_async(Trigger.Request())
        executor = SingleThreadedExecutor(context=context)
        executor.add_node(node)
        executor.spin_until_future_complete(answer, PATIENCE_SEC)
        if not answer.done():
            raise _unanswered(service, 'no answer')
        return answer.result()
    finally:
        rclpy.shutdown(context=context)


def _unanswered(service: str, why: str) -> MessageError:
    domain = os.environ.get('ROS_DOMAIN_ID', '0')
    return MessageError(f'{service}: {why} within {PATIENCE_SEC:g} s; accepted: one of a running '
                        f'graph in the same ROS_DOMAIN_ID, here {domain}')


def main() -> None:
    """Call the service that the arguments name; print its answer as JSON."""
    try:
        answer = call(*sys.argv[1:])
    except MessageError as error:
        sys.exit(str(error))
    print(json.dumps({'ok': answer.success, 'message': answer.message}))


if __name__ == '__main__':
    main()
