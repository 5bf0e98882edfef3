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
"""Whether the gate lets anything through: disarmed, armed, or stopped until somebody arms it."""
import os
from pathlib import Path

from softq_ros.errors import ConfigurationError
from softq_ros.robot.contract import RobotContract


class Arming:
    """
    Armed or not, and a stop that outlives the process.

    :param contract: whether the robot may be armed on start, which only a simulated one may.
    :param stop_file: exists while stopped; nothing is latched through restarts without it.
    """

    def __init__(self, contract: RobotContract, stop_file: Path | None = None) -> None:
        """Come up disarmed, or armed where the contract allows it and no stop is latched."""
        self._simulated = contract.simulated
        self._file = stop_file
        self._faulted = False
        try:
            self.stopped = stop_file is not None and stop_file.exists()
            if stop_file is not None:
                stop_file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f'stop_file {stop_file}: {error}') from error
        self.armed = contract.simulated and contract.arm_on_start and not self.stopped
        self.why = '' if self.armed else 'stopped' if self.stopped else 'not armed'

    def arm(self) -> None:
        """Clear a stop or fault and let commands through."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)
            self._sync_folder()
        self.stopped, self.armed, self._faulted, self.why = False, True, False, ''

    def stop(self, why: str) -> None:
        """Latch a stop; also on disk, so that a restarted process stays stopped."""
        self.stopped, self.armed, self.why = True, False, why
        if self._file is not None:
            handle = os.open(self._file, os.O_WRONLY | os.O_CREAT, 0o600)
            os.fsync(handle)  # that the file is there says it all, so it cannot be half written
            os.close(handle)
            self._sync_folder()

    def fault(self, why: str) -> None:
        """Disarm after a fault; a stop stays a stop."""
        self._faulted = self._faulted or self.armed
        self.armed = False
        self.why = self.why if self.stopped else why

    def new_episode(self) -> None:
        """Arm again after a fault: only in simulation, and never over a stop."""
        if self._simulated and self._faulted and not self.stopped:
            self.armed, self._faulted, self.why = True, False, ''

    def _sync_folder(self) -> None:
        handle = os.open(self._file.parent, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
