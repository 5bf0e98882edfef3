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
"""What a finished training leaves behind: curve, film, one page."""
from dataclasses import dataclass, replace
import json
from pathlib import Path

from softq_ros.errors import SoftqError
from softq_ros.policies.bundle import Bundle, save_bundle
from softq_ros.tasks.task import Task
from softq_ros.training.criterion import CONFIRM, SCREEN
from softq_ros.training.evaluation import evaluate, Evaluation
from softq_ros.training.settings import deployed_sampling

TEST_EPISODES = 100
BUDGET, REACHED = 'budget', '90 % reached'  # why a training ends


@dataclass(frozen=True)
class Outcome:
    """What the training itself found out, over all its parts."""

    algorithm: str
    seed: int
    steps: int
    updates: int
    wall_sec: float
    first_success_step: int | None
    reached_step: int | None
    command: str
    commit: str
    reason: str


def _minutes(task: Task, step: int | None) -> str:
    if step is None:
        return 'not reached'
    rate, reset = task.contract.control_rate, task.contract.reset_sec
    resets = step / task.horizon * reset
    return (f'{step / rate / 60:.1f} min ({step} steps; '
            f'{(step / rate + resets) / 60:.1f} min with resets of {reset:g} s)')


def _score_row(score: Evaluation) -> str:
    result = score.to_json()
    low, high = result['success_ci']
    return (f'| {score.sampling} | {result["success_rate"]:.0%} | {low:.0%} to {high:.0%} | '
            f'{result["success_ever_rate"]:.0%} | {result["return_mean"]:.1f} |')


def write_report(folder: Path, task: Task, bundle: Bundle, outcome: Outcome,
                 stopped=lambda: False) -> dict:
    """
    Score the weights on test seeds, which their manifest then says; draw, film, write a page.

    :param bundle: the last weights; those that passed the check where it ended the training,
        which become the run's policy.
    :param stopped: asked between episodes; what is not done by then is left out.
    :returns: the JSON report of the mode that is deployed.
    """
    from softq_ros.training.plots import plot_runs
    from softq_ros.training.video import film
    if outcome.reason == REACHED:
        save_bundle(folder / 'policy', bundle)
    actor = bundle.actor()
    deployed = deployed_sampling(task.name)
    modes = [deployed] + [m for m in ('stochastic', 'deterministic') if m != deployed]
    scores = [evaluate(actor, task, TEST_EPISODES, outcome.seed, 'test', 0, mode, stopped)
              for mode in modes]
    scores = [score for score in scores if score.summaries]
    result = scores[0].to_json() if scores else {}
    if result:
        manifest = replace(bundle.manifest, scored={'block': 'test'} | result)
        save_bundle(folder / 'policy', replace(bundle, manifest=manifest))
    notes = []
    for what, make in (
            ('plots/learning_curve.png', lambda path: plot_runs([folder], path)),
            ('videos/policy.mp4', lambda path: film(
                actor, task, path, seed=outcome.seed, sampling=deployed))):
        try:
            make(folder / what)
            notes.append(f'* [{what}]({what})')
        except SoftqError as error:
            notes.append(f'* no {what}: {error}')
    (folder / 'summary.md').write_text(_page(task, bundle, outcome, scores, notes))
    (folder / 'score.json').write_text(json.dumps(result, indent=1))
    return result


def _whose(bundle: Bundle, outcome: Outcome) -> str:
    if outcome.reason != REACHED:
        return 'Last weights'
    return (f'The weights of step {bundle.manifest.trained["steps"]}, which passed the check '
            f'({SCREEN[0]} of {SCREEN[1]}, then {CONFIRM[0]} of {CONFIRM[1]}) and are the policy '
            'of this run,')


def _page(task: Task, bundle: Bundle, outcome: Outcome, scores: list[Evaluation],
          notes: list[str]) -> str:
    return '\n'.join([
        f'# {task.name}, {outcome.algorithm}, seed {outcome.seed} (simulation)', '',
        f'`{outcome.command}` at commit {outcome.commit or "unknown"}', '',
        '| | |', '|---|---|',
        f'| ended because | {outcome.reason} |',
        f'| first success, robot time | {_minutes(task, outcome.first_success_step)} |',
        f'| 90 % reached, robot time | {_minutes(task, outcome.reached_step)} |',
        f'| trained | {_minutes(task, outcome.steps)}, {outcome.updates} updates |',
        f'| wall clock | {outcome.wall_sec / 60:.1f} min |', '',
        f'{_whose(bundle, outcome)} on {TEST_EPISODES} test episodes; '
        'the first row is the deployed mode.', '',
        '| sampling | success | 95 % interval | ever | return |', '|---|---|---|---|---|',
        *map(_score_row, scores), '', *notes, ''])
