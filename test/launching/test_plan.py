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
"""The subset of launch XML: what it means and what it refuses."""
from pathlib import Path

import pytest

from softq_ros.errors import ConfigurationError
from softq_ros.launching import arguments, command, find_launch_file, main
from softq_ros.launching.plan import make_plan, NodePlan
from softq_ros.launching.substitutions import equal, expand, Scope, truth
from softq_ros.paths import known, share

NODE = '<node pkg="softq_ros" exec="gate_node"/>'


def write(folder: Path, body: str, name: str = 'a.launch.xml') -> Path:
    path = folder / name
    path.write_text(f'<launch>\n{body}\n</launch>\n', encoding='utf-8')
    return path


def nodes(folder: Path, body: str, **given: str) -> list[NodePlan]:
    return make_plan(write(folder, body), given).nodes


def refusal(folder: Path, body: str, **given: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        make_plan(write(folder, body), given)
    return str(caught.value)


@pytest.mark.parametrize('name', known('launch', '.launch.xml'))
def test_every_shipped_file_is_inside_the_subset_and_describes_each_argument(name):
    path = share('launch', f'{name}.launch.xml')
    assert make_plan(path, {}).nodes
    text = path.read_text(encoding='utf-8')
    assert text.count('description="') == text.count('default="')


@pytest.mark.parametrize('body, words', [
    ('<timer period="1"/>', ['a.launch.xml:2:', '<timer>', 'accepted: arg, group']),
    ('\n<node pkg="softq_ros" exec="gate_node" machine="x"/>', ['a.launch.xml:3:', 'machine']),
    ('<node exec="gate_node"/>', [':2:', 'lacks its attribute pkg']),
    ('<node pkg="other" exec="gate_node"/>', [':2:', "'other'", 'softq_ros']),
    ('<node pkg="softq_ros" exec="gait_node"/>', [':2:', "'gait_node'", 'gate_node']),
    ('<let name="a" value="$(eval 1)"/>', [':2:', '$(eval)', 'accepted: and, dirname']),
    ('<let name="a" value="$(var b)"/>', [':2:', '$(var b) is not set']),
    ('<let name="a" value="$(var b"/>', [':2:', 'not closed']),
    ('<let name="a" value="$(equals 1)"/>', [':2:', 'got 1 arguments; accepted: 2']),
    (f'<group if="perhaps">{NODE}</group>', [':2:', "'perhaps'", 'bool']),
    ('<arg name="a"/>', [':2:', 'a has no default', 'a:=value']),
    ('<arg name="a" default="c"><choice value="b"/></arg>', [':2:', "'c'", 'accepted: b']),
    ('hello', [':2:', "'hello'"]),
    ('<launch/>', [':2:', '<launch>']),
    ('<include file="$(dirname)/none.xml"/>', ['none.xml', 'No such file']),
    ('<include file="$(dirname)/a.launch.xml"/>', ['more than 10 deep']),
    ('<arg name="a"', [':3:']),
])
def test_what_is_outside_the_subset_is_refused_by_name_and_line(tmp_path, body, words):
    text = refusal(tmp_path, body)
    assert '\n' not in text
    for word in words:
        assert word in text


def test_a_document_type_is_refused(tmp_path):
    path = tmp_path / 'a.xml'
    path.write_text('<!DOCTYPE launch [<!ENTITY a "b">]><launch/>', encoding='utf-8')
    with pytest.raises(ConfigurationError, match='document type'):
        make_plan(path, {})


def test_an_unknown_argument_is_refused_listing_the_accepted_ones(tmp_path):
    body = '<arg name="task" default="x"/><group><arg name="seed" default="0"/></group>'
    assert "got 'tsk'; accepted: seed, task" in refusal(tmp_path, body, tsk='y')


def test_parameters_are_typed_as_asked_and_through_yaml_otherwise(tmp_path):
    rows = [('a', '10', 'float', 10.0), ('b', '10', 'int', 10), ('c', 'on', 'str', 'on'),
            ('d', 'True', 'bool', True), ('e', '10', None, 10), ('f', '[1, 2]', None, [1, 2])]
    params = ''.join(f'<param name="{n}" value="{v}"' + (f' type="{t}"' if t else '') + '/>'
                     for n, v, t, _ in rows)
    node, = nodes(tmp_path, f'<node pkg="softq_ros" exec="gate_node">{params}</node>')
    merged = {name: value for part in node.parameters for name, value in part.items()}
    assert merged == {n: want for n, _, _, want in rows}
    assert all(type(merged[n]) is type(want) for n, _, _, want in rows)


def test_a_value_of_another_type_is_refused(tmp_path):
    body = ('<node pkg="softq_ros" exec="gate_node">'
            '<param name="seed" value="one" type="int"/></node>')
    assert "got 'one'; accepted: int" in refusal(tmp_path, body)


def test_groups_choose_and_keep_their_changes_to_themselves(tmp_path):
    body = ('<arg name="mode" default="sim"/>'
            '<group if="$(equals $(var mode) sim)"><push-ros-namespace namespace="left"/>'
            f'<set_env name="SIDE" value="left"/>{NODE}</group>'
            f'<group unless="$(equals $(var mode) sim)">{NODE}{NODE}</group>{NODE}')
    first, second = nodes(tmp_path, body)
    assert (first.namespace, first.environment['SIDE']) == ('left', 'left')
    assert second.namespace == '' and 'SIDE' not in second.environment
    assert [n.namespace for n in nodes(tmp_path, body, mode='robot')] == ['', '', '']


def test_an_include_gets_its_arguments_and_its_own_folder(tmp_path):
    (tmp_path / 'sub').mkdir()
    write(tmp_path / 'sub', '<arg name="name" default="x"/>'
          '<node pkg="softq_ros" exec="gate_node" name="$(var name)"/>'
          '<log message="$(dirname)"/>', 'b.xml')
    path = write(tmp_path, '<include file="$(dirname)/sub/b.xml"><arg name="name" value="g2"/>'
                 '</include><log message="$(dirname)"/>')
    plan = make_plan(path, {})
    assert [node.name for node in plan.nodes] == ['g2']
    assert plan.messages == [str(tmp_path / 'sub'), str(tmp_path)]


def test_substitutions_nest_and_quotes_keep_spaces():
    scope = Scope(Path('/a/b.xml'), {'x': 'y z', 'k': 'x'}, {'HOME': '/h'})
    assert expand('1 $(var x) 2 $(var $(var k))', scope) == '1 y z 2 y z'
    assert expand('$(env HOME)$(env NONE "a b")$(env NONE \'\')', scope) == '/ha b'
    assert expand('$(and $(not false) $(or 0 $(not-equals a b)))', scope) == 'true'
    assert expand('$(dirname)', scope) == '/a'


def test_comparison_is_that_of_launch():
    assert equal('true', '1') and equal('1.0', '1.00') and equal('a', 'a')
    assert not equal('a', 'b') and not equal('', '0')
    assert truth(' TRUE ') and not truth('0')


def test_a_node_keeps_its_own_name_so_that_a_second_one_beside_it_does_too(tmp_path):
    body = ('<node pkg="softq_ros" exec="policy_node" name="policy"/>'
            '<node pkg="softq_ros" exec="policy_node" name="other" namespace="arm">'
            '<param name="seed" value="3" type="int"/><remap from="a" to="b"/></node>')
    first, second = nodes(tmp_path, body)
    assert command(first, tmp_path)[2:] == ('softq_ros.nodes.policy_node', '--ros-args')
    words = command(second, tmp_path)
    assert words[3:10] == ('--ros-args', '-r', 'policy:__node:=other', '-r', '__ns:=/arm', '-r',
                           'a:=b')
    text = Path(words[-1]).read_text(encoding='utf-8')
    assert text == '/**:\n  ros__parameters:\n    seed: 3\n'


def test_a_parameter_file_is_expanded_only_when_asked(tmp_path):
    (tmp_path / 'p.yaml').write_text('/**: {ros__parameters: {a: $(var x)}}', encoding='utf-8')
    body = ('<let name="x" value="5"/><node pkg="softq_ros" exec="gate_node">'
            '<param from="$(dirname)/p.yaml"{}/></node>')
    plain, = nodes(tmp_path, body.format(''))
    expanded, = nodes(tmp_path, body.format(' allow_substs="true"'))
    assert '$(var x)' in plain.parameters[1] and 'a: 5' in expanded.parameters[1]


def test_launch_files_are_found_by_name_and_words_need_a_sign():
    assert find_launch_file('train') == share('launch', 'train.launch.xml').resolve()
    with pytest.raises(ConfigurationError, match="got 'nope'; accepted: .*play, sim, train"):
        find_launch_file('nope')
    with pytest.raises(ConfigurationError, match="got 'task'; accepted: name:=value"):
        arguments(['task'])


def test_help_names_the_files_that_ship(capsys):
    for words in (['--help'], ['train', '-h']):
        assert main(words) == 0
        assert 'evaluate, play, sim, train' in capsys.readouterr().out


def test_main_shows_arguments_and_ends_with_2_on_a_refusal(capsys):
    assert main(['train', '--show-args']) == 0
    assert "algorithm: how it learns (default 'sql', one of sql|sac|td3|ddpg|droq)" in \
        capsys.readouterr().out
    for words in (['train', 'nothing:=1'], [], ['train', 'algorithm:=dqn'], ['none']):
        assert main(words) == 2
        assert capsys.readouterr().err.count('\n') == 1
