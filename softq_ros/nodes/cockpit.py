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
from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from softq_ros.learning.actor import Actor
from softq_ros.policies.bundle import Bundle
from softq_ros.policies.choice import Choice, LEARNER

SEEN = 64  # observations that are kept for the next policy to try

Loaded = tuple[Path, Bundle]


@dataclass(frozen=True)
class Flight:
    """
    One policy in the air; the control loop reads it once a tick, so a swap is one store.

    ``accepted`` is monotonic [s], ``since`` the wall clock [ns]; ``sources`` and ``digests`` say
    which bundles, ``note`` what a person should know of them.
    """

    actor: Actor | None
    name: str
    version: int = 0
    accepted: float = 0.0
    choice: Choice = Choice((LEARNER,))
    since: int = 0
    sources: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    note: str = ''
    bundles: dict[str, Loaded] = field(default_factory=dict, repr=False)


class Fade:
    """
    Leads from one policy to another: for so many acts a mean of both, ever more of the second.

    Both draw; the mean of two draws is a draw of neither, so a fade is for smoothness alone.
    """

    source = 'policy'  # of its transitions

    def __init__(self, leaving, acts: int) -> None:
        """Start with the one that leaves."""
        self._leaving, self._acts, self._done = leaving, acts, 0
        self.coming = None

    @property
    def over(self) -> bool:
        """Return whether the second acts alone."""
        return self._done >= self._acts

    def act(self, observation: np.ndarray, rng: np.random.Generator, mode: str) -> np.ndarray:
        """Return one action ``(A,)`` float32 for one observation ``(O,)``."""
        action = self.coming.act(observation, rng, mode)
        if self.over:
            return action
        self._done += 1
        share = np.float32(self._done / (self._acts + 1))
        return share * action + (1 - share) * self._leaving.act(observation, rng, mode)


class Cockpit:
    """
    Decides which of two policies flies: the learner's stream or what a person chose.

    Written by the parameter thread and the weights callback, read by the control loop; every
    attribute is replaced whole, never changed in place.
    """

    def __init__(self) -> None:
        """Start with nothing but the learner's stream, before any weights."""
        self.stream = Flight(None, LEARNER)
        self._now: tuple[Flight | None, Fade | None] = (None, None)
        self.seen: deque[np.ndarray] = deque(maxlen=SEEN)
        self.sampling = 'stochastic'
        self.exploration = True
        self.paused = False
        self.active = False
        self.reason = ''

    @property
    def flight(self) -> Flight:
        """Return what flies now."""
        bundle, fade = self._now
        flight = bundle or self.stream
        if fade is None or fade.over or flight.actor is None:
            return flight
        fade.coming = flight.actor
        return replace(flight, actor=fade)

    @property
    def chosen(self) -> Flight:
        """Return what flies, or what a fade leads to."""
        return self._now[0] or self.stream

    def switch(self, bundle: Flight | None, acts: int = 0) -> None:
        """
        Let something else fly from the next control step on.

        :param bundle: nothing: the learner's stream.
        :param acts: control steps over which it fades in.
        """
        leaving = self.flight.actor
        self._now = bundle, Fade(leaving, acts) if acts and leaving is not None else None
