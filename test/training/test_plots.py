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
"""Learning curves of robots and of gymnasium's environments in one picture."""
from matplotlib import pyplot as plt
import pytest

from softq_ros.errors import RunError
from softq_ros.training.plots import plot_runs

ROBOT = 'step,robot_time_min,success_rate,return_mean\n2000,1.0,0.1,-5\n4000,2.0,0.9,-2\n'
GYMNASIUM = 'step,robot_time_min,return_mean,return_mean_stochastic\n2000,1.0,50,40\n'


def made(folder, text):
    folder.mkdir()
    (folder / 'evaluations.csv').write_text(text)
    return folder


@pytest.mark.parametrize('texts, panels', [
    ([ROBOT], 2), ([ROBOT, ROBOT], 2), ([GYMNASIUM], 1), ([ROBOT, GYMNASIUM], 1)])
def test_a_run_that_knows_no_success_has_the_return_alone(tmp_path, texts, panels):
    runs = [made(tmp_path / str(at), text) for at, text in enumerate(texts)]
    plot_runs(runs, tmp_path / 'plots' / 'curve.png')
    height, width, _ = plt.imread(tmp_path / 'plots' / 'curve.png').shape
    assert width == pytest.approx(panels * 5 / 3.8 * height, abs=2)


def test_a_run_without_a_point_is_refused_by_name(tmp_path):
    with pytest.raises(RunError, match='bare: no evaluations yet'):
        plot_runs([made(tmp_path / 'bare', '')], tmp_path / 'curve.png')
