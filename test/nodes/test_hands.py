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
"""A person has the robot while they hold the button and are heard; nothing they send raises."""
import dataclasses
import math

from hypothesis import given, settings, strategies as st
import numpy as np
import pytest

from softq_ros.errors import ConfigurationError
from softq_ros.nodes.hands import Hands
from softq_ros.nodes.pad import load_pad
from softq_ros.records import Sensors
from softq_ros.robot.contract import load_contract
from softq_ros.robot.kinematics import Chain, Segment

MS = 1_000_000
PAD = load_pad('game_controller')
SAWYER = load_contract('sim_sawyer')
AXES = ((0, 0, 1), (0, 1, 0), (0, 0, 1), (0, 1, 0), (0, 0, 1), (0, 1, 0), (0, 0, 1))
ARM = dataclasses.replace(SAWYER, chain=Chain(tuple(
    Segment(joint, (0.05, 0.0, 0.2), (0.0, 0.0, 0.0), axis)
    for joint, axis in zip(SAWYER.joints, AXES))))
SENSORS = Sensors(0, ARM.joints, ARM.reset_pose, np.zeros(7), np.zeros(7))
CENTRED = [0.0] * 6
UP = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]  # the right stick
HELD, SUCCESS, FAILURE = PAD.takeover_button, PAD.success_button, PAD.failure_button


def buttons(*down: int) -> list[int]:
    return [int(index in down) for index in range(11)]


@pytest.fixture
def hands():
    return Hands(ARM, PAD)


def test_nobody_at_the_robot_leaves_it_to_the_policy(hands):
    assert hands.takeover(SENSORS, 0) is None
    assert hands.verdict() == '' and hands.share == 0.0


def test_the_stick_moves_the_tool_while_the_button_is_held(hands):
    hands.joy(UP, buttons(HELD), 0)
    action = hands.takeover(SENSORS, 50 * MS)
    assert action.shape == (7,) and action.dtype == np.float32
    moved = ARM.chain.velocity(SENSORS.position, action * ARM.action_scale)
    assert moved[2] > 0.05 and np.abs(moved[:2]).max() < 0.02
    hands.joy(UP, buttons(), 60 * MS)
    assert hands.takeover(SENSORS, 70 * MS) is None


def test_a_stick_without_the_button_does_nothing(hands):
    hands.joy(UP, buttons(), 0)
    assert hands.takeover(SENSORS, 0) is None


def test_the_button_with_centred_sticks_stops_the_robot(hands):
    hands.joy(CENTRED, buttons(HELD), 0)
    assert hands.takeover(SENSORS, 0).tolist() == [0.0] * 7


def test_a_silent_pad_counts_as_let_go_after_a_quarter_of_a_second(hands):
    hands.joy(UP, buttons(HELD), 0)
    assert hands.takeover(SENSORS, 250 * MS) is not None
    assert hands.takeover(SENSORS, 251 * MS) is None


def test_who_takes_over_again_steers_from_where_the_robot_is_by_then(hands):
    hands.joy(UP, buttons(HELD), 0)
    hands.takeover(SENSORS, 0)
    hands.joy(UP, buttons(), 1)
    hands.takeover(SENSORS, 1)
    moved = dataclasses.replace(SENSORS, position=SENSORS.position + 0.2)
    hands.joy(CENTRED, buttons(HELD), 2)
    assert hands.takeover(moved, 2).tolist() == [0.0] * 7


def test_a_program_is_heard_for_five_periods(hands):
    wanted = np.linspace(-1, 1, 7).astype(np.float32)
    hands.intervention(wanted.tolist(), 0)
    assert (hands.takeover(SENSORS, 250 * MS) == wanted).all()
    assert hands.takeover(SENSORS, 251 * MS) is None


def test_the_pad_wins_over_the_program(hands):
    hands.intervention([0.5] * 7, 0)
    hands.joy(CENTRED, buttons(HELD), 0)
    assert hands.takeover(SENSORS, 0).tolist() == [0.0] * 7
    hands.joy(CENTRED, buttons(), 10 * MS)
    assert hands.takeover(SENSORS, 10 * MS).tolist() == [0.5] * 7


@pytest.mark.parametrize('axes, pressed, reason', [
    (CENTRED[:3], buttons(HELD), '3 axes, 11 buttons; accepted: at least 4 and 10'),
    ([], [], '0 axes, 0 buttons'), (CENTRED, buttons()[:9], '6 axes, 9 buttons'),
    ([0.0] * 65, buttons(HELD), '65 axes'),
    ([math.nan] + CENTRED[1:], buttons(HELD), 'an axis at nan; accepted: within'),
    (CENTRED[1:] + [-math.inf], buttons(HELD), 'an axis at -inf'),
    ([1.5] + CENTRED[1:], buttons(HELD), 'an axis at 1.5'),
    (CENTRED, [7] + buttons(HELD)[1:], 'a button at 7; accepted: 0 or 1'),
    (CENTRED, buttons(HELD, SUCCESS, FAILURE), 'success and failure at once')])
def test_a_bad_message_of_the_pad_is_counted_and_takes_the_hands_off(hands, axes, pressed, reason):
    hands.joy(CENTRED, buttons(HELD), 0)
    hands.joy(axes, pressed, 1)
    assert hands.takeover(SENSORS, 2) is None and hands.verdict() == ''
    assert hands.refused == {'joy': 1} and reason in hands.reason


