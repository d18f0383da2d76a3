"""Flask-AppBuilder's view of an entity: a datamodel that delegates to the reader and the store and runs no SQL of its own."""

from __future__ import annotations

from typing import Any

from flask import g
from flask_appbuilder.models.base import BaseInterface
from flask_appbuilder.models.filters import BaseFilterConverter, Filters

from modules.records.model import ListQuery, Record, Sort
from modules.runtime import Runtime
from schema.catalog import Entity


class RecordInterface(BaseInterface):  # type: ignore[misc]
    """One entity of one catalog. Rights hold because every call goes through `Runtime.reader` or `Runtime.write`."""

    filter_converter_class = BaseFilterConverter

    def __init__(self, entity: Entity) -> None:
        super().__init__(entity.model)
        self.entity = entity

    @property
    def model_name(self) -> str:
        return self.entity.key

    def get_filters(self, search_columns: Any = None, search_filters: Any = None) -> Filters:
        return Filters(self.filter_converter_class, self, [])

    def get_columns_list(self) -> list[str]:
        return list(self.entity.fields)

    def get_search_columns_list(self) -> list[str]:
        return [field.key for field in self.entity.searched]

    def get_order_columns_list(self, list_columns: Any = None) -> list[str]:
        return [key for key, field in self.entity.fields.items() if field.type.sortable]

    def get_pk_name(self) -> str:
        return 'uid'

    def get_pk_value(self, item: Record) -> str:
        return item.uid

    def is_pk_composite(self) -> bool:
        return False

    def query(
        self, filters: Any = None, order_column: str = '', order_direction: str = '', page: int | None = None,
        page_size: int | None = None, select_columns: Any = None,
    ) -> tuple[int, list[Record]]:  # fmt: skip
        sort = (Sort(order_column, order_direction == 'desc'),) if order_column else ()
        query = ListQuery(sort=sort, number=(page or 0) + 1, size=page_size or 50, columns=select_columns)
        with self._runtime.reader(g.actor, g.catalog) as reader:
            found = reader.list_page(self.entity.key, query)
        return found.total.value if found.total else len(found.records), list(found.records)

    def get(self, pk: str, filters: Any = None, select_columns: Any = None) -> Record:
        with self._runtime.reader(g.actor, g.catalog) as reader:
            return reader.get(self.entity.key, pk, select_columns)

    def add(self, item: Any, commit: bool = True) -> Any:
        return self._runtime.write(g.actor, lambda store: store.create(self.entity.key, item), catalog=g.catalog)

    def delete(self, item: Record, commit: bool = True) -> Any:
        return self._runtime.write(g.actor, lambda store: store.delete(self.entity.key, item.uid), catalog=g.catalog)

    @property
    def _runtime(self) -> Runtime:
        runtime: Runtime = g.runtime
        return runtime
