"""What stands for a kind, a record and a number in every address. Knows no view."""

from __future__ import annotations

from collections.abc import Mapping

from werkzeug.routing import BaseConverter, IntegerConverter, Map

from schema.base.numbers import LARGEST


class EntityKey(BaseConverter):
    regex = r'[a-z][a-z0-9_]{0,62}'


class RecordUid(BaseConverter):
    regex = r'[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}'
    part_isolating = True

    def to_python(self, value: str) -> str:
        return value.lower()


class RowNumber(IntegerConverter):
    """What no column holds is not there, rather than a fault of the database."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=LARGEST)


CONVERTERS: Mapping[str, type[BaseConverter]] = {'ekey': EntityKey, 'uid': RecordUid, 'int': RowNumber}
