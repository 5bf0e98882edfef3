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
"""Which poses a contract leaves room for."""
import numpy as np

from softq_ros.robot.contract import RobotContract


def within_reach(contract: RobotContract, position: np.ndarray) -> bool:
    """Return whether joints ``(J,)`` lie within their limits and the tool in the workspace."""
    if (position < contract.position_lower).any() or (position > contract.position_upper).any():
        return False
    if contract.workspace_lower is None:
        return True
    tool = contract.chain.position(position)
    return bool((tool >= contract.workspace_lower).all()
                and (tool <= contract.workspace_upper).all())
