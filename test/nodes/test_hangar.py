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
from pathlib import Path
from test.support.bad_bundles import BAD, spoil
from test.support.bundles import save_random
import time

import numpy as np
import pytest

from softq_ros.errors import SoftqError
from softq_ros.nodes.cockpit import Cockpit
from softq_ros.nodes.hangar import Hangar
from softq_ros.policies.choice import Choice
from softq_ros.tasks.catalogue import load_task

TASK = load_task('multigoal')


@pytest.fixture(name='hangar')
def make_hangar(tmp_path) -> Hangar:
    """Return what reads the bundles of a folder that holds ``good``, ``other`` and ``bad``."""
    for seed, name in enumerate(('good', 'other', 'bad')):
        save_random(tmp_path, name, 'multigoal', seed)
    return Hangar(TASK, Cockpit(), str(tmp_path))


def test_a_flight_says_where_it_comes_from(hangar, tmp_path):
    flight = hangar.prepare(Choice(('good', 'other'), (0.2, 0.8)), {})
    assert flight.name == 'good + other' and flight.choice.weights == (0.2, 0.8)
    assert flight.sources == (str(tmp_path / 'good'), str(tmp_path / 'other'))
    assert len(set(flight.digests)) == 2 and flight.note == ''
    assert hangar.prepare(Choice(('good',)), {}).digests == flight.digests[:1]


def test_held_bundles_are_not_read_again(hangar, tmp_path):
    flight = hangar.prepare(Choice(('good', 'other')), {})
    (tmp_path / 'good' / 'policy.yaml').unlink()
    again = hangar.prepare(Choice(('good', 'other'), (0.2, 0.8)), flight.bundles)
    assert again.digests == flight.digests
    with pytest.raises(SoftqError, match='good'):
        hangar.prepare(Choice(('good', 'other')), {})


@pytest.mark.parametrize('how', BAD)
def test_bad_bundles_are_refused_in_one_line_at_once_and_nothing_runs(hangar, tmp_path, how):
    spoil(tmp_path / 'bad', how)
    for names in (('bad',), ('good', 'bad')):
        began = time.process_time()
        with pytest.raises(SoftqError) as caught:
            hangar.prepare(Choice(names), {})
        assert time.process_time() - began < 1.0
        text = str(caught.value)
        assert text and '\n' not in text and len(text) < 400 and 'bad' in text
    assert not (tmp_path / 'executed').exists()


def test_the_bombs_of_the_bad_bundles_would_go_off(tmp_path):
    import pickle
    from test.support.bad_bundles import Bomb
    pickle.loads(pickle.dumps(Bomb(tmp_path / 'executed')))
    assert (tmp_path / 'executed').exists()


def test_it_is_tried_on_what_was_seen(tmp_path):
    save_random(tmp_path, 'good', 'multigoal')
    cockpit = Cockpit()
    hangar = Hangar(TASK, cockpit, str(tmp_path))
    cockpit.seen.append(np.full(2, np.nan, np.float32))
    with pytest.raises(SoftqError, match='good: acts .nan, nan. on a stored observation'):
        hangar.prepare(Choice(('good',)), {})


def test_names_do_not_leave_their_folder_and_no_word_of_yaml_is_one(hangar):
    for name in ('../good', str(Path.cwd()), 'Good', 'on', 'yes', 'null'):
        with pytest.raises(SoftqError, match='unknown policy: .*accepted: bad, good, other'):
            hangar.prepare(Choice((name,)), {})
