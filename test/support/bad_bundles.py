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
Thirty-two ways in which a bundle is bad, each made from a good one.

Where the weights are spoilt, the manifest's digest is made to agree: it is not what catches them.
"""
from collections.abc import Callable
import hashlib
import io
import json
import os
from pathlib import Path
import pickle
import struct
import zipfile

import numpy as np
import yaml

from softq_ros.policies.bundle import MANIFEST, SAMPLER
from softq_ros.policies.tensors import serialise


class Bomb:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)

    def __reduce__(self):
        return (open, (self._path, 'w'))


def edit_manifest(folder: Path, change: Callable[[dict], None]) -> None:
    path = folder / MANIFEST
    manifest = yaml.safe_load(path.read_text())
    change(manifest)
    path.write_text(yaml.safe_dump(manifest, sort_keys=False))


def put(folder: Path, data: bytes) -> None:
    """Replace the sampler's file and its digest."""
    (folder / SAMPLER).write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    edit_manifest(folder, lambda m: m['digests'].update({SAMPLER: digest}))


def tensors_of(folder: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load
    return load((folder / SAMPLER).read_bytes())


def bytes_change(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda folder: put(folder, change((folder / SAMPLER).read_bytes()))


def header_change(change: Callable[[dict], None]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        data = (folder / SAMPLER).read_bytes()
        size = struct.unpack('<Q', data[:8])[0]
        header = json.loads(data[8:8 + size])
        change(header)
        text = json.dumps(header).encode()
        put(folder, struct.pack('<Q', len(text)) + text + data[8 + size:])
    return apply


def tensors_change(change: Callable[[dict], None]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        tensors = {name: tensor.copy() for name, tensor in tensors_of(folder).items()}
        change(tensors)
        put(folder, serialise(tensors))
    return apply


def duplicate_key(folder: Path) -> None:
    data = (folder / SAMPLER).read_bytes()
    size = struct.unpack('<Q', data[:8])[0]
    text = data[8:8 + size].rstrip()
    first = json.dumps({'sampler.0.bias': json.loads(text)['sampler.1.bias']})
    text = (first[:-1] + ',' + text.decode()[1:]).encode()
    put(folder, struct.pack('<Q', len(text)) + text + data[8 + size:])


def pickled(folder: Path) -> None:
    put(folder, pickle.dumps(Bomb(folder.parent / 'executed')))


def torch_zip(folder: Path) -> None:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, 'w') as archive:
        archive.writestr('archive/data.pkl', pickle.dumps(Bomb(folder.parent / 'executed')))
    put(folder, memory.getvalue())


def npz_with_objects(folder: Path) -> None:
    memory = io.BytesIO()
    np.savez(memory, weight=np.array([Bomb(folder.parent / 'executed')], object))
    put(folder, memory.getvalue())


def python_in_yaml(folder: Path) -> None:
    path = folder / MANIFEST
    command = f'open("{folder.parent / "executed"}", "w")'
    path.write_text(path.read_text().replace(
        'trained: {}', f'trained: !!python/object/apply:builtins.eval [{command!r}]'))


def link(folder: Path) -> None:
    (folder / SAMPLER).rename(folder / 'elsewhere')
    (folder / SAMPLER).symlink_to(folder / 'elsewhere')


def pipe(folder: Path) -> None:
    (folder / SAMPLER).unlink()
    os.mkfifo(folder / SAMPLER)


def directory(folder: Path) -> None:
    (folder / SAMPLER).unlink()
    (folder / SAMPLER).mkdir()


def swap_first_two(rows: list) -> None:
    rows[0], rows[1] = rows[1], rows[0]


def ends(header: dict, by: int) -> None:
    header['sampler.0.weight']['data_offsets'][1] += by


NAME, BIAS = 'sampler.0.weight', 'sampler.0.bias'
HUGE = struct.pack('<Q', 2**63)
BAD = {
    'empty file': bytes_change(lambda data: b''),
    'eight bytes': bytes_change(lambda data: data[:8]),
    'truncated': bytes_change(lambda data: data[:-5]),
    'trailing bytes': bytes_change(lambda data: data + b'\0' * 4),
    'header of 2^63': bytes_change(lambda data: HUGE + data[8:]),
    'header of 99 MB': bytes_change(lambda data: struct.pack('<Q', 99_000_000) + data[8:]),
    'header of 64 KiB + 1': bytes_change(
        lambda data: struct.pack('<Q', 65_537) + b' ' * 65_537 + data),
    'header no JSON': bytes_change(lambda data: data[:8] + b'#' + data[9:]),
    'duplicate key': duplicate_key,
    'unknown type': header_change(lambda h: h[NAME].update(dtype='F33')),
    'shape that overflows': header_change(lambda h: h[NAME].update(shape=[2**62, 2**62])),
    'overlap': header_change(lambda h: h[NAME].update(data_offsets=[0, 16])),
    'hole': header_change(lambda h: ends(h, -4)),
    'extra tensor': tensors_change(lambda t: t.update({'sampler.9.bias': np.zeros(2, 'f4')})),
    'missing tensor': tensors_change(lambda t: t.pop(BIAS)),
    'wrong name': tensors_change(lambda t: t.update({'q.0.weight': t.pop(NAME)})),
    'wrong rank': tensors_change(lambda t: t.update({NAME: t[NAME].ravel()})),
    'observation too wide': tensors_change(lambda t: t.update({NAME: np.ones((16, 9), 'f4')})),
    'action too narrow': tensors_change(lambda t: t.update(
        {'sampler.2.weight': t['sampler.2.weight'][:1],
         'sampler.2.bias': t['sampler.2.bias'][:1]})),
    'float64': tensors_change(lambda t: t.update({NAME: t[NAME].astype('f8')})),
    'NaN': tensors_change(lambda t: t[NAME].fill(np.nan)),
    'infinite': tensors_change(lambda t: t[BIAS].fill(np.inf)),
    '1e30': tensors_change(lambda t: t[NAME].fill(1e30)),
    'all zero': tensors_change(lambda t: [one.fill(0) for one in t.values()]),
    'pickle': pickled, 'torch zip': torch_zip, 'npz with objects': npz_with_objects,
    'python in the manifest': python_in_yaml,
    'link': link, 'pipe': pipe, 'directory': directory,
    'other action order': lambda f: edit_manifest(f, lambda m: swap_first_two(m['action'])),
    'other observation order': lambda f: edit_manifest(
        f, lambda m: swap_first_two(m['observation'])),
    'other units': lambda f: edit_manifest(f, lambda m: m['observation'][0].update(unit='inch')),
    'other scaling': lambda f: edit_manifest(f, lambda m: m.update(action_scale=[9.0, 9.0])),
    'other schema': lambda f: edit_manifest(f, lambda m: m.update(format=99)),
    'temperature of nothing': lambda f: edit_manifest(f, lambda m: m.update(temperature='hot')),
    'wrong digest': lambda f: (f / SAMPLER).write_bytes((f / SAMPLER).read_bytes()[:-1] + b'\1'),
}


def spoil(folder: Path, how: str) -> None:
    """Make a good bundle bad in one of the ways of ``BAD``."""
    BAD[how](folder)
