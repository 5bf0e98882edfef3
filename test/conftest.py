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
"""What every test needs: one thread for numbers, a ROS domain and log folder of its own."""
import fcntl
import os
from pathlib import Path
import random
import sys
import tempfile

import pytest

os.environ.setdefault('OMP_NUM_THREADS', '1')
os.environ.setdefault('MUJOCO_GL', 'egl')
os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'


@pytest.fixture(autouse=True)
def denormals():
    """Leave the processor as the next test expects it, which learners do not."""
    yield
    if 'torch' in sys.modules:
        sys.modules['torch'].set_flush_denormal(False)


@pytest.fixture
def ros_environment(tmp_path, monkeypatch):
    """Give the processes of one test a domain that no other test of this machine uses."""
    for domain in random.SystemRandom().sample(range(1, 101), 100):
        with open(Path(tempfile.gettempdir()) / f'softq_test_domain_{domain}', 'w') as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            monkeypatch.setenv('ROS_DOMAIN_ID', str(domain))
            monkeypatch.setenv('ROS_LOG_DIR', str(tmp_path / 'log'))
            yield str(domain)
            return
