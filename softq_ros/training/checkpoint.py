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
Checkpoints: a directory each, whole or not there; the newest good one is used.

Beside them stands how far versions of the weights may have gone out, which no kill takes back.
"""
import hashlib
import json
from pathlib import Path
import shutil

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load

from softq_ros.errors import BundleError, RunError
from softq_ros.policies.files import read_capped, write_directory
from softq_ros.policies.tensors import serialise
from softq_ros.training.run import replace_file

KEPT = 3
STATE, MANIFEST, VERSIONS = 'state.safetensors', 'checkpoint.json', 'versions'


def save_checkpoint(folder: Path, number: int, state: dict[str, np.ndarray],
                    counts: dict) -> None:
    """
    Write the learner's state under a number that grows; the newest three are kept.

    :param counts: plain numbers that belong to the state.
    """
    data = serialise(state)
    manifest = {'digest': hashlib.sha256(data).hexdigest(), 'counts': counts}
    write_directory(folder / f'checkpoint-{number:012d}',
                    {STATE: data, MANIFEST: json.dumps(manifest).encode()})
    for old in sorted(folder.glob('checkpoint-*'))[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _load(directory: Path, most: int) -> tuple[dict[str, np.ndarray], dict]:
    manifest = json.loads(read_capped(directory / MANIFEST, 2**20))
    data = read_capped(directory / STATE, most)
    if hashlib.sha256(data).hexdigest() != manifest['digest']:
        raise BundleError(f'{directory.name}: the digest does not match')
    return load(data), manifest['counts']


def load_newest(folder: Path, most: int) -> tuple[dict[str, np.ndarray], dict] | None:
    """
    Return state and counts of the newest checkpoint that is whole, or nothing.

    :param most: bytes a state of these networks can have.
    :raises RunError: when there are checkpoints and none is good; it says what the newest lacks.
    """
    found = sorted(folder.glob('checkpoint-*'), reverse=True)
    reasons = []
    for directory in found:
        try:
            return _load(directory, most)
        except (BundleError, OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            reasons.append(f'{directory.name}: {error}')
    if found:
        raise RunError(f'{folder}: none of {len(found)} checkpoints is whole; {reasons[0]}')
    return None


def reserve_versions(folder: Path, last: int) -> None:
    """
    Note for good that versions up to this one may go out.

    :raises RunError: when the disk cannot hold the note.
    """
    try:
        replace_file(folder / VERSIONS, f'{last}\n'.encode())
    except OSError as error:
        raise RunError(f'{folder / VERSIONS}: {error.strerror}') from error


def reserved_versions(folder: Path) -> int:
    """
    Return the last version that may have gone out; 0 before the first.

    :raises RunError: when the note holds no number.
    """
    path = folder / VERSIONS
    if not path.exists():
        return 0
    text = path.read_bytes()[:32].strip()
    if not text.isdigit():
        raise RunError(f'{path}: holds {text!r}; accepted: a whole number')
    return int(text)
