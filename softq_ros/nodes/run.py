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
How a node's process lives and ends.

rclpy's own signal handlers invalidate the context before a node can say its last word, so they
are off: a signal ends the loop, ``on_shutdown`` of each node runs while publishing still works.
"""
from collections.abc import Callable
from contextlib import suppress
import ctypes
import gc
import os
import signal
import sys
import threading
import time
from typing import NoReturn

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from softq_ros.errors import SoftqError
from softq_ros.nodes.sole import claim

try:
    from rclpy.experimental import EventsExecutor
except ImportError:  # before rclpy 7.1.4
    EventsExecutor = SingleThreadedExecutor

PR_SET_PDEATHSIG = 1
PRIORITY = 50  # of the urgent, as controllers of ros2_control ask for


def die_with_launcher() -> None:
    """Ask the kernel for SIGTERM when the process that started us dies (Linux only)."""
    parent = os.getppid()
    if sys.platform == 'linux':
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before we asked to be told
        raise SystemExit(1)


def come_first() -> None:
    """
    Ask the kernel to run this process's threads before any other process.

    It is granted to root and where ``rtprio`` of limits.conf says so (Linux); else all stays.
    """
    try:
        for thread in os.listdir('/proc/self/task'):
            os.sched_setscheduler(int(thread), os.SCHED_FIFO, os.sched_param(PRIORITY))
    except (AttributeError, OSError):
        pass


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _spin_aside(node: Node, stop: threading.Event) -> threading.Thread:
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)

    def loop() -> None:
        try:
            while not stop.is_set() and node.context.ok():
                executor.spin_once(timeout_sec=0.1)
        except ExternalShutdownException:
            pass
        finally:
            executor.shutdown(timeout_sec=1.0)

    thread = threading.Thread(target=loop, name=node.get_name(), daemon=True)
    thread.start()
    return thread


def _spin_main(node: Node, stop: threading.Event) -> None:
    executor = EventsExecutor(context=node.context)
    executor.add_node(node)
    work = getattr(node, 'work', None)
    try:
        while not stop.is_set() and not getattr(node, 'done', False):
            # spin_once() without a time-out never returns in rclpy 7.1
            executor.spin_once(timeout_sec=0.1 if work is None or not work() else 0.0)
    finally:
        executor.shutdown()


def run_node(make_node: Callable[[], Node], args: list[str] | None = None) -> NoReturn:
    """
    Run one process: build its node, spin until a signal or until ``node.done``, end it cleanly.

    A node may offer ``beside`` (a second node, spun in its own thread by its own executor),
    ``work()`` (called between callbacks; returns whether there is more to do at once),
    ``on_shutdown()`` (its last word), ``exit_code`` and ``urgent`` (whether it comes before other
    processes where that is permitted). The exit code is 2 when the node refuses its configuration.

    When the nodes are gone the process is, too, without what libraries still do at the end of one:
    once in some hundred times that was seen to spin until it was killed.
    """
    code = live(make_node, args)
    with suppress(OSError):  # whoever read it is gone
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def live(make_node: Callable[[], Node], args: list[str] | None = None) -> int:
    """Do what :func:`run_node` says but for the end of the process; return its exit code."""
    die_with_launcher()
    stop = _stop_on_signals()
    node = beside = None
    try:
        rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
        node = make_node()
        claim(node.get_fully_qualified_name(), node.context.get_domain_id())
        if getattr(node, 'urgent', False):
            come_first()
        gc.collect()
        gc.freeze()  # what start-up made stays; going through it later cost pauses of 15 ms
        beside = getattr(node, 'beside', None)
        thread = _spin_aside(beside, stop) if beside else None
        _spin_main(node, stop)
        stop.set()
        if thread:
            thread.join(timeout=1.0)
        return getattr(node, 'exit_code', 0)
    except SoftqError as error:
        print(f'{sys.argv[0].rsplit(os.sep, 1)[-1]}: {error}', file=sys.stderr, flush=True)
        return 2
    finally:
        _ignore_signals()
        if node is not None and hasattr(node, 'on_shutdown'):
            node.on_shutdown()
            time.sleep(0.05)  # the last message leaves before its writer goes
        for one in filter(None, (beside, node)):
            one.destroy_node()
        if rclpy.ok():
            rclpy.shutdown()
