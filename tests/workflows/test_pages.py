"""The pages of workflows and outgoing mails, for administrators alone."""

from __future__ import annotations

import pytest

from tests.workflows.conftest import EIGHT, Plant


@pytest.mark.parametrize('path', ['/workflows/', '/mail/'])
def test_page_is_refused_to_whoever_is_no_administrator(plant: Plant, path: str) -> None:
    answers = {name: plant.site.client(name).get(path).status_code for name in ('admin', 'rep')}

    assert answers == {'admin': 200, 'rep': 403}


def test_administrator_sees_what_was_sent_and_which_workflows_are_on(plant: Plant) -> None:
    plant.person()
    plant.at(EIGHT).tick()
    client = plant.site.client('admin')

    mails, workflows = client.get('/mail/').text, client.get('/workflows/').text

    assert 'Chúc mừng sinh nhật Lê Văn Tám' in mails and 'tam@congty.vn' in mails
    assert 'Birthday e-mail' in workflows or 'E-mail chúc mừng sinh nhật' in workflows
