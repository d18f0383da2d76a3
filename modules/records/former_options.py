"""What options and stages were called that no definition has any more, for history that still names them. A query file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from schema.catalog import Catalog
from schema.definitions import Texts
from schema.versions import schema_document

OPTION_TYPES = frozenset({'picklist', 'multi_picklist', 'stage'})


def former_label(session: Session, catalog: Catalog, ref: str) -> Texts:
    """The label that the option had in some version; empty when none knew it. Asked of the database once for each catalog."""
    kept: dict[str, Texts] = catalog.kept.setdefault(former_label, {})
    if ref not in kept:
        text = sa.type_coerce(schema_document.c.body, sa.Text)
        named = sa.select(schema_document.c.body).where(
            schema_document.c.kind == 'entity', text.contains(f'"{ref}"', autoescape=True)
        )
        body = session.execute(named.limit(1)).scalar()
        kept[ref] = next((_label(part) for part in _parts(body) if part.get('ref') == ref), {})
    return kept[ref]


def _parts(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, Mapping):
        yield node
    for child in node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ():
        yield from _parts(child)


def _label(part: Mapping[str, Any]) -> Texts:
    label = part.get('label')
    return label if isinstance(label, Mapping) and label else {'en': str(part.get('key', ''))}
