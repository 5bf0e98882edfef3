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
"""A node's process leaves nothing of the middleware behind when it ends."""
import subprocess
import sys
import textwrap

import pytest

NODES = textwrap.dedent('''
    from pathlib import Path
    import rclpy
    from rclpy.node import Node
    from softq_ros.errors import ConfigurationError
    from softq_ros.nodes.run import live, run_node


    class Ending(Node):
        """Has a timer, a node beside it, and is done at the third call."""

        def __init__(self) -> None:
            super().__init__('ending')
            self.beside = Node('beside_it')
            self.done, self._calls, self.exit_code = False, 0, 3
            self.create_timer(0.01, self._count)

        def _count(self) -> None:
            self._calls += 1
            self.done = self._calls == 3


    def refusing() -> Node:
        node = Node('refusing')
        raise ConfigurationError(f'got {node.get_name()}; accepted: nothing')

''')
LIVE = textwrap.dedent('''
    code = live({maker})
    threads = (path.read_text().strip() for path in Path('/proc/self/task').glob('*/comm'))
    print(code, rclpy.ok(), sorted(name for name in threads if name.startswith('dds.')
                                   and name != 'dds.shm.wdog'))  # one for all, never ended
''')
RUN = textwrap.dedent('''
    import atexit
    atexit.register(print, 'and what libraries add')
    print('the last word', end='')
    run_node({maker})
''')


def run(words: str, maker: str) -> subprocess.CompletedProcess:
    """Run a process of these nodes to its end."""
    return subprocess.run([sys.executable, '-c', NODES + words.replace('{maker}', maker)],
                          capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize('maker, code', [('Ending', 3), ('refusing', 2)])
def test_no_thread_of_the_middleware_outlives_its_nodes(ros_environment, maker, code):
    done = run(LIVE, maker)
    assert done.stdout.splitlines()[-1] == f'{code} False []', done.stderr


@pytest.mark.parametrize('maker, code', [('Ending', 3), ('refusing', 2)])
def test_nothing_runs_behind_the_last_word(ros_environment, maker, code):
    done = run(RUN, maker)
    assert (done.returncode, done.stdout) == (code, 'the last word'), done.stderr
