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
One robot doing one task, step by step; what the policy's node and ``softq train`` share.

Whoever owns the transport calls ``begin``, ``first``, then ``act`` and ``complete`` in turn. All
that is drawn in an episode comes from a generator seeded by (seed, episode), so nothing random has
to be stored to go on later.
"""
from collections import deque

import numpy as np

from softq_ros.learning.actor import Actor
from softq_ros.records import EpisodeSummary, Executed, Judgement, Past, Sensors, Transition
from softq_ros.robot.contract import RobotContract
from softq_ros.tasks.task import Controller, Task
from softq_ros.training.interference import Interference
from softq_ros.training.seeds import episode_seed

HELD_STEPS = 5


class SuccessClock:
    """
    When an episode succeeded.

    Success is the condition held over the last five control steps, or at a terminal step; ever is
    the same at any time.
    """

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._run = 0
        self._first = 0
        self.now = False

    def see(self, judgement: Judgement, step: int) -> None:
        """Take in one control step, counted from 1."""
        self._run = self._run + 1 if judgement.success else 0
        self.now = self._run >= HELD_STEPS or (judgement.success and judgement.terminal)
        if self.now and not self._first:
            self._first = step

    @property
    def ever(self) -> bool:
        """Return whether it was held at some time."""
        return self._first > 0

    def first_sec(self, rate: float) -> float:
        """Return the robot time of the first success [s], NaN where there was none."""
        return self._first / rate if self._first else float('nan')


class Interaction:
    """
    Turns sensors and executed commands into transitions and episode summaries.

    :param seed: first number of every random stream.
    :param actor_name: names this robot in its transitions.
    :param boot_id: drawn anew each time the process starts.
    :param pushed: whether somebody may push the robot.
    """

    def __init__(self, task: Task, contract: RobotContract, seed: int, actor_name: str = 'local',
                 boot_id: int = 0, pushed: bool = False) -> None:
        """Wait for the first episode."""
        self._task, self._contract, self._seed = task, contract, seed
        self._name, self.boot_id = actor_name, boot_id
        self._others = Interference(contract, task.target_stays, pushed)
        self.sequence = 0
        self.episode = 0
        self._clear()

    def _clear(self) -> None:
        self.step = 0
        self.source = 'policy'
        self.waiting = False
        self.finished = False
        self._first: Sensors | None = None
        self._peaks: dict[str, float] = {}
        self._sensors: Sensors | None = None
        self._observation: np.ndarray | None = None
        self._past: deque[Past] = deque(maxlen=self._task.history)
        self._version = 0
        self._limited = self._human = 0
        self._verdict: bool | None = None
        self._reward_sum = 0.0
        self._success = SuccessClock()
        self._cause = ''

    @property
    def started(self) -> bool:
        """Return whether the episode has its first observation."""
        return self._sensors is not None

    def begin(self, episode: int) -> int:
        """Start an episode and return the seed of its start."""
        self._clear()
        self.episode = episode
        self._rng = np.random.default_rng([self._seed, episode])
        return episode_seed(self._seed, 'training', episode)

    def first(self, sensors: Sensors) -> None:
        """Take the observation the episode begins with."""
        self._first = self._sensors = sensors
        self._observation = self._task.observe(sensors)

    def act(self, actor: Actor | Controller | None, sampling: str, version: int) -> np.ndarray:
        """Return an action ``(A,)``: the actor's, or uniform at random while there is none."""
        self.waiting, self._version = True, version
        if actor is None:
            self.source, self._version = 'random', 0
            return self._rng.uniform(-1, 1, self._task.action_spec.size).astype(np.float32)
        self.source = 'policy'
        if isinstance(actor, Controller):
            return actor.act_on(self._sensors, self.step)
        self.source = actor.source
        return actor.act(self._observation, self._rng, sampling)

    def take(self, action: np.ndarray) -> np.ndarray:
        """Let a person's action ``(A,)`` be the step's."""
        self.waiting, self.source, self._version = True, 'human', 0
        return action

    def complete(self, executed: Executed, sensors: Sensors) -> Transition:
        """Return the transition that ends with these sensors."""
        judgement = self._task.judge(self._sensors, executed.action, sensors)
        self._past.appendleft(Past(self._sensors, executed.action))
        after = self._task.observe(sensors, self._past)
        self.sequence += 1
        self._success.see(judgement, self.step + 1)
        for name, value in self._task.peaks(sensors).items():
            self._peaks[name] = max(value, self._peaks.get(name, value))
        self._reward_sum += judgement.reward
        self._limited += executed.limited
        self._human += self.source == 'human'
        at_horizon = self.step + 1 >= self._task.horizon
        self.finished = judgement.terminal or at_horizon
        self._cause = 'terminal' if judgement.terminal else 'horizon' if at_horizon else ''
        transition = Transition(
            self._observation, executed.action, judgement.reward,
            0.0 if judgement.terminal else 1.0, after, self.finished, self._sensors.stamp,
            self._name, self.boot_id, self.episode, self.step, self.sequence, self._version,
            self.source)
        self._sensors, self._observation = sensors, after
        self.step += 1
        self.waiting = False
        return transition

    def interference(self, executed: Executed, sensors: Sensors) -> str:
        """Return what of the running step somebody else did, or nothing; once for each step."""
        return self._others.why(self._sensors, executed.command, sensors)

    def lose_step(self, sensors: Sensors) -> None:
        """Go on from what is measured now: somebody moved the robot, the step is no transition."""
        self._past.clear()
        self._sensors, self._observation = sensors, self._task.observe(sensors)
        self.step += 1
        self.waiting = False
        if self.step >= self._task.horizon:
            self.finished, self._cause = True, 'horizon'

    def abandon(self, cause: str, verdict: bool | None = None) -> None:
        """
        End the episode here; a step whose outcome is not known is dropped.

        :param verdict: whether a person calls it a success; nothing: the task judges.
        """
        self.finished, self.waiting, self._cause = True, False, cause
        self._verdict = verdict

    @property
    def summary(self) -> EpisodeSummary:
        """Return what came of the episode; one that was abandoned is no success."""
        success = self._success.now and self._cause in ('horizon', 'terminal')
        return EpisodeSummary(
            self.episode, self.step, self._reward_sum,
            success if self._verdict is None else self._verdict,
            self._success.ever or bool(self._verdict),
            self._success.first_sec(self._contract.control_rate), self._cause, self._limited,
            self._human)

    def mode(self) -> int | None:
        """Return which of the task's modes the episode ended in."""
        return self._task.mode(self._sensors) if self._sensors else None

    def outcome(self) -> dict[str, float]:
        """Return what else the task reports of the episode, by name."""
        duration_sec = self.step / self._contract.control_rate
        return self._task.outcome(self._first, self._sensors, duration_sec) | self._peaks
