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
"""Bundles: written whole, verified whole, refused with the reason."""
from dataclasses import replace
import os
import shutil

import numpy as np
import pytest
import yaml

from softq_ros.errors import BundleError
from softq_ros.learning.actor import MODES
from softq_ros.policies.bundle import Bundle, find_bundle, load_bundle, Manifest, save_bundle
from softq_ros.tasks.catalogue import load_task

TASK = load_task('multigoal')


def weights(action_size: int = 2) -> dict[str, np.ndarray]:
    """Return random weights of a small policy of two observations."""
    rng = np.random.default_rng(0)

    def layer(outputs: int, inputs: int, name: str) -> dict[str, np.ndarray]:
        return {f'{name}.weight': rng.normal(size=(outputs, inputs)).astype(np.float32),
                f'{name}.bias': rng.normal(size=outputs).astype(np.float32)}

    tensors = layer(8, 2 + action_size, 'sampler.0') | layer(action_size, 8, 'sampler.1')
    for twin in range(2):
        tensors |= layer(8, 2 + action_size, f'q.{twin}.0') | layer(1, 8, f'q.{twin}.1')
    return tensors


@pytest.fixture
def bundle(tmp_path):
    """Return the directory of a good bundle."""
    manifest = Manifest.of(TASK, 'sql', 1.0, 0.99, {'command': 'a test', 'seed': 0})
    save_bundle(tmp_path / 'good', Bundle(manifest, weights()))
    return tmp_path / 'good'


def test_a_bundle_acts_the_same_after_save_and_load(bundle):
    loaded = load_bundle(bundle)
    loaded.check_fits(TASK)
    fresh = Bundle(loaded.manifest, weights())
    for mode in MODES:
        acts = [b.actor().act(np.ones(2, np.float32), np.random.default_rng(3), mode)
                for b in (loaded, fresh)]
        assert np.array_equal(*acts)


def test_a_bundle_of_another_task_is_refused_with_both_components(bundle):
    with pytest.raises(BundleError, match='observation of 2 components.*accepted: 32'):
        load_bundle(bundle).check_fits(load_task('sawyer_stack'))


def test_every_byte_of_the_weights_is_covered_by_the_digest(bundle):
    path = bundle / 'sampler.safetensors'
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(BundleError, match='sampler.safetensors: digest'):
        load_bundle(bundle)


@pytest.mark.parametrize('name', ['sampler.safetensors', 'q.safetensors', 'policy.yaml'])
@pytest.mark.parametrize('data', [b'', b'\x80\x04\x95pickle', b'PK\x03\x04zip'])
def test_a_file_of_another_kind_is_refused(bundle, name, data):
    (bundle / name).write_bytes(data)
    with pytest.raises(BundleError) as caught:
        load_bundle(bundle)
    assert '\n' not in str(caught.value)


def test_links_and_pipes_are_not_followed_and_not_waited_for(bundle):
    path = bundle / 'q.safetensors'
    path.rename(bundle / 'elsewhere')
    path.symlink_to(bundle / 'elsewhere')
    with pytest.raises(BundleError, match='link'):
        load_bundle(bundle)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(BundleError, match='no regular file'):
        load_bundle(bundle)


def test_a_layer_of_the_wrong_shape_is_named(tmp_path):
    broken = weights() | {'sampler.1.weight': np.zeros((2, 9), np.float32)}
    manifest = Manifest.of(TASK, 'sql', 1.0, 0.99, {})
    save_bundle(tmp_path / 'broken', Bundle(manifest, broken))
    with pytest.raises(BundleError, match='sampler.1'):
        load_bundle(tmp_path / 'broken')


def test_a_manifest_with_a_field_too_many_is_refused(bundle):
    path = bundle / 'policy.yaml'
    path.write_text(path.read_text() + 'surprise: 1\n')
    with pytest.raises(BundleError, match='surprise'):
        load_bundle(bundle)
    data = yaml.safe_load(path.read_text())
    del data['surprise']
    path.write_text(yaml.safe_dump(data | {'format': 3}))
    with pytest.raises(BundleError, match='format 3; accepted: 2'):
        load_bundle(bundle)


@pytest.mark.parametrize('name', ['../good', 'Good', 'go od', '.', '', 'missing', 'good/..'])
def test_only_bare_names_below_the_root_are_found(bundle, name):
    assert find_bundle('good', bundle.parent) == bundle
    with pytest.raises(BundleError, match='good'):
        find_bundle(name, bundle.parent)


def test_replacing_a_bundle_leaves_nothing_else_behind(bundle):
    before = load_bundle(bundle)
    save_bundle(bundle, Bundle(before.manifest, weights()))
    assert [p.name for p in bundle.parent.iterdir()] == ['good']
    shutil.rmtree(bundle)
    with pytest.raises(BundleError, match='no bundle'):
        load_bundle(bundle)


def test_a_bundle_of_the_first_format_has_no_options(bundle):
    path = bundle / 'policy.yaml'
    data = yaml.safe_load(path.read_text())
    assert data.pop('options') == TASK.options
    path.write_text(yaml.safe_dump(data | {'format': 1}))
    assert load_bundle(bundle).manifest.options == {}


def test_a_bundle_rebuilds_the_task_it_was_trained_for():
    trained = load_task('sawyer_stack', {'horizon': 70, 'start_box': 0.25})
    bundle = Bundle(Manifest.of(trained, 'sql', 1.0, 0.99, {}), {})
    assert bundle.task().options == trained.options
    assert bundle.task({'horizon': 30}).options == trained.options | {'horizon': 30}


@pytest.mark.parametrize('robot', ['sawyer', 'nowhere', '/etc/passwd'])
def test_a_bundle_is_rebuilt_on_simulated_robots_only(robot):
    manifest = Manifest.of(TASK, 'sql', 1.0, 0.99, {})
    bundle = Bundle(replace(manifest, options=manifest.options | {'robot': robot}), {})
    assert bundle.task().options['robot'] == 'point'
