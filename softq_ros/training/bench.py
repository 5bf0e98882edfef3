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
"""The graph's wall time beside that of one process, in interleaved pairs."""
from pathlib import Path
import statistics
import subprocess
import sys
import tempfile
import time

from softq_ros.errors import RunError


def _timed(words: list[str]) -> float:
    began = time.monotonic()
    done = subprocess.run([sys.executable, '-m', 'softq_ros.cli', *words], capture_output=True,
                          text=True)
    if done.returncode:
        raise RunError(f'softq {" ".join(words)}: exit {done.returncode}: '
                       f'{(done.stderr or done.stdout).strip().splitlines()[-1:]}')
    return time.monotonic() - began


def compare_paths(task: str, steps: int, pairs: int, seed: int) -> dict:
    """
    Return wall times [s] of both paths, start-up included, and the median of their ratios.

    Same seed and updates per step, no evaluations; each pair runs the two one after the other.
    """
    graph, one = [], []
    with tempfile.TemporaryDirectory() as folder:
        for pair in range(pairs):
            runs = Path(folder) / str(pair)
            one.append(_timed(['train', '--task', task, '--steps', str(steps), '--seed',
                               str(seed), '--runs', str(runs / 'one'), '--no-curve']))
            graph.append(_timed(['launch', 'train', f'task:={task}',
                                 f'steps:={steps}', f'seed:={seed}', f'runs:={runs / "graph"}',
                                 'examine:=false']))
    ratios = [g / o for g, o in zip(graph, one)]
    return {'ratio': statistics.median(ratios), 'ratios': ratios, 'graph_sec': graph,
            'one_process_sec': one, 'task': task, 'steps': steps, 'seed': seed}
