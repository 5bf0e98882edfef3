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
"""One robot, step by step: transitions, success, episodes."""
import numpy as np
import pytest

from softq_ros.records import EpisodeSummary, Judgement, Start
from softq_ros.robot.gate import Gate
from softq_ros.simulation.catalogue import make_plant
from softq_ros.simulation.environments import TaskEnvironment
from softq_ros.tasks.catalogue import load_task
from softq_ros.tasks.task import Controller
from softq_ros.training.criterion import Criterion
from softq_ros.training.evaluation import evaluate, Evaluation, wilson_interval
from softq_ros.training.interaction import Interaction, SuccessClock
from softq_ros.training.seeds import episode_seed

TASK = load_task('multigoal')


class Wanders(Controller):
    """Moves the first joint."""

    def act_on(self, sensors, step):
        """Return half of what it may."""
        return np.eye(1, len(sensors.position))[0] / 2


def play(interaction: Interaction, actions, start=(0.0, 0.0)) -> list:
    """Play one episode with these actions and return its transitions."""
    plant, gate, transitions = make_plant(TASK), Gate(TASK.contract), []
    interaction.begin(3)
    sensors = plant.reset(Start(np.array(start)), 0)
    interaction.first(sensors)
    for action in actions:
        interaction.act(None, 'stochastic', 0)
        executed = gate.filter(np.array(action, np.float32), sensors, 3)
        sensors = plant.step(executed.command)
        transitions.append(interaction.complete(executed, sensors))
        if interaction.finished:
            break
    return transitions


def test_a_terminal_step_has_discount_zero_and_ends_the_episode():
    interaction = Interaction(TASK, TASK.contract, 0)
    transitions = play(interaction, [(1, 0)] * 10)
    # after five steps of 1 m the point is at the goal (5, 0); at four it is at distance 1, no less
    assert [t.discount for t in transitions] == [1, 1, 1, 1, 0]
    assert [t.last for t in transitions] == [False] * 4 + [True]
    assert transitions[0].reward == pytest.approx(-30 - 16)
    assert transitions[-1].reward == pytest.approx(-30 - 0 + 10)
    assert interaction.summary.success and interaction.summary.cause == 'terminal'
    assert interaction.mode() == 0


def test_a_time_out_keeps_its_discount():
    interaction = Interaction(TASK, TASK.contract, 0)
    transitions = play(interaction, [(0, 0)] * 40)
    assert len(transitions) == TASK.horizon
    assert transitions[-1].discount == 1 and transitions[-1].last
    assert not interaction.summary.success and interaction.summary.cause == 'horizon'


def test_sequences_count_without_gaps_and_observations_chain():
    interaction = Interaction(TASK, TASK.contract, 0)
    transitions = play(interaction, [(0.1, 0.2)] * 5) + play(interaction, [(0.1, 0)] * 5)
    assert [t.sequence for t in transitions] == list(range(1, 11))
    for before, after in zip(transitions[:4], transitions[1:5]):
        assert np.array_equal(before.next_observation, after.observation)
    assert [t.step for t in transitions] == [0, 1, 2, 3, 4] * 2


def test_an_abandoned_episode_is_no_success_and_drops_the_open_step():
    interaction = Interaction(TASK, TASK.contract, 0)
    play(interaction, [(0, 0)] * 3)
    interaction.act(None, 'stochastic', 0)
    interaction.abandon('fault')
    assert interaction.finished and not interaction.waiting
    assert interaction.sequence == 3 and interaction.summary.cause == 'fault'


def test_random_actions_depend_on_seed_and_episode_alone():
    def first(seed: int, episode: int) -> bytes:
        interaction = Interaction(TASK, TASK.contract, seed)
        interaction.begin(episode)
        return interaction.act(None, 'stochastic', 0).tobytes()

    assert first(0, 4) == first(0, 4)
    assert len({first(0, 4), first(0, 5), first(1, 4)}) == 3


def test_success_is_held_for_five_steps_at_the_end():
    clock = SuccessClock()
    for step, good in enumerate([1, 1, 1, 1, 1, 0, 1, 1, 1, 1], 1):
        clock.see(Judgement(0.0, False, bool(good)), step)
    assert clock.ever and not clock.now
    assert clock.first_sec(20.0) == 0.25
    clock.see(Judgement(0.0, False, True), 11)
    assert clock.now


def test_blocks_of_seeds_do_not_meet():
    blocks = ('training', 'validation', 'test')
    seeds = [episode_seed(0, block, i) for block in blocks for i in range(500)]
    assert len(set(seeds)) == len(seeds)
    assert max(seeds) < 2**63


def test_ninety_percent_needs_both_looks_and_is_dated_at_the_first():
    criterion = Criterion()
    assert criterion.episodes(False) == (0, 50) and criterion.episodes(True) == (50, 100)
    assert not criterion.screened(44) and criterion.screened(45)
    assert not criterion.confirmed(2000, 89) and criterion.reached is None
    assert criterion.confirmed(4000, 90) and criterion.reached == 4000
    assert not criterion.screened(50)


