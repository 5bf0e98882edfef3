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
"""``softq launch FILE [name:=value ...]``."""
import os
from pathlib import Path
import sys

from softq_ros.errors import accepted, ConfigurationError
from softq_ros.launching.reader import arguments_of, parse, Reader
from softq_ros.launching.supervisor import Supervisor
from softq_ros.paths import known, share

USAGE = 'softq launch FILE [name:=value ...]; --show-args lists the arguments of the file'


def find_file(name: str) -> Path:
    """
    Return a launch file by path, or by name in ``launch``.

    :raises ConfigurationError: listing those there are.
    """
    if Path(name).is_file():
        return Path(name).resolve()
    short = Path(name).name.removesuffix('.xml').removesuffix('.launch')
    names = known('launch', '.launch.xml')
    if short not in names:
        raise ConfigurationError(f'launch file: {accepted(name, names)}')
    return share('launch', f'{short}.launch.xml')


def _given(words: list[str]) -> dict[str, str]:
    for word in words:
        if ':=' not in word:
            raise ConfigurationError(f'launch argument: got {word!r}; accepted: name:=value')
    return dict(word.split(':=', 1) for word in words)


def main(argv: list[str]) -> int:
    """Read a launch file, run it and return the exit code of what ended it."""
    words = [word for word in argv if not word.startswith('-')]
    if not words or '--help' in argv or '-h' in argv:
        print(USAGE)
        return 0 if words or {'--help', '-h'} & set(argv) else 2
    path = find_file(words[0])
    if '--show-args' in argv:
        for a in arguments_of(parse(path)):
            default = f'(default: {a.default!r})' if a.default is not None else '(required)'
            print(f'{a.name}: {a.description} {default} {" | ".join(a.choices)}'.rstrip())
        return 0
    reader = Reader(path, _given(words[1:]))
    for message in reader.messages:
        print(message, flush=True)
    os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    sys.stdout.flush()
    return Supervisor(reader.processes).run()
