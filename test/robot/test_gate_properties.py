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
Whatever comes in, nothing beyond the contract comes out: over 200,000 cases of an adversary.

A case is one action and one measured state, or a hold. Actions are of every kind a policy or a
broken one may send; the arm follows, lags, is stuck or jumps. What limits are kept is written
down here once more, from the contract and the measured state alone.
"""
from collections import Counter
import os

from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest

from softq_ros.errors import MessageError
from softq_ros.robot.gate import Gate
from softq_ros.robot.limits import period
from test.support.arms import at, contract, followed, INTERFACES, SAWYER, served

CASES = int(os.environ.get('SOFTQ_GATE_CASES', '34000'))  # of each of six interfaces
WALKS = 17
SLACK = 1e-9
WIDE = {'lead_limit': np.full(3, 0.6)}  # longer than the way to brake in
ODD = np.array([0.0, -0.0, 1e-45, -1e-40, 3e38, -3e38, 1.0, -1.0], np.float32)
BROKEN = np.array([np.nan, np.inf, -np.inf, -np.nan], np.float32)


def arm(interface: str):
    if interface in ('position', 'position_increment', 'trajectory'):
        return contract(interface, **WIDE)
    return contract(interface, **({'chain': None} if interface in ('twist', 'effort') else {}))


def actions(rng, count: int, size: int) -> np.ndarray:
    """Return actions ``(count, size)``: at random, held at the ends for a while, odd ones."""
    found = rng.uniform(-1.2, 1.2, (count, size)).astype(np.float32)
    for start in range(0, count, 20):
        if rng.random() < 0.5:
            found[start:start + 20] = rng.choice([-1.0, 0.0, 1.0], size)
    odd = rng.random((count, size)) < 0.05
    found[odd] = rng.choice(ODD, odd.sum())
    return found


class Arm:
    """What the gate measures: an arm that follows its commands, lags, is stuck or jumps."""

    def __init__(self, contract, rng) -> None:
        self.contract, self._rng = contract, rng
        self.kind = rng.choice(['follows', 'lags', 'stuck', 'jumps'])
        self.position = rng.uniform(-0.9, 0.9, 3)
        self.velocity = np.zeros(3)

    def move(self, command: np.ndarray) -> None:
        before = self.position
        if self.kind == 'jumps' or self.contract.interface == 'effort':
            self.position = self._rng.normal(0.0, 0.7, 3)
            self.velocity = self._rng.normal(0.0, 1.5, 3)
        elif self.kind in ('follows', 'lags') and command.shape == (3,):
            there = followed(self.contract, before, command)
            self.position = before + (1.0 if self.kind == 'follows' else 0.4) * (there - before)
            self.velocity = (self.position - before) / period(self.contract)


def travel(speed: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Return how many periods of way a speed makes that is lowered by a change each period."""
    whole = np.floor(speed / change)
    return (whole + 1) * speed - change * whole * (whole + 1) / 2


