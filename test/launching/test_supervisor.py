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
"""Processes together: exit codes, signals, respawn, and nobody left behind."""
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import threading
import time

import pytest

DRIVER = '''
import json, os, sys
from softq_ros.launching import supervisor
wanted = json.loads(sys.argv[1])
supervisor.SIGTERM_AFTER_SEC, supervisor.SIGKILL_AFTER_SEC = wanted['ladder']
plans = [supervisor.ProcessPlan(command=(sys.executable, '-S', '-c', plan.pop('code')),
                                environment=dict(os.environ), **plan) for plan in wanted['plans']]
sys.exit(supervisor.Supervisor(plans).run())
'''
READY = 'import os, signal, sys; print("ready", os.getpid(), flush=True); '
WAITS = READY + 'signal.pause()'
STUBBORN = ('import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); {}' + READY
            + 'exec("while True: signal.pause()")')


class Driven:
    """A supervisor in a process of its own, whose output is read as it comes."""

    def __init__(self, plans: list[dict], ladder: tuple[float, float] = (5.0, 7.0)) -> None:
        root = str(Path(__file__).resolve().parents[2])
        self.process = subprocess.Popen(
            [sys.executable, '-c', DRIVER, json.dumps({'plans': plans, 'ladder': ladder})],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=os.environ | {'PYTHONPATH': root},
            # whoever runs the tests may have had hang-ups ignored
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def pids(self, count: int) -> list[int]:
        """Return the process ids that were reported, once there are so many."""
        until(lambda: sum('ready' in line for line in self.lines) >= count)
        return [int(line.split()[-1]) for line in self.lines if 'ready' in line]

    def end(self) -> int:
        """Return the exit code."""
        code = self.process.wait(timeout=20)
        self._reader.join(timeout=5)
        return code


def until(condition, deadline_sec: float = 15.0) -> None:
    tick, end = threading.Event(), time.monotonic() + deadline_sec
    while not condition():
        assert time.monotonic() < end, 'the condition never came true'
        tick.wait(0.02)


def gone(pid: int) -> bool:
    try:
        return Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[0] == 'Z'
    except OSError:
        return True


def test_lines_carry_the_name_of_their_node_and_the_last_one_needs_no_newline():
    driven = Driven([{'name': 'one', 'code': 'print("a\\nb", end="")'},
                     {'name': 'two', 'code': 'import os; os.write(1, b"plain\\n")',
                      'inherits_output': True}])
    assert driven.end() == 0
    assert '[one] a' in driven.lines and '[one] b' in driven.lines and 'plain' in driven.lines


def test_the_exit_code_of_a_required_process_is_returned_and_ends_the_others():
    driven = Driven([{'name': 'waits', 'code': WAITS},
                     {'name': 'needed', 'code': 'import sys; sys.exit(7)', 'required': True}])
    assert driven.end() == 7


def test_another_process_may_end_and_its_failure_is_remembered():
    driven = Driven([{'name': 'fails', 'code': 'import sys; sys.exit(3)'},
                     {'name': 'fine', 'code': 'pass'}])
    assert driven.end() == 3
    assert '[launch] fails ended with exit code 3' in driven.lines


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_takes_every_child_down_also_what_a_child_started(number):
    nested = ('import subprocess, sys; subprocess.Popen([sys.executable, "-S", "-c", '
              + repr(STUBBORN.format('')) + ']); ' + WAITS)
    driven = Driven([{'name': 'one', 'code': WAITS}, {'name': 'two', 'code': nested}])
    pids = driven.pids(3)
    driven.process.send_signal(number)
    assert driven.end() == 0
    until(lambda: all(gone(pid) for pid in pids))


def test_a_child_that_ignores_sigint_and_sigterm_is_killed_at_last():
    deaf = STUBBORN.format('signal.signal(signal.SIGTERM, signal.SIG_IGN); ')
    driven = Driven([{'name': 'deaf', 'code': deaf}], ladder=(0.1, 0.3))
    pid, = driven.pids(1)
    driven.process.send_signal(signal.SIGINT)
    assert driven.end() == 0 and gone(pid)
    for name in ('SIGTERM', 'SIGKILL'):
        assert f'[launch] deaf has not ended: {name}' in driven.lines


def test_a_second_ctrl_c_terminates_a_child_that_ignores_the_first():
    driven = Driven([{'name': 'deaf', 'code': STUBBORN.format('')}])
    driven.pids(1)
    began = time.monotonic()
    driven.process.send_signal(signal.SIGINT)
    until(lambda: any('stopping' in line for line in driven.lines))
    driven.process.send_signal(signal.SIGINT)
    assert driven.end() == 0
    assert time.monotonic() - began < 4.0


def test_children_die_with_a_supervisor_that_is_killed():
    driven = Driven([{'name': 'one', 'code': STUBBORN.format('')}, {'name': 'two', 'code': WAITS}])
    pids = driven.pids(2)
    driven.process.kill()
    until(lambda: all(gone(pid) for pid in pids))


def test_a_killed_child_is_started_again():
    driven = Driven([{'name': 'one', 'code': WAITS, 'respawn': True}])
    first, = driven.pids(1)
    os.kill(first, signal.SIGKILL)
    second = driven.pids(2)[1]
    assert second != first
    assert '[launch] one ended with exit code 137' in driven.lines
    driven.process.send_signal(signal.SIGINT)
    assert driven.end() == 0 and gone(second)


@pytest.mark.parametrize('more, starts, code', [
    ({}, 5, 1), ({'respawn_max_retries': 2}, 3, 1)])
def test_respawn_ends_after_five_deaths_in_a_minute_or_the_given_retries(more, starts, code):
    driven = Driven([{'name': 'dies', 'code': READY + 'sys.exit(1)', 'respawn': True, **more}])
    assert driven.end() == code
    assert sum('ready' in line for line in driven.lines) == starts


def test_a_process_that_refuses_its_configuration_is_not_started_again():
    driven = Driven([{'name': 'waits', 'code': WAITS},
                     {'name': 'no', 'code': READY + 'sys.exit(2)', 'respawn': True}])
    assert driven.end() == 2
    assert '[launch] starting no again' not in driven.lines


def test_sigint_reaches_children_of_a_background_job():
    driven = Driven([{'name': 'one', 'code': WAITS}])
    pid, = driven.pids(1)
    ignored = int(Path(f'/proc/{pid}/status').read_text().split('SigIgn:')[1].split()[0], 16)
    assert not ignored >> (signal.SIGINT - 1) & 1
    driven.process.send_signal(signal.SIGINT)
    assert driven.end() == 0