def test_the_wilson_interval_of_eight_in_ten():
    # (0.8 + 0.19207 +- 1.96 sqrt(0.016 + 0.0096036)) / 1.38414
    low, high = wilson_interval(8, 10)
    assert (low, high) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson_interval(100, 100)[1] == 1.0 and wilson_interval(0, 100)[0] == 0.0


class Travels(type(TASK)):
    """Reports how fast the point moved from where it began."""

    def outcome(self, first, last, duration_sec):
        """Return metres a second along x."""
        return {'speed': (last.position[0] - first.position[0]) / duration_sec}


def test_an_outcome_is_of_the_first_and_the_last_sensors_and_the_time_between():
    interaction = Interaction(Travels('multigoal', TASK.contract, TASK.options), TASK.contract, 0)
    play(interaction, [(0.5, 0.0), (0.5, 0.0), (-0.25, 0.0)], (1.0, 0.0))
    assert interaction.outcome() == pytest.approx({'speed': 0.75 / 3 * TASK.contract.control_rate})
    play(interaction, [(0.5, 0.0)], (3.0, 0.0))
    assert interaction.outcome() == pytest.approx({'speed': 0.5 * TASK.contract.control_rate})


class Strays(Travels):
    """Reports how far from the axis it was at most."""

    def peaks(self, sensors):
        """Return the distance and the other side's."""
        return {'strayed': sensors.position[1], 'other side': -sensors.position[1]}


def test_a_peak_is_the_largest_of_all_steps_of_its_episode():
    interaction = Interaction(Strays('multigoal', TASK.contract, TASK.options), TASK.contract, 0)
    play(interaction, [(0.0, 0.5), (0.0, 0.5), (0.0, -0.25)], (0.0, 1.0))
    found = interaction.outcome()
    assert found['strayed'] == pytest.approx(2.0) and 'speed' in found
    assert found['other side'] == pytest.approx(-1.5)
    play(interaction, [(0.0, 0.5)], (0.0, -3.0))
    assert interaction.outcome()['strayed'] == pytest.approx(-2.5)


def test_an_evaluation_reports_the_mean_of_every_outcome():
    summary = EpisodeSummary(0, 3, -1.0, False, False, np.nan, 'horizon')
    found = Evaluation([summary] * 2, [None] * 2, (), 'stochastic', 0,
                       [{'distance': 1.0, 'speed': -3.0}, {'distance': 2.0, 'speed': 1.0}])
    assert found.to_json()['outcome'] == {'distance': 1.5, 'speed': -1.0}
    assert evaluate(Wanders(), TASK, 2, 0).to_json()['outcome'] == {}


def test_the_pusher_reports_where_its_puck_came_to_rest():
    task = load_task('pusher_corner', {'horizon': 4})
    outcomes = evaluate(Wanders(), task, 3, 0).outcomes
    away = [np.hypot(*([one['puck x'], one['puck y']] - task.goal)) for one in outcomes]
    assert [one['distance'] for one in outcomes] == pytest.approx(away)
    assert len(set(away)) == 3


class Remembers(type(TASK)):
    """Shows its position, then that of two steps ago and what was executed since."""

    history = 2

    def observe(self, sensors, past=()):
        """Return up to six numbers."""
        return np.concatenate([super().observe(sensors),
                               *(part for p in past for part in (p.sensors.position, p.action))])


def test_an_observation_may_show_earlier_steps_of_its_episode_only():
    task = Remembers('multigoal', TASK.contract, TASK.options)
    interaction = Interaction(task, TASK.contract, 0)
    for start in ((0.0, 0.0), (3.0, 0.0)):
        steps = play(interaction, [(0.5, 0), (0, 1), (0, 0)], start)
        x = start[0]
        assert steps[0].observation == pytest.approx([x, 0])
        assert steps[1].observation == pytest.approx([x + 0.5, 0, x, 0, 0.5, 0])
        assert steps[2].next_observation == pytest.approx(
            [x + 0.5, 1, x + 0.5, 1, 0, 0, x + 0.5, 0, 0, 1])


def test_the_environment_shows_the_same_earlier_steps():
    task = Remembers('multigoal', TASK.contract, TASK.options)
    interaction, environment = Interaction(task, TASK.contract, 0), TaskEnvironment(
        task, make_plant(task))
    for _ in range(2):
        seen, info = environment.reset(seed=3)
        steps = play(interaction, [(0.5, 0), (0, 1), (0, 0)], info['sensors']['position'])
        assert np.array_equal(seen, steps[0].observation)
        for step in steps:
            assert np.array_equal(environment.step(step.action)[0], step.next_observation)


@pytest.mark.parametrize('source', ['policy', 'composed'])
def test_a_transition_says_whose_action_it_holds(source):
    class Still:
        def __init__(self):
            self.source = source

        def act(self, observation, rng, mode):
            return np.zeros(2, np.float32)

    interaction, plant, gate = Interaction(TASK, TASK.contract, 0), make_plant(TASK), Gate(
        TASK.contract)
    interaction.begin(0)
    sensors = plant.reset(Start(np.zeros(2)), 0)
    interaction.first(sensors)
    executed = gate.filter(interaction.act(Still(), 'stochastic', 1), sensors, 0)
    assert interaction.complete(executed, plant.step(executed.command)).source == source
