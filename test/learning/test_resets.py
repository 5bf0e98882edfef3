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
"""Networks that start anew, learning rates that fall: what an update then still promises."""
import numpy as np
import pytest
import torch

from softq_ros.errors import LearningError
from test.support.agents import AGENTS, batches, make, same


@pytest.mark.parametrize('name', AGENTS)
def test_at_each_reset_all_networks_and_optimizers_start_anew(name):
    kind = name, {'reset_every': 4, 'value_samples': 8} if name == 'sql' else {'reset_every': 4}
    agent, starts = make(kind), []
    for update, batch in enumerate(batches(9)):
        before = agent.state()
        agent.reset_where_due()
        after = agent.state()
        if update not in (0, 4, 8):
            assert same(before, after)
        else:
            assert all(part.startswith('alpha!') for part in after if '!' in part)
            assert same(*({part: value for part, value in state.items() if 'alpha' in part}
                          for state in (before, after)))  # a learned temperature stays
            starts.append({part: value for part, value in after.items()
                           if '/' in part and 'alpha' not in part})
        agent.update(batch)
    for one, two in ((0, 1), (0, 2), (1, 2)):
        alike = {part for part in starts[0]
                 if np.array_equal(starts[one][part], starts[two][part])}
        assert all('norms' in part for part in alike)  # these always begin alike
    assert agent.updates == 9


@pytest.mark.parametrize('name', AGENTS)
def test_the_learning_rate_falls_as_asked_and_starts_anew_at_a_reset(name):
    agent, rates = make((name, {'rate_halves_at': 2, 'reset_every': 4})), []
    for batch in batches(6):
        agent.update(batch)
        rates.append(agent.optimizers['q'].param_groups[0]['lr'])
    assert rates == [1e-3 / divisor for divisor in (1.0, 1.5, 2.0, 2.5, 1.0, 1.5)]


def test_targets_and_acting_networks_start_as_what_they_follow():
    agent = make(('sql', {'value_samples': 8, 'reset_every': 2}))
    for batch in batches(2):
        agent.update(batch)
    agent.reset_where_due()
    for one, two in (('q', 'target'), ('learning', 'sampler')):
        assert all(map(torch.equal, agent.modules[one].parameters(),
                       agent.modules[two].parameters()))
    assert not any(p.requires_grad for p in agent.modules['target'].parameters())


def test_resets_leave_the_draws_of_updates_and_of_torch_alone():
    agent = make(('sac', {'reset_every': 1}))
    agent.update(batches(1)[0])
    own, torchs = agent.generator.get_state(), torch.get_rng_state()
    agent.reset_where_due()
    assert torch.equal(own, agent.generator.get_state())
    assert torch.equal(torchs, torch.get_rng_state())


def test_a_bad_batch_where_a_reset_is_due_leaves_the_start_that_comes_anyway():
    one, two = (make(('sac', {'reset_every': 2})) for _ in range(2))
    first, second, third, bad = batches(4)
    bad.reward[0] = np.nan
    for agent in (one, two):
        agent.update(first), agent.update(second)
    with pytest.raises(LearningError, match='accepted: finite numbers'):
        one.update(bad)
    one.generator.set_state(two.generator.get_state())
    assert one.update(third) == two.update(third)
    assert same(one.state(), two.state())
