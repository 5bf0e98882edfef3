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
"""Another library trains on our tasks as they are, where it is installed."""
import gymnasium
import pytest

import softq_ros.simulation  # noqa: F401

stable_baselines3 = pytest.importorskip('stable_baselines3')


@pytest.mark.parametrize('name', ['softq_ros/SawyerReach-v0', 'softq_ros/Multigoal-v0'])
def test_stable_baselines3_trains_on_it_unmodified(name):
    environment = gymnasium.make(name)
    model = stable_baselines3.SAC('MlpPolicy', environment, learning_starts=20, batch_size=8,
                                  policy_kwargs={'net_arch': [8, 8]}, device='cpu')
    model.learn(60)
    assert model.num_timesteps == 60 and model._n_updates == 40
    environment.close()
