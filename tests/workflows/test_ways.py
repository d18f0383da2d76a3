"""How many records would go which way, told beside the ways in the editor."""

from __future__ import annotations

import re
from typing import Any

from tests.workflows.conftest import EVE, Plant
from tests.workflows.test_events import publish
from tests.workflows.test_rehearsal import REST, checksums
from tests.workflows.test_sending import ONE_ENGINE
from tests.workflows.test_steering import named, title, workflow

YEARLY = {'type': 'date', 'field': 'birthday', 'yearly': True, 'at': '08:00'}


def counts_in(page: str) -> dict[str, str]:
    """What the editor shows beside each way and at each wait."""
    return dict(re.findall(r'<small id="((?:way|waits)-[\w-]+)"[^>]*>([^<]*)</small>', page))


@ONE_ENGINE
def test_editor_tells_how_many_would_go_each_way_and_how_many_wait_and_changes_nothing(plant: Plant) -> None:
    ways: dict[str, Any] = {
        'cases': [{'condition': named('Lê Văn Tám'), 'steps': [title('eight', 'Tám')]}], 'otherwise': [title('no', 'Khác')],
    }  # fmt: skip
    split = {'key': 'ask', 'type': 'branch', **ways}
    publish(plant, workflow('party', YEARLY, split), workflow('tour', {'type': 'created'}, split, REST))
    for number in range(2):
        plant.person(email=f'tam{number}@vd.vn')
    plant.person('Trần An', email='an@vd.vn')
    plant.person('Xa Lắm', email='xa@vd.vn', birthday='1990-12-04')
    plant.at(EVE.replace(minute=1)).tick()
    boss = plant.site.client('admin')
    before = checksums(plant)

    editor = boss.get('/studio/workflows/party').text
    ahead, back = (boss.get(f'/workflows/{key}/ways').text for key in ('party', 'tour'))
    bars = boss.get('/workflows/party/ways?step=ask').text
    plant.person('Trần Bình', email='binh@vd.vn')
    again = boss.get('/workflows/party/ways').text

    assert {'way-ask-cases-0', 'way-ask-otherwise', 'waits-ask'} <= set(re.findall(r'id="([\w-]+)"', editor))
    assert 'hx-get="/workflows/party/ways?version=draft"' in editor
    assert counts_in(ahead) == {'way-ask-cases-0': '2 of 3', 'way-ask-otherwise': '1 of 3'} and '30 days' in ahead
    assert counts_in(back) == {
        'way-ask-cases-0': '2 of 4', 'way-ask-otherwise': '2 of 4', 'waits-rest': '· 4 wait here now',
    }  # fmt: skip
    assert '90 days' in back
    assert [(label, taken) for label, taken in re.findall(r'<span>([^<]*)</span>.*?t-fig">(\d+)<', bars)][1] == (
        'Otherwise',
        '1',
    )
    assert 'width="67%"' in bars and 'The next 30 days would go' in bars
    assert again == ahead  # counted anew after some minutes
    assert {name: each for name, each in checksums(plant).items() if name == 'workflow_run'} == {
        'workflow_run': before['workflow_run']
    }
    assert plant.site.client('rep').get('/workflows/party/ways').status_code == 403
    assert boss.get('/workflows/nothing/ways').text == ''
