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
"""Which episodes the evaluator counts, and which it begins anew."""
from dataclasses import replace

import numpy as np
import pytest
import rclpy
from rclpy.parameter import Parameter

from softq_ros.msg import Episode
from softq_ros.nodes.evaluate_node import EvaluateNode
from softq_ros.records import Sensors
from softq_ros.training.scenarios import load_scenario
from softq_ros.training.trial import Trial

PLAN = load_scenario('light').plan(0, 0)
STILL = Sensors(0, ('j',), np.zeros(1), np.zeros(1), np.zeros(1), np.zeros(3),
                np.array([1.0, 0, 0, 0]))


@pytest.fixture
def evaluator(ros_environment):
    """Make the evaluator of two episodes, without a graph around it."""
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=int(ros_environment))
    node = EvaluateNode(context=context, parameter_overrides=[
        Parameter('perturb', value='light'), Parameter('episodes', value=2)])
    yield node
    node.destroy_node()
    rclpy.shutdown(context=context)


def test_an_episode_that_ended_before_anything_was_done_is_begun_anew_three_times(evaluator):
    counts = []
    for number in range(1, 6):
        evaluator._trial, evaluator._episode = Trial(PLAN, 0.0), number
        evaluator._on_episode(Episode(episode=number - 1, cause='horizon'))
        assert evaluator._trial, 'that was another episode'
        evaluator._on_episode(Episode(episode=number, cause='fault'))
        assert evaluator._trial is None
        counts.append(evaluator._count)
    assert counts == [0, 0, 0, 1, 1]


def test_an_episode_that_ended_after_something_was_done_counts(evaluator):
    evaluator._trial, evaluator._episode = trial, _ = Trial(PLAN, 0.0), 7
    for step in range(400):
        trial.see(replace(STILL, stamp=step * 50_000_000), True)
    trial.disturbed(0.2)
    evaluator._on_episode(Episode(episode=7, cause='fault'))
    assert evaluator._count == 1
    assert [one.recovered for one in evaluator._outcomes] == [False]
