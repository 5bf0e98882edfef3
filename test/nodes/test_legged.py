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
"""A robot that walks goes through the graph with odom and imu, and nothing is lost on the way."""
from test.support.both_paths import SAME, train_both

import numpy as np

from softq_ros.tasks.catalogue import load_task

STEPS = 130  # two episodes and the beginning of a third
OPTIONS = {'horizon': 50, 'terrain': 'blocks', 'terrain_size': 0.03, 'latency_sec': 0.02,
           'sensor_noise': 0.01}


def test_both_paths_store_the_same_transitions(tmp_path, ros_environment):
    task = load_task('minitaur_walk', OPTIONS)
    local, through_graph = train_both(tmp_path, task, OPTIONS, STEPS)
    assert local['values'].any(1).all()
    for name in SAME:
        assert np.array_equal(local[name], through_graph[name]), name
