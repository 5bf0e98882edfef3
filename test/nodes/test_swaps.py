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
"""Swaps and refusals beside a control loop in realtime, over DDS."""
from test.support.bad_bundles import BAD, spoil
from test.support.bundles import save_random
from test.support.pilot import flying

import numpy as np
import pytest

from softq_ros.tasks.catalogue import load_task

TASK = 'sawyer_reach'
PERIOD = load_task(TASK).contract.period_sec
UNITS = 800  # of two layers in each of three networks: 8 MB a bundle
SWAPS = 6


@pytest.fixture(name='pilot')
def make_pilot(tmp_path, ros_environment):
    """Fly an arm at its control rate, with two bundles of 8 MB at hand."""
    for seed, name in enumerate(('one', 'two')):
        save_random(tmp_path / 'policies', name, TASK, seed, UNITS)
    with flying(tmp_path, ros_environment, f'task:={TASK}', 'policy:=one', 'stepping:=realtime',
                'sampling:=stochastic') as pilot:
        pilot.root = tmp_path / 'policies'
        pilot.wait(lambda: pilot.status.sequence > 20, 'flight')
        yield pilot


def run_for(pilot, steps):
    """Let it fly on for so many control steps."""
    end = len(pilot.executed) + steps
    pilot.wait(lambda: len(pilot.executed) >= end, f'{steps} steps')


def test_large_bundles_are_swapped_while_it_flies(pilot):
    for swap in range(SWAPS):
        name = ('two', 'one')[swap % 2]
        assert pilot.set('policy', name) == (True, '')
        run_for(pilot, 10)
        pilot.wait(lambda: pilot.status.policy == name, 'the swap')
    assert np.median(pilot.periods()) == pytest.approx(PERIOD, rel=0.2)


def test_bad_bundles_are_refused_while_it_flies(pilot):
    digests = list(pilot.status.digests)
    for how in list(BAD)[::4]:  # each of them without ROS: test_hangar
        save_random(pilot.root, 'bad', TASK, 2)
        spoil(pilot.root / 'bad', how)
        accepted, reason = pilot.set('policy', 'bad')
        assert not accepted and 'bad' in reason and '\n' not in reason, how
    run_for(pilot, 20)
    assert pilot.get('policy') == 'one' and list(pilot.status.digests) == digests
    assert not (pilot.root / 'executed').exists()
