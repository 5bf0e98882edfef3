#!/usr/bin/env python3
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
"""The ``softq`` command: errors are one line, exit 2."""
import argparse
import sys

from softq_ros import one_thread, verbs  # noqa: F401
from softq_ros.errors import ConfigurationError, SoftqError


class Parser(argparse.ArgumentParser):
    """Raises our error instead of printing the usage."""

    def error(self, message: str) -> None:
        """Refuse in one line."""
        raise ConfigurationError(f'{message}; {self.prog} --help says more')


def _parser() -> Parser:
    parser = Parser(prog='softq', description=__doc__)
    choices = parser.add_subparsers(dest='verb', required=True, parser_class=Parser)
    for verb in verbs.VERBS:
        words = choices.add_parser(verb.name, help=verb.text, description=verb.text)
        words.set_defaults(run_verb=verb.run)
        words.add_argument('--json', action='store_true',
                           help='one JSON object as the last line')
        verb.add(words)
    launch = choices.add_parser('launch', help='run a launch file without ros2 launch',
                                add_help=False)
    launch.add_argument('arguments', nargs=argparse.REMAINDER)
    launch.set_defaults(run_verb=verbs.launch)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one verb and return the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        if argv[:1] == ['launch']:
            return verbs.launch(argparse.Namespace(arguments=argv[1:]))
        options = _parser().parse_args(argv)
        return options.run_verb(options)
    except (SoftqError, OSError) as error:
        print(f'softq: {" ".join(str(error).split())}', file=sys.stderr)
        return 2


if __name__ == '__main__':
    raise SystemExit(main())
