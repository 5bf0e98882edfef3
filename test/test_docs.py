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
"""What the pages for people with a robot tell to type is there, and every word of the gate."""
import ast
from pathlib import Path
import re
import shlex

import pytest
import yaml

from softq_ros import cli, launching
from softq_ros.launching.plan import declared, make_plan
from softq_ros.nodes.pad import load_pad
from softq_ros.robot.contract_fields import FIELDS

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / 'docs/real_robot.md').read_text(encoding='utf-8')
SAFETY = (ROOT / 'docs/safety.md').read_text(encoding='utf-8')
WORDS = re.compile(r'[a-z]+([ /][a-z]+)*')
SOURCE = ' '.join(path.read_text(encoding='utf-8')
                  for path in (ROOT / 'softq_ros/nodes').glob('*.py'))
HOLDS = {  # the functions, and the calls, that name a reason to hold
    'nodes/gate_node.py': ((), ('_fault', '_stay', '_stop')),
    'nodes/gate_judge.py': (('_overtaken',), ('fault', 'hold')),
    'nodes/gate_watch.py': (('not_ready', 'count_publishers'), ()),
    'robot/ages.py': (('observation_late', 'observation_refusal', 'command_late',
                       'stamp_refusal'), ()),
    'robot/arming.py': (('__init__',), ())}
RULES = ('gate', 'limits', 'joint_rules', 'effort_rules', 'twist_rules', 'workspace')


def shell_lines() -> list[str]:
    blocks = re.findall(r'```sh\n(.*?)```', PAGE, re.S)
    spans = re.findall(r'`((?:softq|ros2|python) [^`]*)`', ' '.join(PAGE.split()))
    lines = [line for block in blocks for line in block.splitlines()] + spans
    return [line.split('#')[0].strip() for line in lines if line.split('#')[0].strip()]


def commands(*words: str) -> list[list[str]]:
    split = [shlex.split(line) for line in shell_lines()]
    return [line[len(words):] for line in split if line[:len(words)] == list(words)]


def said(node: ast.AST) -> set[str]:
    """Return the words that an expression may become."""
    if isinstance(node, ast.Constant):
        text = str(node.value).strip(': ')
        return {text} if WORDS.fullmatch(text) else set()
    if isinstance(node, ast.Call) and getattr(node.func, 'id', '') not in ('next', 'Executed'):
        return set()
    parts = {ast.IfExp: ('body', 'orelse'), ast.BoolOp: ('values',), ast.Tuple: ('elts',),
             ast.Call: ('args',), ast.GeneratorExp: ('elt',), ast.JoinedStr: ('values',),
             ast.FormattedValue: ('value',)}
    found = [getattr(node, name) for name in parts.get(type(node), ())]
    flat = [row for part in found for row in (part if isinstance(part, list) else [part])]
    return set().union(*map(said, flat))


def results(tree: ast.AST) -> set[str]:
    """Return the words that are returned or assigned anywhere in a tree."""
    return set().union(*(said(node.value) for node in ast.walk(tree)
                         if isinstance(node, (ast.Return, ast.Assign)) and node.value))


def parse(name: str) -> ast.Module:
    return ast.parse((ROOT / 'softq_ros' / name).read_text(encoding='utf-8'))


def hold_reasons() -> set[str]:
    """Return the words of every hold, read from the syntax trees."""
    found = set()
    for name, (functions, calls) in HOLDS.items():
        for node in ast.walk(parse(name)):
            if isinstance(node, ast.FunctionDef) and node.name in functions:
                found |= results(node)
            if isinstance(node, ast.Call) and getattr(node.func, 'attr', '') in calls:
                found |= set().union(*map(said, node.args))
    return found


def limit_reasons() -> set[str]:
    """Return what the rules call the limit that changed a command."""
    return set().union(*(results(parse(f'robot/{name}.py')) for name in RULES))


def check_launch(name: str, words: list[str]) -> None:
    path = launching.find_launch_file(name)
    given = launching.arguments(words)
    if 'robot' in given:
        robot = ROOT / given['robot']
        given['robot'] = str(robot) if robot.exists() else 'generic_ros2_control'
    make_plan(path, given)


