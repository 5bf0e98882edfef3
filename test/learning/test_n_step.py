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
"""Sums of several steps: by hand, and over rings where actors, boots and episodes interleave."""
import numpy as np
import pytest

from softq_ros.errors import ShapeError
from softq_ros.learning.n_step import n_step_returns, Successors
from softq_ros.learning.replay import ReplayBuffer
from softq_ros.learning.ring import row_type
from softq_ros.records import Transition

GAMMA = 0.5


def returns(reward, discount, held, gamma=GAMMA):
    parts = (np.array([part]) for part in (reward, discount, held))
    return tuple(part.item() for part in n_step_returns(*parts, gamma))


def test_three_steps_by_hand():
    assert returns([1.0, 2.0, 4.0], [1.0, 1.0, 1.0], [True] * 3) == (1 + 1 + 1, 0.25)


def test_a_terminal_takes_the_value_away_and_what_lies_behind_it():
    assert returns([1.0, 2.0, 4.0], [1.0, 1.0, 0.0], [True] * 3) == (3.0, 0.0)
    assert returns([1.0, 2.0, 4.0], [1.0, 0.0, 1.0], [True] * 3) == (2.0, 0.0)


def test_steps_that_are_not_held_do_not_count():
    assert returns([1.0, 2.0, np.nan], [1.0, 1.0, np.nan], [True, True, False]) == (2.0, 0.5)
    assert returns([1.0, 9.0, 9.0], [1.0, 0.0, 0.0], [True, False, False]) == (1.0, 1.0)


def test_a_discount_of_zero_leaves_the_first_reward():
    assert returns([3.0, 2.0], [1.0, 1.0], [True, True], 0.0) == (3.0, 0.0)
    assert returns([3.0, 2.0], [1.0, 1.0], [True, False], 0.0) == (3.0, 1.0)


def test_the_targets_of_exact_values_do_not_depend_on_the_steps():
    rng = np.random.default_rng(0)
    reward, gamma = rng.normal(size=9), 0.9
    value = np.zeros(10)
    for step in reversed(range(9)):
        value[step] = reward[step] + gamma * value[step + 1]
    for steps in range(1, 9):
        total, discount = returns(reward[:steps], np.ones(steps), [True] * steps, gamma)
        assert total + gamma * discount * value[steps] == pytest.approx(value[0])


@pytest.mark.parametrize('shapes', [((2, 3), (2, 3), (2, 2)), ((3,), (3,), (3,))])
def test_other_shapes_are_refused(shapes):
    reward, discount, held = (np.ones(shape) for shape in shapes)
    with pytest.raises(ShapeError, match=r'accepted: three of \(B, N\)'):
        n_step_returns(reward, discount, held > 0, GAMMA)


def row(n, step, actor='arm', episode=0, boot=1, last=False, discount=1.0):
    """Return a transition whose observation and reward say that it is the n-th."""
    return Transition(np.array([n], np.float32), np.zeros(1, np.float32), float(n), discount,
                      np.array([n + 0.5], np.float32), last, actor=actor, boot_id=boot,
                      episode=episode, step=step, sequence=n)


def sums(replay, n_step):
    """Return (summed reward, discount, end) by the number of the row they start at."""
    batch = replay.sample(3000, np.random.default_rng(0), n_step, GAMMA)
    found = {}
    for at, reward, discount, end in zip(batch.observation[:, 0], batch.reward, batch.discount,
                                         batch.next_observation[:, 0]):
        assert found.setdefault(int(at), (reward, discount, end)) == (reward, discount, end)
    return found


def filled(rows, capacity=100, path=None):
    replay = ReplayBuffer(capacity, 1, 1, path)
    for one in rows:
        replay.add(one)
    return replay


def test_time_out_terminal_gap_boot_and_head_end_the_sums_of_interleaved_actors_by_hand():
    found = sums(filled([
        row(0, 0), row(1, 0, 'leg'), row(2, 1), row(3, 1, 'leg', discount=0.0, last=True),
        row(4, 2, last=True), row(5, 0, 'leg', episode=1), row(6, 0, episode=1),
        row(7, 2, 'leg', episode=1),  # its step 1 was lost
        row(8, 1, episode=1, boot=2), row(9, 2, episode=1, boot=2)]), 3)
    assert found == {
        0: (0 + 1 + 1, 0.25, 4.5), 2: (2 + 2, 0.5, 4.5), 4: (4, 1, 4.5),  # a time-out: a value
        1: (1 + 1.5, 0, 3.5), 3: (3, 0, 3.5),  # a terminal: none
        5: (5, 1, 5.5), 7: (7, 1, 7.5), 6: (6, 1, 6.5),
        8: (8 + 4.5, 0.5, 9.5), 9: (9, 1, 9.5)}  # the newest: what there is of it


