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
"""Options of learning through a learner, its checkpoints and its bundles."""
from test.support.stream import feed, transition

import numpy as np
import pytest

from softq_ros.learning.actor import Actor
from softq_ros.policies.bundle import load_bundle
from softq_ros.tasks.catalogue import load_task
from softq_ros.training.learner import Learner
from softq_ros.training.run import open_run
from softq_ros.training.settings import load_settings

TASK = load_task('multigoal')
SMALL = {'hidden': [16, 16], 'warmup_steps': 20, 'replay_capacity': 30, 'batch_size': 16}
OPTIONS = {'n_step': 3, 'layer_norm': True, 'huber': 1.0, 'reset_every': 12}


def learner_of(folder, name, algorithm='sql', resume=False, **values):
    settings = load_settings(algorithm, 'multigoal', SMALL | values)
    run = open_run(folder, name, 'multigoal', algorithm, 0, settings, resume,
                   options=TASK.options)
    return Learner(TASK, settings, run)


@pytest.mark.parametrize('algorithm, ratio', [('sql', 1.0), ('droq', 3.0)])
def test_with_all_options_a_resumed_learner_goes_on_bit_for_bit(tmp_path, algorithm, ratio):
    values = OPTIONS | {'updates_per_step': ratio}
    straight = learner_of(tmp_path, 'straight', algorithm, **values)
    feed(straight, 0, 40)
    expected = feed(straight, 40, 47)
    broken = learner_of(tmp_path, 'broken', algorithm, **values)
    feed(broken, 0, 40)
    broken.checkpoint()
    broken.close()
    again = learner_of(tmp_path, 'broken', algorithm, True, **values)
    assert feed(again, 40, 47) == expected and len(expected) == 7 * ratio
    state = again._agent.state()
    for name, value in straight._agent.state().items():
        assert np.array_equal(value, state[name]), name
    straight.close(), again.close()


def test_the_learner_sums_the_asked_steps_with_its_discount(tmp_path):
    learner = learner_of(tmp_path, 'a', n_step=3, discount=0.5, batch_size=200)
    seen = []
    learner._agent.update = lambda batch: seen.append(batch) or {}
    for i in range(20):
        learner.add(transition(i))
    learner.update()
    expected = learner.replay.sample(200, np.random.default_rng([0, 0]), 3, 0.5)
    assert all(map(np.array_equal, seen[0], expected))
    assert set(seen[0].discount) == {1.0, 0.5, 0.25}
    learner.close()


def test_bundles_carry_the_normalisation_of_the_qs(tmp_path):
    learner = learner_of(tmp_path, 'a', 'droq')
    feed(learner, 0, 22)
    learner.publish()
    learner.checkpoint()
    actor = load_bundle(tmp_path / 'a' / 'policy').actor()
    own = Actor('droq', learner.weights(), learner.temperature)
    observation, rng = np.zeros(2, np.float32), np.random.default_rng(0)
    actions = actor.draw(observation, 5, rng)
    assert np.array_equal(actor.q(observation, actions), own.q(observation, actions))
    assert any('norm_weight' in name for name in learner.weights())
    learner.close()
