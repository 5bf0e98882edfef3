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
"""Imports point down: the arrows between the rooms of the house, read from the syntax trees."""
import ast
from pathlib import Path
import subprocess
import sys

import pytest

import softq_ros

ROOT = Path(softq_ros.__file__).parent
BASE = {'errors', 'paths', 'records'}
MESSAGES = {'msg', 'srv', 'action'}
LOW = BASE | {'learning', 'tasks', 'robot'}
HIGH = LOW | {'policies', 'simulation', 'training', 'bridge'} | MESSAGES
# room: what of this package it may import beside itself
ARROWS = {
    'errors': set(), 'one_thread': set(), 'paths': {'errors'}, 'records': {'errors'},
    'learning': BASE, 'robot': BASE, 'tasks': BASE | {'robot'},
    'policies': LOW, 'simulation': LOW,
    'training': LOW | {'policies', 'simulation', '__version__'},
    'bridge': LOW | {'policies', 'simulation'} | MESSAGES,
    'nodes': HIGH | {'one_thread'}, 'launching': BASE, 'verbs': HIGH | {'launching'},
    'cli': {'errors', 'one_thread', 'verbs'}, '__init__': set(),
}
# package from outside: where it may be imported
ONLY_IN = {
    'rclpy': {'nodes'}, 'rcl_interfaces': {'nodes'}, 'mujoco': {'simulation'},
    'gymnasium': {'simulation'}, 'torch': {'learning', 'training'},
    'std_msgs': {'bridge', 'nodes'}, 'sensor_msgs': {'bridge', 'nodes'},
    'geometry_msgs': {'bridge', 'nodes'}, 'rosgraph_msgs': {'nodes'},
    'matplotlib': {'training'}, 'rich': {'training'}, 'launch': set(), 'launch_ros': set(),
}
WITHOUT_TORCH = ['softq_ros.learning', 'softq_ros.learning.actor', 'softq_ros.learning.replay',
                 'softq_ros.robot.gate', 'softq_ros.training.interaction',
                 'softq_ros.nodes.policy_node', 'softq_ros.nodes.gate_node']


def room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix('.py')


def imports(path: Path) -> set[str]:
    """Return the dotted names of everything a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f'{path}: relative import'
            found |= {f'{node.module}.{alias.name}' for alias in node.names}
    return found


FILES = sorted(ROOT.rglob('*.py'))


def test_every_room_stands_in_the_table_and_no_other():
    assert {room(path) for path in FILES} == set(ARROWS)


@pytest.mark.parametrize('path', FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path):
    here = room(path)
    for name in imports(path):
        first, *rest = name.split('.')
        if first == 'softq_ros':
            assert rest[0] == here or rest[0] in ARROWS[here], f'{here} -> {name}'
        assert here in ONLY_IN.get(first, {here}), f'{here} imports {first}'


def test_nodes_do_not_import_each_other():
    for path in (ROOT / 'nodes').glob('*_node.py'):
        others = [name for name in imports(path) if name.split('.')[2:3]
                  and name.startswith('softq_ros.nodes.') and name.split('.')[2].endswith('_node')]
        assert not others, f'{path.name} imports {others}'


def test_torch_is_imported_by_learner_and_its_benchmarks_alone_in_training():
    users = {path.name for path in (ROOT / 'training').glob('*.py')
             for node in ast.parse(path.read_text(encoding='utf-8')).body
             if isinstance(node, (ast.Import, ast.ImportFrom))
             for name in imports_of(node) if name.split('.')[0] == 'torch'}
    assert users == {'learner.py', 'bench_learner.py', 'bench_speed.py'}


def imports_of(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or '']


def test_what_flies_a_robot_never_imports_torch():
    code = (f'import importlib, sys\nfor name in {WITHOUT_TORCH}:\n'
            '    importlib.import_module(name)\n'
            '    assert "torch" not in sys.modules, name\n')
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True,
                            timeout=60, cwd=ROOT.parent)
    assert result.returncode == 0, result.stderr
