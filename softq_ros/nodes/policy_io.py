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
The control loop of the policy's process.

Callbacks store, :meth:`PolicyIo._advance` acts: it finishes the step whose result is in, then
starts the next one if everything it needs is there. It is called whenever something arrived.
"""
import os
import time

from geometry_msgs.msg import PoseStamped
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import JointState

from softq_ros.bridge.conversions import joint_state_to_sensors, time_to_ns
from softq_ros.bridge.experience import (
    command_message, episode_to_message, message_to_executed)
from softq_ros.errors import MessageError
from softq_ros.msg import Command, Episode, Executed, GateStatus, SimStatus
from softq_ros.nodes import qos
from softq_ros.nodes.cockpit import Cockpit
from softq_ros.nodes.learner_link import LearnerLink
from softq_ros.nodes.policy_report import PolicyReport
from softq_ros.nodes.resets import ResetClient, ResetDesk
from softq_ros.records import Sensors, Transition as Step
from softq_ros.srv import Reset
from softq_ros.tasks.task import Task
from softq_ros.training.interaction import Interaction


class PolicyIo(Node):
    """
    Turns observations into commands and executed commands into transitions.

    Subscribes
    ----------
    joint_states (sensor_msgs/JointState), tool_pose (geometry_msgs/PoseStamped),
    gate/executed (softq_ros/Executed), sim/status (softq_ros/SimStatus),
    gate/status (softq_ros/GateStatus), and what :class:`LearnerLink` hears

    Publishes
    ---------
    policy/command (softq_ros/Command), policy/transitions (softq_ros/Transition),
    policy/status (softq_ros/PolicyStatus), episodes (softq_ros/Episode)

    Calls
    -----
    sim/reset (softq_ros/Reset)
    """

    def __init__(self, task: Task, cockpit: Cockpit, settings: dict, **kwargs) -> None:
        """Connect; the first reset is asked for once the plant reports."""
        super().__init__('policy_io', **kwargs)
        self._task, self._cockpit, self._settings = task, cockpit, settings
        self._contract = task.contract
        self._lockstep = settings['stepping'] == 'lockstep'
        self._boot_id = int.from_bytes(os.urandom(7), 'little')
        self._actor = settings['actor']
        self._interaction = Interaction(task, self._contract, settings['seed'], self._actor,
                                        self._boot_id)
        self._episode: int | None = None
        self._phase = 'waiting_plant'
        self._asked_seed = 0
        self._first_stamp = 0
        self._pose: PoseStamped | None = None
        self._joints: JointState | None = None
        self._pending: Sensors | None = None
        self._answered = 0
        self._command: Command | None = None
        self._executed: Executed | None = None
        self._arrived = 0.0
        self._sim_boot = 0
        self._gate_stopped = False
        self._report = PolicyReport(self, cockpit, self._actor, self._boot_id)
        self._learner = LearnerLink(self, task, cockpit, settings, self._boot_id, self._report,
                                    self._on_learner)
        self._reset = ResetClient(self, self._boot_id, self._on_reset)
        self.resets = ResetDesk()
        self._connect()

    def _connect(self) -> None:
        self._commands = self.create_publisher(Command, 'policy/command',
                                               qos.command(self._settings['stepping']))
        self._episodes = self.create_publisher(Episode, 'episodes', qos.EPISODES)
        for kind, topic, callback, profile in (
                (PoseStamped, 'tool_pose', self._on_pose, qos.STATE_HEARD),
                (JointState, 'joint_states', self._on_joints, qos.STATE_HEARD),
                (Executed, 'gate/executed', self._on_executed, qos.EXECUTED),
                (GateStatus, 'gate/status', self._on_gate, qos.LATCHED),
                (SimStatus, 'sim/status', self._on_sim, qos.LATCHED)):
            self.create_subscription(kind, topic, callback, profile)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(0.5, self._on_status_timer, clock=steady)
        if not self._lockstep:
            self.create_timer(1.0 / self._contract.control_rate, self._on_period, clock=steady)
        self._publish_status()

    # observations

    def _on_pose(self, msg: PoseStamped) -> None:
        self._pose = msg
        if self._joints is not None:
            self._observe()

    def _on_joints(self, msg: JointState) -> None:
        self._arrived = time.perf_counter()
        self._joints = msg
        self._observe()

    def _observe(self) -> None:
        joints, pose = self._joints, self._pose
        stamp = time_to_ns(joints.header.stamp)
        if self._phase != 'running' or stamp < self._first_stamp or stamp < self._answered:
            return
        if stamp == self._answered:
            self._commands.publish(self._command)
            return
        if self._task.needs_tool_pose:
            if pose is None or time_to_ns(pose.header.stamp) != stamp:
                return
        else:
            pose = None
        self._joints = None
        try:
            self._pending = joint_state_to_sensors(joints, self._contract, pose)
        except MessageError as error:
            self._report.reject(str(error))
            return
        if self._lockstep:
            self._advance()

    def _on_period(self) -> None:
        self._arrived = time.perf_counter()
        self._advance()

    def _on_executed(self, msg: Executed) -> None:
        ours = self._command is not None and msg.boot_id == self._boot_id
        if ours and msg.header.stamp == self._command.header.stamp:
            self._executed = msg
            if self._pending is not None and self._lockstep:
                self._advance()

    # the step

    def _advance(self) -> None:
        """Finish the running step if its outcome is in, then start the next if it may start."""
        if self.resets:
            self._serve_reset()
        if self._phase != 'running' or self._pending is None:
            return
        finished = None
        if self._interaction.waiting:
            finished = self._finish_step()
            if finished is None:
                return
        if not self._interaction.finished and self._may_act():
            self._act()
        if finished:  # after the command, which the plant waits for
            self._learner.send(finished)
        if self._interaction.finished:
            self._publish_episode()
            self._begin_episode()

    def _finish_step(self) -> Step | None:
        """Return the step that ends with the pending observation, or nothing without its end."""
        if self._executed is None:
            return None
        answer, self._executed = self._executed, None
        try:
            executed = message_to_executed(answer)
        except MessageError as error:
            self._report.reject(f'gate/executed: {error}')
            self._end_episode('fault')
            return None
        if executed.holding:
            self._end_episode('hold')
            return None
        return self._interaction.complete(executed, self._pending)

    def _may_act(self) -> bool:
        cockpit = self._cockpit
        if cockpit.paused or not cockpit.active:
            return False
        if cockpit.flight.actor is None and not cockpit.exploration:
            return False
        return self._learner.allows(self._interaction.sequence)

    def _act(self) -> None:
        if not self._interaction.started:
            self._interaction.first(self._pending)
        flight = self._cockpit.flight
        action = self._interaction.act(flight.actor, self._cockpit.sampling, flight.version)
        stamp = self._pending.stamp
        self._command = command_message(
            action, stamp, self._actor, self._boot_id, self._interaction.sequence + 1,
            self._interaction.episode, self._interaction.step, self._interaction.source)
        self._executed, self._pending, self._answered = None, None, stamp
        self._commands.publish(self._command)
        self._report.acted(time.perf_counter() - self._arrived)

    # episodes

    def _begin_episode(self) -> None:
        if self._episode is None:
            self._episode = self._learner.first_episode
        if self._episode is None:
            self._phase = 'waiting_learner'
            return
        if self._gate_stopped:
            self._phase = 'waiting_gate'
            return
        limit = self._settings['episodes']
        if limit and self._episode >= limit:
            self._phase = 'finished'
            return
        seed = self._interaction.begin(self._episode)
        seed, self._asked_seed = self._asked_seed or seed, 0
        self._episode += 1
        self._phase, self._pending, self._executed = 'resetting', None, None
        self._reset.call(self._interaction.episode, seed, self._answered)

    def _on_reset(self, response: Reset.Response) -> None:
        if self._phase != 'resetting':
            return
        if not response.success:
            self._report.reject(f'sim/reset: {response.message}')
            return
        self._first_stamp = time_to_ns(response.stamp)
        self._phase = 'running'
        self.resets.begun(self._interaction.episode)
        if self._joints is not None:
            self._observe()

    def _serve_reset(self) -> None:
        if self._phase in ('running', 'finished'):
            self._asked_seed = self.resets.take()
            self._end_episode('stopped')

    def _end_episode(self, cause: str) -> None:
        if self._phase == 'running':
            self._interaction.abandon(cause)
            self._publish_episode()
        self._begin_episode()

    def _publish_episode(self) -> None:
        self._episodes.publish(episode_to_message(
            self._interaction.summary, self._actor, self._boot_id, self._task.name,
            self._answered, self._cockpit.flight.version))

    def _on_gate(self, msg: GateStatus) -> None:
        self._gate_stopped = msg.stopped
        if self._phase == 'waiting_gate' and not msg.stopped:
            self._begin_episode()

    def _on_sim(self, msg: SimStatus) -> None:
        restarted = self._sim_boot not in (0, msg.boot_id)
        self._sim_boot = msg.boot_id
        if self._phase == 'waiting_plant':
            self._begin_episode()
        elif self._phase == 'running' and restarted:
            self._end_episode('fault')
        elif (self._phase == 'running' and msg.state == 'fault'
              and msg.episode == self._interaction.episode):
            self._end_episode('fault')

    def _on_learner(self) -> None:
        if self._phase == 'waiting_learner':
            self._begin_episode()
        if self._lockstep:
            self._advance()

    # status

    def _on_status_timer(self) -> None:
        self._reset.call_again_if_late()
        if self.resets:
            self._serve_reset()
        self._learner.tend()
        self._publish_status()

    def _publish_status(self) -> None:
        waiting = self._phase == 'running' and self._pending is not None and self._lockstep
        self._report.publish(
            self._answered, 'waiting_learner' if waiting else self._phase,
            self._interaction.sequence, episode=self._interaction.episode,
            **self._learner.counts())

    def on_shutdown(self) -> None:
        """Say the last word: the status, and the last accepted weights to disk."""
        self._learner.tend(at_once=True)
        self._publish_status()
