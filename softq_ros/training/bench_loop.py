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
"""How regular the control loop of the graph is in realtime, beside a learner at full load."""
import json
import re
import subprocess
import sys
import tempfile

from softq_ros.errors import RunError


def bench_loop(task: str, seconds: float, mode: str = 'sim', robot: str = '') -> dict:
    """
    Return rate [Hz], share of periods within two, and quantiles of latencies and periods [s].

    Measures for so many seconds once the learner learns, which takes its warm-up before.

    :param mode: ``sim``, or ``robot`` for the arm of a contract; somebody else arms it.
    """
    with tempfile.TemporaryDirectory() as runs:
        done = subprocess.run(
            [sys.executable, '-m', 'softq_ros.cli', 'launch', 'bench_loop', f'task:={task}',
             f'seconds:={seconds}', f'mode:={mode}', f'robot:={robot}', f'runs:={runs}'],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    found = re.findall(r'\{"rate".*\}', done.stdout)
    if not found:
        raise RunError(f'bench loop: exit {done.returncode}: {done.stdout.strip()[-500:]}')
    return json.loads(found[-1])
