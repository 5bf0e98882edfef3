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
"""Files that are either whole or not there."""
import errno
import os
from pathlib import Path
import shutil
import stat
import uuid

from softq_ros.errors import BundleError


def write_synced(path: Path, data: bytes) -> None:
    """Write a file and wait until it is on the disk."""
    with open(path, 'wb') as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_directory(path: Path) -> None:
    """Wait until the names in a directory are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_directory(path: Path, files: dict[str, bytes]) -> None:
    """
    Put a directory with these files in place: written aside, synced, renamed.

    What stood there before is replaced; after a crash one of the two is whole.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.parent / f'.{path.name}.{uuid.uuid4().hex}'
    old = aside.with_suffix('.old')
    aside.mkdir()
    try:
        for name, data in files.items():
            write_synced(aside / name, data)
        sync_directory(aside)
        if path.exists():
            os.rename(path, old)
        os.rename(aside, path)
        sync_directory(path.parent)
    except OSError:
        if old.exists() and not path.exists():
            os.rename(old, path)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def read_capped(path: Path, most: int) -> bytes:
    """
    Read a regular file of at most so many bytes; no link is followed and no pipe waited for.

    :raises BundleError: when it is missing, something else, or larger.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        what = 'is a link' if error.errno == errno.ELOOP else error.strerror
        raise BundleError(f'{path.name}: {what}; accepted: a regular file') from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise BundleError(f'{path.name}: no regular file')
    with os.fdopen(handle, 'rb') as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise BundleError(f'{path.name}: more than {most} bytes')
    return data
