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
"""What the tests of nodes share."""
import pytest

from test.support.gate_graph import contract_file, graph


@pytest.fixture
def arm(tmp_path, ros_environment):
    """Return what makes a graph around a hardware contract of an interface, with changes."""
    def make(interface: str = 'velocity', parameters=(), **changes):
        return graph('realtime', domain=int(ros_environment), **dict(parameters),
                     contract=contract_file(tmp_path, interface, **changes))
    return make
