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
"""What stands for a robot on a computer: plants, and gymnasium environments made of them."""
import os

if not os.environ.get('DISPLAY'):
    # mujoco settles how it draws when it is first imported
    os.environ.setdefault('MUJOCO_GL', 'egl')

from softq_ros.simulation.registration import register_environments  # noqa: E402, I100

register_environments()
