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
What sets the published versions of soft Q-learning apart from ours, formula by formula.

``ours``: particles in u, whose law is exp(Q / alpha) over the actions. ``code``: the authors'
program of 2018, particles in the actions with a squash term, whose law is exp(Q / alpha)
prod(1 - a^2). ``paper``: the text of 2017 (section 4 and appendix D.1), particles in the actions
without that term; it names no squashing, so that the actions' bounds are ours.
"""
from typing import NamedTuple

from torch import Tensor

from softq_ros.errors import accepted, ConfigurationError
from softq_ros.learning.stein import (
    authors_score, bandwidth, squared_distances, squashed_score, stein_direction)


class Preset(NamedTuple):
    """Where a version differs beside its Stein direction."""

    in_actions: bool  # the particles live in the actions, not in u
    single: bool  # one Q, its target copied whole at each target period
    uniform: bool  # the soft value always draws uniformly
    shared: bool  # one draw of actions serves all states of a batch


PRESETS = {
    'ours': Preset(in_actions=False, single=False, uniform=False, shared=False),
    'code': Preset(in_actions=True, single=True, uniform=True, shared=True),
    'paper': Preset(in_actions=True, single=True, uniform=True, shared=False),
}


def preset_direction(preset: str, u: Tensor, slope: Tensor, temperature: float,
                     updated: Tensor) -> Tensor:
    """
    Return the Stein direction of the updated particles, ``(B, M, A)``, in a preset's space.

    :param u: fixed particles, ``(B, N, A)``; the actions are tanh(u).
    :param slope: dQ/da at those actions, ``(B, N, A)``
    :param updated: particles in u for ``ours``, else actions, ``(B, M, A)``
    :raises ConfigurationError: for an unknown preset.
    """
    action = u.tanh()
    if preset == 'ours':
        return stein_direction(u, squashed_score(action, slope, temperature), updated)
    distances = squared_distances(action, updated)
    if preset == 'code':
        score = authors_score(action, slope, temperature)
        return stein_direction(action, score, updated, bandwidth(distances, offset=0))
    if preset == 'paper':
        return stein_direction(action, slope / temperature, updated, 0.5 * bandwidth(distances))
    raise ConfigurationError(f'preset: {accepted(preset, PRESETS)}')
