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
"""What verbs share: words for a task, and how a result is shown."""
import argparse
import json

from softq_ros.errors import ConfigurationError

UNDISTURBED = 'none'
SCRIPTED = 'scripted'  # in place of a policy: the controller somebody wrote for the task
FIRST_CHOICE = {'task': 'sawyer_stack', 'algorithm': 'sql', 'seed': 0}


def add_option(verb: argparse.ArgumentParser) -> None:
    """Let a verb take options of the task."""
    verb.add_argument('--option', action='append', default=[], metavar='NAME=VALUE',
                      help='of the task, in place of what its file says, such as horizon=50; '
                      'may be repeated')


def add_recipe(verb: argparse.ArgumentParser) -> None:
    """Let a verb take how policies are composed."""
    verb.add_argument('--weights', nargs='+', type=float, default=[],
                      help='of each, summing to 1; equal when left out')
    verb.add_argument('--temperature', type=float, default=1.0,
                      help='factor on those of training: with N policies 1 averages their Qs, '
                      '1/N adds them up, as the authors\' program does')


def read_values(word: str, options: argparse.Namespace) -> dict:
    """Return what ``--set`` or ``--option`` gave, by name."""
    from softq_ros.tasks.catalogue import read_options
    try:
        return read_options(getattr(options, word))
    except ConfigurationError as error:
        raise ConfigurationError(f'--{word}: {error}') from error


def show(result: dict, as_json: bool) -> None:
    """Print a result, as one JSON object or line by line."""
    if as_json:
        print(json.dumps(result))
    else:
        for name, value in result.items():
            print(f'{name}: {value}')
