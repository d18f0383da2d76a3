"""One person asking one way out for records of one entity: sends requests, and judges what every answer holds.

Knows what the person may see from the policy's decisions on single records; what leaves was picked by predicates elsewhere.
"""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus, urlencode, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException

from modules.certificate.canaries import Mark
from modules.certificate.planting import Planted, World
from modules.people.sessions import SESSION_KEY, open_session
from modules.runtime import Runtime
from permissions.policy import Policy
from schema.base.actor import Actor
from schema.base.ids import new_uid
from schema.catalog import Catalog, Entity, Field

JSON = {'Accept': 'application/json'}
REFUSED = (400, 403, 404, 405, 409, 422)
EVIDENCE = 160
_UID = re.compile(r'[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}')
_ONCE = re.compile(r'(nonce|csrf[_-]token"?|value|content)\s*=\s*"[^"]*"|"instance":\s*"[^"]*"|\d\d:\d\d(:\d\d)?')


@dataclass(frozen=True)
class Answer:
    """What came back; `text` holds headers that tell something, and of a workbook the words inside. `endpoint` names what
    answered, blank when nothing did."""

    request: str
    status: int
    text: str
    location: str = ''
    endpoint: str = ''

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.text.partition('\n\n')[2])
        except ValueError:
            return None


@dataclass(frozen=True)
class Fault:
    """Something that must not be: which field of which entity, what was asked, what was found."""

    entity: str
    field: str
    request: str
    found: str


@dataclass(frozen=True)
class Sight:
    """What a person may see: fields and planted records, by entity."""

    readable: Mapping[str, frozenset[str]]
    records: Mapping[str, frozenset[str]]

    def allows(self, mark: Mark) -> bool:
        return mark.field in self.readable[mark.entity] and mark.record in self.records[mark.entity]


