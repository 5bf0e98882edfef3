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
"""
The gate's rules: line and branch coverage, and what becomes of small faults put into them.

Each mutant is the package with one operator, constant, call or statement changed, run against
``test/robot`` in a forked process until the first test fails. Killed mutants are remembered in
``runs/prove/gate_mutation.json`` as long as their file stays as it is; survivors are tried again.
"""
import argparse
import ast
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
import contextlib
import copy
import hashlib
import importlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys

from rows import publish, ROOT, RUNS, table
import yaml

sys.path.insert(0, str(ROOT))

MODULES = ('limits', 'workspace', 'joint_rules', 'effort_rules', 'twist_rules', 'gate', 'ages',
           'arming')
# of each module the tests that find most, and those that are run where they find nothing
FIRST = {'limits': 'limits', 'workspace': 'workspace', 'ages': 'ages', 'arming': 'arming'}
ALL = 'limits workspace gate gate_interfaces ages arming gate_session gate_properties'
STORE = RUNS / 'gate_mutation.json'
LONGEST_SEC = 300
SWAPS = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,), ast.Add: (ast.Sub,), ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,), ast.Div: (ast.Mult,), ast.Pow: (ast.Mult,), ast.And: (ast.Or,),
    ast.Or: (ast.And,)}
NAMES = {'min': 'max', 'max': 'min', 'any': 'all', 'all': 'any', 'minimum': 'maximum',
         'maximum': 'minimum', 'ceil': 'floor'}
# file, line and change of every mutant that no test can tell from the original, and why
EQUIVALENT: dict[str, str] = yaml.safe_load(
    (ROOT / 'test' / 'prove' / 'gate_equivalent.yaml').read_text())


def changed(node: ast.AST) -> Iterator[ast.AST | None]:
    """Yield what may stand in place of one node of a syntax tree."""
    if isinstance(node, ast.Compare):
        for swap in SWAPS.get(type(node.ops[0]), ()):
            yield ast.Compare(node.left, [swap(), *node.ops[1:]], node.comparators)
    elif isinstance(node, ast.BinOp):
        for swap in SWAPS.get(type(node.op), ()):
            yield ast.BinOp(node.left, swap(), node.right)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(SWAPS[type(node.op)][0](), node.values)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        yield ast.Constant(node.value + 1)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield ast.Constant(node.value + 'X')
    elif isinstance(node, (ast.If, ast.IfExp)):
        other = copy.copy(node)
        other.test = ast.UnaryOp(ast.Not(), node.test)
        yield other
    elif isinstance(node, ast.Name) and node.id in NAMES:
        yield ast.Name(NAMES[node.id], node.ctx)
    elif isinstance(node, ast.Call) and getattr(node.func, 'id', '') in ('abs', 'copysign'):
        yield node.args[0]
    elif isinstance(node, ast.Return) and node.value is not None:
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, (ast.Expr, ast.AugAssign)) or (
            isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute)):
        yield ast.Pass()


