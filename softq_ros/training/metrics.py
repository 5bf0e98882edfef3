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
"""Metrics as rows of a CSV file and as TensorBoard events."""
import csv
import io
import os
from pathlib import Path

from softq_ros.policies.files import sync_directory, write_synced


class Metrics:
    """
    Appends flat dictionaries of floats, each on the disk before the next checkpoint can be.

    :param folder: of the run; ``name``.csv grows there, events below ``tensorboard/name``.
    :param after: rows with a larger number are cut: they lie after the checkpoint one resumes
        from. Events later than the last row that is left are purged.
    :param by: column that ``after`` speaks of.
    """

    def __init__(self, folder: Path, name: str, after: int | None = None,
                 by: str = 'step') -> None:
        """Open, or go on."""
        from torch.utils.tensorboard import SummaryWriter  # late: readers of rows need no torch
        self._path = folder / f'{name}.csv'
        self._rows = read_rows(self._path)
        purge = None
        if after is not None:
            self._rows = [row for row in self._rows if float(row[by]) <= after]
            purge = int(self._rows[-1]['step']) + 1 if self._rows else 0
        self._names = list(self._rows[0]) if self._rows else []
        if self._rows:
            self._rewrite()
        else:
            self._path.unlink(missing_ok=True)
        # a folder each: a writer's purge, and the reader's turn to a newer file, spare the other
        self._events = SummaryWriter(str(folder / 'tensorboard' / name), purge_step=purge)

    def _rewrite(self) -> None:
        aside, text = self._path.with_suffix('.new'), io.StringIO(newline='')
        writer = csv.DictWriter(text, self._names, restval='')
        writer.writeheader()
        writer.writerows(self._rows)
        write_synced(aside, text.getvalue().encode())
        aside.replace(self._path)
        sync_directory(self._path.parent)

    def write(self, step: int, values: dict[str, float]) -> None:
        """Append one row; a new column rewrites the file once."""
        row = {'step': step} | values
        self._rows.append(row)
        new = [name for name in row if name not in self._names]
        if new:
            self._names += new
            self._rewrite()
        else:
            with open(self._path, 'a', newline='') as file:
                csv.DictWriter(file, self._names, restval='').writerow(row)
                file.flush()
                os.fsync(file.fileno())
        for name, value in values.items():
            self._events.add_scalar(name, value, step)

    @property
    def newest(self) -> dict:
        """Return the last row, its numbers as text where it was read; empty before the first."""
        return self._rows[-1] if self._rows else {}

    def close(self) -> None:
        """Flush the events."""
        self._events.close()


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the whole rows of a metrics file; none when it is not there."""
    if not path.exists():
        return []
    with open(path, newline='') as file:
        return [row for row in csv.DictReader(file)
                if None not in row and None not in row.values()]
