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
"""A target that is drawn goes through the graph as object_pose, and nothing is lost on the way."""
from test.support.both_paths import SAME, train_both

import numpy as np
import pytest

from softq_ros.tasks.catalogue import load_task

STEPS = 220  # two episodes and the beginning of a third
OPTIONS = {
    'velocity': {'target': 'speed', 'start': 'above', 'delay_steps': 1, 'noise_position': 0.0005,
                 'noise_angle_deg': 0.2, 'randomise': True, 'observe_ik': True},
    'increments': {'robot': 'sim_sawyer_increment', 'target': 'converged', 'start': 'anywhere'}}


@pytest.mark.parametrize('which', OPTIONS)
def test_both_paths_store_the_same_transitions(which, tmp_path, ros_environment):
    options = OPTIONS[which]
    task = load_task('sawyer_stack', options)
    local, through_graph = train_both(tmp_path, task, options, STEPS)
    assert local['values'].any(1).all()
    for name in SAME:
        assert np.array_equal(local[name], through_graph[name]), name
