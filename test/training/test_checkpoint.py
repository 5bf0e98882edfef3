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
"""Checkpoints: torn, large, of another network; what was saved is read back."""
import numpy as np
import pytest

from softq_ros.errors import RunError
from softq_ros.records import Transition
from softq_ros.tasks.catalogue import load_task
from softq_ros.training.checkpoint import (
    load_newest, reserve_versions, reserved_versions, save_checkpoint)
from softq_ros.training.learner import Learner
from softq_ros.training.run import open_run, resume_run
from softq_ros.training.settings import load_settings

MOST = 2**20


def save(folder, number: int) -> None:
    """Save a small state that tells its number."""
    save_checkpoint(folder, number, {'x': np.full(3, number, np.float32)}, {'version': number})


def test_a_torn_checkpoint_gives_way_to_the_one_before(tmp_path):
    save(tmp_path, 1), save(tmp_path, 2)
    path = tmp_path / 'checkpoint-000000000002' / 'state.safetensors'
    path.write_bytes(path.read_bytes()[:-2])
    state, counts = load_newest(tmp_path, MOST)
    assert counts == {'version': 1} and state['x'].tolist() == [1, 1, 1]
    (tmp_path / 'checkpoint-000000000001' / 'checkpoint.json').write_text('{')
    with pytest.raises(RunError, match='none of 2 .*-000000000002: the digest does not match'):
        load_newest(tmp_path, MOST)


def test_a_changed_byte_is_found(tmp_path):
    save(tmp_path, 1)
    path = tmp_path / 'checkpoint-000000000001' / 'state.safetensors'
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(RunError, match='digest'):
        load_newest(tmp_path, MOST)


def test_a_state_larger_than_the_networks_is_not_read(tmp_path):
    save(tmp_path, 1)
    with pytest.raises(RunError, match='more than 20 bytes'):
        load_newest(tmp_path, 20)


def test_the_checkpoint_of_large_networks_is_read_back(tmp_path):
    task = load_task('multigoal')
    settings = load_settings('sql', 'multigoal', {'hidden': [1000, 1000], 'warmup_steps': 1,
                                                  'replay_capacity': 10, 'batch_size': 1})
    run = open_run(tmp_path, 'a', 'multigoal', 'sql', 0, settings)
    learner = Learner(task, settings, run)
    for i in range(3):
        learner.add(Transition(np.zeros(2, np.float32), np.zeros(2, np.float32), -1.0, 1.0,
                               np.ones(2, np.float32), sequence=i + 1))
    learner.update()
    learner.checkpoint()
    stored = next(tmp_path.glob('a/checkpoints/checkpoint-*/state.safetensors'))
    assert stored.stat().st_size > 32 * 2**20
    again = Learner(task, settings, resume_run(run.path, {}))
    assert again.updates == 1
    for name, value in learner._agent.state().items():
        assert np.array_equal(value, again._agent.state()[name]), name


def test_deep_networks_with_moments_that_overflowed_are_read_back(tmp_path):
    state = {f'layer{i}': np.full(2, np.inf, np.float32) for i in range(600)}
    save_checkpoint(tmp_path, 1, state, {'version': 1})
    assert load_newest(tmp_path, MOST)[0].keys() == state.keys()


def test_reserved_versions_are_a_number_or_refused(tmp_path):
    assert reserved_versions(tmp_path) == 0
    reserve_versions(tmp_path, 100)
    reserve_versions(tmp_path, 200)
    assert reserved_versions(tmp_path) == 200
    (tmp_path / 'versions').write_bytes(b'\xff')
    with pytest.raises(RunError, match='accepted: a whole number'):
        reserved_versions(tmp_path)
