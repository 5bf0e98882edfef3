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
"""The replay on disk: what was added comes back, through kills, torn rows and full disks."""
import errno
import os
import subprocess
import sys

import numpy as np
import pytest

from softq_ros.errors import RunError
from softq_ros.learning import ring as module
from softq_ros.learning.replay import ReplayBuffer
from softq_ros.learning.ring import HEADER_BYTES, row_type
from softq_ros.records import Transition

O, A = 3, 2


def transition(n, actor='arm', **values):
    return Transition(np.full(O, n, np.float32), np.full(A, -n, np.float32), 10.0 * n, n % 2,
                      np.full(O, n + 0.5, np.float32), actor=actor, boot_id=2**56 - 7, sequence=n,
                      episode=n // 10, **values)


@pytest.fixture(name='path')
def make_path(tmp_path):
    return tmp_path / 'transitions.bin'


def filled(path, count, capacity=100):
    replay = ReplayBuffer(capacity, O, A, path)
    for n in range(count):
        replay.add(transition(n))
    return replay


def stored(replay):
    batch = replay.sample(4000, np.random.default_rng(0))
    return set(batch.observation[:, 0].astype(int))


@pytest.mark.parametrize('on_disk', [True, False])
def test_parts_of_a_transition_stay_together(path, on_disk):
    batch = filled(path if on_disk else None, 40).sample(500, np.random.default_rng(0))
    n = batch.observation[:, 0]
    assert [part.shape for part in batch] == [(500, O), (500, A), (500,), (500,), (500, O)]
    assert all(part.dtype == np.float32 for part in batch)
    assert (batch.observation == n[:, None]).all() and (batch.action == -n[:, None]).all()
    assert (batch.reward == 10 * n).all() and (batch.discount == n % 2).all()
    assert (batch.next_observation == n[:, None] + 0.5).all()


def test_all_stored_transitions_are_drawn_about_equally(path):
    batch = filled(path, 10).sample(10_000, np.random.default_rng(0))
    counts = np.bincount(batch.observation[:, 0].astype(int), minlength=10)
    assert (np.abs(counts - 1000) < 150).all()


def test_a_full_ring_forgets_the_oldest(path):
    replay = filled(path, 250)
    assert (len(replay), replay.total) == (100, 250)
    assert stored(replay) == set(range(150, 250))


@pytest.mark.parametrize('count', [0, 1, 99, 100, 101, 250])
def test_opened_again_it_is_the_same(path, count):
    filled(path, count).close()
    replay = ReplayBuffer(100, O, A, path)
    assert (replay.total, len(replay), replay.torn) == (count, min(count, 100), 0)
    if count:
        assert replay.last_of('arm') == (2**56 - 7, count - 1, (count - 1) // 10)
        assert stored(replay) == set(range(max(0, count - 100), count))


def test_rows_of_a_killed_process_are_all_there(path):
    code = f'''
import os, signal, numpy as np
from pathlib import Path
from softq_ros.learning.replay import ReplayBuffer
from softq_ros.records import Transition
replay = ReplayBuffer(100, {O}, {A}, Path({str(path)!r}))
for n in range(37):
    replay.add(Transition(np.full({O}, n), np.zeros({A}), 0.0, 1.0, np.zeros({O}), sequence=n))
os.kill(os.getpid(), signal.SIGKILL)
'''
    assert subprocess.run([sys.executable, '-c', code], timeout=60).returncode == -9
    replay = ReplayBuffer(100, O, A, path)
    assert (replay.total, replay.torn) == (37, 0)
    assert replay.last_of('local')[1] == 36


def tear(path, row, capacity=100):
    rows = np.memmap(path, row_type(O, A), 'r+', HEADER_BYTES, (capacity,))
    rows['values'][row] = 7777.0
    rows.flush()


@pytest.mark.parametrize('row, left', [(29, 29), (20, 20), (0, 0)])
def test_from_a_torn_row_on_the_end_is_dropped_and_reported(path, row, left):
    filled(path, 30).close()
    tear(path, row)
    replay = ReplayBuffer(100, O, A, path)
    assert (replay.total, replay.torn) == (left, 30 - left)


def test_zeroed_rows_count_as_torn(path):
    filled(path, 30).close()
    rows = np.memmap(path, row_type(O, A), 'r+', HEADER_BYTES, (100,))
    rows[25:30] = np.zeros(5, row_type(O, A))
    rows.flush()
    assert ReplayBuffer(100, O, A, path).total == 25


def test_torn_rows_of_a_full_ring_are_never_drawn(path):
    filled(path, 150).close()
    tear(path, 48)  # transition 148: its slot held transition 48 before
    replay = ReplayBuffer(100, O, A, path)
    assert (replay.total, len(replay), replay.torn) == (148, 100, 2)
    assert stored(replay) == set(range(50, 148))
    replay.add(transition(148))
    assert replay.last_of('arm')[1] == 148


def test_the_row_being_written_when_killed_is_never_drawn(path):
    filled(path, 150).close()
    tear(path, 50)  # the oldest, which was about to be overwritten
    replay = ReplayBuffer(100, O, A, path)
    assert (replay.total, replay.torn) == (150, 0)
    assert stored(replay) == set(range(51, 150))


def test_a_file_killed_while_it_was_created_is_started_anew(path):
    size = HEADER_BYTES + 100 * row_type(O, A).itemsize
    for length in (0, HEADER_BYTES, size):
        path.write_bytes(bytes(length))
        assert filled(path, 3).total == 3
        path.unlink()


@pytest.mark.parametrize('capacity, observation, action', [(100, O + 1, A), (99, O, A),
                                                           (100, O - 1, A + 2)])
def test_a_file_of_other_sizes_is_refused(path, capacity, observation, action):
    filled(path, 3).close()
    before = path.read_bytes()
    with pytest.raises(RunError, match='accepted'):
        ReplayBuffer(capacity, observation, action, path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_replay_is_refused_and_left(path):
    size = HEADER_BYTES + 100 * row_type(O, A).itemsize
    path.write_bytes(b'x' * size)
    with pytest.raises(RunError, match='accepted'):
        ReplayBuffer(100, O, A, path)
    assert path.read_bytes() == b'x' * size


def test_a_full_disk_refuses_new_rows_and_keeps_the_old(path, monkeypatch):
    monkeypatch.setattr(module, 'CLAIM_ROWS', 10)
    replay = filled(path, 10)

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(os, 'posix_fallocate', full)
    with pytest.raises(RunError, match='No space left'):
        replay.add(transition(10))
    assert replay.total == 10
    assert stored(replay) == set(range(10))
    monkeypatch.undo()
    replay.add(transition(10))
    assert replay.total == 11


def test_a_full_disk_at_the_start_is_one_clear_error(path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(os, 'posix_fallocate', full)
    with pytest.raises(RunError, match='transitions.bin: No space left'):
        ReplayBuffer(100, O, A, path)


def test_a_million_rows_take_no_room_at_the_start(path):
    ReplayBuffer(1_000_000, 32, 7, path)
    assert path.stat().st_size > 300_000_000
    assert path.stat().st_blocks * 512 < 1_000_000


def test_actors_are_told_apart(path):
    replay = ReplayBuffer(100, O, A, path)
    for n, actor in enumerate(['left', 'right', 'left', 'right', 'left']):
        replay.add(transition(n, actor))
    assert replay.actors() == ['left', 'right']
    assert (replay.last_of('left')[1], replay.last_of('right')[1]) == (4, 3)
    with pytest.raises(RunError, match="got 'middle'; accepted: left, right"):
        replay.last_of('middle')


def test_an_actor_name_that_does_not_fit_is_refused(path):
    with pytest.raises(RunError, match='accepted: 32 bytes at most'):
        filled(path, 1).add(transition(1, 'a' * 33))


def test_drawing_from_an_empty_replay_is_refused(path):
    with pytest.raises(RunError, match='at least one'):
        ReplayBuffer(100, O, A, path).sample(4, np.random.default_rng(0))


def test_equal_generators_draw_alike(path):
    replay = filled(path, 50)
    one, two = (replay.sample(20, np.random.default_rng(1)) for _ in range(2))
    assert all(map(np.array_equal, one, two))
