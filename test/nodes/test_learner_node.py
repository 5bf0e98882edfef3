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
"""The learner's last save: when it fails, the training has failed."""
import pytest
import rclpy

from softq_ros.nodes.learner_node import LearnerNode


@pytest.fixture
def learner(tmp_path, ros_environment):
    """Build a learner whose callbacks the test calls."""
    context = rclpy.Context()
    rclpy.init(args=['--ros-args', '-p', 'task:=multigoal', '-p', f'runs:={tmp_path}'],
               context=context, domain_id=int(ros_environment))
    node = LearnerNode(context=context)
    yield node
    node.on_shutdown()
    node.destroy_node()
    context.shutdown()


@pytest.mark.parametrize('full, state', [(False, 'finished'), (True, 'failed')])
def test_a_last_checkpoint_that_cannot_be_written_fails_the_training(learner, monkeypatch, full,
                                                                     state):
    def save(_):
        if full:
            raise OSError(28, 'No space left on device')

    monkeypatch.setattr(type(learner._learner), 'checkpoint', save)
    learner._finish()
    assert learner._state == state
    assert ('the last checkpoint stands' in learner._reason) == full
