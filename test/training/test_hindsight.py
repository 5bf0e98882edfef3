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
"""Hindsight: what is told with another target is what the task would have seen and paid there."""
from dataclasses import replace

import numpy as np
import pytest

from softq_ros.cli import main
from softq_ros.errors import ConfigurationError
from softq_ros.learning.replay import ReplayBuffer
from softq_ros.learning.settings import make_settings
from softq_ros.records import Batch, Past, Sensors, Transition
from softq_ros.simulation.gymnasium_task import GymnasiumTask
from softq_ros.tasks.catalogue import load_task
from softq_ros.training.hindsight import check_hindsight, HindsightReplay

DRAWN = {'target': 'speed', 'start': 'above'}
TASKS = [load_task('sawyer_stack', DRAWN), load_task('sawyer_stack_torque', DRAWN),
         load_task('sawyer_stack', DRAWN | {'delay_steps': 2})]
HALF = make_settings('sql', {'hindsight_share': 0.5})


def turned(rng) -> np.ndarray:
    quaternion = rng.normal(size=4)
    return quaternion / np.linalg.norm(quaternion)


def poses(task, rng, count: int) -> list[Sensors]:
    """Return what is measured with the tool anywhere and the seat at one place."""
    seat = rng.uniform(-1, 1, 3), turned(rng)
    return [Sensors(0, task.contract.joints, rng.uniform(-1, 1, 7), rng.uniform(-1, 1, 7),
                    np.zeros(7), seat[0] + rng.normal(0, 0.02, 3), turned(rng), *seat)
            for _ in range(count)]


@pytest.mark.parametrize('task', TASKS)
def test_a_transition_is_told_as_if_the_seat_had_been_where_the_brick_came_to(task):
    rng = np.random.default_rng(0)
    rows, later, expected = [], [], []
    for _ in range(20):
        before, after, end = poses(task, rng, 3)
        action = rng.uniform(-1, 1, 7).astype(np.float32)
        past = [Past(before, rng.uniform(-1, 1, 7)) for _ in range(task.history)]
        there = [replace(one, object_position=end.tool_position,
                         object_quaternion=end.tool_quaternion) for one in (before, after)]
        for found, (first, second) in ((rows, (before, after)), (expected, there)):
            found.append((task.observe(first, past), action,
                          task.judge(first, action, second).reward, 1.0,
                          task.observe(second, past)))
        later.append(task.observe(end, past))
    batch, wanted = (Batch(*(np.array(part, np.float32) for part in zip(*them)))
                     for them in (rows, expected))
    stored = Batch(*(part.copy() for part in batch))
    told = task.relabelled(batch, np.array(later))
    for name, part, same, kept in zip(Batch._fields, told, wanted, batch):
        np.testing.assert_allclose(part, same, atol=2e-5, err_msg=name)
        assert part.dtype == np.float32 and (kept == getattr(stored, name)).all()
    assert np.abs(batch.reward - told.reward).min() > 1e-3


def test_where_the_episode_came_to_at_once_the_reward_is_what_the_action_costs():
    rng, task = np.random.default_rng(1), TASKS[0]
    before, after = poses(task, rng, 2)
    seen = task.observe(after)[None]
    action = np.full((1, 7), 0.5, np.float32)
    told = task.relabelled(Batch(task.observe(before)[None], action, np.zeros(1), np.ones(1),
                                 seen), seen)
    assert told.reward[0] == pytest.approx(-0.002 * 7 * 0.25)
    assert not told.next_observation[0, 14:32].any() and told.observation[0, 14:32].any()


def test_joints_that_solve_the_seat_are_those_the_arm_came_to():
    rng, task = np.random.default_rng(2), load_task('sawyer_stack', DRAWN | {'observe_ik': True})
    before, after, end = poses(task, rng, 3)
    seen = [task.observe(one)[None] for one in (before, after, end)]
    one = np.ones(1, np.float32)
    told = task.relabelled(Batch(seen[0], np.zeros((1, 7)), one, one, seen[1]), seen[2])
    for part, was in zip((told.observation, told.next_observation), (before, after)):
        assert part[0, 32:39] == pytest.approx(was.position - end.position, abs=1e-6)
        assert (part[0, :14] == task.observe(was)[:14]).all()


