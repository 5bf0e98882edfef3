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
"""
Rewards of several steps before a value follows, from a ring of single transitions.

Letters: B starts, N steps of each.
"""
from array import array
from itertools import chain as joined

import numpy as np

from softq_ros.errors import ShapeError


def n_step_returns(reward: np.ndarray, discount: np.ndarray, held: np.ndarray,
                   gamma: float) -> tuple[np.ndarray, np.ndarray]:
    """
    Return the summed rewards and the discount before the last step's value, both ``(B,)``.

    R = sum_{k<m} gamma^k r_k and d = gamma^(m-1), m steps being held, so that R + gamma d V(s_m)
    is the target (Sutton and Barto 2018, equation 7.1); behind a terminal both are zero. Nothing
    corrects for who acted, and the entropy of the steps between is left out.

    :param reward: ``(B, N)``; ``discount`` likewise, 0 at a true terminal.
    :param held: which steps there are: the first of each start, and no one after a gap.
    :raises ShapeError: when the three do not go together.
    """
    if not reward.shape == discount.shape == held.shape or reward.ndim != 2:
        raise ShapeError(f'rewards {reward.shape}, discounts {discount.shape}, held {held.shape}; '
                         'accepted: three of (B, N)')
    powers = gamma ** np.arange(reward.shape[1])
    alive = np.cumprod(np.where(held, discount, 1.0), 1)
    before = powers * np.concatenate([np.ones((len(alive), 1)), alive[:, :-1]], 1)
    return np.where(held, before * reward, 0.0).sum(1), alive[:, -1] * powers[held.sum(1) - 1]


class Successors:
    """
    Which rows of a ring hold the steps that followed: of one actor, boot and episode, in order.

    No row follows the last of an episode, a step that was lost, or the newest of its actor.

    :param rows: of the ring, ``(capacity,)``, with their columns by name.
    """

    def __init__(self, rows: np.ndarray) -> None:
        """Know of no row yet."""
        self._rows = rows
        self._chain = np.empty(len(rows), object)  # each row's episode: its rows, in order,
        self._place = np.zeros(len(rows), np.intp)  # and where in it the row is
        self._newest: dict[bytes, tuple] = {}  # what would follow each actor's, and its chain
        self._seen = 0

    def follow(self, total: int) -> None:
        """Take in what was added up to row number ``total``."""
        numbers = np.arange(max(self._seen, total - len(self._rows)), total)
        at = numbers % len(self._rows)
        columns = (self._rows[name][at].tolist()
                   for name in ('actor', 'boot_id', 'episode', 'step', 'last'))
        for row, actor, boot, episode, step, last in zip(at.tolist(), *columns):
            expected, chain = self._newest.get(actor, (None, None))
            if expected != (boot, episode, step):
                chain = array('q')
            self._chain[row], self._place[row] = chain, len(chain)
            chain.append(row)
            self._newest[actor] = None if last else (boot, episode, step + 1), chain
        self._seen = total

    def chains(self, at: np.ndarray, steps: int) -> np.ndarray:
        """Return the rows of up to ``steps`` steps from rows ``(B,)``, ``(B, N)``; -1: none."""
        parts = [chain[place:place + steps]
                 for chain, place in zip(self._chain[at], self._place[at].tolist())]
        held = np.arange(steps) < np.array([len(part) for part in parts])[:, np.newaxis]
        rows = np.full((len(at), steps), -1, np.intp)
        rows[held] = list(joined.from_iterable(parts))
        return rows

    def later(self, at: np.ndarray, steps: int, share: np.ndarray) -> np.ndarray:
        """Return the rows so far ``(B,)``, of 0 to 1, along up to ``steps`` from rows ``(B,)``."""
        return np.array([
            chain[place + int(part * min(steps, len(chain) - place))] for chain, place, part
            in zip(self._chain[at], self._place[at].tolist(), share.tolist())], np.intp)
