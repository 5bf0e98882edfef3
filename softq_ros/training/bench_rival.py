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
"""Stable-Baselines3 as the benchmarks run it beside ours, where it is installed."""
import numpy as np

from softq_ros.simulation.gymnasium_task import Box

LIBRARY = 'stable_baselines3'


def installed() -> bool:
    """Return whether it can be measured."""
    try:
        import stable_baselines3  # noqa: F401
    except ImportError:
        return False
    return True


def rival_buffer(rows: int, observation: int, action: int):
    """Return its replay buffer, full of ones."""
    from stable_baselines3.common.buffers import ReplayBuffer
    buffer = ReplayBuffer(rows, Box(-1, 1, (observation,)), Box(-1, 1, (action,)))
    for array in (buffer.observations, buffer.next_observations, buffer.actions, buffer.rewards):
        array[:] = 1.0  # pages that were never written would be drawn for nothing
    buffer.full = True
    return buffer


def rival_learner(observation: int, action: int, hidden: tuple[int, ...], rows: int = 10_000,
                  device: str = 'cpu'):
    """
    Return its SAC: twin Qs, policy, temperature; ``train(updates, batch_size)`` updates them.

    :param rows: of its buffer, random numbers; it draws its batches itself.
    """
    from stable_baselines3 import SAC
    from stable_baselines3.common.logger import Logger
    model = SAC('MlpPolicy', None, buffer_size=rows, target_entropy=-action, seed=0,
                device=device, policy_kwargs={'net_arch': list(hidden)}, _init_setup_model=False)
    model.observation_space = Box(-1, 1, (observation,))
    model.action_space, model.n_envs = Box(-1, 1, (action,)), 1
    model._setup_model()  # as its own load does: no environment is stepped here
    model.set_logger(Logger(None, []))
    buffer, rng = model.replay_buffer, np.random.default_rng(0)
    for array in (buffer.observations, buffer.next_observations, buffer.rewards):
        array[:] = rng.normal(size=array.shape)
    buffer.actions[:] = rng.uniform(-1, 1, buffer.actions.shape)
    buffer.full = True
    return model
