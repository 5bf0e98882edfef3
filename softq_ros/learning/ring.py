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
A ring of packed rows, preallocated, in memory or mapped from a file.

A row is written first and the count after it, so a killed process loses at most the row it was
writing. Space on disk is claimed ahead of the rows: writing to a mapped page that the disk cannot
hold would end the process.
"""
import os
from pathlib import Path

import numpy as np

from softq_ros.errors import RunError

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


class Ring:
    """
    Rows that are whole or not there.

    :param sizes: of observation and action.
    :param capacity: rows; the oldest is overwritten beyond it.
    :param path: file to map, an existing one is continued; none: in memory.
    :raises RunError: when the file has other sizes, or the disk is full.
    """

    def __init__(self, sizes: tuple[int, int], capacity: int, path: Path | None) -> None:
        """Create or open the ring; ``torn`` says how many rows at the end were not whole."""
        self._sizes, self._capacity = sizes, capacity
        self._row = row_type(*sizes)
        self._claimed = 0
        self._handle = None
        if path is None:
            self._header = np.zeros(1, HEADER)
            self.rows = np.zeros(capacity, self._row)
            self._claimed = capacity
        else:
            self._open(path)
        self._total = np.asarray(self._header)['total']
        self.torn = self._drop_torn()

    def _open(self, path: Path) -> None:
        fresh = not path.exists() or path.stat().st_size <= HEADER_BYTES
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            if fresh:
                os.posix_fallocate(self._handle, 0, HEADER_BYTES)
                os.ftruncate(self._handle, HEADER_BYTES + self._capacity * self._row.itemsize)
        except OSError as error:
            raise RunError(f'replay {path.name}: {error.strerror}') from error
        expected = HEADER_BYTES + self._capacity * self._row.itemsize
        if os.fstat(self._handle).st_size != expected:
            raise RunError(f'replay {path.name}: {os.fstat(self._handle).st_size} bytes; '
                           f'accepted: {expected}, made for capacity {self._capacity}, '
                           f'observation and action sizes {self._sizes}')
        self._header = np.memmap(path, HEADER, 'r+', 0, (1,))
        fresh = fresh or self._header.tobytes() == bytes(HEADER.itemsize)  # killed while creating
        self.rows = np.memmap(path, self._row, 'r+', HEADER_BYTES, (self._capacity,))
        self._check_header(path, fresh)

    def _check_header(self, path: Path, fresh: bool) -> None:
        header = self._header[0]
        mine = (MAGIC, SCHEMA, *self._sizes, self._capacity)
        if fresh:
            names = ('magic', 'schema', 'observation', 'action', 'capacity')
            for name, value in zip(names, mine):
                self._header[name] = value
        elif (header['magic'], header['schema'], header['observation'], header['action'],
              header['capacity']) != mine:
            raise RunError(f'replay {path.name}: holds {header}; accepted: {mine}')

    @property
    def total(self) -> int:
        """Return how many were ever added."""
        return int(self._total[0])

    @property
    def held(self) -> int:
        """Return how many are there."""
        return min(self.total, self._capacity)

    def add(self, row: np.ndarray) -> None:
        """
        Write a row ``(1,)``, then count it; its ``check`` is set here.

        :raises RunError: when the disk cannot hold it; nothing stored before is touched.
        """
        at = self.total % self._capacity
        if at >= self._claimed:
            self._claim(at)
        row['check'] = self._checks(row)
        self.rows[at] = row[0]
        self._total += 1

    def _claim(self, at: int) -> None:
        rows = min(CLAIM_ROWS, self._capacity - at)
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
        full = self.total >= self._capacity
        cursor = self.total % self._capacity
        if full and not self._whole(cursor):
            self.rows[cursor] = self.rows[cursor - 1]
        at = np.arange(self.total - min(self.held, CLAIM_ROWS), self.total) % self._capacity
        bad = np.flatnonzero(~self._whole(at))
        lost = at[bad[0]:] if bad.size else at[:0]
        self._total -= self.total if len(lost) == self.held else len(lost)
        if full:
            self.rows[lost] = self.rows[lost[:1] - 1]
        return len(lost)

    def _whole(self, at: np.ndarray | int) -> np.ndarray:
        rows = np.asarray(self.rows[np.atleast_1d(at)])
        return self._checks(rows) == rows['check']

    def flush(self) -> None:
        """Write dirty pages to the disk."""
        for mapped in (self.rows, self._header):
            if isinstance(mapped, np.memmap):
                mapped.flush()

    def close(self) -> None:
        """Flush and let go of the file."""
        self.flush()
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
