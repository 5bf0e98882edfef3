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
"""Where the data lies: a source checkout, a ROS installation or a virtual environment."""
import os
from pathlib import Path
import sys

from softq_ros.errors import ConfigurationError

PACKAGE = 'softq_ros'


def _candidates() -> list[Path]:
    source = Path(__file__).resolve().parent.parent
    prefixes = [Path(p) for p in os.environ.get('AMENT_PREFIX_PATH', '').split(':') if p]
    own = source.parents[2:3]  # <prefix>/lib/python3/site-packages
    return [source, *(p / 'share' / PACKAGE for p in [*own, *prefixes, Path(sys.prefix)])]


def share(*parts: str) -> Path:
    """
    Return a path below the folder that holds ``config``, ``launch``, ``sim`` and ``policies``.

    :raises ConfigurationError: when no such folder is found.
    """
    for root in _candidates():
        if (root / 'config' / 'tasks').is_dir():
            return root.joinpath(*parts)
    raise ConfigurationError(
        f'no folder with config/tasks; looked in {[str(p) for p in _candidates()]}')


def known(folder: str, suffix: str = '.yaml') -> list[str]:
    """Return the sorted names of what lies in a data folder, without their suffix."""
    root = share(*folder.split('/'))
    return sorted(p.name.removesuffix(suffix) for p in root.glob(f'*{suffix}'))
