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
"""The state of an optimizer as flat arrays: ``<optimizer>!<parameter>/<slot>``."""
import numpy as np
import torch
from torch import Tensor

from softq_ros.errors import LearningError

SLOTS = ('step', 'exp_avg', 'exp_avg_sq')  # of Adam


def check_shapes(state: dict[str, np.ndarray], wanted: dict[str, tuple]) -> None:
    """
    Check that a state has what a network needs.

    :raises LearningError: when a name is missing or a shape differs.
    """
    for name, shape in wanted.items():
        got = tuple(state[name].shape) if name in state else 'nothing'
        if got != shape:
            raise LearningError(f'state of another network: {name} is {got}; accepted: {shape}')


def moments_of(name: str, optimizer: torch.optim.Optimizer) -> dict[str, np.ndarray]:
    """Return what an optimizer of a name remembers; nothing before its first step."""
    return {f'{name}!{index}/{slot}': value.detach().cpu().numpy()
            for index, slots in optimizer.state_dict()['state'].items()
            for slot, value in slots.items()}


def slots_of(name: str, optimizer: torch.optim.Optimizer,
             state: dict[str, np.ndarray]) -> dict[int, dict[str, Tensor]]:
    """
    Return an optimizer's part of a state, empty before the first update.

    :raises LearningError: when a name is missing or a shape differs.
    """
    if not any(key.startswith(f'{name}!') for key in state):
        return {}
    out = {}
    for index, parameter in enumerate(optimizer.param_groups[0]['params']):
        keys = {slot: f'{name}!{index}/{slot}' for slot in SLOTS}
        check_shapes(state, {key: () if slot == 'step' else tuple(parameter.shape)
                             for slot, key in keys.items()})
        out[index] = {slot: torch.from_numpy(np.array(state[key])) for slot, key in keys.items()}
    return out