class Visitor:
    """A signed-in person at the real application, over its own HTTP client."""

    def __init__(self, app: Flask, runtime: Runtime, actor: Actor) -> None:
        self.runtime, self.actor, self._app = runtime, actor, app
        self._client: FlaskClient = app.test_client()
        with runtime.database.writing() as connection:
            key = open_session(connection, actor.user_id or 0, runtime.clock.now())
        with self._client.session_transaction() as session:
            session['_user_id'], session['_fresh'], session[SESSION_KEY] = str(actor.user_id), True, key
            session['locale'] = 'vi'
        self.known: dict[str, Answer] = {}
        self._token = (self._client.get('/api/v1/security/csrf_token/').get_json() or {}).get('result', '')

    def ask(
        self, method: str, path: str, *, form: Mapping[str, Any] | None = None, body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:  # fmt: skip
        sent: dict[str, Any] = {'data': form} if form is not None else {'json': body} if body is not None else {}
        response = self._client.open(path, method=method, headers={'X-CSRFToken': self._token, **(headers or {})}, **sent)
        told = ' '.join(
            value for name, value in response.headers.items()
            if name in {'Location', 'Content-Disposition', 'HX-Trigger', 'HX-Redirect'}
        )  # fmt: skip
        text = f'{told}\n\n{_words_of(response.mimetype, response.get_data())}'
        response.close()
        asked = f'{method} {unquote_plus(path)}'
        if sent:
            asked += f' {json.dumps(form or body, ensure_ascii=False, default=str)}'
        location, endpoint = response.headers.get('Location', ''), self._endpoint(method, path)
        answer = Answer(asked[:2000], response.status_code, text, location, endpoint)
        if method == 'GET' and not headers:
            self.known[path] = answer
        return answer

    def _endpoint(self, method: str, path: str) -> str:
        try:
            return str(self._app.url_map.bind('localhost').match(urlsplit(path).path, method)[0])
        except HTTPException:
            return ''


@dataclass
class Visit:
    """What a try of a way out is given. Every answer is judged as it comes; `faults`, `appeared` and `asked` collect."""

    visitor: Visitor
    policy: Policy
    world: World
    sight: Sight
    way: str
    entity: Entity
    faults: list[Fault] = field(default_factory=list)
    appeared: set[Mark] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    requests: int = 0

    # --- what there is ---------------------------------------------------------------------------------------------

    @property
    def key(self) -> str:
        return self.entity.key

    @property
    def catalog(self) -> Catalog:
        return self.policy.catalog

    @property
    def runtime(self) -> Runtime:
        return self.visitor.runtime

    @property
    def actor(self) -> Actor:
        return self.visitor.actor

    @property
    def readable(self) -> frozenset[str]:
        return self.sight.readable[self.key]

    @property
    def closed_fields(self) -> list[Field]:
        """Fields that the person may not read, of an entity where there is something to read at all."""
        return [each for key, each in self.entity.fields.items() if key not in self.readable] if self.readable else []

    @property
    def seen(self) -> list[Planted]:
        """Planted records within reach; a shared one first, for others' links lead to it."""
        found = [each for name, each in self.world.records[self.key].items() if name in self.sight.records[self.key]]
        return sorted(found, key=lambda each: each.variant != 'shared')

    @property
    def hidden(self) -> list[Planted]:
        return [each for name, each in self.world.records[self.key].items() if name not in self.sight.records[self.key]]

    def may(self, action: str) -> bool:
        return self.policy.scope(action, self.key) != 'none'

    # --- asking ----------------------------------------------------------------------------------------------------

    def read(self, path: str, **params: Any) -> Answer:
        """GET; whatever it answers is judged."""
        headers = params.pop('headers', None)
        query = {name: json.dumps(value) if isinstance(value, (dict, list)) else value for name, value in params.items()}
        return self.send('GET', f'{path}?{urlencode(query)}' if query else path, headers=headers)

    def again(self, path: str) -> Answer:
        """What GET answered before, judged for this way too; asked for when nobody did."""
        answer = self.visitor.known.get(path)
        if answer is None:
            return self.send('GET', path)
        self.judge(answer)
        return answer

    def send(self, method: str, path: str, **sent: Any) -> Answer:
        answer = self.visitor.ask(method, path, **sent)
        self.requests += 1
        self.judge(answer)
        return answer

    def judge(self, answer: Answer, text: str | None = None) -> None:
        """Every planted value in an answer must be one that the person may see; what was sent along does not count."""
        self.asked.add(answer.endpoint)
        if answer.status >= 500:
            self.blame(answer, f'answered {answer.status}')
        said = answer.text if text is None else text
        sent = self.world.canaries.found_in(answer.request)
        for mark in self.world.canaries.found_in(said) - sent:
            if self.sight.allows(mark):
                self.appeared.add(mark)
            else:
                where = f'{mark.entity}.{mark.field} of the record "{mark.record}"{", former value" if mark.former else ""}'
                self.faults.append(Fault(mark.entity, mark.field, answer.request, where))

    def blame(self, answer: Answer, found: str, fields: Iterable[str] = ('*',)) -> None:
        self.faults.extend(Fault(self.key, each, answer.request, found[:EVIDENCE]) for each in fields)

    def refused(self, path: str, fields: Collection[str], **params: Any) -> None:
        """Asking by these fields must be refused."""
        answer = self.read(path, headers=params.pop('headers', JSON), **params)
        if answer.status not in REFUSED:
            self.blame(answer, f'answered {answer.status} instead of a refusal', fields)

    def nothing(self, path: str, fields: Collection[str] = ('*',), **params: Any) -> None:
        """A list that must be empty, at the API."""
        answer = self.read(path, **params)
        if answer.status < 400 and (answer.json or {}).get('ids'):
            self.blame(answer, f'found {len(answer.json["ids"])} records', fields)

    def absent(self, method: str, path: str, **sent: Any) -> None:
        """A record out of reach must answer as one that is not there. `@record` in the path, and in of what is sent,
        stand for the record."""
        if self.hidden:
            here = {**sent, 'headers': sent.get('headers', JSON)}
            self._same(method, path, '@record', self.hidden[-1].uid, here)

    def alike(self, method: str, path: str, uid: str, **sent: Any) -> None:
        """The same for whatever else is not the person's: `{}` in the path stands for it."""
        if self.policy.can_admin:  # whose everything is
            self.send(method, path.replace('{}', new_uid()), **_filled({**sent, 'headers': sent.get('headers', JSON)}, uid))
        else:
            self._same(method, path, '{}', uid, {**sent, 'headers': sent.get('headers', JSON)})

    def _same(self, method: str, path: str, place: str, uid: str, sent: Mapping[str, Any]) -> None:
        unknown = new_uid()
        here = self.send(method, path.replace(place, uid), **_filled(sent, uid))
        there = self.send(method, path.replace(place, unknown), **_filled(sent, unknown))
        if here.status != there.status or _plain(here.text) != _plain(there.text):
            self.blame(here, f'answered {here.status}, an unknown one {there.status}: {_difference(here.text, there.text)}')

    def keys_in(self, answer: Answer) -> None:
        """No key of a closed field may stand in the JSON of records and their words."""
        told = set(_keys(answer.json))
        closed = [each.key for each in self.closed_fields if each.key in told]
        if closed:
            self.blame(answer, f'names {", ".join(closed)}', closed)


def _filled(sent: Mapping[str, Any], uid: str) -> dict[str, Any]:
    return {name: json.loads(json.dumps(value).replace('@record', uid)) for name, value in sent.items()}


def _plain(text: str) -> str:
    """Without what differs from one answer to the next anyway."""
    return _ONCE.sub('', _UID.sub('#', text))


def _difference(one: str, other: str) -> str:
    first, second = _plain(one), _plain(other)
    place = next((n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second)))
    return f'{first[place : place + 60]!r} / {second[place : place + 60]!r}'


_LISTED = ('list_columns', 'order_columns', 'show_columns')
_NAMED = ('result', 'results', 'label_columns', 'description_columns', 'filters', 'values', 'changes', 'properties')


def _keys(body: Any) -> Iterator[str]:
    """Field keys that an answer of the API names: in records, in words about columns, in forms and faces."""
    if not isinstance(body, Mapping):
        return
    for name in _NAMED:
        yield from _deep(body.get(name))
    for name in _LISTED:
        yield from body.get(name) or ()
    for name in ('add_columns', 'edit_columns'):
        yield from (each.get('name', '') for each in body.get(name) or ())


def _deep(part: Any) -> Iterator[str]:
    if isinstance(part, Mapping):
        if 'changes' in part and 'kind' in part:  # an entry of a history, whose own words may be called as fields are
            part = {'changes': part['changes']}
        for key, value in part.items():
            yield str(key)
            if key in _NAMED:
                yield from _deep(value)
    elif isinstance(part, list):
        for each in part:
            yield from _deep(each)


def _words_of(mimetype: str | None, content: bytes) -> str:
    if mimetype and 'spreadsheetml' in mimetype:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            parts = (book.read(name).decode('utf-8', 'replace') for name in book.namelist() if name.endswith('.xml'))
            return '\n'.join(parts)
    text = content.decode('utf-8', 'replace')
    return html.unescape(text) if mimetype == 'text/html' else text
