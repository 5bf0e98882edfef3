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
"""The verbs of ``softq``, each with its words; each imports only what it needs."""
import argparse
from collections.abc import Callable
from typing import NamedTuple

from softq_ros.verbs.composing import add_compose, compose
from softq_ros.verbs.running import (
    add_bench, add_call, add_robot, bench, call_service, check_robot, launch)
from softq_ros.verbs.scoring import add_evaluate, evaluate
from softq_ros.verbs.showing import (
    add_inspect, add_list, add_plot, inspect, list_known, plot)
from softq_ros.verbs.training import add_train, train

__all__ = ['launch', 'Verb', 'VERBS']


class Verb(NamedTuple):
    """
    One verb of the command line.

    :param add: gives a parser the verb's words.
    :param run: does it and returns the exit code.
    """

    name: str
    add: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    text: str


VERBS = (
    Verb('train', add_train, train, 'train in one process, without ROS'),
    Verb('evaluate', add_evaluate, evaluate, 'score policies on test episodes'),
    Verb('compose', add_compose, compose,
         'distil several policies into one, without any new steps of the robot'),
    Verb('plot', add_plot, plot, 'draw what was learned'),
    Verb('inspect', add_inspect, inspect, 'say what a bundle or run is and whether it verifies'),
    Verb('list', add_list, list_known, 'say what is here'),
    Verb('robot', add_robot, check_robot, "say whether a robot's contract holds"),
    Verb('call', add_call, call_service, 'call a service of the graph without ros2'),
    Verb('bench', add_bench, bench, 'measure how fast it is'),
)
