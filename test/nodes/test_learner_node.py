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
"""The learner's settings, and its last save: when it fails, the training has failed."""
import pytest
import rclpy

from softq_ros.errors import ConfigurationError
from softq_ros.nodes.learner_node import LearnerNode
from softq_ros.training.run import read_run


@pytest.fixture
def make_learner(tmp_path, ros_environment):
    """Build learners whose callbacks the test calls; words are parameters."""
    made = []

    def make(*words):
        parameters = [part for word in ('task:=multigoal', f'runs:={tmp_path}', *words)
                      for part in ('-p', word)]
        context = rclpy.Context()
        rclpy.init(args=['--ros-args', *parameters], context=context,
                   domain_id=int(ros_environment))
        made.append([None, context])
        made[-1][0] = LearnerNode(context=context)
        return made[-1][0]

    yield make
    for node, context in made:
        if node:
            node.on_shutdown()
            node.destroy_node()
        context.shutdown()


@pytest.fixture
def learner(make_learner):
    """Build a learner as the files say."""
    return make_learner()


def test_settings_stand_in_place_of_those_of_the_files(make_learner):
    node = make_learner('settings:="hidden=[16,8] temperature=0.25"')
    settings = read_run(node._run.path).settings
    assert (settings.hidden, settings.temperature) == ((16, 8), 0.25)
    assert settings.discount == read_run(make_learner()._run.path).settings.discount


@pytest.mark.parametrize('words, message', [
    (['settings:="temperature"'], "parameter settings: got 'temperature'; accepted: NAME=VALUE"),
    (['settings:="warmth=1"'], "unknown setting of sql: got 'warmth'"),
    (['settings:="temperature=-1"'], 'temperature'),
    (['settings:="temperature=1"', 'resume:=true'], 'a run goes on as it was made')])
def test_settings_that_are_not_accepted_are_refused(make_learner, tmp_path, words, message):
    with pytest.raises(ConfigurationError, match=message):
        make_learner(*words)
    assert not list(tmp_path.glob('*/run.yaml'))


@pytest.mark.parametrize('full, state', [(False, 'finished'), (True, 'failed')])
def test_a_last_checkpoint_that_cannot_be_written_fails_the_training(learner, monkeypatch, full,
                                                                     state):
    def save(_):
        if full:
            raise OSError(28, 'No space left on device')

    monkeypatch.setattr(type(learner._learner), 'checkpoint', save)
    learner._finish()
    assert learner._report.state == state
    assert ('the last checkpoint stands' in learner._report.reason) == full
