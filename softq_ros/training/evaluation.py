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
"""The one evaluation protocol (DESIGN section 11): a fresh plant, seeds of their own."""
from collections.abc import Callable
from dataclasses import dataclass, field
import math

import numpy as np

from softq_ros.errors import PlantFault
from softq_ros.learning.actor import Actor
from softq_ros.records import EpisodeSummary, Sensors
from softq_ros.robot.gate import Gate
from softq_ros.simulation.catalogue import make_plant
from softq_ros.simulation.plant import Plant
from softq_ros.tasks.task import Controller, Task
from softq_ros.training.interaction import Interaction
from softq_ros.training.seeds import episode_seed


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % score interval of a rate (Wilson 1927)."""
    if not trials:
        return 0.0, 1.0
    z, rate = 1.959964, successes / trials
    middle = rate + z * z / (2 * trials)
    half = z * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    ends = ((middle + sign * half) / (1 + z * z / trials) for sign in (-1, 1))
    return tuple(min(max(end, 0.0), 1.0) for end in ends)


@dataclass(frozen=True)
class Evaluation:
    """Finished episodes, modes and outcomes they ended in, and how they were drawn."""

    summaries: list[EpisodeSummary]
    modes: list[int | None]
    mode_names: tuple[str, ...]
    sampling: str
    seed: int
    outcomes: list[dict[str, float]] = field(default_factory=list)

    @property
    def successes(self) -> int:
        """Return how many episodes succeeded."""
        return sum(s.success for s in self.summaries)

    def to_json(self) -> dict:
        """Return the report of DESIGN section 9."""
        count = len(self.summaries)
        returns = np.array([s.reward_sum for s in self.summaries])
        times = [s.time_to_success_sec for s in self.summaries if s.success_ever]
        return {
            'success_rate': self.successes / count,
            'success_ci': list(wilson_interval(self.successes, count)),
            'success_ever_rate': sum(s.success_ever for s in self.summaries) / count,
            'sampling': self.sampling, 'return_mean': float(returns.mean()),
            'return_std': float(returns.std()),
            'length_mean': float(np.mean([s.steps for s in self.summaries])),
            'time_to_success_sec': float(np.median(times)) if times else None,
            'recovery_rate': None, 'recovery_time_sec': None,
            'mode_shares': {name: self.modes.count(i) / count
                            for i, name in enumerate(self.mode_names)},
            'outcome': {name: float(np.mean([outcome[name] for outcome in self.outcomes]))
                        for name in (self.outcomes[0] if self.outcomes else ())},
            'episodes': count, 'seed': self.seed}


def run_episode(interaction: Interaction, plant: Plant, gate: Gate, task: Task,
                actor: Actor | Controller, sampling: str, episode: int, seed: int,
                watch: Callable[[Sensors, bool], None] | None = None) -> EpisodeSummary:
    """
    Run one episode through the gate's rules; a fault of the plant ends it as one.

    :param watch: told after each control step what was measured and whether it was a success.
    """
    interaction.begin(episode)
    sensors = plant.reset(task.start(np.random.default_rng(seed)), 0)
    interaction.first(sensors)
    while not interaction.finished:
        action = interaction.act(actor, sampling, 0)
        executed = gate.filter(action, sensors, episode)
        if executed.holding:
            interaction.abandon('hold')
            break
        try:
            before, sensors = sensors, plant.step(executed.command)
        except PlantFault:
            interaction.abandon('fault')
            break
        interaction.complete(executed, sensors)
        if watch:
            watch(sensors, task.judge(before, executed.action, sensors).success)
    return interaction.summary


def evaluate(actor: Actor | Controller, task: Task, episodes: int, seed: int, block: str = 'test',
             first: int = 0, sampling: str = 'stochastic',
             stopped: Callable[[], bool] = lambda: False) -> Evaluation:
    """
    Score a policy on fresh episodes.

    :param block: of seeds: validation or test.
    :param first: number of the first episode within the block.
    :param stopped: asked before each episode; true ends the evaluation early.
    """
    plant, gate = make_plant(task), Gate(task.contract)
    interaction = Interaction(task, task.contract, episode_seed(seed, block, 2**31))
    summaries, modes, outcomes = [], [], []
    for episode in range(first, first + episodes):
        if stopped():
            break
        summaries.append(run_episode(interaction, plant, gate, task, actor, sampling, episode,
                                     episode_seed(seed, block, episode)))
        modes.append(interaction.mode())
        outcomes.append(interaction.outcome())
    plant.close()
    return Evaluation(summaries, modes, task.modes, sampling, seed, outcomes)
