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
"""What README.md tells people to type and to look at is there."""
from pathlib import Path
import re
import shlex

import pytest

from softq_ros import cli, launching
from softq_ros.launching.plan import make_plan
from softq_ros.paths import share
from softq_ros.policies.bundle import find_bundle, load_bundle
from softq_ros.policies.choice import read_choice, spelled
from softq_ros.policies.composed import make_actor, task_for
from softq_ros.simulation.gymnasium_task import GymnasiumTask
from softq_ros.tasks.catalogue import load_task
from softq_ros.training.settings import is_environment
from softq_ros.verbs.words import SCRIPTED

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / 'README.md').read_text(encoding='utf-8')
LINES = [line.split('#')[0].strip() for block in re.findall(r'```sh\n(.*?)```', README, re.S)
         for line in block.splitlines() if line.split('#')[0].strip()]
MAKEFILE = (ROOT / 'Makefile').read_text(encoding='utf-8')


def commands(word: str) -> list[list[str]]:
    found = [shlex.split(line)[1:] for line in LINES if line.startswith(word + ' ')]
    assert found, f'README.md has no command that begins with {word}'
    return found


def check_launch(words: list[str]) -> None:
    path = launching.find_launch_file(words[0])
    given = launching.arguments(words[1:])
    make_plan(path, given)
    if not given.get('task', 'my_').startswith('my_'):  # the reader's own
        load_task(given['task'])


@pytest.mark.parametrize('words', commands('make'), ids=' '.join)
def test_make_has_the_target_and_the_variables(words):
    for word in words:
        name, sign, _ = word.partition('=')
        pattern = rf'^{name} \?=' if sign else rf'^{name}:'
        assert re.search(pattern, MAKEFILE, re.M), word


@pytest.mark.parametrize('words', commands('softq'), ids=' '.join)
def test_softq_takes_the_words(words):
    if words[0] == 'launch':
        check_launch(words[1:])
        return
    options = cli._parser().parse_args(words)
    task = getattr(options, 'task', '')
    if task:
        GymnasiumTask(task) if is_environment(task) else load_task(task)
    for bundle in getattr(options, 'bundle', []):
        if bundle == SCRIPTED:
            load_task(task).scripted()
            continue
        if bundle.startswith('runs/'):  # what the reader has trained
            assert bundle.endswith('/policy')
            continue
        names = read_choice(spelled(bundle), options.weights, options.temperature).names
        bundles = {name: load_bundle(find_bundle(name)) for name in names}
        if not is_environment(bundles[names[0]].manifest.task):
            make_actor(bundles, task_for(bundles, task, {}), options.weights, options.temperature)


@pytest.mark.parametrize('words', commands('ros2'), ids=' '.join)
def test_ros2_launch_finds_our_file_and_arguments(words):
    assert words[:2] == ['launch', 'softq_ros']
    check_launch([words[2].removesuffix('.launch.xml'), *words[3:]])


def test_what_it_shows_and_points_at_is_there():
    for path in re.findall(r'!\[.*?\]\((.*?)\)', README):
        assert (ROOT / path).is_file(), path
    places = re.search(r'```text\n(softq_ros/learning .*?)```', README, re.S).group(1)
    for place in re.findall(r'(?:^|\s)([\w/]+/(?:[\w.]+)?|docs/design\.md)(?=\s)', places):
        assert share(place).exists(), place
