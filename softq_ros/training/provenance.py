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
"""What a result depends on beside its settings."""
from importlib import metadata
from pathlib import Path
import platform
import subprocess

from softq_ros import __version__
from softq_ros.paths import share


def processor() -> str:
    """Return the name of the processor, on which times and last digits depend, or nothing."""
    info = Path('/proc/cpuinfo')
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(':', 1)[1].strip() for line in lines if line.startswith('model name')]
    return names[0] if names else ''


def versions() -> dict[str, str]:
    """Return the versions that a result depends on, and the processor."""
    found = {'python': platform.python_version(), 'processor': processor(),
             'softq_ros': __version__}
    for name in ('torch', 'numpy', 'mujoco'):
        found[name] = metadata.version(name)
    return found


def commit() -> str:
    """Return the commit of the source checkout, with a plus when it was changed; or nothing."""
    root = share()
    if not (root / '.git').exists():
        return ''
    git = ['git', '-C', str(root)]
    try:
        head = subprocess.run([*git, 'rev-parse', '--short', 'HEAD'], capture_output=True,
                              text=True, timeout=5).stdout.strip()
        dirty = subprocess.run([*git, 'status', '--porcelain', '--untracked-files=no'],
                               capture_output=True, text=True, timeout=5).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ''
    return head + '+' * bool(dirty)
