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
"""One live panel that tells a person how training goes; plain lines where there is no terminal."""
from collections import deque
from dataclasses import dataclass, field
import sys
import time

from rich.console import Console
from rich.live import Live
from rich.panel import Panel as Box
from rich.table import Table

from softq_ros.records import EpisodeSummary

LINE_EVERY_SEC = 5.0


@dataclass
class Progress:
    """What there is to say; the owner fills it in."""

    task: str = ''
    algorithm: str = ''
    state: str = 'starting'
    steps: int = 0
    budget: int = 0
    control_rate: float = 20.0
    updates_asked: float = 0.0
    updates_held: float = 0.0
    weights_age_sec: float = 0.0
    evaluated: str = 'not yet'
    notes: dict[str, str] = field(default_factory=dict)
    episodes: int = 0
    episode_steps: int = 0
    first_success_step: int | None = None
    recent: deque[EpisodeSummary] = field(default_factory=lambda: deque(maxlen=20))
    began: float = field(default_factory=time.monotonic)
    steps_before: int | None = None

    def saw(self, summary: EpisodeSummary) -> None:
        """Count one finished episode; the news of ``steps`` may be older than that of it."""
        self.episodes += 1
        self.episode_steps += summary.steps
        self.recent.append(summary)
        if summary.success_ever and self.first_success_step is None:
            self.first_success_step = max(self.steps, self.episode_steps)

    @property
    def note(self) -> str:
        """Return what each that has something to tell tells."""
        return '; '.join(filter(None, self.notes.values()))

    def left_sec(self) -> float:
        """Return the wall time to the budget at the pace so far; NaN when there is none."""
        if self.state == 'writing the report':
            return float('nan')
        if self.steps_before is None:
            if not self.budget:
                return float('nan')
            self.steps_before, self.began = self.steps, time.monotonic()
        done, elapsed = self.steps - self.steps_before, time.monotonic() - self.began
        return (self.budget - self.steps) * elapsed / done if done > 0 else float('nan')

    def rows(self) -> list[tuple[str, str]]:
        """Return labels and texts, in order."""
        last = [s.reward_sum for s in self.recent]
        success = sum(s.success for s in self.recent)
        left = self.left_sec()
        return [
            ('state', self.state),
            ('robot time', f'{self.steps / self.control_rate / 60:.1f} min '
                           f'({self.steps} of {self.budget} steps)'),
            ('episodes', str(self.episodes)),
            ('success, last 20', f'{success} of {len(self.recent)}'),
            ('return', f'{sum(last) / len(last):.1f}' if last else '-'),
            ('updates per step', f'{self.updates_asked:.2f} asked, {self.updates_held:.2f} held'),
            ('age of weights', f'{self.weights_age_sec:.1f} s'),
            ('evaluation', self.evaluated),
            ('time left', f'at most {left / 60:.1f} min' if left == left else '-')]


class Panel:
    """Shows a :class:`Progress`; call :meth:`show` often."""

    def __init__(self) -> None:
        """Draw live on a terminal, print lines elsewhere."""
        self._live = None
        self._last_line = 0.0
        if sys.stdout.isatty():
            self._live = Live(console=Console(), auto_refresh=False)
            self._live.start()

    def show(self, progress: Progress) -> None:
        """Draw the newest numbers."""
        rows = progress.rows() + ([('note', progress.note)] if progress.note else [])
        if self._live:
            table = Table.grid(padding=(0, 2))
            for label, text in rows:
                table.add_row(label, text)
            title = f'{progress.task}, {progress.algorithm}'
            self._live.update(Box(table, title=title, expand=False), refresh=True)
        elif time.monotonic() - self._last_line >= LINE_EVERY_SEC:
            self._last_line = time.monotonic()
            print(' | '.join(f'{label} {text}' for label, text in rows), flush=True)

    def close(self) -> None:
        """Leave the last picture on the screen."""
        if self._live:
            self._live.stop()
