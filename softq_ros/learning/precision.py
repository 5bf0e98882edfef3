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
Which arithmetic torch multiplies float32 matrices with.

Where a CPU offers it, the mode 'medium' takes oneDNN's products, measured to be twice as fast on
some machines and equally exact; on others it rounds to bfloat16, whose error exceeds a
temperature. So it is tried, measured against float64, and refused where it is not float32-like.
"""
import torch

SIZE = 256
WORSE = 4.0  # how many times the error of plain float32 is still float32-like


def product_error(device: str) -> float:
    """Return the largest error of a product of two seeded ``(SIZE, SIZE)`` matrices."""
    generator = torch.Generator().manual_seed(0)
    one, two = (torch.randn(SIZE, SIZE, generator=generator).to(device) for _ in range(2))
    return float((torch.mm(one, two).double() - torch.mm(one.double(), two.double())).abs().max())


def choose_matmul(device: str = 'cpu') -> str:
    """Set the fastest mode that is float32-like on a device and return its name."""
    torch.set_float32_matmul_precision('highest')
    plain = product_error(device)
    torch.set_float32_matmul_precision('medium')
    if not product_error(device) <= WORSE * plain:
        torch.set_float32_matmul_precision('highest')
    return torch.get_float32_matmul_precision()
