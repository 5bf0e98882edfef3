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
"""``softq plot``, ``inspect`` and ``list``: what was learned, and what is here."""
import argparse
from pathlib import Path

from softq_ros.errors import ConfigurationError
from softq_ros.verbs.words import show


def add_plot(plot: argparse.ArgumentParser) -> None:
    """Say what a drawing takes."""
    plot.add_argument('run', nargs='+', help='run directories; a policy for a landscape')
    plot.add_argument('--what', choices=('curves', 'landscape'), default='curves',
                      help='learning curves of runs, or paths and Q of a point in the plane')
    plot.add_argument('--out', required=True)


def add_inspect(inspect: argparse.ArgumentParser) -> None:
    """Say what an inspection takes."""
    inspect.add_argument('what', help='a run or a policy')


def add_list(listing: argparse.ArgumentParser) -> None:
    """Say what a list takes."""
    listing.add_argument('what', choices=('tasks', 'robots', 'algorithms', 'policies'))


def plot(options: argparse.Namespace) -> int:
    """Draw curves of runs, or what a policy of the plane learned."""
    if options.what == 'landscape':
        return _plot_landscape(options)
    from softq_ros.training.plots import plot_runs
    plot_runs([Path(run) for run in options.run], Path(options.out))
    show({'out': options.out, 'runs': len(options.run)}, options.json)
    return 0


def _plot_landscape(options: argparse.Namespace) -> int:
    from softq_ros.policies.bundle import find_bundle, load_bundle
    from softq_ros.training.landscape import draw_landscape
    if len(options.run) != 1:
        raise ConfigurationError(f'a landscape: got {len(options.run)} policies; accepted: one')
    bundle = load_bundle(find_bundle(options.run[0]))
    task = bundle.task()
    bundle.check_fits(task)
    draw_landscape(bundle.actor(), task, Path(options.out))
    show({'out': options.out, 'policy': options.run[0]}, options.json)
    return 0


def inspect(options: argparse.Namespace) -> int:
    """Say what a run or a bundle is."""
    from dataclasses import asdict
    from softq_ros.policies.bundle import find_bundle, load_bundle, MANIFEST
    from softq_ros.training.run import FILE, read_run
    path = Path(options.what)
    if (path / FILE).exists():
        show({'kind': 'run'} | read_run(path).facts, options.json)
        return 0
    if path.is_dir() and not (path / MANIFEST).exists():
        raise ConfigurationError(f'{path}: neither a run ({FILE}) nor a bundle ({MANIFEST})')
    bundle = load_bundle(find_bundle(options.what))
    tensors = {name: list(tensor.shape) for name, tensor in bundle.weights.items()}
    show({'kind': 'bundle', 'verified': True} | asdict(bundle.manifest)
         | {'tensors': tensors}, options.json)
    return 0


def list_known(options: argparse.Namespace) -> int:
    """Say what is here."""
    from softq_ros.paths import known, share
    if options.what == 'policies':
        names = sorted(p.parent.name for p in share('policies').glob('*/policy.yaml'))
    else:
        names = known(f'config/{options.what}')
    show({options.what: names}, True) if options.json else print('\n'.join(names))
    return 0
