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
"""What holds the set-up together: lists that must agree, messages for what is missing, lint."""
import ast
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys

import pytest

ROOT = Path(__file__).resolve().parents[1]
PYTHON_FILES = sorted(path for folder in ('softq_ros', 'test', 'scripts')
                      for path in (ROOT / folder).rglob('*.py')) + [ROOT / 'setup.py']
SOURCES = [path for path in PYTHON_FILES if 'test' not in path.relative_to(ROOT).parts]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding='utf-8')


def run(*words: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120,
                          env=os.environ | environment)


def cmake_nodes() -> set[str]:
    return set(re.search(r'foreach\(node ([^)]*)\)', text('CMakeLists.txt')).group(1).split())


def setup_nodes() -> set[str]:
    for node in ast.parse(text('setup.py')).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == 'NODES':
            return set(ast.literal_eval(node.value))
    raise AssertionError('setup.py has no NODES')


def test_cmake_and_setup_list_exactly_the_nodes_there_are():
    there = {path.stem for path in (ROOT / 'softq_ros' / 'nodes').glob('*_node.py')}
    assert cmake_nodes() == setup_nodes() == there


def test_what_cmake_installs_as_programs_can_be_run():
    for path in [*(ROOT / 'softq_ros' / 'nodes').glob('*_node.py'), ROOT / 'softq_ros' / 'cli.py']:
        source = path.read_text(encoding='utf-8')
        assert source.startswith('#!/usr/bin/env python3\n'), path.name
        assert "\nif __name__ == '__main__':\n" in source, path.name


def test_the_version_is_the_same_everywhere():
    version, = re.findall(r"__version__ = '(.*)'", text('softq_ros/__init__.py'))
    assert f'<version>{version}</version>' in text('package.xml')
    assert f"version='{version}'" in text('setup.py')


def without(tmp_path: Path, missing: set[str]) -> str:
    """Return a folder for PATH that holds what the check calls, some of it missing."""
    for name in {'sh', 'python3', 'cc', 'gcc', 'c++', 'g++', 'cmake', 'ninja'} - missing:
        target = sys.executable if name == 'python3' else shutil.which(name)
        if target:
            (tmp_path / name).symlink_to(target)
    return str(tmp_path)


@pytest.mark.parametrize('missing, words', [
    ({'c++', 'g++'}, ['C++ compiler', 'apt install g++']),
    ({'cc', 'gcc'}, ['C compiler', 'apt install gcc']),
    ({'python3'}, ['python3', 'apt install python3']),
])
def test_a_missing_tool_gets_one_line_that_says_how_to_get_it(tmp_path, missing, words):
    result = run('/bin/sh', 'scripts/check_machine.sh', PATH=without(tmp_path, missing))
    assert result.returncode != 0
    assert result.stderr.count('\n') == 1
    for word in words:
        assert word in result.stderr


def test_another_python_is_refused(tmp_path):
    old = tmp_path / 'python3.9'
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.1\nexit 1\n')
    old.chmod(0o755)
    result = run('/bin/sh', 'scripts/check_machine.sh', PYTHON=str(old))
    assert result.returncode != 0
    assert 'Python 3.9.1; accepted: Python 3.10 to 3.13' in result.stderr


def test_cmake_and_ninja_come_as_wheels_where_they_are_missing(tmp_path):
    path = without(tmp_path, {'cmake', 'ninja'})
    result = run('/bin/sh', 'scripts/check_machine.sh', 'wheels', PATH=path)
    assert result.stdout.split() == ['cmake', 'ninja']


def test_recipes_are_shielded_from_a_sourced_ros(tmp_path):
    (tmp_path / 'rclpy.py').write_text('raise ImportError("the wrong rclpy")\n')
    recipe = 'poisoned: ; @$(CLEAN) $(PROBE) -c "import os, rclpy; print(dict(os.environ))"'
    poison = {name: str(tmp_path) for name in (
        'PYTHONPATH', 'AMENT_PREFIX_PATH', 'CMAKE_PREFIX_PATH', 'COLCON_PREFIX_PATH',
        'LD_LIBRARY_PATH')} | {'_ROS_WHEELS_BOOTSTRAP_COMPLETE': '1', 'ROS_DISTRO': 'humble'}
    result = run('make', f'--eval={recipe}', 'poisoned', f'PROBE={sys.executable}', **poison)
    assert result.returncode == 0, result.stderr
    assert str(tmp_path) not in result.stdout and 'humble' not in result.stdout


def test_what_make_creates_is_out_of_sight_for_colcon_and_git(tmp_path):
    recipe = run('make', '-n', '-B', 'train', 'RUNS=some_runs').stdout
    for folder in ('.venv', 'build', 'some_runs'):
        assert f'touch {folder}/COLCON_IGNORE' in recipe, folder
    ignored = text('.gitignore').split()
    assert {'.venv/', 'build/', 'runs/'} <= set(ignored)


def test_requirements_are_pinned_and_never_name_the_unrelated_launch():
    for path in (ROOT / 'requirements').glob('*.txt'):
        for line in path.read_text(encoding='utf-8').splitlines():
            if line and not line.startswith(('#', '--')):
                assert re.match(r'[\w.\[\]-]+==[\w.+]+(; python_version [<>=]+ "3\.\d+")?$', line)
                assert line.split('=')[0] not in ('launch', 'launch_ros', 'launch-xml')


@pytest.mark.parametrize('path', SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_unpickled_evaluated_or_given_to_a_shell(path):
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.name for alias in node.names] + [getattr(node, 'module', '') or '']
            assert not {'pickle', 'marshal', 'shelve', 'dill', 'joblib'} & set(names)
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ('eval', 'exec', 'os.system', 'os.popen', 'torch.load',
                                  'torch.save', 'yaml.load', 'yaml.unsafe_load'), called
            for keyword in node.keywords:
                if keyword.arg in ('shell', 'allow_pickle'):
                    assert ast.unparse(keyword.value) == 'False', called


def test_every_source_bears_the_licence():
    for path in PYTHON_FILES:
        head = path.read_text(encoding='utf-8').removeprefix('#!/usr/bin/env python3\n')
        assert head.startswith('# Copyright 2026 The softq_ros authors\n'), path
        assert 'Licensed under the Apache License, Version 2.0' in head, path
    assert 'Apache License' in text('LICENSE') and 'Version 2.0, January 2004' in text('LICENSE')


def test_flake8_has_nothing_to_say():
    result = run(sys.executable, '-m', 'flake8', *map(str, PYTHON_FILES))
    assert result.returncode == 0, result.stdout


def test_pydocstyle_has_nothing_to_say():
    result = run(sys.executable, '-m', 'pydocstyle', *map(str, SOURCES))
    assert result.returncode == 0, result.stdout
