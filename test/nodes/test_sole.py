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
"""The lock on a node's name: one process a domain and namespace, however the last one ended."""
import os
import signal
import subprocess
import sys

import pytest

from softq_ros.errors import ConfigurationError
from softq_ros.nodes.sole import claim

HOLD = ('from softq_ros.nodes.sole import claim\n'
        'claim("/sim", 5); print("held", flush=True); input()')


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Keep the locks of these tests apart from those of running graphs."""
    monkeypatch.setenv('TMPDIR', str(tmp_path))
    monkeypatch.setattr('tempfile.tempdir', None)


def test_another_process_is_named_until_it_is_killed():
    holder = subprocess.Popen([sys.executable, '-c', HOLD], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b'held\n'
    with pytest.raises(ConfigurationError, match=f'/sim .* domain 5 .* process {holder.pid};'):
        claim('/sim', 5)
    held = [claim('/sim', 6), claim('/robot2/sim', 5), claim('/gate', 5)]
    holder.send_signal(signal.SIGKILL)
    holder.wait(10.0)
    held.append(claim('/sim', 5))
    for descriptor in held:
        os.close(descriptor)


def test_a_name_that_was_let_go_can_be_claimed_again():
    os.close(claim('/sim', 5))
    os.close(claim('/sim', 5))
