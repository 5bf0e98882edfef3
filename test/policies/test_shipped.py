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
"""Every policy that is shipped loads, fits its task and does what its manifest says it did."""
import pytest

from softq_ros.paths import share
from softq_ros.policies.bundle import load_bundle
from softq_ros.policies.composed import make_actor
from softq_ros.tasks.catalogue import load_task
from softq_ros.training.evaluation import evaluate

BUNDLES = sorted(path.parent for path in share('policies').glob('*/policy.yaml'))
STEPS = 1000  # control steps for each


def test_there_are_some():
    assert {folder.name for folder in BUNDLES} >= {
        'sawyer_stack', 'sawyer_stack_torque', 'sawyer_reach', 'sawyer_avoid', 'minitaur_walk',
        'pusher_x', 'pusher_y', 'minimaze', 'swimmer_finish'}


@pytest.mark.parametrize('folder', BUNDLES, ids=lambda folder: folder.name)
def test_it_does_what_its_manifest_says(folder):
    bundle = load_bundle(folder)
    manifest, task = bundle.manifest, bundle.task()
    bundle.check_fits(task)
    assert task.name == folder.name and not manifest.trained['commit'].endswith('+')
    claimed = manifest.scored['success_rate']
    assert claimed >= 0.8 and manifest.scored['episodes'] >= 100
    count = STEPS // task.horizon
    found = evaluate(bundle.actor(), task, count, 12345, 'test', 0, manifest.scored['sampling'])
    spread = (count * claimed * (1.0 - claimed))**0.5
    assert found.successes >= count * claimed - 4.0 * spread - (count > 1)


def test_two_pushers_reach_together_what_neither_reaches_alone():
    corner, names = load_task('pusher_corner'), ('pusher_x', 'pusher_y')
    bundles = {name: load_bundle(share('policies', name)) for name in names}
    arrived = [evaluate(make_actor(some, corner), corner, 4, 12345).successes
               for some in ({name: bundles[name]} for name in names)]
    assert arrived == [0, 0]
    assert evaluate(make_actor(bundles, corner), corner, 4, 12345).successes >= 3
