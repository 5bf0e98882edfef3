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
"""Records say what they hold."""
import math

import pytest

from softq_ros.records import EpisodeSummary


@pytest.mark.parametrize('success, ever, seconds, words', [
    (True, True, 1.26, 'success after 1.3 s'), (False, True, 2.0, 'lost its success after 2.0 s'),
    (False, False, math.nan, 'no success')])
def test_an_episode_is_a_line(success, ever, seconds, words):
    summary = EpisodeSummary(3, 100, -20.16, success, ever, seconds, 'horizon')
    assert str(summary) == f'episode 3: {words}, return -20.2, 100 steps, ended by horizon'
