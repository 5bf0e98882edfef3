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
"""The python package for ``pip install .``, without messages; colcon reads CMakeLists.txt."""
from pathlib import Path

from setuptools import find_packages, setup

NODES = ('policy_node', 'gate_node', 'learner_node', 'sim_node', 'monitor_node',
         'bench_node', 'markers_node', 'evaluate_node')
DATA = ('launch', 'config', 'sim', 'policies')


def data_files() -> list[tuple[str, list[str]]]:
    """Return every data file below its folder in ``share/softq_ros``."""
    folders: dict[str, list[str]] = {}
    for path in (p for name in DATA for p in Path(name).rglob('*') if p.is_file()):
        folders.setdefault(f'share/softq_ros/{path.parent}', []).append(str(path))
    return list(folders.items())


setup(
    name='softq_ros',
    version='0.1.0',
    description='Soft Q-learning on robots, over ROS 2',
    author='The softq_ros authors',
    license='Apache-2.0',
    packages=find_packages(include=['softq_ros', 'softq_ros.*']),
    data_files=data_files(),
    python_requires='>=3.10',
    install_requires=['numpy', 'torch', 'mujoco>=3.3,<5', 'gymnasium', 'safetensors', 'pyyaml',
                      'tensorboard', 'matplotlib', 'rich', 'imageio', 'imageio-ffmpeg'],
    entry_points={'console_scripts': [
        'softq = softq_ros.cli:main',
        *(f'{node} = softq_ros.nodes.{node}:main' for node in NODES)]},
)
