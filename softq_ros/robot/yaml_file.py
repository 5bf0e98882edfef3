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
"""Reading a YAML file that somebody wrote by hand: bounded, plain, each key once."""
from pathlib import Path
from reprlib import Repr

import yaml

from softq_ros.errors import ConfigurationError

LARGEST_FILE = 65536  # bytes; a contract has some four thousand
_REPR = Repr()
_REPR.maxlevel = 2


class _SafeLoader(yaml.SafeLoader):
    """Refuses a key given twice, of which YAML would take the last."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = [key for i, key in enumerate(keys) if key in keys[:i]]
        if twice:
            raise yaml.YAMLError(f'{twice[0]}: got it twice; accepted: each field once')
        return super().construct_mapping(node, deep)


def short(value: object) -> str:
    """Return what a message shows of a value that somebody wrote, however large it is."""
    try:
        return _REPR.repr(value)
    except ValueError:  # whole numbers of thousands of digits
        return 'a number of very many digits'


def read_capped(path: Path, most: int) -> str:
    """
    Return the text of a file of at most so many bytes.

    :raises OSError: when it is larger, or no file.
    :raises ValueError: when it is no text.
    """
    if path.exists() and not path.is_file():
        raise OSError('not a file')
    with path.open('rb') as file:
        text = file.read(most + 1)
    if len(text) > most:
        raise OSError(f'larger than {most} bytes')
    return text.decode()


def read_mapping(path: Path) -> dict:
    """
    Return the mapping a YAML file holds.

    :raises ConfigurationError: in one line, naming the file.
    """
    try:
        data = _SafeLoader(read_capped(path, LARGEST_FILE)).get_single_data()
    except (OSError, ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
        reason = ' '.join(str(error).split())
        raise ConfigurationError(f'{path.name}: not readable as YAML: {reason}') from error
    if not isinstance(data, dict):
        raise ConfigurationError(f'{path.name}: file: got {short(data)}; accepted: a mapping of '
                                 'fields')
    return data
