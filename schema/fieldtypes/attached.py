"""What files and images share: rows hold names and identities, contents lie in the file store, which nothing here knows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import sqlalchemy as sa

from schema.base.findings import Finding, finding
from schema.base.ids import is_uid
from schema.base.text import fold
from schema.definitions import FieldDef
from schema.fieldtypes.base import BLANK, FOLD, WORDS, FieldType, Reading, refuse_unless
from schema.values import StoredFile

MEGABYTE = 1024 * 1024
LARGEST_MEGABYTES = 20
"""What a field takes when its `x-max-size` says nothing."""
MOST = 50
"""Files in one field of one record."""
UID: Mapping[str, Any] = {'type': 'string', 'format': 'uuid'}


class AttachedType(FieldType):
    """Files of one field: always a tuple in Python, however many the field takes; None when there is none.

    The row tells name, size and type of each, so that lists, exports and history need no other table. The fold column holds
    the names.
    """

    operators: ClassVar[tuple[str, ...]] = BLANK + WORDS
    importable = False
    keywords = frozenset({'x-many', 'x-accept', 'x-max-size'})
    accepted: ClassVar[tuple[str, ...]] = ()
    """What a field without `x-accept` takes; nothing listed means any type."""

    def takes_many(self, field: FieldDef) -> bool:
        return bool(field.document.get('x-many', False))

    def accepts(self, field: FieldDef) -> tuple[str, ...]:
        """Media types (`image/png`, `image/*`) and extensions (`.pdf`); empty for any."""
        return tuple(field.document.get('x-accept', ())) or self.accepted

    def largest_bytes(self, field: FieldDef) -> int:
        return int(field.document.get('x-max-size', LARGEST_MEGABYTES)) * MEGABYTE

    def column_types(self, field: FieldDef) -> Mapping[str, Any]:
        bytewise = sa.Text().with_variant(sa.Text(collation='C'), 'postgresql')
        return {field.column: sa.Text(), field.column + FOLD: bytewise}

    def to_columns(self, field: FieldDef, value: Any) -> dict[str, Any]:
        stored = [_as_json(each) for each in value or ()]
        written = json.dumps(stored, ensure_ascii=False, separators=(',', ':')) if stored else None
        return {field.column: written, field.column + FOLD: self.comparable(field, value)}

    def from_row(self, field: FieldDef, row: Mapping[str, Any]) -> tuple[StoredFile, ...] | None:
        stored = row[field.column]
        return read_files(json.loads(stored)) if stored else None

    def normalise(self, field: FieldDef, wire: Any, reading: Reading) -> tuple[StoredFile, ...] | None:
        """Identities alone: the store looks up what they stand for, as it does for links."""
        if wire is None or wire in ('', []):
            return None
        chosen = wire if isinstance(wire, list) else [wire]
        most = MOST if self.takes_many(field) else 1
        refuse_unless(len(chosen) <= most, 'REC-E061', count=len(chosen), limit=most)
        return tuple(StoredFile(uid) for uid in dict.fromkeys(map(_uid_of, chosen)))

    def wire(self, field: FieldDef, value: Any) -> Any:
        if not value:
            return None
        return [_as_json(each) for each in value] if self.takes_many(field) else _as_json(value[0])

    def freeze(self, field: FieldDef, value: Any) -> Any:
        return [_as_json(each) for each in value] if value else None

    def thaw(self, field: FieldDef, frozen: Any) -> Any:
        if not frozen:
            return None
        listed = frozen if isinstance(frozen, list) else [frozen]
        are_files = all(isinstance(each, Mapping) and {'uid', 'name', 'size', 'type'} <= each.keys() for each in listed)
        refuse_unless(are_files, 'REC-E060', value=str(frozen)[:60])  # from when the field was of another type
        return read_files(listed)

    def text(self, field: FieldDef, value: Any, reading: Reading) -> str:
        return ', '.join(each.name for each in value or ())

    def json_schema(self, field: FieldDef) -> dict[str, Any]:
        one = {
            'type': 'object',
            'properties': {
                'uid': dict(UID), 'name': {'type': 'string'}, 'size': {'type': 'integer', 'minimum': 0},
                'type': {'type': 'string'},
            },
            'required': ['uid', 'name', 'size', 'type'],
            'additionalProperties': False,
        }  # fmt: skip
        return {'type': 'array', 'items': one, 'maxItems': MOST} if self.takes_many(field) else one

    def input_schema(self, field: FieldDef) -> dict[str, Any]:
        """The JSON Schema of input: the uid that the upload answered, or the whole as it was read."""
        whole = {
            'type': 'object',
            'properties': {'uid': dict(UID), 'name': {}, 'size': {}, 'type': {}},
            'required': ['uid'],
            'additionalProperties': False,
        }
        one: dict[str, Any] = {'anyOf': [dict(UID), whole]}
        return {'type': 'array', 'items': one, 'maxItems': MOST} if self.takes_many(field) else one

    def comparable_column(self, field: FieldDef, columns: Mapping[str, sa.ColumnElement[Any]]) -> sa.ColumnElement[Any]:
        return columns[field.column + FOLD]

    def comparable(self, field: FieldDef, value: Any) -> Any:
        return fold(' '.join(each.name for each in value)) if value else None

    def check_definition(self, field: FieldDef) -> list[Finding]:
        """No file is there before the first record, so none can be a default."""
        unfit = [keyword for keyword in ('x-default', 'default') if keyword in field.document]
        return [finding('SCH-E031', f'/{keyword}', keyword=keyword, type=self.key) for keyword in unfit]


def read_files(stored: Iterable[Mapping[str, Any]] | Mapping[str, Any]) -> tuple[StoredFile, ...]:
    """Files as rows, history and operations keep them."""
    listed = [stored] if isinstance(stored, Mapping) else stored
    return tuple(StoredFile(each['uid'], each['name'], each['size'], each['type']) for each in listed)


def is_accepted(accepted: Iterable[str], name: str, media: str) -> bool:
    """Whether one of the entries names the file's extension, its media type or the family of it."""
    wanted = [each.lower() for each in accepted]
    family = f'{media.split("/")[0]}/*'
    return not wanted or media in wanted or family in wanted or any(name.lower().endswith(e) for e in wanted if e[0] == '.')


def _uid_of(wire: Any) -> str:
    uid = wire.get('uid') if isinstance(wire, Mapping) else wire
    refuse_unless(isinstance(uid, str) and is_uid(uid), 'REC-E060', value=str(uid)[:60])
    return str(uid).lower()


def _as_json(each: StoredFile) -> dict[str, Any]:
    return {'uid': each.uid, 'name': each.name, 'size': each.size, 'type': each.media}
