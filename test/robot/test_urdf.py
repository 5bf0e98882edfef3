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
"""A URDF is read as MuJoCo reads it, or refused in one line that says what is wrong."""
import math

import mujoco
import numpy as np
import pytest

from softq_ros.errors import ConfigurationError
from softq_ros.robot import urdf
from softq_ros.robot.urdf import chain_from_urdf

LINK = ('<link name="{}"><inertial><mass value="1"/><inertia ixx="1" iyy="1" izz="1" ixy="0" '
        'ixz="0" iyz="0"/></inertial></link>')
ARM = '<?xml version="1.0" encoding="utf-8"?>\n<robot name="arm">' + ''.join(
    LINK.format(name) for name in ('world', 'base', 'upper', 'lower', 'hand', 'tool', 'camera')
) + '''
<mujoco><compiler fusestatic="false" balanceinertia="true"/></mujoco>
<joint name="lens" type="fixed"><parent link="base"/><child link="camera"/></joint>
<joint name="stand" type="fixed"><parent link="world"/><child link="base"/>
  <origin xyz="0 0 1"/></joint>
<joint name="tip" type="fixed"><parent link="hand"/><child link="tool"/>
  <origin xyz="0.1 0 0.2" rpy="0.1 0.2 0.3"/></joint>
<joint name="pan" type="continuous"><parent link="base"/><child link="upper"/>
  <origin xyz="0 0.1 0.3" rpy="0 0 0.5"/><axis xyz="0 0 1"/></joint>
<joint name="lift" type="revolute"><parent link="upper"/><child link="lower"/>
  <origin rpy="1.5 -0.5 0.25"/><axis xyz="0 0.6 0.8"/>
  <limit lower="-1" upper="2" velocity="3" effort="40"/></joint>
<joint name="slide" type="prismatic"><parent link="lower"/><child link="hand"/>
  <origin xyz="0.5 0 0"/><limit lower="0" upper="0.2" velocity="0.1" effort="5"/></joint>
</robot>'''


def test_the_chain_is_that_of_mujoco():
    chain = chain_from_urdf(ARM, 'base', 'tool').chain
    assert chain.joints == ('pan', 'lift', 'slide')
    model = mujoco.MjModel.from_xml_string(ARM)
    data = mujoco.MjData(model)
    base, tool = model.body('base').id, model.body('tool').id
    for q in np.random.default_rng(0).uniform(-3, 3, (200, 3)):
        for joint, value in zip(chain.joints, q):
            data.qpos[model.joint(joint).qposadr[0]] = value
        mujoco.mj_kinematics(model, data)
        position, quaternion = chain.pose(q)
        assert np.allclose(position, data.xpos[tool] - data.xpos[base], atol=1e-12)
        assert abs(abs(quaternion @ data.xquat[tool]) - 1.0) < 1e-12


def test_the_limits_are_in_the_order_of_the_chain():
    limits = chain_from_urdf(ARM, 'base', 'tool').limits
    assert limits[0] == (-math.inf, math.inf, math.inf, math.inf)
    assert limits[1] == (-1, 2, 3, 40) and limits[2] == (0, 0.2, 0.1, 5)


def test_fixed_joints_before_the_base_of_the_chain_are_left_out():
    from_world, from_base = (chain_from_urdf(ARM, base, 'tool').chain.pose(np.zeros(3))[0]
                             for base in ('world', 'base'))
    assert np.allclose(from_world - from_base, [0, 0, 1])


def test_a_file_is_read_as_its_text_is(tmp_path):
    (tmp_path / 'arm.urdf').write_text(ARM)
    q = np.array([0.1, 0.2, 0.3])
    read, written = (chain_from_urdf(source, 'base', 'tool').chain.pose(q)[0]
                     for source in (tmp_path / 'arm.urdf', ARM))
    assert np.array_equal(read, written)


@pytest.mark.parametrize('old, new, match', [
    ('<robot name="arm">', '<sdf>', 'not readable'),
    ('<link name="world">', '<link name="world"', 'not readable'),
    ('<robot name="arm">', '<!DOCTYPE robot [<!ENTITY a "b">]><robot name="arm">', 'entities'),
    ('child link="tool"', 'child link="other"', "no chain from 'base' to 'tool'; .*xacro"),
    ('<parent link="base"/><child link="upper"/>',
     '<parent link="tool"/><child link="upper"/>', 'no chain'),
    ('type="continuous"', 'type="planar"', "'pan'.*planar.*revolute"),
    ('<origin xyz="0.5 0 0"/>', '<mimic joint="lift"/>', "'slide'.*mimic"),
    ('xyz="0.5 0 0"', 'xyz="0.5 0"', 'xyz: .*3 finite numbers'),
    ('xyz="0.5 0 0"', 'xyz="0.5 0 nan"', 'xyz: .*3 finite numbers'),
    ('rpy="1.5 -0.5 0.25"', 'rpy="1.5 -0.5 up"', 'rpy: .*3 finite numbers'),
    ('<axis xyz="0 0.6 0.8"/>', '<axis xyz="0 0 0"/>', 'axis of length 0'),
    ('<limit lower="-1" upper="2" velocity="3" effort="40"/>', '', "'lift': no <limit>"),
    ('velocity="3"', 'velocity="fast"', 'velocity: .*1 finite number'),
    ('name="pan"', 'name="lift"', 'each once'),
])
def test_what_is_no_serial_chain_is_refused_in_one_line(old, new, match):
    assert old in ARM
    with pytest.raises(ConfigurationError, match=match) as refused:
        chain_from_urdf(ARM.replace(old, new), 'base', 'tool')
    assert '\n' not in str(refused.value)


def test_another_document_is_refused_by_its_root():
    with pytest.raises(ConfigurationError, match='got <sdf>; accepted: a URDF'):
        chain_from_urdf('<sdf/>', 'base', 'tool')


def test_files_that_cannot_be_read_are_refused_by_name(tmp_path, monkeypatch):
    (tmp_path / 'folder.urdf').mkdir()
    (tmp_path / 'bytes.urdf').write_bytes(b'\xff\xfe<')
    (tmp_path / 'huge.urdf').write_text(ARM)
    monkeypatch.setattr(urdf, 'LARGEST_FILE', len(ARM) - 1)
    for name in ('folder', 'bytes', 'huge', 'missing'):
        with pytest.raises(ConfigurationError, match=f'{name}.urdf: not readable'):
            chain_from_urdf(tmp_path / f'{name}.urdf', 'base', 'tool')
