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
"""The errors of this package: one base class; every message names the bad value and the cure."""


class SoftqError(Exception):
    """Anything this package refuses; its text is one line a user can act on."""


class ConfigurationError(SoftqError):
    """A file, parameter or argument holds what is not accepted."""


class ShapeError(SoftqError, ValueError):
    """An array has another shape than the formula or record wants."""


class MessageError(SoftqError):
    """A message from outside is refused whole."""


class BundleError(SoftqError):
    """A policy bundle does not verify or does not fit."""


class RunError(SoftqError):
    """A run directory cannot be opened, resumed or written."""


class PlantFault(SoftqError):
    """The plant reports a state that must not be learned from."""


class LearningError(SoftqError):
    """An update produced numbers that must not be published."""


def accepted(value: object, names) -> str:
    """Return the tail of a message: the refused value and every name that would do."""
    return f'got {value!r}; accepted: {", ".join(sorted(str(name) for name in names))}'