def test_sums_reach_over_the_end_of_the_ring_and_not_over_its_head():
    rows = [row(n, n) for n in range(14)]
    found = sums(filled(rows, 10), 2)
    assert found == {n: (n + 0.5 * (n + 1), 0.5, n + 1.5) for n in range(4, 13)} | {
        13: (13, 1, 13.5)}


def test_a_row_that_was_overwritten_is_no_ones_start():
    rows = [row(0, 0)] + [row(n, n, 'leg') for n in range(1, 11)] + [row(11, 1)]
    replay = filled(rows[:6], 10)
    assert sums(replay, 2)[0] == (0, 1, 0.5)
    for one in rows[6:]:
        replay.add(one)  # the last follows row 0, whose place is row 10's by then
    found = sums(replay, 2)
    assert found[10] == (10, 1, 10.5) and found[11] == (11, 1, 11.5)
    assert found == sums(filled(rows, 10), 2)


def random_rows(count, seed):
    rng = np.random.default_rng(seed)
    going = {actor: [0, 0] for actor in ('arm', 'leg', 'tail')}
    for n in range(count):
        actor = str(rng.choice(list(going)))
        episode, step = going[actor]
        last = bool(rng.random() < 0.2)
        yield row(n, step, actor, episode, 1, last, float(not last or rng.random() < 0.5))
        lost = int(rng.random() < 0.1)
        going[actor] = [episode + 1, 0] if last else [episode, step + 1 + lost]


def searched(rows, n, n_step):
    """Return the sum from row n by looking through all later rows."""
    total, factor, one = 0.0, 1.0, rows[n]
    for _ in range(n_step):
        total += factor * one.reward
        discount, end, factor = factor * one.discount, one.next_observation[0], GAMMA * factor
        nexts = [r for r in rows if not one.last and r[7:9] == one[7:9]
                 and (r.episode, r.step) == (one.episode, one.step + 1)]
        if not nexts:
            break
        one = nexts[0]
    return total, discount, end


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize('n_step', [2, 3, 7])
def test_sums_are_those_that_a_search_finds_at_any_time(seed, n_step):
    rows, replay = list(random_rows(90, seed)), ReplayBuffer(40, 1, 1)
    for n, one in enumerate(rows, 1):
        replay.add(one)
        if n % 17 == 0 or n > 85:
            live = {r.sequence: r for r in rows[max(0, n - 40):n]}
            wanted = {at: searched(list(live.values()), at - min(live), n_step) for at in live}
            assert sums(replay, n_step) == {at: pytest.approx(v) for at, v in wanted.items()}


def test_opened_again_the_sums_are_the_same(tmp_path):
    replay = filled(random_rows(70, 0), 40, tmp_path / 'rows.bin')
    expected = sums(replay, 4)
    replay.close()
    assert sums(ReplayBuffer(40, 1, 1, tmp_path / 'rows.bin'), 4) == expected


def test_one_step_is_the_plain_draw_and_more_start_at_the_same_rows():
    replay = filled(random_rows(50, 0))
    plain, one, three = (replay.sample(64, np.random.default_rng(3), *more)
                         for more in ((), (1, GAMMA), (3, GAMMA)))
    assert all(map(np.array_equal, plain, one))
    assert np.array_equal(plain.observation, three.observation)
    assert np.array_equal(plain.action, three.action)
    assert all(part.dtype == np.float32 for part in three)
    assert [part.shape for part in three] == [part.shape for part in plain]


def chain_of_four_and_one():
    rows = np.zeros(5, row_type(1, 1))
    rows['step'], rows['actor'], rows['last'][3] = [0, 1, 2, 3, 4], b'arm', True
    successors = Successors(rows)
    successors.follow(5)
    return successors


def test_rows_of_a_chain_by_hand():
    assert chain_of_four_and_one().chains(np.array([0, 2, 3]), 3).tolist() == [
        [0, 1, 2], [2, 3, -1], [3, -1, -1]]


def test_rows_later_in_a_chain_by_hand():
    at, share = np.array([0, 0, 0, 0, 2, 3, 4]), np.array([0.0, 0.5, 0.75, 0.99, 0.99, 0.99, 0.99])
    assert chain_of_four_and_one().later(at, 9, share).tolist() == [0, 2, 3, 3, 3, 3, 4]
    assert chain_of_four_and_one().later(at, 2, share).tolist() == [0, 1, 1, 1, 3, 3, 4]