@pytest.mark.parametrize('words', commands('softq'), ids=' '.join)
def test_softq_takes_the_words(words):
    if words[0] == 'launch':
        check_launch(words[1], words[2:])
    else:
        cli._parser().parse_args(words)


@pytest.mark.parametrize('words', commands('ros2', 'launch', 'softq_ros'), ids=' '.join)
def test_ros2_launch_finds_our_file_and_arguments(words):
    check_launch(words[0].removesuffix('.launch.xml'), words[1:])


def test_every_launch_argument_of_a_robot_is_on_the_page():
    arguments = {element.get('name') for name in ('train', 'play')
                 for element in declared(launching.elements.read(
                     ROOT / 'launch' / f'{name}.launch.xml'))}
    for name in {'mode', 'robot', 'resets', 'hands', 'exploration', 'resume'}:
        assert name in arguments and f'{name}:=' in PAGE, name


@pytest.mark.parametrize('words', commands('ros2', 'service', 'call'), ids=' '.join)
def test_services_are_served_under_their_names(words):
    assert words[1] == 'std_srvs/srv/Trigger'
    assert f"(Trigger, '{words[0][1:]}'" in SOURCE


@pytest.mark.parametrize('words', commands('ros2', 'topic', 'echo'), ids=' '.join)
def test_topics_are_published_under_their_names(words):
    assert re.search(rf"create_publisher\(\w+, '{words[0][1:]}'", SOURCE)


@pytest.mark.parametrize('field', FIELDS)
def test_every_field_of_a_contract_is_explained(field):
    table = PAGE.split('## The contract')[1].split('```sh')[0]
    assert f'`{field}`' in table


def test_the_reasons_found_in_the_code_are_many():
    assert {'no command', 'no observation', 'frozen observation', 'not armed', 'estop', 'refused',
            'second publisher', 'not ready', 'time went back', 'shutdown'} <= hold_reasons()
    assert {'ramp', 'range', 'acceleration', 'joint limit', 'braking', 'workspace', 'lead',
            'effort rate'} <= limit_reasons()


@pytest.mark.parametrize('reason', sorted(hold_reasons() | limit_reasons()))
def test_every_reason_to_hold_or_to_limit_is_explained(reason):
    assert f'`{reason}`' in PAGE.split('## What the gate says')[1].split('## Arm')[0]


@pytest.mark.parametrize('name, fields', [
    ('PolicyStatus', 'state reason missed step_rate act_p99_sec human_share'),
    ('LearnerStatus', 'steps_behind'), ('GateStatus', 'armed holding why reasons counts limited'),
    ('Episode', 'human cause')])
def test_fields_of_a_message_are_there_and_on_the_page(name, fields):
    message = (ROOT / f'msg/{name}.msg').read_text(encoding='utf-8')
    for field in fields.split():
        assert re.search(rf'^[\w\[\]/]+ {field}\b', message, re.M) and field in PAGE, field


def test_the_pad_is_as_the_page_says():
    pad = load_pad('game_controller')
    assert (pad.takeover_button, pad.success_button, pad.failure_button) == (9, 0, 1)
    assert pad.axes[:3] == (1, 0, 3) and pad.axes[5] == 2
    assert pad.speed[:3] == (0.1, 0.1, 0.1) and pad.speed[5] == 0.5


def test_every_page_names_tests_and_files_that_are_there():
    for name in re.findall(r'`((?:test|config|docs)/[\w/.]+)`', PAGE + SAFETY):
        assert (ROOT / name).exists(), name
    for name in re.findall(r'`(\w+)`(?:,| or|\))', PAGE.split('Copy the nearest')[1][:200]):
        assert yaml.safe_load((ROOT / f'config/robots/{name}.yaml').read_text())['name'] == name


def test_it_says_at_its_top_that_no_arm_has_been_moved():
    assert '**Simulation and stand-in only so far.**' in PAGE.split('##')[0]