@pytest.mark.parametrize('action, reason', [
    ([], 'got 0 numbers; accepted: 7'), ([0.0] * 6, 'got 6 numbers'), ([0.0] * 8, 'got 8'),
    ([math.nan] + [0.0] * 6, 'accepted: within'), ([0.0] * 6 + [math.inf], 'accepted: within'),
    ([-1.01] + [0.0] * 6, 'accepted: within')])
def test_a_bad_action_is_counted_and_ends_the_takeover(hands, action, reason):
    hands.intervention([0.1] * 7, 0)
    hands.intervention(action, 1)
    assert hands.takeover(SENSORS, 2) is None
    assert hands.refused == {'intervention': 1} and reason in hands.reason


@settings(max_examples=300, deadline=None)
@given(axes=st.lists(st.floats(width=32), max_size=12),
       pressed=st.lists(st.integers(-2**31, 2**31 - 1) | st.integers(0, 1), max_size=14),
       action=st.lists(st.floats(width=32), max_size=9))
def test_whatever_comes_in_what_goes_out_is_an_action_or_nothing(axes, pressed, action):
    hands = Hands(ARM, PAD)
    hands.joy(axes, pressed, 0)
    hands.intervention(action, 0)
    given_back = hands.takeover(SENSORS, 1)
    assert given_back is None or np.abs(given_back).max() <= 1.0
    assert hands.verdict() in ('', 'success', 'failure')
    assert set(hands.refused) <= {'joy', 'intervention'}


@pytest.mark.parametrize('button, verdict', [(SUCCESS, 'success'), (FAILURE, 'failure')])
def test_a_press_is_one_verdict_however_long_it_lasts(hands, button, verdict):
    hands.joy(CENTRED, buttons(), 0)
    for now in range(1, 4):
        hands.joy(CENTRED, buttons(button), now)
    assert hands.verdict() == verdict
    assert hands.verdict() == ''
    hands.joy(CENTRED, buttons(button), 4)
    assert hands.verdict() == ''
    hands.joy(CENTRED, buttons(), 5)
    hands.joy(CENTRED, buttons(button), 6)
    assert hands.verdict() == verdict


def test_a_button_that_is_down_from_the_first_is_no_verdict(hands):
    hands.joy(CENTRED, buttons(SUCCESS), 0)
    assert hands.verdict() == ''


def test_the_last_press_is_the_verdict(hands):
    for now, down in enumerate([(), (SUCCESS,), (), (FAILURE,)]):
        hands.joy(CENTRED, buttons(*down), now)
    assert hands.verdict() == 'failure'


def test_without_a_chain_the_buttons_still_judge():
    hands = Hands(dataclasses.replace(SAWYER, chain=None), PAD)
    hands.joy(UP, buttons(), 0)
    hands.joy(UP, buttons(HELD, SUCCESS), 1)
    assert hands.takeover(SENSORS, 2) is None and hands.verdict() == 'success'
    assert 'without a chain' in hands.reason
    hands.intervention([0.5] * 7, 3)
    assert hands.takeover(SENSORS, 3).tolist() == [0.5] * 7


def test_the_share_is_that_of_the_steps_a_person_made(hands):
    for source in ('policy', 'human', 'random', 'human', 'policy'):
        hands.count(source)
    assert hands.share == 0.4


def test_a_pad_says_which_stick_moves_what():
    twist = PAD.twist([0.5, 1.0, -1.0, 0.25, 0.0, 0.0])
    assert twist == pytest.approx([0.1, 0.05, 0.025, 0.0, 0.0, -0.5])


@pytest.mark.parametrize('change, reason', [
    ('axes: [0, 1, 2]', 'axes: got [0, 1, 2]; accepted: 6 indices'),
    ('axes: [-1, -1, -1, -1, -1, -1]', 'accepted: 6 indices from -1 (none) to 63, one'),
    ('axes: [0, 1, 2, 3, 4, -2]', 'axes: got'), ('axes: 1', 'axes: got 1'),
    ('speed: [1, 1, 1, 1, 1, .nan]', 'speed: got'), ('speed: [1, 1, 1, 1, 1, fast]', 'speed'),
    ('speed: [1, 1, 1]', 'accepted: 6 finite numbers in m/s and rad/s'),
    ('takeover_button: -1', 'takeover_button: got -1; accepted: an index from 0 to 63'),
    ('takeover_button: true', 'takeover_button: got True'),
    ('takeover_button: 0', 'accepted: three different ones'),
    ('turbo_button: 3', 'turbo_button'), ('axes: [', 'not readable as YAML')])
def test_a_bad_layout_is_refused_with_its_field(tmp_path, change, reason):
    field = change.split(':')[0]
    rows = {'axes': 'axes: [1, 0, 3, -1, -1, 2]', 'speed': 'speed: [1, 1, 1, 1, 1, 1]',
            'takeover_button': 'takeover_button: 9', 'success_button': 'success_button: 0',
            'failure_button': 'failure_button: 1'} | {field: change}
    path = tmp_path / 'pad.yaml'
    path.write_text('\n'.join(rows.values()))
    with pytest.raises(ConfigurationError) as caught:
        load_pad(path)
    assert reason in str(caught.value) and 'pad.yaml' in str(caught.value)


def test_an_unknown_pad_is_refused_with_those_there_are():
    with pytest.raises(ConfigurationError, match="unknown pad: got 'x'; accepted: game_contr"):
        load_pad('x')
