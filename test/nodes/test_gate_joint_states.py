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
"""What the gate makes of joint states on hardware: stale, early, overtaken, torn, frozen."""
import time

import numpy as np
import pytest
from sensor_msgs.msg import JointState

from test.support.gate_graph import values


def test_stale_joint_states_hold_and_recover(arm):
    with arm() as g:
        half = np.full(7, 0.5, np.float32)
        g.armed()
        g.run(0.8, half)
        assert not g.probe.executed[-1].holding
        g.run(0.4, half, driver=False)
        assert g.probe.executed[-1].why == 'no observation'
        assert np.abs(values(g.probe.commands[-1])).max() < 1e-8 and g.probe.status.armed
        g.run(0.3, half)
        assert not g.probe.executed[-1].holding


@pytest.mark.parametrize('ahead_sec, says', [(1.0, 'from the future'), (-1.0, 'out of date')])
def test_joint_states_of_another_time_do_not_count(arm, ahead_sec, says):
    with arm() as g:
        for _ in range(3):
            g.observe(time.time_ns() + round(ahead_sec * 1e9))
        status = g.status(lambda s: 'joint_states' in s.reasons and s.counts[0] == 3)
        assert not status.armed
        refusal = g.call(g.probe.arm).message
        assert refusal.startswith('no observation: observation ' + says)


def test_joint_states_that_were_overtaken_are_passed_over(arm):
    with arm() as g:
        now = time.time_ns()
        g.observe(now)
        g.observe(now - 10_000_000)
        status = g.status(lambda s: 'joint_states' in s.reasons)
        assert 'time went back' not in status.reasons
        g.observe(time.time_ns())
        assert g.call(g.probe.arm).success


def test_joint_states_that_lack_a_joint_do_not_count(arm):
    with arm() as g:
        g.probe.joints.publish(JointState(name=['right_j0'], position=[0.0], velocity=[0.0]))
        g.status(lambda s: 'joint_states' in s.reasons)
        assert g.call(g.probe.arm).message.startswith(
            'no observation: joint_states lacks right_j1, right_j2')


def test_joint_states_frozen_in_motion_hold_until_they_change(arm):
    with arm() as g:
        half = np.full(7, 0.5, np.float32)
        g.armed()
        g.run(0.5, half)
        g.frozen = True
        g.run(0.5, half)
        assert any(e.why == 'frozen observation' for e in g.probe.executed)
        assert g.probe.executed[-1].holding and not values(g.probe.commands[-1]).any()
        assert g.call(g.probe.arm).success, 'whoever arms has looked'
        g.frozen = False
        g.run(0.5, half)
        assert not g.probe.executed[-1].holding


def test_joint_states_are_heard_where_the_contract_says(arm):
    with arm(joint_states_topic='arm/joint_states') as g:
        assert g.probe.joints.topic_name.endswith('/arm/joint_states')
        g.armed()
