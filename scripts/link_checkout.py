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
"""Make the environment's python find this checkout first, and give it a ``softq`` command."""
from pathlib import Path
import sys
import sysconfig

checkout = Path(sys.argv[1]).resolve()
if not (checkout / 'softq_ros' / 'cli.py').is_file():
    sys.exit(f'{checkout} is no checkout; accepted: the folder that holds softq_ros')
site = Path(sysconfig.get_paths()['purelib'])
(site / '_softq_ros_checkout.pth').write_text(
    f'import sys; sys.path.insert(0, {str(checkout)!r})\n')
command = Path(sys.executable).parent / 'softq'
command.write_text(f'#!{sys.executable}\nimport sys\nfrom softq_ros.cli import main\n'
                   'sys.exit(main())\n')
command.chmod(0o755)
