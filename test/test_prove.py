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
"""The proofs that make prove names are there and say what they take."""
from pathlib import Path
import re
import subprocess
import sys

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROOFS = re.findall(r'^PROOFS_(\w+) := (.*)$', (ROOT / 'Makefile').read_text(), re.M)
SCRIPTS = sorted(path.name for path in (ROOT / 'test' / 'prove').glob('*.py')
                 if path.name != 'rows.py')


def test_the_full_tier_runs_every_proof_and_the_quick_one_some_of_them():
    tiers = {name: {words.split(',')[0] + '.py' for words in text.split()}
             for name, text in PROOFS}
    assert tiers['full'] == set(SCRIPTS) and tiers['quick'] < tiers['full']


@pytest.mark.parametrize('script', SCRIPTS)
def test_each_takes_the_words_of_its_tiers(script):
    asked = [words.split(',') for _, text in PROOFS for words in text.split()]
    for words in [words for name, *words in asked if words and name + '.py' == script]:
        done = subprocess.run([sys.executable, ROOT / 'test' / 'prove' / script, *words, '--help'],
                              capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 0 and 'usage' in done.stdout, done.stderr
