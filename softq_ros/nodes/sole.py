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
One node of a name in a ROS domain of this machine.

Two graphs in one domain hear each other: the simulators answer both policies, the gates see time
go back, both learners store what neither did. DDS says nothing of it, so a lock does.
"""
import fcntl
import os
from pathlib import Path
import tempfile

from softq_ros.errors import ConfigurationError


def claim(name: str, domain: int) -> int:
    """
    Hold a node's name until this process ends, however it ends.

    :param name: with its namespace, such as ``/sim``.
    :returns: the descriptor that holds it; closing it lets go.
    :raises ConfigurationError: another process of this user holds it.
    """
    folder = Path(tempfile.gettempdir()) / f'softq_ros-{os.getuid()}' / f'domain{domain}'
    folder.mkdir(parents=True, exist_ok=True)
    held = os.open(folder / name.strip('/').replace('/', '.'), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(held, 32).decode().strip()
        os.close(held)
        raise ConfigurationError(
            f'a node {name} runs in ROS domain {domain} already, as process {owner}; accepted: '
            'another ROS_DOMAIN_ID, another namespace, or end that process') from None
    os.ftruncate(held, 0)
    os.write(held, str(os.getpid()).encode())
    return held
