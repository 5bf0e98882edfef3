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
"""Tensor bytes from an unknown place are data, or refused in one line."""
import json

import numpy as np
import pytest

from softq_ros.errors import BundleError
from softq_ros.policies.tensors import MOST_HEADER, parse, serialise

GOOD = serialise({'a': np.arange(6, dtype=np.float32).reshape(2, 3)})


def with_header(header: bytes) -> bytes:
    """Return bytes that claim to be safetensors with this header."""
    return len(header).to_bytes(8, 'little') + header


def test_what_was_written_is_read_with_shapes_and_scalars():
    tensors = {'a': np.arange(6, dtype=np.float32).reshape(2, 3), 's': np.float32(3.0)}
    read = parse(serialise(tensors))
    assert np.array_equal(read['a'], tensors['a'])
    assert read['s'].shape == () and read['s'] == 3.0


@pytest.mark.parametrize('data', [
    b'', b'12345678', GOOD[:-1], GOOD + b'x', GOOD[:20], b'\x80\x04\x95' + b'p' * 100,
    b'PK\x03\x04' + bytes(200), (2**63).to_bytes(8, 'little') + bytes(50),
    with_header(b'not json'), with_header(b'[1, 2]'), with_header(b' ' * (MOST_HEADER + 1)),
    with_header(json.dumps({f't{i}': {'dtype': 'F32', 'shape': [0], 'data_offsets': [0, 0]}
                            for i in range(300)}).encode()),
    with_header(b'{"a": {"dtype": "F99", "shape": [1], "data_offsets": [0, 4]}}') + bytes(4)])
def test_anything_else_is_refused_in_one_line(data):
    with pytest.raises(BundleError) as caught:
        parse(data)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused_by_name(value):
    with pytest.raises(BundleError, match='tensor weight'):
        parse(serialise({'weight': np.array([1.0, value], np.float32)}))


def test_other_types_are_refused_with_what_is_accepted():
    with pytest.raises(BundleError, match='float64; accepted: float32'):
        parse(serialise({'a': np.zeros(2)}))