def test_progress_is_told_towards_the_joints_that_the_arm_came_to():
    rng = np.random.default_rng(3)
    paid, unpaid = (load_task('sawyer_stack', DRAWN | {'progress_pay': pay}) for pay in (10.0, 0))
    before, after, end = poses(paid, rng, 3)
    seen = [paid.observe(one)[None] for one in (before, after, end)]
    one = np.ones(1, np.float32)
    batch = Batch(seen[0], np.zeros((1, 7), np.float32), one, one, seen[1])
    extra = paid.relabelled(batch, seen[2]).reward - unpaid.relabelled(batch, seen[2]).reward
    away = [np.abs(one.position - end.position).mean() for one in (before, after)]
    assert extra[0] == pytest.approx(10.0 * (away[0] - away[1]), abs=1e-5)


class Counted:
    """A task whose transitions say when they were told anew, and with what."""

    horizon = 4

    def relabelled(self, batch: Batch, later: np.ndarray) -> Batch:
        """Return the batch with what came later as reward."""
        return batch._replace(reward=later[:, 0])


@pytest.mark.parametrize('share', [0.0, 0.25, 1.0])
def test_a_share_of_a_batch_is_told_with_later_steps_of_its_own_episode(share):
    replay = ReplayBuffer(100, 1, 1)
    for n in range(30):
        replay.add(Transition(np.array([n], np.float32), np.zeros(1, np.float32), -1.0, 1.0,
                              np.array([n + 0.5], np.float32), n % 10 == 9, episode=n // 10,
                              step=n % 10, sequence=n))
    settings = make_settings('sql', {'hindsight_share': share})
    batch = HindsightReplay(replay, Counted(), settings).sample(9000, np.random.default_rng(0))
    told = batch.reward >= 0
    assert told.mean() == pytest.approx(share, abs=0.02)
    assert (batch.next_observation == batch.observation + 0.5).all()
    start, end = batch.observation[told, 0].astype(int), (batch.reward[told] - 0.5).astype(int)
    assert (start // 10 == end // 10).all()
    for n in {25, 28, 29} if share else ():
        last = min(n + 3, 29)  # of the horizon's four steps, those of the episode
        assert set(end[start == n]) == set(range(n, last + 1))


def test_the_share_falls_in_a_straight_line_to_none():
    replay, shares = ReplayBuffer(5, 1, 1), []
    told = HindsightReplay(replay, Counted(), make_settings(
        'sql', {'hindsight_share': 0.8, 'hindsight_ends': 8}))
    one = np.zeros(1, np.float32)
    for n in range(10):
        replay.add(Transition(one, one, -1.0, 1.0, one, step=n, sequence=n))
        shares.append((told.sample(4000, np.random.default_rng(n)).reward == 0.0).mean())
    assert shares[:8] == pytest.approx([0.8 * (1 - n / 8) for n in range(1, 9)], abs=0.03)
    assert shares[7:] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize('task, settings, says', [
    (load_task('sawyer_avoid'), {}, 'accepted: 0'), (load_task('multigoal'), {}, 'accepted: 0'),
    (GymnasiumTask('Pendulum-v1'), {}, 'accepted: 0 in a gymnasium environment'),
    (TASKS[0], {'n_step': 3}, 'n_step: got 3 with hindsight_share 0.5; accepted: 1')])
def test_what_cannot_be_told_is_refused(task, settings, says):
    asked = make_settings('sql', settings | {'hindsight_share': 0.5})
    with pytest.raises(ConfigurationError, match=says):
        check_hindsight(task, asked)
    check_hindsight(task, replace(asked, hindsight_share=0.0))


def test_nothing_is_written_of_what_is_refused(tmp_path, capsys):
    run = tmp_path / 'one'
    assert main(['train', '--task', 'multigoal', '--set', 'hindsight_share=0.5', '--run',
                 str(run)]) == 2
    assert 'hindsight_share' in capsys.readouterr().err and not run.exists()


def test_a_training_tells_some_of_its_batches_anew(tmp_path):
    check_hindsight(TASKS[0], HALF)
    words = [word for name, value in DRAWN.items() for word in ('--option', f'{name}={value}')]
    rewards = []
    for share in (0, 0.9):
        run = tmp_path / str(share)
        assert main(['train', '--task', 'sawyer_stack', '--steps', '120', '--no-curve', '--set',
                     'warmup_steps=19', '--set', 'batch_size=64', '--set', 'hidden=[8]', '--set',
                     f'hindsight_share={share}', '--run', str(run), *words]) == 0
        rows = (run / 'metrics.csv').read_text().splitlines()
        rewards.append(rows[-1].split(',')[rows[0].split(',').index('q_mean')])
    assert rewards[0] != rewards[1]
