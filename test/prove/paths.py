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
"""Where policies go in the maze, drawn from above."""
from pathlib import Path

from matplotlib import pyplot as plt

from softq_ros.policies.bundle import load_bundle
from softq_ros.training.landscape import paths


def draw_paths(panels: dict[str, tuple[Path, str]], episodes: int, seed: int, out: Path) -> str:
    """
    Draw a panel for each title, its policy and what is closed; return the page's words.

    What was drawn before stays where a policy is missing, as of a training that was restored.
    """
    words = (f'![paths through the maze](../images/{out.name})\n\n{episodes} episodes of the '
             'first training of each.')
    if not all(policy.exists() for policy, _ in panels.values()):
        return words if out.exists() else ''
    figure, axes = plt.subplots(1, len(panels), figsize=(3.2 * len(panels), 2.6), squeeze=False,
                                constrained_layout=True)
    for axis, (title, (policy, wall)) in zip(axes[0], panels.items()):
        bundle = load_bundle(policy)
        task = bundle.task({'wall': wall})
        for ends in task.walls:
            axis.plot(*ends.T, color='black', linewidth=2)
        for path in paths(bundle.actor(), task, episodes, seed):
            axis.plot(*path.T, linewidth=0.7, alpha=0.6)
        axis.set(title=title, aspect='equal', xticks=[], yticks=[])
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=80)
    plt.close(figure)
    return words
