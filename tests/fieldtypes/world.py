"""One entity with a field of every type, and its records made in every way that people make records. Judges nothing."""

from __future__ import annotations

import csv
import importlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from modules.exports.service import open_export
from modules.imports import keeping
from modules.people.tokens import create_token
from modules.records.model import ListQuery, Record, Sort
from modules.records.queries import Reader
from permissions.tables import team
from schema.base.errors import Invalid
from schema.catalog import Entity, Field
from schema.fieldtypes.registry import FIELD_TYPES
from schema.values import Link
from tests.fieldtypes.forms import read_page
from tests.fieldtypes.samples import PLACE_NAMES, PLACES, SAME, Case, Sample
from tests.support.site import Site
from tests.web.pages import token_of

ENTITY = 'specimen'
TYPES = sorted(FIELD_TYPES.keys())
SAMPLES: dict[str, Sample] = {}
WITHOUT: list[str] = []
for _key in TYPES:
    try:
        SAMPLES[_key] = importlib.import_module(f'tests.fieldtypes.samples.{_key}').SAMPLE
    except ModuleNotFoundError:
        WITHOUT.append(_key)
COUNT = max(len(each.all_cases) for each in SAMPLES.values())
"""Records of each way but the last, which is blank."""
WAYS = ('api', 'form', 'again', 'csv', 'xlsx')
CHANGED = 'changed'
STAGES = [
    {'key': 'open', 'group': 'all', 'category': 'open'},
    {'key': 'talks', 'group': 'all', 'category': 'open'},
    {'key': 'won', 'group': 'all', 'category': 'won'},
]


def field_key(type_key: str) -> str:
    return f'f_{type_key}'


def documents() -> dict[str, Any]:
    """What is published: the specimen, the places that links point to, and what samples add."""
    properties: dict[str, Any] = {'name': {'x-type': 'text', 'x-label': {'en': 'Name', 'vi': 'Tên'}}}
    entities: dict[str, Any] = {
        'place': {'x-label': {'en': 'Place'}, 'properties': {'title': {'x-type': 'text'}}, 'x-title-field': 'title'}
    }
    for key, sample in SAMPLES.items():
        properties.update({name: {'x-label': {'en': name, 'vi': name}, **part} for name, part in sample.beside.items()})
        label = f'The {key}'
        properties[field_key(key)] = {'x-type': key, 'x-label': {'en': label, 'vi': label}, **sample.keywords}
        entities.update(sample.entities)
    entities[ENTITY] = {
        'x-label': {'en': 'Specimen', 'vi': 'Mẫu'},
        'x-plural': {'en': 'Specimens', 'vi': 'Mẫu'},
        'x-title-field': 'name',
        'required': ['name'],
        'properties': properties,
        'x-pipelines': [{'key': 'line', 'groups': [{'key': 'all'}], 'stages': STAGES}],
        'x-layouts': {'list': ['name', *map(field_key, SAMPLES)], 'quick': ['name'], 'card': ['name']},
    }
    return entities


