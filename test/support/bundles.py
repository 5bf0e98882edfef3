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
"""Bundles of random weights, and what can be wrong with one on a disk."""
from pathlib import Path

import numpy as np

from softq_ros.policies.bundle import Bundle, Manifest, save_bundle
from softq_ros.tasks.catalogue import load_task


def bundle_of(task, seed=0, hidden=16, inputs=None, temperature=1.0):
    """Return a soft Q-learning policy that fits a task, or one of so many inputs."""
    rng = np.random.default_rng(seed)
    outputs = task.action_spec.size
    inputs = (inputs or task.observation_spec.size) + outputs
    weights = {}
    for prefix, last in (('sampler', outputs), ('q.0', 1), ('q.1', 1)):
        sizes = (inputs, hidden, hidden, last)
        for i in range(3):
            weights[f'{prefix}.{i}.weight'] = (
                rng.normal(size=(sizes[i + 1], sizes[i])) / np.sqrt(sizes[i])).astype(np.float32)
            weights[f'{prefix}.{i}.bias'] = np.zeros(sizes[i + 1], np.float32)
    return Bundle(Manifest.of(task, 'sql', temperature, 0.99, {}), weights)


def save_random(folder: Path, name: str, task_name: str, seed=0, hidden=16) -> Path:
    """Save such a bundle and return its directory."""
    save_bundle(folder / name, bundle_of(load_task(task_name), seed, hidden))
    return folder / name
