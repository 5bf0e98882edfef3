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
A policy on disk: ``policy.yaml``, ``sampler.safetensors``, ``q.safetensors``.

A bundle from an unknown place is data: sizes are capped, links not followed, digests and shapes
checked, and nothing in it is ever executed.
"""
from dataclasses import asdict, dataclass, field
import hashlib
import json
from pathlib import Path
import re

import numpy as np
import yaml

from softq_ros.errors import accepted, BundleError, ConfigurationError
from softq_ros.learning.actor import Actor
from softq_ros.paths import known, share
from softq_ros.policies.files import read_capped, write_directory
from softq_ros.policies.tensors import MOST_BYTES, parse, serialise
from softq_ros.records import Spec
from softq_ros.robot.contract import load_contract, RobotContract
from softq_ros.tasks.catalogue import load_task
from softq_ros.tasks.task import Task

FORMAT = 2  # 1 lacked the options of the task
YAML_WORDS = 'y|n|yes|no|on|off|true|false|null'  # what a parameter would be read as
NAME = re.compile(rf'(?!(?:{YAML_WORDS})$)[a-z][a-z0-9_]*')
MANIFEST, SAMPLER, Q = 'policy.yaml', 'sampler.safetensors', 'q.safetensors'
MOST_MANIFEST = 256 * 2**10
KINDS = {'format': int, 'task': str, 'options': dict, 'algorithm': str, 'observation': list,
         'action': list, 'action_scale': list, 'control_rate': (int, float),
         'temperature': (int, float), 'discount': (int, float), 'trained': dict,
         'scored': dict, 'digests': dict}


@dataclass(frozen=True)
class Manifest:
    """What a policy is, what it reads and says, how it was made and what it scored."""

    task: str
    options: dict
    algorithm: str
    observation: list
    action: list
    action_scale: list
    control_rate: float
    temperature: float
    discount: float
    trained: dict = field(default_factory=dict)
    scored: dict = field(default_factory=dict)
    digests: dict = field(default_factory=dict)
    format: int = FORMAT

    @staticmethod
    def of(task: Task, algorithm: str, temperature: float, discount: float, trained: dict,
           scored: dict | None = None) -> 'Manifest':
        """Describe a policy that was trained on a task."""
        return Manifest(task.name, task.options, algorithm, task.observation_spec.to_list(),
                        task.action_spec.to_list(), task.contract.action_scale.tolist(),
                        task.contract.control_rate, temperature, discount, trained, scored or {})


@dataclass(frozen=True)
class Bundle:
    """A manifest and the weights it describes."""

    manifest: Manifest
    weights: dict[str, np.ndarray]

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the manifest, which holds those of the weights."""
        text = json.dumps(asdict(self.manifest), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def actor(self) -> Actor:
        """Return the policy, ready to act."""
        return Actor(self.manifest.algorithm, self.weights, self.manifest.temperature)

    def task(self, options: dict | None = None) -> Task:
        """
        Return the task it was trained for, in simulation.

        :param options: in place of those it was trained with.
        :raises ConfigurationError: for options that this version's task does not accept.
        """
        own = {name: value for name, value in self.manifest.options.items() if name != 'robot'}
        robot = self.manifest.options.get('robot')
        if robot in known('config/robots') and load_contract(robot).simulated:
            own['robot'] = robot
        return load_task(self.manifest.task, own | (options or {}))

    def check_fits(self, task: Task) -> None:
        """
        Refuse a policy that reads or says something else than a task on its robot.

        :raises BundleError: naming the first difference.
        """
        _check_names('observation', self.manifest.observation, task.observation_spec)
        self.check_acts(task)

    def check_acts(self, task: Task) -> None:
        """
        Refuse a policy that says something else than a task's robot understands.

        :raises BundleError: naming the first difference.
        """
        _check_names('action', self.manifest.action, task.action_spec)
        _check_scaling(self.manifest, task.contract)


def _check_names(what: str, rows: list, spec: Spec) -> None:
    mine, wanted = _names(rows), [(f.name, f.unit) for f in spec.fields]
    if mine != wanted:
        at = next((i for i, (m, w) in enumerate(zip(mine, wanted)) if m != w),
                  min(len(mine), len(wanted)))
        raise BundleError(
            f'{what} of {len(mine)} components, number {at} is {mine[at:at + 1]}; '
            f'accepted: {len(wanted)}, there {wanted[at:at + 1]}')


def _check_scaling(manifest: Manifest, contract: RobotContract) -> None:
    if manifest.action_scale != contract.action_scale.tolist():
        raise BundleError(f'action_scale {manifest.action_scale}; accepted: '
                          f'{contract.action_scale.tolist()} of {contract.name}')
    if manifest.control_rate != contract.control_rate:
        raise BundleError(f'control_rate {manifest.control_rate}; accepted: '
                          f'{contract.control_rate} Hz of {contract.name}')


def _names(rows: list) -> list[tuple[str, str]]:
    try:
        return [(f.name, f.unit) for f in Spec.from_list(rows).fields]
    except ConfigurationError as error:
        raise BundleError(str(error)) from error


def save_bundle(directory: Path, bundle: Bundle) -> None:
    """Write a bundle; an older one there is replaced at once or not at all."""
    parts = {SAMPLER: {n: t for n, t in bundle.weights.items() if n.startswith('sampler.')},
             Q: {n: t for n, t in bundle.weights.items() if n.startswith('q.')}}
    files = {name: serialise(tensors) for name, tensors in parts.items()}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    manifest = asdict(bundle.manifest) | {'digests': digests}
    files[MANIFEST] = yaml.safe_dump(manifest, sort_keys=False, width=99).encode()
    write_directory(Path(directory), files)


def _read_manifest(directory: Path) -> Manifest:
    try:
        data = yaml.safe_load(read_capped(directory / MANIFEST, MOST_MANIFEST))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise BundleError(f'{MANIFEST}: not YAML: {str(error).splitlines()[0]}') from error
    if isinstance(data, dict) and data.get('format') == 1:
        data |= {'format': FORMAT, 'options': {}}
    if not isinstance(data, dict) or set(data) != set(KINDS):
        keys = sorted(map(str, data)) if isinstance(data, dict) else type(data).__name__
        raise BundleError(f'{MANIFEST}: fields {keys}; accepted: {sorted(KINDS)}')
    for name, kind in KINDS.items():
        if not isinstance(data[name], kind) or isinstance(data[name], bool):
            raise BundleError(f'{MANIFEST}: {name} is {data[name]!r}')
    if data['format'] != FORMAT:
        raise BundleError(f'{MANIFEST}: format {data["format"]}; accepted: {FORMAT}')
    return Manifest(**data)


def load_bundle(directory: Path) -> Bundle:
    """
    Read and verify a bundle.

    :raises BundleError: in one line, saying which file is wrong and how.
    """
    directory = Path(directory)
    if not directory.is_dir():
        raise BundleError(f'{directory}: no bundle; accepted: a directory with {MANIFEST}')
    manifest = _read_manifest(directory)
    weights: dict[str, np.ndarray] = {}
    for name, prefix in ((SAMPLER, 'sampler.'), (Q, 'q.')):
        data = read_capped(directory / name, MOST_BYTES)
        digest = hashlib.sha256(data).hexdigest()
        if digest != manifest.digests.get(name):
            raise BundleError(f'{name}: digest {digest[:12]}...; the manifest says '
                              f'{str(manifest.digests.get(name))[:12]}...')
        try:
            tensors = parse(data)
        except BundleError as error:
            raise BundleError(f'{name}: {error}') from error
        if any(not n.startswith(prefix) for n in tensors):
            raise BundleError(f'{name}: tensors {sorted(tensors)[:3]}; accepted: {prefix}...')
        weights |= tensors
    bundle = Bundle(manifest, weights)
    bundle.actor().check_sizes(len(manifest.observation), len(manifest.action))
    return bundle


def find_bundle(name_or_path: str, root: Path | None = None) -> Path:
    """
    Return the directory of a bundle: a bare name below ``root``, or a path where root is none.

    :param root: directory that confines the names; those that ship when left out.
    :raises BundleError: listing the names there are.
    """
    if root is None and ('/' in name_or_path or Path(name_or_path).is_dir()):
        return Path(name_or_path)
    root = share('policies') if root is None else root
    names = [p.parent.name for p in root.glob(f'*/{MANIFEST}')]
    if not NAME.fullmatch(name_or_path) or name_or_path not in names:
        raise BundleError(f'unknown policy: {accepted(name_or_path, names)}')
    return root / name_or_path