class Walk:
    """Commands ``(N, A)`` of one gate in a row, what was measured before each, what began anew."""

    def __init__(self, contract, rows: list[tuple]) -> None:
        """Find out from where and from which command each command was to go on."""
        self.limits, self.time = contract, period(contract)
        self.change = contract.acceleration_limit * self.time
        columns = [np.array(column) for column in zip(*rows)]
        self.command, self.position, self.velocity, self.held, self.entered = columns
        self.after_hold = np.append(False, self.held[:-1]) & ~self.held
        limit = contract.velocity_limit
        self.first = np.clip(self.velocity, -limit, limit)

    def before(self, values: np.ndarray, first: np.ndarray) -> np.ndarray:
        """Return each row's value before it, that of ``first`` where it began anew."""
        shifted = np.vstack([values[:1], values[:-1]])
        return np.where(self.entered[:, None], first, shifted)

    def check_velocities(self, follows: bool) -> None:
        """Check speed, acceleration and the way to joint limits."""
        assert (np.abs(self.command) <= self.limits.velocity_limit + SLACK).all()
        strict = ~self.entered & follows
        self._joints(self.command, self.position, self.before(self.command, self.first), strict)
        if follows:
            there = self.position + self.command * self.time
            assert (there <= self.limits.position_upper + SLACK).all()
            assert (there >= self.limits.position_lower - SLACK).all()

    def check_targets(self, jumps: bool) -> None:
        """Check position, step and its change, the lead over an arm that does not jump."""
        lower, upper = self.limits.position_lower, self.limits.position_upper
        assert (self.command <= upper).all() and (self.command >= lower).all()
        measured = np.clip(self.position, lower, upper)
        anew = self.entered | self.after_hold
        place = np.where(anew[:, None], measured, np.vstack([measured[:1], self.command[:-1]]))
        speed = (self.command - place) / self.time
        assert (np.abs(speed) <= self.limits.velocity_limit + SLACK).all()
        self._joints(speed, place, self.before(speed, self.first), ~anew)
        ahead = np.abs(self.command - self.position)[~self.held]
        assert jumps or (ahead <= self.limits.lead_limit + SLACK).all()

    def _joints(self, speed, position, before, strict) -> None:
        """Check the way that is left to joint limits, and the acceleration as far as it lets."""
        upper, lower = self.limits.position_upper, self.limits.position_lower
        left = np.where(speed > 0.0, upper - position, position - lower) / self.time
        assert (travel(np.abs(speed), self.change) <= np.maximum(left, 0.0) + 1e-6).all()
        harder = np.abs(speed - before) > self.change + SLACK
        left = np.where(before > 0.0, upper - position, position - lower) / self.time
        forced = travel(np.maximum(np.abs(before) - self.change, 0.0), self.change)
        forced = forced > left - 0.125 * self.change  # by so much the formula is careful
        assert not (harder & (strict[:, None] | ~forced)).any()

    def check_efforts(self) -> None:
        """Check effort and its rate; the damping of what is beyond a limit and of a hold."""
        limits, command, held = self.limits, self.command, self.held[:, None]
        assert (np.abs(command) <= limits.effort_limit).all()
        power = command * self.velocity
        assert (power <= 0.0)[self.held].all()
        above = (self.position > limits.position_upper) & ~held
        below = (self.position < limits.position_lower) & ~held
        fast = (np.abs(self.velocity) > limits.velocity_limit) & ~held
        assert (command[above] <= 0.0).all() and (command[below] >= 0.0).all()
        assert (power <= 0.0)[fast].all()
        change = np.abs(command - self.before(command, 0.0 * command))
        rate = limits.effort_rate_limit * self.time
        assert (held | above | below | fast | (change <= rate + SLACK)).all()

    def check_twists(self) -> None:
        """Check linear and angular speed and their change."""
        before = self.before(self.command, 0.0 * self.command)
        parts = zip((slice(3), slice(3, 6)), self.limits.twist_limit,
                    self.limits.twist_acceleration_limit * self.time)
        for part, most, change in parts:
            assert (norm(self.command[:, part]) <= most + SLACK).all()
            assert (norm(self.command[:, part] - before[:, part]) <= change + SLACK).all()

    def check(self, kind: str) -> None:
        """Check what its interface must keep."""
        assert np.isfinite(self.command).all()
        checks = {'velocity': lambda: self.check_velocities(kind == 'follows'),
                  'effort': self.check_efforts, 'twist': self.check_twists}
        checks.get(self.limits.interface, lambda: self.check_targets(kind == 'jumps'))()


def norm(vectors: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vectors, axis=1)


def refused(gate: Gate, rng, action, state, episode: int) -> None:
    """Offer what must be refused whole: a broken action, a wrong length, a broken state."""
    kind = rng.integers(4)
    if kind == 0:
        action = action.copy()
        action[rng.integers(len(action))] = rng.choice(BROKEN)
    elif kind == 1:
        action = action[:-1]
    elif kind == 2:
        state = at(np.where(np.arange(3) == 1, rng.choice(BROKEN), state.position))
    else:
        state = at(state.position, np.array([0.0, 1e300, 0.0]))
    with pytest.raises(MessageError):
        gate.filter(action, state, episode)


def walk(interface: str, seed: int, count: int) -> Counter:
    """Let an adversary drive one gate; return how often which rule was named."""
    rng = np.random.default_rng(seed)
    limits = arm(interface)
    plant, gate = Arm(limits, rng), Gate(limits)
    asked, draws = actions(rng, count, len(limits.action_scale)), rng.random(count)
    episode, entered, held, seen, rows = 0, False, False, Counter(), []
    for step, (action, draw) in enumerate(zip(asked, draws)):
        state = at(plant.position, plant.velocity, step)
        if draw < 0.01:
            gate.restart()
            entered = False
        elif draw < 0.02:
            episode, entered = episode + 1, False
        elif draw < 0.06:
            refused(gate, rng, action, state, episode)
        held = draw > 0.95 or held and draw > 0.5
        executed = (gate.hold(state, episode, 'stopped') if held else
                    gate.filter(action, state, episode))
        rows.append((executed.command, state.position, state.velocity, held, not entered))
        assert np.abs(executed.action).max() <= 1.0
        entered = True
        seen[executed.why] += 1
        plant.move(executed.command)
    Walk(limits, rows).check(plant.kind)
    return seen


