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
Variants of a Sawyer scene: its commands, the brick in its hand, how that fits.

The files show one variant, velocity commands with a loose 2x4; the others are edits of it, so that
every figure stands once.
"""
import mujoco
import numpy as np

LOOSE = 0.0002  # m between stud and rib in the files
STIFFNESS = 20.0  # N m/rad per N m s/rad of a velocity gain; our choice: a lag of 50 ms
SMALL_MASS = 0.0062  # kg, a 2x2: half of a 2x4
SMALL_INERTIA = (7.1e-7, 7.1e-7, 1.05e-6)  # kg m2, of a solid 31.8 x 31.8 x 19.2 mm
PITCH = 0.016  # m from stud to stud
# The grip of a press fit: pads that give 0.5 mm at 10 N. A brick that is one with the arm locks.
GRIP_SOLREF = (0.01, 1.0)
GRIP_SOLIMP = (0.99, 0.999, 0.001, 0.5, 2.0)
GRIP_TORQUE = 0.05  # m, weight of turning against moving

BOX, BOX_TOUCHES = 'obstacle', 9  # its name; hulls and the arm's links, as the table


def set_interface(spec: mujoco.MjSpec, interface: str) -> None:
    """Let the scene's velocity actuators take efforts [N m] or positions [rad] instead."""
    for actuator in spec.actuators:
        gain = float(actuator.gainprm[0])
        if interface == 'effort':
            actuator.set_to_motor()
        elif interface.startswith('position'):
            actuator.set_to_position(kp=STIFFNESS * gain, kv=gain)


def tighten(spec: mujoco.MjSpec, interference: float) -> None:
    """Make the cavity of the held brick narrower than the studs by an interference [m]."""
    closer = LOOSE + interference
    for geom in spec.body('held_brick').geoms:
        if geom.name.startswith('tube'):
            geom.size[0] += closer
        elif geom.name.startswith('rib'):
            axis = 'xy'.index(geom.name[4])
            geom.pos[axis] -= np.copysign(closer, geom.pos[axis])


def halve(spec: mujoco.MjSpec) -> None:
    """Make a 2x2 of the held 2x4: the middle four of its studs and holes."""
    brick = spec.body('held_brick')
    brick.mass, brick.inertia = SMALL_MASS, SMALL_INERTIA
    for geom in brick.geoms:
        if geom.name in ('held_hull', 'roof'):
            geom.size[0] = geom.size[1]
        elif geom.name.startswith('rib_x'):
            geom.pos[0] -= np.copysign(PITCH, geom.pos[0])
        elif abs(geom.pos[0]) > 0.5 * PITCH:
            spec.delete(geom)


def weld_to_hand(spec: mujoco.MjSpec) -> None:
    """Make the held brick a free body on a weld, so that contacts meet its own small mass."""
    held = spec.body('held_brick')
    place = held.pos.copy()
    spec.copy_during_attach = True
    free = spec.worldbody.add_frame().attach_body(held, 'free_', '')
    spec.delete(held)
    for element in (free, *free.geoms, *free.sites):
        element.name = element.name.removeprefix('free_')
    free.add_freejoint(name='held_brick')
    weld = spec.add_equality(name='grip', type=mujoco.mjtEq.mjEQ_WELD, name1='right_hand',
                             objtype=mujoco.mjtObj.mjOBJ_BODY, name2='held_brick')
    weld.solref, weld.solimp = GRIP_SOLREF, GRIP_SOLIMP
    turned_over = (0.0, 1.0, 0.0, 0.0)
    weld.data = np.array([0.0, 0.0, 0.0, *place, *turned_over, GRIP_TORQUE, 0.0])


def add_box(spec: mujoco.MjSpec, position: list[float], half_size: list[float]) -> None:
    """Put a box into the world that arm, hand and brick can touch [m]."""
    spec.worldbody.add_geom(name=BOX, type=mujoco.mjtGeom.mjGEOM_BOX, pos=position, size=half_size,
                            contype=BOX_TOUCHES, conaffinity=1, material='screen')


def adapt(spec: mujoco.MjSpec, interface: str, options: dict) -> None:
    """
    Make the variant of the scene that a robot and a task's options ask for.

    :param interface: of the robot's contract.
    :param options: ``fit``, ``brick``, ``interference`` [m]; a scene without a seat has none.
        ``box_position`` and ``box_half_size`` [m] where there is a box.
    """
    if interface != 'velocity':
        set_interface(spec, interface)
    if options.get('brick') == '2x2':
        halve(spec)
    if options.get('fit') == 'press':
        tighten(spec, options['interference'])
        weld_to_hand(spec)
    if 'box_position' in options:
        add_box(spec, options['box_position'], options['box_half_size'])
