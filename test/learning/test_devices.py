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
What an update on a GPU rests on: fixed shapes, nothing asked for, one device; and it on one.

Where there is no GPU, torch's device without numbers stands for it, and whatever would wait for
the device is refused.
"""
import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from softq_ros.errors import ConfigurationError, LearningError
from softq_ros.learning.agent import LOG_EVERY
from softq_ros.learning.devices import Halt, open_device
from softq_ros.learning.networks import in_one_piece
from softq_ros.learning.settings import make_settings
from softq_ros.learning.sql import SoftQLearning
from test.support.agents import A, batches, O, same, SMALL

NEEDS_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason='no GPU')
WAITS = {'aten::_local_scalar_dense', 'aten::nonzero', 'aten::masked_select', 'aten::is_nonzero',
         'aten::equal', 'aten::unique_dim', 'aten::_unique2'}
every_form = pytest.mark.parametrize('values', [
    {'value_samples': 8, 'svgd_states': 4, 'uniform_up_to': 0},
    {'value_samples': 8, 'svgd_states': 4, 'critics': 1, 'sampler_polyak': 0.1},
    {'value_samples': 8, 'huber': 0.5, 'layer_norm': True, 'uniform_up_to': 0},
    {'value_samples': 8, 'preset': 'code', 'target_period': 3, 'value_ceiling': 0.0},
    {'value_samples': 8, 'preset': 'paper', 'rate_halves_at': 3}],
    ids=['ours', 'one critic', 'regularised', 'code', 'paper'])


def agent_of(values, device='cpu', seed=0):
    return SoftQLearning(O, A, make_settings('sql', SMALL | values | {'device': device}), seed)


def deferred(values):
    """Return an agent that computes here as it would on a GPU."""
    agent = agent_of(values)
    in_one_piece(agent.modules.values())
    agent.halt = Halt(agent.device)
    return agent


class NoWaiting(TorchDispatchMode):
    """Refuses what a device must be waited for."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        assert func.name().split('.')[0] not in WAITS, func.name()
        return func(*args, **(kwargs or {}))


class ElsewhereGenerator(torch.Generator):
    """Draws for the device without numbers."""

    device = torch.device('meta')


def test_without_a_gpu_one_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    with pytest.raises(ConfigurationError, match="device: got 'cuda'.*accepted: 'cpu'"):
        agent_of({}, 'cuda')
    assert open_device('cpu').type == 'cpu'


def test_unknown_devices_are_refused():
    with pytest.raises(ConfigurationError, match="device.*'tpu'.*cpu.*cuda"):
        make_settings('sql', {'device': 'tpu'})


@every_form
def test_in_one_piece_every_parameter_moves_as_it_does_in_chunks(values):
    chunked, whole = agent_of(values), deferred(values)
    for batch in batches(5):
        chunked.update(batch), whole.update(batch)
    other = whole.state()
    for name, found in chunked.state().items():
        np.testing.assert_allclose(found, other[name], rtol=1e-4, atol=1e-6, err_msg=name)


@every_form
def test_a_step_asks_for_no_number(values):
    agent = deferred(values)
    parts = agent.tensors(batches(1)[0])
    with NoWaiting():
        agent.step(*parts)
    with NoWaiting(), pytest.raises(AssertionError, match='_local_scalar_dense'):
        agent_of(values).step(*parts)


@every_form
def test_a_step_stays_on_its_device(values):
    agent = deferred(values)
    for module in agent.modules.values():
        module.to('meta')
    agent.generator, agent.halt = ElsewhereGenerator(), Halt(torch.device('meta'))
    for name, module in (('q', 'q'), ('sampler', 'learning')):
        optimizer = agent.optimizers[name]
        optimizer.param_groups[0]['params'] = list(agent.modules[module].parameters())
        optimizer.step = lambda: None  # fused kernels know real devices only
    found = agent.step(*(part.to('meta') for part in agent.tensors(batches(1)[0])))
    assert {value.device.type for value in found.values()} == {'meta'}


@every_form
def test_after_a_bad_number_nothing_moves_and_the_next_look_says_so(values):
    agent = deferred(values)
    good, bad = batches(2)
    agent.update(good)
    before = agent.state()
    bad.reward[0] = np.nan
    for batch in (bad, good, good):
        agent.update(batch)
    after = agent.state()
    learned = [name for name in before if name.startswith(('q', 'learning', 'sampler!'))]
    assert same({n: before[n] for n in learned}, {n: after[n] for n in learned})
    assert all(np.isfinite(values).all() for values in after.values())
    with pytest.raises(LearningError, match=f'at or before update {LOG_EVERY}; nothing was lear'):
        for _ in range(LOG_EVERY):
            agent.update(good)


def test_metrics_are_those_of_every_hundredth_update():
    agent, batch = deferred({}), batches(1)[0]
    assert agent.update(batch) == {}
    for _ in range(LOG_EVERY - 1):
        found = agent.update(batch)
    assert np.isfinite(list(found.values())).all() and 'q_loss' in found
    assert agent.update(batch) == found


@NEEDS_GPU
@every_form
def test_a_gpu_learns_from_one_batch_what_the_processor_learns(values):
    here, there = (agent_of(values | {'learning_rate': 1e-2}, device)
                   for device in ('cpu', 'cuda'))
    assert same(here.weights(), there.weights())
    batch = batches(1)[0]
    for _ in range(2 * LOG_EVERY):
        one, two = here.update(batch), there.update(batch)
    assert two['q_mean'] == pytest.approx(one['q_mean'], abs=0.1)
    assert two['value_mean'] == pytest.approx(one['value_mean'], abs=0.1)


@NEEDS_GPU
def test_a_gpu_draws_anew_in_every_replay_and_resumes():
    one, two = agent_of({}, 'cuda'), agent_of({}, 'cuda', seed=1)
    stream = batches(20)
    for batch in stream:
        one.update(batch)
    state = one.generator.get_state().clone()
    one.update(stream[0])
    assert not torch.equal(state, one.generator.get_state())
    two.load_state(one.state())
    for batch in stream:
        one.update(batch), two.update(batch)
    for name, found in one.state().items():
        np.testing.assert_allclose(found, two.state()[name], rtol=1e-4, atol=1e-5, err_msg=name)


@NEEDS_GPU
def test_a_gpu_stops_at_a_bad_number():
    agent, (good, bad) = agent_of({}, 'cuda'), batches(2)
    for _ in range(10):
        agent.update(good)
    before = agent.weights()
    bad.reward[0] = np.nan
    agent.update(bad)
    with pytest.raises(LearningError, match='was not finite'):
        for _ in range(LOG_EVERY):
            agent.update(good)
    after = agent.weights()
    assert same(*({n: v for n, v in weights.items() if n.startswith('sampler')}
                  for weights in (before, after)))
