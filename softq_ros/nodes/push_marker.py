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
"""A push, as RViz shows it."""
from geometry_msgs.msg import Point
import numpy as np
from rclpy.duration import Duration
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker

PER_NEWTON = 0.005  # m of the arrow's length for each newton
RED = ColorRGBA(r=1.0, g=0.1, b=0.1, a=0.9)
LEAST_SEC = 0.5  # that it is shown, so that a short push is seen


def push_marker(frame: str, place: np.ndarray, force: np.ndarray, duration_sec: float) -> Marker:
    """
    Return an arrow that ends where a force acts, and goes when the push is over.

    :param frame: that ``place`` ``(3,)`` [m] and ``force`` ``(3,)`` [N] are given in.
    """
    marker = Marker(ns='push', type=Marker.ARROW, action=Marker.ADD, color=RED,
                    lifetime=Duration(seconds=max(duration_sec, LEAST_SEC)).to_msg())
    marker.header.frame_id = frame
    marker.pose.orientation.w = 1.0
    for point in (place - PER_NEWTON * force, place):
        x, y, z = map(float, point)
        marker.points.append(Point(x=x, y=y, z=z))
    marker.scale.x, marker.scale.y = 0.015, 0.03
    return marker
