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
import pytest

from softq_ros.msg import Executed
from softq_ros.nodes.loop_times import LoopTimes, quantiles, REMEMBERED


def answer(stamp: int, episode: int = 0) -> Executed:
    msg = Executed(boot_id=1, episode=episode)
    msg.header.stamp.nanosec = stamp
    return msg


def test_quantiles_of_the_numbers_from_0_to_1000():
    found = quantiles('period_', [float(n) for n in range(1001)])
    assert found == {'period_median_sec': 500.0, 'period_p99_sec': pytest.approx(990.0),
                     'period_p999_sec': pytest.approx(999.0), 'period_max_sec': 1000.0}


def test_periods_are_counted_within_an_episode_and_latencies_from_the_observation():
    times = LoopTimes(0.05)
    for stamp, (seen, said, episode) in enumerate([
            (1.0, 1.01, 0), (1.05, 1.07, 0), (1.17, 1.18, 0), (9.0, 9.01, 1), (9.05, 9.06, 1)]):
        times.observed(stamp, seen)
        times.answered(answer(stamp, episode), said)
    assert times.periods == pytest.approx([0.06, 0.11, 0.05])
    assert times.latencies == pytest.approx([0.01, 0.02, 0.01, 0.01, 0.01])
    results = times.results()
    assert results['rate'] == pytest.approx(3 / 0.22)
    assert results['ratio'] == pytest.approx(2 / 3)
    assert (results['max_sec'], results['period_max_sec']) == pytest.approx((0.02, 0.11))
    assert results['count'] == 3


def test_an_answer_to_what_was_not_seen_has_no_latency():
    times = LoopTimes(0.05)
    for stamp in range(REMEMBERED + 1):
        times.observed(stamp, float(stamp))
    times.answered(answer(0), 1.0)
    times.answered(answer(1), 3.0)
    assert times.latencies == [2.0]
