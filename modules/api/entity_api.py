"""The REST view of one entity in FAB's conventions. FAB's own bodies share a schema between threads and read row by row, so
every one is overridden; reading goes through `Runtime.reader`, writing through `Runtime.write`."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, g, request
from flask_appbuilder import ModelRestApi

from modules.api import describing, filters, revisions, shares
from modules.api.answers import answer, record_wire, warnings_wire
from modules.api.arguments import ListArguments, choice_argument, list_arguments, no_arguments, record_arguments
from modules.api.bodies import json_list, json_mapping, kind_of, require_mapping
from modules.api.converter import RecordSchemaConverter
from modules.api.limits import BULK_ROWS, LONGEST_KEY
from modules.duplicates import merging
from modules.records.model import LARGEST_PAGE, ListQuery, Record, Saved, Sort
from modules.records.preparing import Change
from modules.records.store import Store
from modules.records.transferring import OldOwner
from modules.web.datamodel import RecordInterface
from modules.web.failures import locale
from schema.base.errors import BadRequest, Invalid, NotFound, require_clean
from schema.base.findings import nearest
from schema.base.ids import is_uid, new_uid
from schema.base.text import is_text
from schema.catalog import Catalog, Entity
from schema.fieldtypes.base import Reading

KEYS = uuid.UUID('6f1d0a52-6f5b-4c0e-9a54-0d4c1f6b7a31')
"""Name space of uids made from idempotency keys; never change it, or retried requests would make second records."""
LARGEST_REVISION = 2**31


class EntityApi(ModelRestApi):  # type: ignore[misc]
    """Made lazily for an entity of one catalog; keeps nothing of a request."""

    model2schemaconverter = RecordSchemaConverter
    entity: Entity

    def _init_properties(self) -> None:
        """FAB would gather columns of all people; ours depend on who asks."""

    def _init_titles(self) -> None:
        definition = self.entity.definition
        self.list_title = self.title = definition.plural_in('en')
        self.show_title = self.add_title = self.edit_title = definition.label_in('en')

    def _init_model_schemas(self) -> None:
        """Made for each request by `describing`."""

    # --- reading ---------------------------------------------------------------------------------------------------

    def get_list(self) -> Response:
        asked = list_arguments()
        columns = self._columns(asked)
        query = self._query(asked, columns)
        with g.runtime.reader(g.actor, g.catalog) as reader:
            try:
                page = reader.list_page(self.entity.key, query)
            except (Invalid, BadRequest) as error:
                raise type(error)(*self._located(error, asked)) from error
        result = [record_wire(record, columns) for record in page.records]
        body = {'count': page.total.value if page.total else None, 'count_exact': page.total.exact if page.total else False,
                'next': page.next, 'ids': [record.uid for record in page.records], 'result': result}  # fmt: skip
        return answer({**body, **describing.list_words(self.entity, g.policy, columns, asked.keys)})

    def get(self, uid: str) -> Response:
        asked = record_arguments()
        record = self._read(uid, self._columns(asked), deleted=asked.deleted)
        words = describing.show_words(self.entity, g.policy, asked.columns, asked.keys)
        body = {'id': record.uid, 'result': record_wire(record, self._columns(asked)), **words}
        return answer(body, headers={'ETag': f'"{record.revision}"'})

    def info(self) -> Response:
        asked = record_arguments()
        g.policy.require('read', self.entity.key)
        reading = Reading(g.actor.locale, g.actor.zone, g.runtime.clock.now())
        return answer(describing.info(self.entity, g.policy, self.model2schemaconverter, reading, asked.keys))

    # --- writing ---------------------------------------------------------------------------------------------------

    def post(self) -> Response:
        no_arguments()
        wire = json_mapping()
        uid = self._chosen_uid(wire)
        saved = self._write(lambda store: store.create(self.entity.key, wire, uid=uid))
        return answer(self._saved(saved), 201, {'Location': f'/api/v1/{self.entity.key}/{saved.uid}'})

    def bulk(self) -> Response:
        """All rows or none; the findings of every row stand at `/number/field`. `?workflows=false` starts none."""
        silent = choice_argument('workflows', ('true', 'false')) == 'false'
        g.policy.require('import', self.entity.key)
        rows = json_list()
        if not 1 <= len(rows) <= BULK_ROWS:
            raise BadRequest.of('API-E012', value=len(rows), limit=BULK_ROWS)
        wires = [require_mapping(row, f'/{number}') for number, row in enumerate(rows)]
        made = self._write(lambda store: self._create_all(store, wires), silent=silent)
        result = [{'id': each.uid, 'revision': each.revision, 'warnings': warnings_wire(each.warnings)} for each in made]
        return answer({'count': len(made), 'ids': [each.uid for each in made], 'result': result}, 201)

    def put(self, uid: str) -> Response:
        old_owner = shares.old_owner()
        wire = json_mapping()
        base = self._base_revision(wire)
        saved = self._write(lambda store: store.update(self.entity.key, uid, wire, base_revision=base), old_owner)
        return answer(self._saved(saved), headers={'ETag': f'"{saved.revision}"'})

    def delete(self, uid: str) -> Response:
        no_arguments()
        saved = self._write(lambda store: store.delete(self.entity.key, uid))
        return answer({'message': 'OK', 'id': saved.uid, 'revision': saved.revision})

    def restore(self, uid: str) -> Response:
        no_arguments()
        saved = self._write(lambda store: store.restore(self.entity.key, uid))
        return answer(self._saved(saved), headers={'ETag': f'"{saved.revision}"'})

    def merge(self, uid: str) -> Response:
        """`{others: [uid], values: {field: value}}`: the others go to the bin, what pointed to them points here."""
        no_arguments()
        body = json_mapping()
        others, values = body.get('others'), require_mapping(body.get('values', {}), '/values')
        if not isinstance(others, list) or not all(isinstance(each, str) for each in others):
            expected = {'en': 'a list of record IDs', 'vi': 'danh sách mã hồ sơ'}
            raise BadRequest.of('API-E008', '/others', name='others', value=kind_of(others), expected=expected)
        made = merging.merge(g.runtime, g.actor, self.entity.key, uid, others, values)
        return answer(made.as_wire(locale()), 201, {'Location': f'/api/v1/operations/{made.id}'})

    # --- history ---------------------------------------------------------------------------------------------------

    def history(self, uid: str) -> Response:
        no_arguments()
        return answer(revisions.history(self.entity, uid))

    def revision(self, uid: str, number: int) -> Response:
        no_arguments()
        return answer(revisions.foresee(self.entity, uid, number))

    def revert(self, uid: str, number: int) -> Response:
        no_arguments()
        base = self._base_revision(json_mapping() if request.data else {})
        saved = self._write(lambda store: revisions.revert(store, self.entity.key, uid, number, base), 'drop')
        return answer(self._saved(saved), headers={'ETag': f'"{saved.revision}"'})

    def stages(self, uid: str) -> Response:
        no_arguments()
        return answer(revisions.stages(self.entity, uid))

    # --- sharing ---------------------------------------------------------------------------------------------------

    def shares(self, uid: str) -> Response:
        no_arguments()
        return answer(shares.shares(self.entity, uid))

    def share(self, uid: str) -> Response:
        no_arguments()
        return answer(shares.add(self.entity, uid), 201)

    def unshare(self, uid: str) -> Response:
        return answer(shares.remove(self.entity, uid))

    # --- parts -----------------------------------------------------------------------------------------------------

    def _query(self, asked: ListArguments, columns: tuple[str, ...] | None) -> ListQuery:
        if asked.page < 0:
            raise BadRequest.of('REC-E035', '/page', value=asked.page)
        if not 1 <= asked.page_size <= LARGEST_PAGE:
            raise BadRequest.of('REC-E038', '/page_size', value=asked.page_size, limit=LARGEST_PAGE)
        readable = g.policy.readable(self.entity.key)
        if asked.order_column:
            self._require_readable(asked.order_column, '/order_column')
        return ListQuery(
            filter=filters.condition_of(self.entity, readable, asked.filters, asked.filter),
            search=asked.search,
            sort=(Sort(asked.order_column, asked.order_direction == 'desc'),) if asked.order_column else (),
            columns=columns,
            size=asked.page_size,
            number=asked.page + 1,
            cursor=asked.cursor,
            deleted=asked.deleted,
            counted=asked.cursor is None,  # whoever follows the cursor was told with the first page
        )

    def _columns(self, asked: ListArguments) -> tuple[str, ...] | None:
        if asked.columns is None:
            return None
        g.policy.require('read', self.entity.key)
        for number, key in enumerate(asked.columns):
            self._require_readable(key, f'/columns/{number}')
        return tuple(key for key in asked.columns if key not in {'uid', 'revision'})

    def _require_readable(self, key: str, pointer: str) -> None:
        readable = g.policy.readable(self.entity.key)
        field = self.entity.find_field(key)
        if field is None or field.key not in readable:
            g.policy.require('read', self.entity.key)
            raise BadRequest.of('REC-E036', pointer, value=key[:80], hint=nearest(key[:80], readable))

    def _located(self, error: Invalid | BadRequest, asked: ListArguments) -> list[Any]:
        places = {'REC-E035': '/page', 'REC-E037': '/order_column', 'REC-E039': '/cursor'}
        return [
            each.at(places[each.code]) if each.code in places
            else each if each.pointer.startswith('/filter')
            else filters.located([each], asked.filters)[0]
            for each in error.findings
        ]  # fmt: skip

    def _read(self, uid: str, columns: tuple[str, ...] | None, *, deleted: bool) -> Record:
        with g.runtime.reader(g.actor, g.catalog) as reader:
            record: Record = reader.get(self.entity.key, uid, columns)
        if record.deleted_at is not None and not deleted:
            raise NotFound.of('REC-E028', label=self.entity.definition.label)
        return record

    def _write(self, work: Any, old_owner: OldOwner | None = None, *, silent: bool = False) -> Any:
        return g.runtime.write(g.actor, work, catalog=g.catalog, old_owner=old_owner, silent=silent)

    def _create_all(self, store: Store, wires: list[dict[str, Any]]) -> list[Saved]:
        changes = [Change(self.entity, new_uid(), wire, pointer=f'/{number}') for number, wire in enumerate(wires)]
        made = store.create_many(self.entity.key, changes)
        require_clean([each for change in changes for each in change.findings])
        return made

    def _saved(self, saved: Saved) -> dict[str, Any]:
        """What a write answers; a person may create what they may not see, so the record is shown only when it is in reach."""
        shown: dict[str, Any] = {'uid': saved.uid, 'revision': saved.revision}
        if g.policy.scope('read', self.entity.key) != 'none':
            try:
                shown = record_wire(self._read(saved.uid, None, deleted=False))
            except NotFound:
                shown = {'uid': saved.uid, 'revision': saved.revision}
        return {'id': saved.uid, 'result': shown, 'warnings': warnings_wire(saved.warnings)}

    def _chosen_uid(self, wire: dict[str, Any]) -> str | None:
        """The body's `uid`, else one made from the person and their Idempotency-Key, so that a retry finds the first record."""
        uid = wire.pop('uid', None)
        if uid is not None:
            if not isinstance(uid, str) or not is_uid(uid):
                raise Invalid.of('REC-E025', '/uid', label=self.entity.fields['uid'].definition.label, value=str(uid)[:60])
            return uid.lower()
        key = request.headers.get('Idempotency-Key')
        if key is None:
            return None
        if not key.strip() or len(key) > LONGEST_KEY or not is_text(key):
            raise BadRequest.of('API-E011', limit=LONGEST_KEY)
        return str(uuid.uuid5(KEYS, f'{g.actor.user_id} {self.entity.ref} {key.strip()}'))

    def _base_revision(self, wire: dict[str, Any]) -> int | None:
        """The revision that the person saw: `If-Match: "3"`, or `revision` in the body."""
        sent = wire.pop('revision', None)
        header = request.headers.get('If-Match', '').strip()
        if header and header != '*':
            plain = header.removeprefix('W/').strip('"')
            if not (plain.isascii() and plain.isdigit() and 0 < int(plain[:12]) < LARGEST_REVISION):
                raise BadRequest.of('API-E010', value=header[:60])
            return int(plain[:12])
        if sent is None:
            return None
        if isinstance(sent, bool) or not isinstance(sent, int) or not 0 < sent < LARGEST_REVISION:
            raise BadRequest.of('API-E010', '/revision', value=str(sent)[:60])
        return sent


def make_api(entity: Entity, catalog: Catalog, appbuilder: Any) -> EntityApi:
    """One class per entity and version; permission names come from the physical table, so renames keep rights."""
    attributes = {
        'datamodel': RecordInterface(entity),
        'entity': entity,
        'resource_name': entity.key,
        'route_base': f'/api/v1/{entity.key}',
        'class_permission_name': entity.definition.table,
        'base_permissions': ['can_list', 'can_get', 'can_post', 'can_put', 'can_delete', 'can_info'],
    }
    api = type(f'Api_{entity.definition.table}_{catalog.number}', (EntityApi,), attributes)()
    api.appbuilder = appbuilder
    api.endpoint = f'api_{entity.key}'
    return api
