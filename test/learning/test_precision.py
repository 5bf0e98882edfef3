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
"""A faster product is taken only where it is as exact as float32."""
import pytest
import torch

from softq_ros.learning import precision


@pytest.fixture(autouse=True)
def restored():
    """Leave torch as it was."""
    before = torch.get_float32_matmul_precision()
    yield
    torch.set_float32_matmul_precision(before)


def test_the_error_is_that_of_float32():
    torch.set_float32_matmul_precision('highest')
    assert 1e-6 < precision.product_error('cpu') < 1e-3


def test_what_is_chosen_is_as_exact_as_float32():
    mode = precision.choose_matmul()
    assert mode == torch.get_float32_matmul_precision() in ('medium', 'highest')
    assert precision.product_error('cpu') < 1e-3


@pytest.mark.parametrize('worse, mode', [(3.0, 'medium'), (5.0, 'highest'),
                                         (float('nan'), 'highest')])
def test_a_mode_that_rounds_more_is_refused(monkeypatch, worse, mode):
    def error(device):
        assert device == 'cuda'
        return 1e-5 * (1.0 if torch.get_float32_matmul_precision() == 'highest' else worse)
    monkeypatch.setattr(precision, 'product_error', error)
    assert precision.choose_matmul('cuda') == mode == torch.get_float32_matmul_precision()


def test_rounding_to_bfloat16_would_be_refused(monkeypatch):
    plain = torch.mm

    def rounded(one, two):
        if torch.get_float32_matmul_precision() == 'highest' or one.dtype != torch.float32:
            return plain(one, two)
        return plain(one.bfloat16().float(), two.bfloat16().float())
    monkeypatch.setattr(torch, 'mm', rounded)
    assert precision.choose_matmul() == 'highest'
