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
"""``softq evaluate``: its words, and what it does."""
import argparse
from pathlib import Path
import sys

from softq_ros.errors import ConfigurationError
from softq_ros.verbs.words import (
    add_option, add_recipe, FIRST_CHOICE, read_values, SCRIPTED, show, UNDISTURBED)


def add_evaluate(score: argparse.ArgumentParser) -> None:
    """Say what a score takes."""
    score.add_argument('bundle', nargs='+', help='policies; "[a, b]": the two composed, as the '
                       'policy node composes them; scripted: the controller that somebody wrote '
                       'for --task')
    score.add_argument('--task', default='', help='other than that of the policies')
    add_option(score)
    add_recipe(score)
    score.add_argument('--episodes', type=int, default=100, help='with --video 0: the film '
                       'alone')
    score.add_argument('--seed', type=int, default=0)
    score.add_argument('--sampling', choices=(
        'stochastic', 'deterministic', 'best_of_32', 'best_of_128', 'mean_of_128'))
    score.add_argument('--perturb', default='none', help='disturb the robot as a scenario says: '
                       'none, light, bully, or a .yaml file; then --episodes counts those of '
                       'each kind of event, beside those without')
    score.add_argument('--video', default='', help='mp4 file to write')


def evaluate(options: argparse.Namespace) -> int:
    """Score policies on test episodes."""
    from softq_ros.training.scenarios import load_scenario
    from softq_ros.training.seeds import checked_seed
    least = 0 if options.video else 1  # with none there is the film alone
    if options.episodes < least:
        raise ConfigurationError(f'--episodes: got {options.episodes}; accepted: {least} or more')
    checked_seed(options.seed)
    scenario = None if options.perturb == UNDISTURBED else load_scenario(options.perturb)
    for word in options.bundle:
        show({'policy': word} | _score(word, scenario, options), options.json)
    return 0


def _score(word: str, scenario, options: argparse.Namespace) -> dict:
    from softq_ros.policies.composed import make_actor, task_for
    from softq_ros.tasks.catalogue import load_task
    from softq_ros.training.settings import deployed_sampling, is_environment
    numbers = read_values('option', options)
    if word == SCRIPTED:
        task = load_task(options.task or FIRST_CHOICE['task'], numbers)
        return _measure(task.scripted(), task, scenario, options, SCRIPTED)
    bundles, recipe = _choose(word, options)
    environments = [b for b in bundles.values() if is_environment(b.manifest.task)]
    if environments:
        if recipe:
            raise ConfigurationError(f'policy: got {word} at temperature {options.temperature:g}; '
                                     'accepted: one policy of a gymnasium environment, at 1')
        return _score_environment(environments[0], options)
    task = task_for(bundles, options.task, numbers)
    actor = make_actor(bundles, task, recipe.get('weights', ()), options.temperature)
    return recipe | _measure(actor, task, scenario, options,
                             options.sampling or deployed_sampling(task.name))


def _choose(word: str, options: argparse.Namespace) -> tuple[dict, dict]:
    """Return bundles by name, and how they are composed where they are."""
    from softq_ros.policies.bundle import find_bundle, load_bundle
    from softq_ros.policies.choice import read_choice, spelled
    from softq_ros.policies.composed import bound_note
    choice = read_choice(spelled(word), options.weights, options.temperature)
    bundles = {name: load_bundle(find_bundle(name)) for name in choice.names}
    if len(bundles) == 1 and choice.temperature == 1:
        return bundles, {}
    return bundles, {'weights': list(choice.shares), 'temperature': choice.temperature,
                     'note': bound_note(list(bundles.values()), choice.temperature)}


def _measure(actor, task, scenario, options: argparse.Namespace, sampling: str) -> dict:
    from softq_ros.training.evaluation import evaluate
    found = {}
    if options.episodes:
        found |= evaluate(actor, task, options.episodes, options.seed, 'test', 0,
                          sampling).to_json()
        found |= _disturb(actor, task, scenario, options, sampling) if scenario else {}
    if options.video:
        _film(actor, task, scenario, options, sampling)
        found['video'] = options.video
    return found


def _disturb(actor, task, scenario, options: argparse.Namespace, sampling: str) -> dict:
    """Score recoveries."""
    from softq_ros.training.perturbed import evaluate_perturbed

    def tell(done: int, total: int) -> None:
        if sys.stderr.isatty():
            print(f'\rdisturbed episodes: {done} of {total}', end='' if done < total else '\n',
                  file=sys.stderr, flush=True)

    return evaluate_perturbed(actor, task, scenario, options.episodes, options.seed,
                              sampling, tell)


def _film(actor, task, scenario, options: argparse.Namespace, sampling: str) -> None:
    from softq_ros.training.video import film, film_perturbed
    path, how = Path(options.video), {'seed': options.seed, 'sampling': sampling}
    if scenario is None:
        film(actor, task, path, **how)
    else:
        film_perturbed(actor, task, scenario, path, **how)


def _score_environment(bundle, options: argparse.Namespace) -> dict:
    from softq_ros.simulation.gymnasium_task import GymnasiumTask
    from softq_ros.training.gymnasium_loop import score
    name = bundle.manifest.task
    for word, value in (('task', options.task), ('video', options.video),
                        ('perturb', options.perturb.removesuffix('none'))):
        if value not in ('', name):
            raise ConfigurationError(f'--{word}: got {value}; accepted: nothing with a policy of '
                                     f'the gymnasium environment {name}')
    task, sampling = GymnasiumTask(name), options.sampling or 'deterministic'
    bundle.check_fits(task)
    return {'sampling': sampling, 'episodes': options.episodes, 'seed': options.seed} | score(
        bundle.actor(), task, options.episodes, options.seed, sampling)
