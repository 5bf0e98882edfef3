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
"""Somebody puts the arm or its target elsewhere while the graph learns: what is left out."""
from test.support.pilot import launched

import numpy as np

from softq_ros.tasks.catalogue import load_task

TASK = load_task('sawyer_stack', {'target': 'speed', 'start': 'above'})


def test_a_step_over_which_arm_or_seat_was_put_elsewhere_is_not_learned_from(
        tmp_path, ros_environment):
    with launched('train', tmp_path, ros_environment, 'options:=target=speed start=above',
                  'settings:=hidden=[8,8]', 'examine:=false', 'steps:=100000') as person:
        person.wait(lambda: len(person.transitions) > 20, 'the first steps')
        assert person.status.lost_steps == 0
        seat = [*np.mean(TASK.options['speed_target'][:2], 1), TASK.options['target_position'][2]]
        elsewhere = TASK.contract.reset_pose + [0.4, *6 * [0.0]]
        for count, (kind, values) in enumerate((('pose', elsewhere), ('target', seat)), 1):
            put_elsewhere(person, kind, values, count)
        steps = [(one.episode, one.step) for one in person.transitions]
        numbers = np.diff([one.sequence for one in person.transitions])
    gaps = [later[1] - now[1] for now, later in zip(steps, steps[1:]) if later[0] == now[0]]
    assert set(gaps) == {1, 2} and gaps.count(2) <= 2 and (numbers == 1).all()


def put_elsewhere(person, kind, values, count):
    """
    Disturb until it is noticed: where an episode had just ended, the next begins anew.

    The arm may stand where the target is to stand, and is somewhere else a moment later.
    """
    for _ in range(5):
        answer = person.perturb(kind, [float(value) for value in values])
        assert answer.success or 'touches' in answer.message, answer.message
        known = len(person.transitions)
        person.wait(lambda: len(person.transitions) > known + 30, 'it to go on')
        person.wait(lambda: person.status.sequence > known + 10, 'a status')
        if person.status.lost_steps == count:
            assert 'this step is not learned from' in person.status.reason
            return
    raise AssertionError(f'{kind} was not noticed: {person.status}')