@dataclass
class World:
    """`rows[way][i]` is what the API answers of record i; `problems[way, field key]` tells what was refused on the way."""

    site: Site
    folder: Path
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    problems: dict[tuple[str, str], str] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    _token: str = ''
    _records: list[Record] = field(default_factory=list)
    _documents: dict[str, Any] = field(default_factory=dict)

    # --- people and rights -------------------------------------------------------------------------------------------

    @property
    def actor(self) -> Any:
        return self.site.actor('admin')

    def api(self, method: str, path: str, **options: Any) -> Any:
        if not self._token:
            with self.site.runtime.database.session() as session:
                self._token = create_token(session, self.actor.user_id, 'tests', self.site.runtime.clock.now())
        signed = {'Authorization': f'Bearer {self._token}'}
        return self.site.app.test_client().open(f'/api/v1{path}', method=method, headers=signed, **options)

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        with self.site.runtime.reader(self.actor) as reader:
            yield reader

    @property
    def entity(self) -> Entity:
        return self.site.runtime.catalogs.current().entity(ENTITY)

    def field(self, type_key: str) -> Field:
        return self.entity.fields[field_key(type_key)]

    def team_uid(self, name: str) -> str:
        with self.site.runtime.database.reading() as connection:
            return str(connection.execute(sa.select(team.c.uid).where(team.c.name == name)).scalar_one())

    def wire(self, value: Any) -> Any:
        return value(self.team_uid) if callable(value) else value

    # --- what is made ------------------------------------------------------------------------------------------------

    def publish(self) -> None:
        publisher = self.site.runtime.publisher
        request = {'entities': documents()}
        assert publisher.check(request) == [], [each.text('en') for each in publisher.check(request)]
        publish = publisher.apply(publisher.plan(request, self.actor).plan_id, self.actor)
        assert publish.state == 'done', publish
        for sample in SAMPLES.values():
            if sample.prepare is not None:
                sample.prepare(self.site)
        for uid, name in zip(PLACES, PLACE_NAMES, strict=True):
            self.site.runtime.write(self.actor, lambda store, u=uid, n=name: store.create('place', {'title': n}, uid=u))

    def given(self, number: int, *, computed: bool) -> dict[str, Any]:
        """`{field key: wire}` that makes record `number`; a computed field is made by the fields beside it."""
        found: dict[str, Any] = {}
        for key, sample in SAMPLES.items():
            case = sample.case(number)
            if FIELD_TYPES.get(key).computed:
                found.update((case.sets if case else {}) if computed else {})
            elif case is None:
                found[field_key(key)] = None
            else:
                found[field_key(key)] = self.wire(case.read if case.write is SAME else case.write)
        return found

    def make_by_api(self) -> None:
        uids = [self._post(number) for number in range(COUNT + 1)]
        self.rows['api'] = self.read(uids)

    def _post(self, number: int) -> str:
        wire = {'name': f'api {number}', **self.given(number, computed=True)}
        answer = self.api('POST', f'/{ENTITY}/', json=wire)
        if answer.status_code == 422:
            for each in answer.get_json()['errors']:
                key = each['pointer'].split('/')[1]
                self.problems['api', key] = f'case {number}: {each}'
                wire.pop(key, None)
            answer = self.api('POST', f'/{ENTITY}/', json=wire)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        uid = str(answer.get_json()['id'])
        self._add_others(number, uid)
        return uid

    def _add_others(self, number: int, uid: str) -> None:
        for sample in SAMPLES.values():
            for entity, wire in case.others if (case := sample.case(number)) else ():
                filled = {key: uid if value == '$uid' else value for key, value in wire.items()}
                self.site.create('admin', entity, **filled)

    def make_by_form(self) -> None:
        client = self.site.client('admin')
        headers = {'X-CSRFToken': token_of(client.get('/offline').text)}
        uids = [self._submit(client, headers, number) for number in range(COUNT + 1)]
        for number, uid in enumerate(uids):
            self._add_others(number, uid)
        self.rows['form'] = self.read(uids)
        for number, uid in enumerate(uids):
            self._send_again(client, headers, uid, number)
        self.rows['again'] = self.read(uids)

    def _submit(self, client: FlaskClient, headers: Mapping[str, str], number: int) -> str:
        posted = dict[str, list[str]]()
        for name, value in read_page(client.get(f'/{ENTITY}/new').text, 'record-form').posted:
            posted.setdefault(name, []).append(value)
        posted['name'] = [f'form {number}']
        for key, sample in SAMPLES.items():
            case, field_type = sample.case(number), FIELD_TYPES.get(key)
            if case and field_type.computed:
                posted.update({name: [str(value)] for name, value in case.sets.items() if not isinstance(value, (dict, list))})
            elif case:
                posted.update({field_key(key) + suffix: list(texts) for suffix, texts in self._typed(case).items()})
            elif field_key(key) in posted and key == 'boolean':
                del posted[field_key(key)]
        return self._sent(client, f'/{ENTITY}/new', posted, headers, ('form', number))

    def _sent(
        self, client: FlaskClient, path: str, posted: dict[str, list[str]], headers: Mapping[str, str], way: tuple[str, int]
    ) -> str:
        answer = client.post(path, data=posted, headers=dict(headers))
        if answer.status_code == 422:
            for key in set(re.findall(r'id="f-(\w+)-error"', answer.text)):
                told = re.search(rf'id="f-{key}-error">(.*?)</div>', answer.text, re.S)
                self.problems[way[0], key] = f'case {way[1]}: {told[1] if told else "refused"}'
                posted = {name: value for name, value in posted.items() if name.split('.')[0] != key}
            answer = client.post(path, data=posted, headers=dict(headers))
        assert answer.status_code == 303, read_page(answer.text).texts
        return str(answer.headers['Location']).rsplit('/', 1)[1]

    def _typed(self, case: Case) -> Mapping[str, Sequence[str]]:
        typed = case.typed(self.team_uid) if callable(case.typed) else case.typed
        if isinstance(typed, Mapping):
            return typed
        if typed is None:
            wire = self.wire(case.read if case.write is SAME else case.write)
            typed = ('1' if wire else '0') if isinstance(wire, bool) else wire
        return {'': ['', *typed] if isinstance(typed, list) else [str(typed)]}

    def _send_again(self, client: FlaskClient, headers: Mapping[str, str], uid: str, number: int) -> None:
        """Open the form of a record and save it as it stands."""
        path = f'/{ENTITY}/{uid}/edit'
        posted = dict[str, list[str]]()
        for name, value in read_page(client.get(path).text, 'record-form').posted:
            posted.setdefault(name, []).append(value)
        self._sent(client, path, posted, headers, ('again', number))

    def make_by_import(self) -> None:
        """Export what the API made, and bring the files in again under other names."""
        labels = {each.definition.label_in('en'): each.key for each in self.entity.own_fields}
        columns = tuple(each.key for each in self.entity.own_fields)
        query = ListQuery(filter={'field': 'name', 'op': 'starts_with', 'value': 'api'}, sort=(Sort('name'),))
        with open_export(self.site.runtime, self.actor, ENTITY, query, columns) as export:
            self.files['csv'] = self.folder / 'specimens.csv'
            self.files['csv'].write_bytes(b''.join(export.csv_parts()))
        with open_export(self.site.runtime, self.actor, ENTITY, query, columns) as export:
            self.files['xlsx'] = self.folder / 'specimens.xlsx'
            with self.files['xlsx'].open('wb') as stream:
                export.write_xlsx(stream)
        for way in ('csv', 'xlsx'):
            self._bring(way, labels)

    def _bring(self, way: str, labels: Mapping[str, str]) -> None:
        path, before = self.files[way], self._newest()
        kept = keeping.take_in(self.site.runtime, self.actor, ENTITY, path, path.name, limit_bytes=None)
        writable = self.site.runtime.policy(self.actor).writable(ENTITY)
        fields = self.entity.fields
        choices = {label: key if key in writable and fields[key].type.importable else '' for label, key in labels.items()}
        kept = keeping.settle_plan(self.site.runtime, self.actor, kept, choices, (), 'create')
        checked = keeping.check(self.site.runtime, self.actor, kept)
        bad = {each['field']: f'{each}' for row in checked.findings for each in row['problems']}
        if bad:
            self.problems |= {(way, key): text for key, text in bad.items()}
            choices |= {label: '' for label, key in labels.items() if key in bad}
            kept = keeping.settle_plan(self.site.runtime, self.actor, kept, choices, (), 'create')
            checked = keeping.check(self.site.runtime, self.actor, kept)
        done = keeping.run(self.site.runtime, self.actor, checked)
        assert done.counts['create'] == COUNT + 1, done.findings
        table = self.entity.table
        with self.site.runtime.database.reading() as connection:
            made = sa.select(table.c.uid).where(table.c.id > before).order_by(table.c[self.entity.title.definition.column])
            self.rows[way] = self.read([str(uid) for uid in connection.execute(made).scalars()])

    def _newest(self) -> int:
        with self.site.runtime.database.reading() as connection:
            return int(connection.execute(sa.select(sa.func.max(self.entity.table.c.id))).scalar() or 0)

    def make_changed(self) -> None:
        """A record that held case 0, then case 1, then nothing: revisions 1, 2 and 3."""
        first, second = self.given(0, computed=False), self.given(1, computed=False)

        def work(store: Any) -> str:
            made = store.create(ENTITY, {'name': CHANGED, **_without(first, self.problems)})
            store.update(ENTITY, made.uid, _without(second, self.problems))
            store.update(ENTITY, made.uid, dict.fromkeys(second))
            return str(made.uid)

        self.rows[CHANGED] = self.read([self.site.runtime.write(self.actor, work)])

    # --- what is asked -----------------------------------------------------------------------------------------------

    def read(self, uids: Sequence[str]) -> list[dict[str, Any]]:
        return [self.api('GET', f'/{ENTITY}/{uid}').get_json()['result'] for uid in uids]

    def cells(self, type_key: str) -> list[str]:
        """The column of a field in the csv file."""
        rows = list(csv.reader(io.StringIO(self.files['csv'].read_bytes().decode('utf-8-sig'), newline='')))
        return [row[rows[0].index(self.field(type_key).definition.label_in('en'))] for row in rows[1:]]

    @property
    def mine(self) -> dict[str, Any]:
        """The filter that picks the records that the API made."""
        return {'field': 'uid', 'op': 'in', 'value': [row['uid'] for row in self.rows['api']]}

    def records(self, reader: Reader) -> list[Record]:
        """The records that the API made, by number; read once."""
        if not self._records:
            columns = tuple(key for key in self.entity.fields if key not in {'uid', 'revision'})
            query = ListQuery(filter=self.mine, sort=(Sort('name'),), size=100, columns=columns)
            self._records = list(reader.list_page(ENTITY, query).records)
        return self._records

    def document(self, path: str) -> Any:
        """What the API answers at an address, asked once."""
        if path not in self._documents:
            self._documents[path] = self.api('GET', path).get_json()
        return self._documents[path]

    def refusal(self, type_key: str, wire: Any) -> set[tuple[str, str]]:
        """Codes and places of what speaks against a value; nothing is written either way."""

        class Undone(Exception):
            pass

        def work(store: Any) -> None:
            store.create(ENTITY, {'name': 'refused', field_key(type_key): wire})
            raise Undone

        try:
            self.site.runtime.write(self.actor, work)
        except Invalid as error:
            return {(each.code, each.pointer) for each in error.findings}
        except Undone:
            return set()
        raise AssertionError


def neighbours_of(reader: Reader) -> Any:
    """The records one hop away, as conditions decided in Python ask for them."""

    def neighbours(hop: Any, values: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        if hop.back:
            for page in reader.stream(hop.target, ListQuery()):
                for record in page:
                    link = record.values.get(hop.field)
                    if isinstance(link, Link) and link.uid == values['uid']:
                        yield {**record.values, 'uid': record.uid}
            return
        link = values.get(hop.field)
        if isinstance(link, Link):
            yield {**reader.get(hop.target, link.uid).values, 'uid': link.uid}

    return neighbours


def _without(wire: Mapping[str, Any], problems: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    refused = {key for way, key in problems if way == 'api'}
    return {key: value for key, value in wire.items() if key not in refused}
