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
"""Seeds of episodes, in blocks that do not overlap."""
import numpy as np

from softq_ros.errors import accepted, ConfigurationError

BLOCKS = {'training': 0, 'validation': 1, 'test': 2}
LARGEST = 2**63 - 1  # what a ROS parameter holds; torch takes no more than twice that


def checked_seed(seed: int) -> int:
    """
    Return a seed that numpy, torch and a ROS parameter all take.

    :raises ConfigurationError: for any other.
    """
    if not 0 <= seed <= LARGEST:
        raise ConfigurationError(f'seed: got {seed}; accepted: 0 to {LARGEST}')
    return seed


def episode_seed(seed: int, block: str, index: int) -> int:
    """
    Return the seed of one episode's start.

    :param block: training, validation (stopping, choosing) or test (once, at the end).
    """
    if block not in BLOCKS:
        raise ConfigurationError(f'block of seeds: {accepted(block, BLOCKS)}')
    words = np.random.SeedSequence([seed, BLOCKS[block], index]).generate_state(2, np.uint32)
    return int(words[0]) << 31 | int(words[1]) >> 1