def fields(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Yield every place of a tree that may be changed, without docstrings and annotations."""
    for name, value in ast.iter_fields(node):
        if name in ('annotation', 'returns', 'decorator_list', 'names', 'bases'):
            continue
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            words = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            if isinstance(child, ast.AST) and not words and not isinstance(child, ast.JoinedStr):
                yield node, name, index if isinstance(value, list) else None, child
                yield from fields(child)


def put(parent: ast.AST, name: str, index: int | None, child: ast.AST) -> None:
    """Put a node in its place."""
    if index is None:
        setattr(parent, name, child)
    else:
        getattr(parent, name)[index] = child


def mutants(module: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the source of every mutant of a module."""
    tree, seen = ast.parse(source(module)), {}
    for parent, name, index, child in fields(tree):
        for new in changed(child):
            line = source(module).splitlines()[child.lineno - 1].strip()
            before = ast.unparse(child).splitlines()[0]
            label = f'{module}: `{line}`: `{before}` becomes `{ast.unparse(new).splitlines()[0]}`'
            seen[label] = seen.get(label, 0) + 1
            put(parent, name, index, ast.fix_missing_locations(ast.copy_location(new, child)))
            yield label + (f' ({seen[label]})' if seen[label] > 1 else ''), ast.unparse(tree)
            put(parent, name, index, child)


def source(module: str) -> str:
    """Return the text of a module of the rules."""
    return (ROOT / 'softq_ros' / 'robot' / f'{module}.py').read_text()


def survives(module: str, text: str, quick: bool) -> bool:
    """
    Return whether no test fails with a module replaced; runs in a process of its own.

    :param quick: run only the examples by hand that are its own.
    """
    import hypothesis
    import pytest
    signal.alarm(LONGEST_SEC)
    hypothesis.settings.register_profile('proof', derandomize=True, database=None)
    hypothesis.settings.load_profile('proof')
    os.environ['SOFTQ_GATE_CASES'] = '1700'
    place = importlib.import_module(f'softq_ros.robot.{module}')
    os.environ['PYTEST_DISABLE_PLUGIN_AUTOLOAD'] = '1'
    try:
        exec(compile(text, place.__file__, 'exec'), place.__dict__)
        for other in MODULES[MODULES.index(module) + 1:]:
            later = importlib.import_module(f'softq_ros.robot.{other}')
            exec(compile(source(other), later.__file__, 'exec'), later.__dict__)
    except Exception:
        return False
    plain = ['-x', '-q', '-p', 'no:cacheprovider', '-p', '_hypothesis_pytestplugin']
    words = (['-m', 'not hypothesis', *paths(FIRST.get(module, 'gate_interfaces'))] if quick
             else paths(ALL))
    with open(os.devnull, 'w') as nothing, contextlib.redirect_stdout(nothing):
        return not pytest.main([*plain, *words])


def paths(names: str) -> list[str]:
    """Return the test files of that name."""
    return [f'test/robot/test_{name}.py' for name in names.split()]


def try_out(job: tuple[str, str, bool]) -> bool:
    """Return whether a mutant survives; one that is killed by a signal does not."""
    context = multiprocessing.get_context('fork')
    answer, end = context.Pipe(False)
    process = context.Process(target=lambda: end.send(survives(*job)))
    process.start()
    end.close()
    try:
        return answer.recv()
    except EOFError:
        return False
    finally:
        process.kill()
        process.join()


def warm_up() -> None:
    """Import once what every mutant needs."""
    os.chdir(ROOT)
    for name in ('hypothesis.stateful', 'hypothesis.extra.numpy', 'pytest', 'yaml',
                 *(f'softq_ros.robot.{module}' for module in MODULES)):
        importlib.import_module(name)


def judged(modules: list[str], jobs: int) -> dict[str, bool]:
    """Return which mutants survive, going on where an earlier run stopped."""
    known = json.loads(STORE.read_text()) if STORE.exists() else {}
    STORE.parent.mkdir(parents=True, exist_ok=True)
    warm_up()
    if not try_out((modules[0], source(modules[0]), False)):
        raise SystemExit('the tests of the rules fail as they are')
    alive = {}
    for module in modules:
        digest = hashlib.sha256(source(module).encode()).hexdigest()[:12]
        alive |= {label: (f'{digest} {label}', module, text) for label, text in mutants(module)}
    result = dict.fromkeys(alive, False)
    alive = {label: job for label, job in alive.items() if job[0] not in known}
    with ProcessPoolExecutor(jobs, multiprocessing.get_context('fork')) as pool:
        for quick in (True, False):
            waiting = [(label, pool.submit(try_out, (*job[1:], quick)))
                       for label, job in alive.items()]
            for label, answer in waiting:
                if answer.result():
                    print('to be tried again:' if quick else 'survives:', label, flush=True)
                else:
                    known[alive.pop(label)[0]] = 'killed'
                    STORE.write_text(json.dumps(known, indent=1))
    return result | dict.fromkeys(alive, True)


def covered() -> str:
    """Return the share of lines and branches of the rules that their tests reach."""
    run = [sys.executable, '-m', 'coverage']
    names = ','.join(f'softq_ros/robot/{module}.py' for module in MODULES)
    data = {'COVERAGE_FILE': str(RUNS / 'coverage'), 'SOFTQ_GATE_CASES': '1700'}
    RUNS.mkdir(parents=True, exist_ok=True)
    tests = sorted(str(path) for path in (ROOT / 'test' / 'robot').glob('test_*.py')
                   if path.stem[5:].startswith(('gate', 'limits', 'workspace', 'ages', 'arming')))
    subprocess.run([*run, 'run', '--branch', f'--include={names}', '-m', 'pytest', '-q', *tests],
                   cwd=ROOT, env=os.environ | data, check=True)
    return subprocess.run([*run, 'report', '--format=markdown'], cwd=ROOT, check=True,
                          env=os.environ | data, capture_output=True, text=True).stdout


def main() -> int:
    """Run what is asked for and write the page; 1 where a mutant survives unexplained."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('modules', nargs='*', default=list(MODULES))
    parser.add_argument('--jobs', type=int, default=2)
    options = parser.parse_args()
    result = judged(options.modules, options.jobs)
    survivors = [label for label, alive in result.items() if alive]
    rows = [[label, EQUIVALENT.get(label, 'not explained')] for label in survivors]
    print(table(['survivor', 'why'], rows))
    if options.modules == list(MODULES):
        publish('gate', 'The rules of the gate', 'python test/prove/gate_mutation.py', [
            covered(), f'{len(result)} mutants, {len(result) - len(rows)} killed; no test can '
            'tell the others from the original.', table(['survivor', 'why'], rows)])
    return int(any(label not in EQUIVALENT for label in survivors))


if __name__ == '__main__':
    raise SystemExit(main())
