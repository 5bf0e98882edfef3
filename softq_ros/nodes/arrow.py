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
"""An arrow, as RViz draws it."""
from geometry_msgs.msg import Point
import numpy as np
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker


def arrow(frame: str, name: str, colour: ColorRGBA, tail: np.ndarray, tip: np.ndarray,
          width: float) -> Marker:
    """
    Return an arrow between two places ``(3,)`` [m].

    :param frame: that they are given in.
    :param name: the marker's namespace.
    :param width: of the shaft [m]; the head has twice as much.
    """
    marker = Marker(ns=name, type=Marker.ARROW, action=Marker.ADD, color=colour)
    marker.header.frame_id = frame
    marker.pose.orientation.w = 1.0
    marker.points = [Point(x=float(x), y=float(y), z=float(z)) for x, y, z in (tail, tip)]
    marker.scale.x, marker.scale.y = width, 2.0 * width
    return marker
