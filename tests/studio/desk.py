"""An admin at Studio over HTTP: posts forms as the pages carry them, reviews, publishes."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.site import Site
from tests.web.pages import token_of

STAGE_INPUTS = ('ref', 'key', 'vi', 'en', 'probability', 'rotting_days')
STAGE_SELECTS = ('group', 'category', 'hue')


@dataclass
class Desk:
    site: Site
    username: str = 'admin'
    client: FlaskClient = field(init=False)
    token: str = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.site.client(self.username)
        self.token = token_of(self.client.get('/offline').text)

    def post(self, path: str, *pairs: tuple[str, str], **fields: Any) -> TestResponse:
        """Post a form; `__` in a name stands for a dot. Pairs come first, in order, and may repeat a name."""
        named = {name.replace('__', '.'): value for name, value in fields.items()}
        form: dict[str, list[str]] = {}
        for name, value in [*pairs, *named.items(), ('csrf_token', self.token)]:
            form.setdefault(name, []).append(value)
        return self.client.post(path, data=form)

    def page(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, f'{path} answered {answer.status_code}'
        return answer.text

    def put(self, entity: str, field_key: str | None = None, **fields: Any) -> None:
        """Add (without a key) or change a field; the draft takes it."""
        path = f'/studio/{entity}/fields' + (f'/{field_key}' if field_key else '')
        answer = self.post(path, **fields)
        assert answer.status_code == 303, plain(answer.text)

    def review(self) -> str:
        return self.page('/studio/review')

    def publish(self, review: str, **fields: str) -> TestResponse:
        """Publish what a review page shows."""
        sent = {name: value for name in ('plan_id', 'rollback_to') if (value := hidden(review, name))}
        return self.post('/studio/publish', **sent, **fields)

    def go_live(self, **fields: str) -> None:
        answer = self.publish(self.review(), **fields)
        assert answer.status_code == 303, plain(answer.text)

    def stages(self, entity: str, pipeline: str) -> list[dict[str, Any]]:
        """The rows of the stage editor, without the blank one."""
        page = self.page(f'/studio/{entity}/stages?pipeline={pipeline}')
        rows = [_stage_row(part) for part in page.split('<li class="t-stage-row"')[1:]]
        return [row for row in rows if row['key']]

    def put_stages(self, entity: str, pipeline: str, rows: list[dict[str, Any]]) -> TestResponse:
        pairs = [('pipeline', pipeline)]
        for number, row in enumerate(rows):
            pairs += [(f'stage.requires.{number}', key) for key in row.get('requires', ())]
            pairs += [(f'stage.{name}', row.get(name, '')) for name in (*STAGE_INPUTS, *STAGE_SELECTS)]
        return self.post(f'/studio/{entity}/stages', *pairs)

    def live(self, entity: str) -> Any:
        return self.site.runtime.publisher.documents()['entity', entity]


def hidden(page: str, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page)
    return found[1] if found else ''


def plain(page: str) -> str:
    """The words of a page's main part."""
    main = page.split('<main', 1)[-1].split('</main>', 1)[0]
    return html.unescape(re.sub(r'\s+', ' ', re.sub(r'<[^>]+>', ' ', main)))


def _stage_row(part: str) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name in STAGE_INPUTS:
        found = re.search(rf'name="stage\.{name}"[^>]*?value="([^"]*)"', part)
        row[name] = html.unescape(found[1]) if found else ''
    for name in STAGE_SELECTS:
        choices = part.split(f'name="stage.{name}"', 1)[1].split('</select>', 1)[0]
        chosen = re.search(r'value="([^"]*)" selected', choices)
        row[name] = chosen[1] if chosen else '0'
    row['requires'] = re.findall(r'name="stage\.requires\.\d+" value="([^"]+)" checked', part)
    return row
