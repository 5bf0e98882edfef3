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
"""Quality of service of every topic, in one place (DESIGN section 5)."""
from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy


def _reliable(depth: int, durability: DurabilityPolicy = DurabilityPolicy.VOLATILE) -> QoSProfile:
    return QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=depth, durability=durability,
                      reliability=ReliabilityPolicy.RELIABLE)


STATE = _reliable(10)
# hears reliable drivers and others; unasked for, acknowledgements would cost a fifth of a step
STATE_HEARD = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=10,
                         reliability=ReliabilityPolicy.BEST_EFFORT)
EXECUTED = _reliable(10)
TRANSITIONS = _reliable(10_000)
EPISODES = _reliable(100)
LATCHED = _reliable(1, DurabilityPolicy.TRANSIENT_LOCAL)
DRIVER = _reliable(1)


def command(stepping: str) -> QoSProfile:
    """Return the profile of ``policy/command``: reliable in lockstep, fresh in realtime."""
    if stepping == 'lockstep':
        return _reliable(1)
    return QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=1,
                      reliability=ReliabilityPolicy.BEST_EFFORT, lifespan=Duration(seconds=0.2))
