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
"""Thin shells around the rooms below: the only modules that import rclpy."""
from pathlib import Path
import signal
import sys

from softq_ros import one_thread  # noqa: F401

if sys.argv and (sys.argv[0] == '-m' or Path(sys.argv[0]).stem.endswith('_node')):
    # a node's process that is interrupted while it still imports ends without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)
