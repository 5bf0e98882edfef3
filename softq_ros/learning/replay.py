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
The replay: one packed row a transition in a preallocated, memory-mapped ring.

A row is written first and the count after it, so a killed process loses at most the row it was
writing. Space on disk is claimed ahead of the rows: writing to a mapped page that the disk cannot
hold would end the process.
"""
import os
from pathlib import Path

import numpy as np

from softq_ros.errors import accepted, RunError
from softq_ros.learning.n_step import n_step_returns, Successors
from softq_ros.records import Batch, Transition

HEADER = np.dtype([('magic', 'S8'), ('schema', '<u4'), ('observation', '<u4'), ('action', '<u4'),
                   ('checked', '<u4'), ('capacity', '<u8'), ('total', '<u8')])
MAGIC, SCHEMA, HEADER_BYTES = b'softqrep', 1, 4096
CLAIM_ROWS = 16_384
ACTOR_BYTES = 32


def row_type(observation_size: int, action_size: int) -> np.dtype:
    """Return the layout of one row: ``2 O + A + 2`` float32, then who and when."""
    return np.dtype([('values', '<f4', (2 * observation_size + action_size + 2,)),
                     ('stamp', '<i8'), ('boot_id', '<u8'), ('sequence', '<u8'),
                     ('policy_version', '<u8'), ('episode', '<u4'), ('step', '<u4'),
                     ('actor', f'S{ACTOR_BYTES}'), ('source', 'S8'), ('last', '?'),
                     ('pad', 'V3'), ('check', '<u4')])


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
        self._row = row_type(observation_size, action_size)
        self._claimed = 0
        self._handle = None
        self._successors: Successors | None = None  # known once they are asked for
        if path is None:
            self._header = np.zeros(1, HEADER)
            self._rows = np.zeros(capacity, self._row)
            self._claimed = capacity
        else:
            self._open(path)
        self._total = np.asarray(self._header)['total']
        # rows as the float32 they begin with; the columns behind ``values`` are not read from it
        self._plain = np.asarray(self._rows).view(np.float32).reshape(capacity, -1)
        self._flat = self._plain.reshape(-1)
        self.torn = self._drop_torn()

    def _open(self, path: Path) -> None:
        fresh = not path.exists() or path.stat().st_size <= HEADER_BYTES
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            if fresh:
                os.posix_fallocate(self._handle, 0, HEADER_BYTES)
                os.ftruncate(self._handle, HEADER_BYTES + self.capacity * self._row.itemsize)
        except OSError as error:
            raise RunError(f'replay {path.name}: {error.strerror}') from error
        expected = HEADER_BYTES + self.capacity * self._row.itemsize
        if os.fstat(self._handle).st_size != expected:
            raise RunError(f'replay {path.name}: {os.fstat(self._handle).st_size} bytes; '
                           f'accepted: {expected}, made for capacity {self.capacity}, '
                           f'observation and action sizes {self._sizes}')
        self._header = np.memmap(path, HEADER, 'r+', 0, (1,))
        fresh = fresh or self._header.tobytes() == bytes(HEADER.itemsize)  # killed while creating
        self._rows = np.memmap(path, self._row, 'r+', HEADER_BYTES, (self.capacity,))
        self._check_header(path, fresh)

    def _check_header(self, path: Path, fresh: bool) -> None:
        header = self._header[0]
        mine = (MAGIC, SCHEMA, *self._sizes, self.capacity)
        if fresh:
            names = ('magic', 'schema', 'observation', 'action', 'capacity')
            for name, value in zip(names, mine):
                self._header[name] = value
        elif (header['magic'], header['schema'], header['observation'], header['action'],
              header['capacity']) != mine:
            raise RunError(f'replay {path.name}: holds {header}; accepted: {mine}')

    def __len__(self) -> int:
        """Return how many transitions can be drawn."""
        return min(self.total, self.capacity)

    @property
    def total(self) -> int:
        """Return how many were ever added."""
        return int(self._total[0])

    def add(self, transition: Transition) -> None:
        """
        Write a row, then count it.

        :raises RunError: when the disk cannot hold it; nothing stored before is touched.
        """
        actor = transition.actor.encode()
        if len(actor) > ACTOR_BYTES:
            raise RunError(f'actor {transition.actor!r}; accepted: {ACTOR_BYTES} bytes at most')
        at = self.total % self.capacity
        if at >= self._claimed:
            self._claim(at)
        row = np.zeros(1, self._row)
        o, a = self._sizes
        values = row['values'][0]
        values[:o], values[o:o + a] = transition.observation, transition.action
        values[o + a], values[o + a + 1] = transition.reward, transition.discount
        values[o + a + 2:] = transition.next_observation
        for name in ('stamp', 'boot_id', 'sequence', 'policy_version', 'episode', 'step', 'last'):
            row[name] = getattr(transition, name)
        row['actor'], row['source'] = actor, transition.source.encode()
        row['check'] = self._checks(row)
        self._rows[at] = row[0]
        self._total += 1

    def _claim(self, at: int) -> None:
        rows = min(CLAIM_ROWS, self.capacity - at)
        try:
            os.posix_fallocate(self._handle, HEADER_BYTES + at * self._row.itemsize,
                               rows * self._row.itemsize)
        except OSError as error:
            raise RunError(f'replay: no room for more transitions: {error.strerror}') from error
        self._claimed = at + rows

    def _checks(self, rows: np.ndarray) -> np.ndarray:
        # a sum with odd weights sees torn, shifted and zeroed rows; +1 tells a row from no row
        columns = self._row.itemsize // 4
        words = np.frombuffer(rows.tobytes(), '<u4').reshape(len(rows), columns)[:, :-1]
        weights = np.arange(words.shape[1], dtype=np.uint32) * np.uint32(2) + np.uint32(1)
        return (words * weights).sum(1, dtype=np.uint32) + np.uint32(1)

    def _drop_torn(self) -> int:
        """
        Cut rows at the end that a power cut left unwritten; return how many.

        In a full ring their slots, and that of a write a kill cut short, count as the oldest
        rows: they hold the newest row again until they are overwritten.
        """
        full = self.total >= self.capacity
        cursor = self.total % self.capacity
        if full and not self._whole(cursor):
            self._rows[cursor] = self._rows[cursor - 1]
        at = np.arange(self.total - min(len(self), CLAIM_ROWS), self.total) % self.capacity
        bad = np.flatnonzero(~self._whole(at))
        lost = at[bad[0]:] if bad.size else at[:0]
        self._total -= self.total if len(lost) == len(self) else len(lost)
        if full:
            self._rows[lost] = self._rows[lost[:1] - 1]
        return len(lost)

    def _whole(self, at: np.ndarray | int) -> np.ndarray:
        rows = np.asarray(self._rows[np.atleast_1d(at)])
        return self._checks(rows) == rows['check']

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
        rows = self._chains(at, steps)
        further = (rng.random(batch_size) * (rows >= 0).sum(1)).astype(np.intp)
        return self._taken(at), self._taken(rows[np.arange(batch_size), further]).next_observation

    def _draw(self, batch_size: int, rng: np.random.Generator) -> np.ndarray:
        held = len(self)
        if not held:
            raise RunError('the replay is empty; accepted: at least one transition')
        return (rng.random(batch_size) * held).astype(np.intp)

    def _taken(self, at: np.ndarray) -> Batch:
        o, a = self._sizes
        # a touch of each row first: these cache misses overlap, those of the copies would not
        self._flat.take(at * self._plain.shape[1], mode='clip')
        values = self._plain.take(at, 0, mode='clip')
        return Batch(values[:, :o], values[:, o:o + a], values[:, o + a], values[:, o + a + 1],
                     values[:, o + a + 2:2 * o + a + 2])

    def _chains(self, at: np.ndarray, steps: int) -> np.ndarray:
        """Return the rows of up to ``steps`` steps from rows ``(B,)``, ``(B, N)``; -1: none."""
        if self._successors is None:
            self._successors = Successors(self._rows)
        self._successors.follow(self.total)
        return self._successors.chains(at, steps)

    def _summed(self, batch: Batch, at: np.ndarray, n_step: int, gamma: float) -> Batch:
        """Return a batch whose rewards and ends are those of up to ``n_step`` steps."""
        rows = self._chains(at, n_step)
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
        for mapped in (self._rows, self._header):
            if isinstance(mapped, np.memmap):
                mapped.flush()

    def close(self) -> None:
        """Flush and let go of the file."""
        self.flush()
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
