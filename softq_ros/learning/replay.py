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
"""The replay: transitions in a ring, written one by one and drawn by the batch."""
from pathlib import Path

import numpy as np

from softq_ros.errors import accepted, RunError
from softq_ros.learning.n_step import n_step_returns, Successors
from softq_ros.learning.ring import ACTOR_BYTES, Ring
from softq_ros.records import Batch, Transition


class ReplayBuffer:
    """
    A ring of transitions, on disk when a path is given.

    :param capacity: rows; the oldest is overwritten beyond it.
    :param path: file to map; an existing one is continued.
    :raises RunError: when the file has other sizes, or the disk is full.
    """

    def __init__(self, capacity: int, observation_size: int, action_size: int,
                 path: Path | None = None) -> None:
        """Create or open the ring."""
        self.capacity = capacity
        self._sizes = (observation_size, action_size)
        self._ring = Ring(self._sizes, capacity, path)
        self._rows = self._ring.rows
        self._successors: Successors | None = None  # known once they are asked for
        # the floats that a row begins with: as numbers, and as one piece that is copied at once
        self._plain = self._rows['values']
        self._pieces = np.ndarray(capacity, f'V{self._plain[0].nbytes}',
                                  np.asarray(self._rows).view(np.uint8), 0, self._rows.strides)

    def __len__(self) -> int:
        """Return how many transitions can be drawn."""
        return self._ring.held

    @property
    def total(self) -> int:
        """Return how many were ever added."""
        return self._ring.total

    @property
    def torn(self) -> int:
        """Return how many at the end of the file a power cut had left unwritten."""
        return self._ring.torn

    def add(self, transition: Transition) -> None:
        """
        Write a row, then count it.

        :raises RunError: when the disk cannot hold it; nothing stored before is touched.
        """
        actor = transition.actor.encode()
        if len(actor) > ACTOR_BYTES:
            raise RunError(f'actor {transition.actor!r}; accepted: {ACTOR_BYTES} bytes at most')
        row = np.zeros(1, self._rows.dtype)
        o, a = self._sizes
        values = row['values'][0]
        values[:o], values[o:o + a] = transition.observation, transition.action
        values[o + a], values[o + a + 1] = transition.reward, transition.discount
        values[o + a + 2:] = transition.next_observation
        for name in ('stamp', 'boot_id', 'sequence', 'policy_version', 'episode', 'step', 'last'):
            row[name] = getattr(transition, name)
        row['actor'], row['source'] = actor, transition.source.encode()
        self._ring.add(row)

    def sample(self, batch_size: int, rng: np.random.Generator, n_step: int = 1,
               gamma: float = 1.0) -> Batch:
        """
        Draw ``B`` transitions uniformly, with replacement.

        :param n_step: steps to sum, as far as their episode is stored; ``next_observation`` is
            the last one's, ``discount`` that of :func:`n_step_returns`.
        :param gamma: discount of a control step, for that sum.
        :raises RunError: when the replay is empty.
        """
        at = self._draw(batch_size, rng)
        batch = self._taken(at)
        return batch if n_step == 1 else self._summed(batch, at, n_step, gamma)

    def sample_with_later(self, batch_size: int, rng: np.random.Generator,
                          steps: int) -> tuple[Batch, np.ndarray]:
        """
        Draw ``B`` transitions and what the episode of each came to, ``(B, O)``.

        :param steps: the later observation is drawn among the next ones of so many steps, the
            transition's own first, as far as their episode is stored.
        :raises RunError: when the replay is empty.
        """
        at = self._draw(batch_size, rng)
        later = self._followed().later(at, steps, rng.random(batch_size))
        return self._taken(at), self._taken(later).next_observation

    def _draw(self, batch_size: int, rng: np.random.Generator) -> np.ndarray:
        held = len(self)
        if not held:
            raise RunError('the replay is empty; accepted: at least one transition')
        return (rng.random(batch_size) * held).astype(np.intp)

    def _taken(self, at: np.ndarray) -> Batch:
        o, a = self._sizes
        values = self._pieces[at].view(np.float32).reshape(len(at), -1)
        return Batch(values[:, :o], values[:, o:o + a], values[:, o + a], values[:, o + a + 1],
                     values[:, o + a + 2:])

    def _followed(self) -> Successors:
        if self._successors is None:
            self._successors = Successors(self._rows)
        self._successors.follow(self.total)
        return self._successors

    def _summed(self, batch: Batch, at: np.ndarray, n_step: int, gamma: float) -> Batch:
        """Return a batch whose rewards and ends are those of up to ``n_step`` steps."""
        rows = self._followed().chains(at, n_step)
        held, (o, a) = rows >= 0, self._sizes
        reward, discount = (self._plain[rows, column] for column in (o + a, o + a + 1))
        sums = n_step_returns(reward, discount, held, gamma)
        last = rows[np.arange(len(at)), held.sum(1) - 1]
        return Batch(*batch[:2], *(part.astype(np.float32) for part in sums),
                     self._plain[last, o + a + 2:2 * o + a + 2])

    def actors(self) -> list[str]:
        """Return the names of all actors with a stored row."""
        return sorted(name.decode() for name in np.unique(self._rows['actor'][:len(self)]))

    def last_of(self, actor: str) -> tuple[int, int, int]:
        """
        Return boot, sequence and highest episode of an actor's newest row.

        :raises RunError: when the actor has no row.
        """
        at = np.arange(self.total - len(self), self.total) % self.capacity
        mine = at[self._rows['actor'][at] == actor.encode()]
        if not mine.size:
            raise RunError(f'replay: {accepted(actor, self.actors())}')
        newest = self._rows[mine[-1]]
        return (int(newest['boot_id']), int(newest['sequence']),
                int(self._rows['episode'][mine].max()))

    def flush(self) -> None:
        """Write dirty pages to the disk."""
        self._ring.flush()

    def close(self) -> None:
        """Flush and let go of the file."""
        self._ring.close()
