#!/usr/bin/env python3
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
"""The policy's process: a node for parameters and services beside the node of the control loop."""
import math
import sys

from rclpy.action import ActionServer, GoalResponse
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn

from softq_ros.action import ResetEpisode
from softq_ros.errors import ConfigurationError
from softq_ros.nodes.cockpit import Cockpit
from softq_ros.nodes.parameters import declare, OPTIONS, Parameter, task_of
from softq_ros.nodes.policy_io import PolicyIo
from softq_ros.nodes.resets import ResetDesk, ResetRequest
from softq_ros.nodes.run import run_node
from softq_ros.nodes.selector import DEFAULTS, Selector
from softq_ros.tasks.catalogue import task_names

FEEDBACK_SEC = 0.2
SWITCH_SEC = 0.0005  # that the control loop waits for the thread which loads bundles
PARAMETERS = (
    Parameter('task', 'sawyer_stack', 'what is asked of the robot', choices=task_names),
    OPTIONS,
    Parameter('contract', '', 'robot contract: a name, a path; empty: that of the task'),
    Parameter('mode', 'sim', 'what is moved: a simulator, or a robot by its contract',
              choices=('sim', 'robot')),
    Parameter('resets', 'scripted', 'whether a person looks before an episode of a robot begins',
              choices=('scripted', 'confirmed')),
    Parameter('hands', 'game_controller', 'layout of the game pad by which a person takes over'),
    Parameter('seed', 0, 'first number of every random stream', minimum=0),
    Parameter('stepping', 'lockstep', 'who drives time', choices=('lockstep', 'realtime')),
    Parameter('governor', 'on', 'whether acting waits for the learner',
              choices=('on', 'strict', 'off')),
    Parameter('learn', True, 'publish transitions'),
    Parameter('actor', 'sim', 'name of this robot in every transition'),
    Parameter('episodes', 0, 'stop after so many; 0: never', minimum=0),
    Parameter('store', '', 'directory for the last accepted weights; empty: none'),
    Parameter('policies', '', 'directory that holds bundles; empty: those that ship'),
    Parameter('autostart', True, 'configure and activate at once'),
)


class PolicyNode(LifecycleNode):
    """
    Chooses what flies.

    Parameters
    ----------
    policy (string or string array): `learner`, the name of a bundle, or several: a composition;
    weights (number array): of each, summing to 1, empty for equal ones; temperature (number):
    factor on that of training, with N policies 1 averages their Qs and 1/N adds them up;
    blend_sec (number): how long one fades into the next; sampling (string): stochastic,
    deterministic, best_of_32, best_of_128, mean_of_128 or as_scored, as config/tasks says;
    exploration (bool): whether it may move at random before there is a policy, on a robot false
    unless given; paused (bool); the others are read-only.

    Services
    --------
    policy/rollback (std_srvs/Trigger): back to what flew before

    Actions
    -------
    episode/reset (softq_ros/ResetEpisode)
    """

    def __init__(self, cockpit: Cockpit, **kwargs) -> None:
        """Declare and check the parameters; ``settings`` holds the read-only ones."""
        super().__init__('policy', **kwargs)
        self._cockpit = cockpit
        self.settings = declare(self, PARAMETERS, frozenset(DEFAULTS))
        self.task = task_of(self.settings)
        self._check_mode()
        self._selector = Selector(self, self.task, cockpit, self.settings)

    def _check_mode(self) -> None:
        mode, contract = self.settings['mode'], self.task.contract
        if contract.simulated != (mode == 'sim'):
            raise ConfigurationError(
                f'parameter mode: got {mode} with the contract {contract.name}, which says '
                f'simulated: {str(contract.simulated).lower()}; accepted: a contract that fits')
        if mode == 'robot' and self.settings['stepping'] != 'realtime':
            raise ConfigurationError('parameter stepping: got lockstep; accepted with mode '
                                     'robot: realtime')

    def serve_resets(self, desk: ResetDesk) -> None:
        """Offer ``episode/reset``, answered by the control loop."""
        going: dict = {}

        async def execute(goal) -> ResetEpisode.Result:
            request = desk.ask(goal.request.seed, goal.request.timeout_sec)
            going[request] = goal
            success, message, episode = await request.outcome
            _tell(goal, request)
            del going[request]
            goal.succeed() if success else goal.abort()
            return ResetEpisode.Result(success=success, message=message, episode=episode)

        def tell() -> None:
            for request, goal in list(going.items()):
                _tell(goal, request)

        self._resets = ActionServer(self, ResetEpisode, 'episode/reset', execute,
                                    goal_callback=_judge_goal)
        self.create_timer(FEEDBACK_SEC, tell, clock=Clock(clock_type=ClockType.STEADY_TIME))

    # life cycle

    def on_activate(self, state) -> TransitionCallbackReturn:
        """Let the control loop act."""
        self._cockpit.active = True
        return super().on_activate(state)

    def on_deactivate(self, state) -> TransitionCallbackReturn:
        """Keep the control loop from acting."""
        self._cockpit.active = False
        return super().on_deactivate(state)

    def start(self) -> None:
        """Configure and activate, where ``autostart`` asks for it."""
        if self.settings['autostart']:
            self.trigger_configure()
            self.trigger_activate()


def _judge_goal(goal: ResetEpisode.Goal) -> GoalResponse:
    good = math.isfinite(goal.timeout_sec) and goal.timeout_sec >= 0
    return GoalResponse.ACCEPT if good else GoalResponse.REJECT


def _tell(goal, request: ResetRequest) -> None:
    goal.publish_feedback(ResetEpisode.Feedback(elapsed_sec=request.elapsed_sec,
                                                distance=request.distance))


def make_process(**kwargs) -> PolicyIo:
    """Build both nodes; the parameter node is spun beside the control loop."""
    cockpit = Cockpit()
    node = PolicyNode(cockpit, **kwargs)
    io = PolicyIo(node.task, cockpit, node.settings,
                  context=kwargs.get('context'), use_global_arguments=True)
    io.beside = node
    node.serve_resets(io.resets)
    node.start()
    return io


def main(args: list[str] | None = None) -> None:
    """Run the process until a signal."""
    sys.setswitchinterval(SWITCH_SEC)
    run_node(make_process, args)


if __name__ == '__main__':
    main()
