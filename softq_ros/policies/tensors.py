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
Tensors as safetensors bytes, read as data from an unknown place.

The library checks the format; what it accepts and we do not (large headers, many tensors, other
types, numbers that are not finite) is refused here, before it parses.
"""
import json

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from softq_ros.errors import BundleError

MOST_BYTES = 32 * 2**20
MOST_HEADER = 64 * 2**10
MOST_TENSORS = 256


def _once(pairs: list[tuple]) -> dict:
    """Return a JSON object none of whose keys stands there twice."""
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError('a key stands there twice')
    return dict(pairs)


def _check_header(data: bytes) -> None:
    size = int.from_bytes(data[:8], 'little') if len(data) >= 8 else -1
    if not 2 <= size <= MOST_HEADER or len(data) < 8 + size:
        raise BundleError(f'not safetensors: {len(data)} bytes with a header of {size}; accepted: '
                          f'a whole file with a header of at most {MOST_HEADER}')
    try:
        header = json.loads(data[8:8 + size], object_pairs_hook=_once)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BundleError(f'not safetensors: the header does not parse: {error}') from error
    if not isinstance(header, dict) or len(header) > MOST_TENSORS:
        raise BundleError(f'safetensors header of {len(header)} entries; accepted: at most '
                          f'{MOST_TENSORS}')


def parse(data: bytes, kinds: tuple[str, ...] = ('float32',)) -> dict[str, np.ndarray]:
    """
    Return the tensors in safetensors bytes.

    :param kinds: names of the numpy types that are accepted.
    :raises BundleError: saying what is wrong with the bytes.
    """
    if len(data) > MOST_BYTES:
        raise BundleError(f'{len(data)} bytes of tensors; accepted: at most {MOST_BYTES}')
    _check_header(data)
    try:
        tensors = load(bytes(data))
    except (SafetensorError, KeyError, ValueError) as error:
        raise BundleError(f'not safetensors: {error}') from error
    for name, tensor in tensors.items():
        if tensor.dtype.name not in kinds:
            raise BundleError(f'tensor {name}: {tensor.dtype.name}; accepted: {", ".join(kinds)}')
        if tensor.dtype.kind == 'f' and not np.isfinite(tensor).all():
            raise BundleError(f'tensor {name}: holds numbers that are not finite')
    return tensors


def serialise(tensors: dict[str, np.ndarray]) -> bytes:
    """Return safetensors bytes of arrays."""
    return save({name: np.array(tensor, order='C') for name, tensor in tensors.items()})