@pytest.mark.parametrize('interface', INTERFACES)
def test_nothing_beyond_the_contract_comes_out_whatever_comes_in(interface):
    seen = sum((walk(interface, seed, CASES // WALKS) for seed in range(WALKS)), Counter())
    assert seen.total() == CASES
    expected = {'effort': {'effort rate', 'velocity', 'joint limit'},
                'twist': {'velocity', 'acceleration'},
                'velocity': {'acceleration', 'joint limit', 'range'}}
    assert set(seen) >= expected.get(interface, {'acceleration', 'lead'})


ANY = arrays(np.float64, st.integers(0, 8), elements=st.floats(
    allow_nan=True, allow_infinity=True, allow_subnormal=True))


@pytest.mark.filterwarnings('ignore:overflow encountered in cast')
@pytest.mark.parametrize('interface', INTERFACES)
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_arrays_of_any_kind_are_refused_or_made_to_fit(interface, data):
    limits = contract(interface, ramp_sec=data.draw(st.sampled_from([0.0, 0.4])))
    gate, size = Gate(limits), len(limits.action_scale)
    for step in range(5):
        state = at(data.draw(ANY), data.draw(ANY), step)
        action = data.draw(ANY)
        with np.errstate(over='ignore'):
            fits = (action.shape == (size,) and np.isfinite(action.astype(np.float32)).all()
                    and all(array.shape == (3,) and np.abs(array).sum() < 1e6
                            for array in (state.position, state.velocity)))
        if data.draw(st.booleans()):
            executed = gate.hold(data.draw(st.sampled_from([None, state])), 0, 'stopped', action)
            assert np.isfinite(executed.asked).all() and executed.asked.shape == (size,)
        elif fits:
            executed = gate.filter(action, state, 0)
        else:
            with pytest.raises(MessageError):
                gate.filter(action, state, 0)
            continue
        assert np.isfinite(executed.command).all() and np.isfinite(executed.action).all()
        assert executed.command.shape in ((size,), (0,)) and executed.action.shape == (size,)


def boxed(interface: str):
    """Return the Sawyer slowed down, in a box around its pose of rest, at 0.25 m/s at most."""
    tool = SAWYER.chain.pose(SAWYER.reset_pose)[0]
    own = {'position_increment': 0.05 * SAWYER.action_scale, 'velocity': SAWYER.action_scale,
           'position': np.ones(7), 'twist': np.full(6, 0.5)}[interface]
    return contract(
        interface, joints=SAWYER.joints, chain=SAWYER.chain, control_rate=20.0, action_scale=own,
        position_lower=SAWYER.position_lower, position_upper=SAWYER.position_upper,
        velocity_limit=SAWYER.velocity_limit, acceleration_limit=np.full(7, 4.0),
        lead_limit=np.full(7, 1.0), reset_pose=SAWYER.reset_pose, tool_speed_limit=0.25,
        workspace_lower=tool - [0.2, 0.3, 0.2], workspace_upper=tool + [0.1, 0.3, 0.3])


@pytest.mark.parametrize('interface', ['velocity', 'position_increment', 'position', 'twist'])
def test_the_tool_of_an_arm_that_follows_stays_in_its_box_and_within_its_speed(interface):
    limits = boxed(interface)
    rng, gate, time = np.random.default_rng(0), Gate(limits), period(limits)
    position, velocity, seen = limits.reset_pose, np.zeros(7), set()
    for action in actions(rng, 600, len(limits.action_scale)):
        executed = gate.filter(action, at(position, velocity), 0)
        seen.add(executed.why)
        there = (served(limits, position, executed.command) if interface == 'twist' else
                 followed(limits, position, executed.command))
        way = limits.chain.pose(there)[0] - limits.chain.pose(position)[0]
        assert np.linalg.norm(way) <= 0.25 * time + (1e-4 if interface == 'twist' else SLACK)
        assert (limits.chain.pose(there)[0] <= limits.workspace_upper + 1e-3).all()
        assert (limits.chain.pose(there)[0] >= limits.workspace_lower - 1e-3).all()
        before, velocity, position = velocity, (there - position) / time, there
        if interface != 'twist':
            assert (np.abs(velocity - before) <= limits.acceleration_limit * time + 1e-6).all()
    assert 'workspace' in seen and ('tool speed' in seen or interface == 'twist')
