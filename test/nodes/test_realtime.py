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
"""With the simulator in real time the policy keeps to the clock on the wall."""
from contextlib import closing
from test.standin.stalls import Stalls
from test.support.bundles import save_random
from test.support.pilot import flying
import time

from softq_ros.tasks.catalogue import load_task


def test_it_acts_at_the_control_rate_and_only_a_stall_of_the_machine_ends_an_episode(
        tmp_path, ros_environment):
    wanted = load_task('multigoal').contract.control_rate
    save_random(tmp_path / 'policies', 'one', 'multigoal', 0)
    with closing(Stalls(tmp_path)) as stalls, flying(
            tmp_path, ros_environment, 'task:=multigoal', 'policy:=one',
            'stepping:=realtime') as pilot:
        pilot.wait(lambda: pilot.status.sequence > 10, 'flight')
        began, before = time.monotonic(), pilot.status.sequence
        pilot.wait(lambda: pilot.status.sequence >= before + 30, 'three seconds of it')
        now = time.monotonic()
        assert 0.6 * wanted < (pilot.status.sequence - before) / (now - began) < 1.2 * wanted
        faults = [e for e in pilot.episodes if e.cause == 'fault']
        assert not faults or stalls.worst(0.0, now) > 1 / wanted, faults
