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
from rclpy.task import Future

from test.support import asked
from test.support.asked import Asked


class Forgetful:
    """A service whose first answer is lost."""

    def __init__(self):
        self.calls = []

    def call_async(self, request):
        self.calls.append(request)
        future = Future()
        if len(self.calls) > 1:
            future.set_result(f'answer {len(self.calls)}')
        return future


def test_a_lost_answer_is_asked_for_again_but_not_at_once(monkeypatch):
    service = Forgetful()
    question = Asked(service, 'request')
    assert not question.done() and not question.done() and service.calls == ['request']
    monkeypatch.setattr(asked, 'AGAIN_SEC', 0.0)
    assert question.done() and service.calls == ['request', 'request']
    assert question.result() == 'answer 2'
