"""The tags that are in use, as far as a reader's rights reach. Reads only on the reader's own session."""

from __future__ import annotations

from collections import Counter
from typing import Any

import sqlalchemy as sa

from modules.records.queries import Reader
from schema.base.errors import BadRequest
from schema.base.findings import nearest
from schema.base.text import fold
from schema.fieldtypes.base import FOLD
from schema.fieldtypes.tags import Tags

LOOKED_AT = 500
"""Records that are looked into, newest first: cost must not grow with what is stored."""


def tags_in_use(reader: Reader, entity_key: str, key: str, search: str, limit: int) -> list[str]:
    """Words of a tags field that contain `search`, blind to accents and case, the most used first, in their newest spelling.

    Raises: NotFound REC-E029, Forbidden PRM-*, BadRequest REC-E036 for a field that is unknown, unreadable or holds no tags.
    """
    entity = reader.catalog.entity(entity_key)
    reader.policy.require('read', entity.key)
    field = entity.find_field(key)
    if field is None or field.key not in reader.policy.readable(entity.key) or not isinstance(field.type, Tags):
        known = [name for name, each in entity.fields.items() if isinstance(each.type, Tags)]
        raise BadRequest.of('REC-E036', value=key[:80], hint=nearest(key, known))
    model: Any = entity.model
    column, folded = (getattr(model, field.definition.column + suffix) for suffix in ('', FOLD))
    wanted = fold(search)
    statement = sa.select(column).where(model.deleted_at.is_(None), folded.contains(wanted, autoescape=True))
    counts: Counter[str] = Counter()
    spelt: dict[str, str] = {}
    for stored in reader.session.execute(statement.order_by(model.id.desc()).limit(LOOKED_AT)).scalars():
        for word in field.from_row({field.definition.column: stored}) or ():
            if wanted in (bare := fold(word)):
                counts[bare] += 1
                spelt.setdefault(bare, word)
    return [spelt[bare] for bare, _ in counts.most_common(limit)]
