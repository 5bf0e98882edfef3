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
"""Checkpoints: a directory each, whole or not there; the newest good one is used."""
import hashlib
import json
from pathlib import Path
import shutil

import numpy as np

from softq_ros.errors import BundleError, RunError
from softq_ros.policies.files import read_capped, write_directory
from softq_ros.policies.tensors import MOST_BYTES, parse, serialise

KEPT = 3
KINDS = ('float32', 'float64', 'int64', 'uint8')
STATE, MANIFEST = 'state.safetensors', 'checkpoint.json'


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


def _load(directory: Path) -> tuple[dict[str, np.ndarray], dict]:
    manifest = json.loads(read_capped(directory / MANIFEST, 2**20))
    data = read_capped(directory / STATE, MOST_BYTES)
    if hashlib.sha256(data).hexdigest() != manifest['digest']:
        raise BundleError(f'{directory.name}: the digest does not match')
    return parse(data, KINDS), manifest['counts']


def load_newest(folder: Path) -> tuple[dict[str, np.ndarray], dict] | None:
    """
    Return state and counts of the newest checkpoint that is whole, or nothing.

    :raises RunError: when there are checkpoints and none is good.
    """
    found = sorted(folder.glob('checkpoint-*'), reverse=True)
    for directory in found:
        try:
            return _load(directory)
        except (BundleError, OSError, ValueError, KeyError, TypeError):
            continue
    if found:
        raise RunError(f'{folder}: none of {len(found)} checkpoints is whole')
    return None
