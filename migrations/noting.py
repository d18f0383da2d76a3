"""What the audit log tells of a publish: the changes in words, those of each role, whether it went back. Writes entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from migrations.role_people import RoleGifts
from migrations.site import Site
from schema.base.actor import Actor, system_actor
from schema.base.audit import note, note_each
from schema.definitions import Document
from schema.loading import Documents
from schema.role_changes import right_changes
from schema.versions import SchemaVersion, schema_version

MOST_TOLD = 300
MOST_LOOKED_BACK = 200
STRUCTURE = 'entity/'


Entry = tuple[str, str, dict[str, Any]]
"""Kind, subject, params."""


def entries_of(connection: sa.Connection, site: Site, new: SchemaVersion) -> list[Entry]:
    """What there is to tell of the switch to `new`; asked before its row is written, while nobody is held back."""
    base: Documents = site.base.documents if site.base else {}
    target = site.target.documents
    changed = {kind for kind, key in {*base, *target} if base.get((kind, key)) != target.get((kind, key))}
    back_to = _went_back(connection, new.manifest)
    kind = 'schema_rolled_back' if back_to else 'rights_published' if changed == {'role'} else 'schema_published'
    told: dict[str, Any] = {'version': new.number, 'note': site.note, 'changes': site.summary[:MOST_TOLD]}
    if back_to:
        told['back_to'] = back_to
    roles = _role_changes(base, target).items()
    return [(kind, str(new.number), told), *(('role_changed', key, {**params, 'version': new.number}) for key, params in roles)]


def note_publish(connection: sa.Connection, site: Site, entries: Iterable[Entry]) -> None:
    """In the transaction that switches."""
    for kind, subject, params in entries:
        note(connection, kind, actor=_author(site), subject=subject, params=params, now=site.clock.now())


def note_role_gifts(connection: sa.Connection, site: Site, version: int, gifts: RoleGifts) -> None:
    """One entry for each person who holds other roles since the switch."""
    told = {username: {'roles': roles, 'version': version} for username, roles in gifts.items()}
    note_each(connection, 'roles_given', told, actor=_author(site), now=site.clock.now())


def _author(site: Site) -> Actor:
    return Actor(site.author_id, site.author) if site.author_id is not None else system_actor(site.author or 'publish')


def _role_changes(base: Documents, target: Documents) -> dict[str, dict[str, Any]]:
    """`{role key: what it gains and loses}`; a role that comes gains, one that goes loses everything."""
    before, after = _roles(base), _roles(target)
    found: dict[str, dict[str, Any]] = {}
    for ref in dict.fromkeys([*before, *after]):
        old, new = before.get(ref, {}), after.get(ref, {})
        if old == new:
            continue
        said = [dict(each.said) for each in right_changes(old, new, base, target)]
        told = {'name': new.get('x-label') or old.get('x-label'), 'changes': said[:MOST_TOLD]}
        found[str((new or old)['x-key'])] = told | ({'state': 'removed'} if not new else {'state': 'new'} if not old else {})
    return found


def _roles(documents: Documents) -> Mapping[str, Document]:
    return {str(body.get('x-ref', key)): body for (kind, key), body in documents.items() if kind == 'role'}


def _went_back(connection: sa.Connection, manifest: Mapping[str, str]) -> int | None:
    """The newest version before the base whose entities are the new ones again; None when the base has them already."""
    rows = connection.execute(
        sa.select(schema_version.c.number, schema_version.c.manifest)
        .order_by(schema_version.c.number.desc())
        .limit(MOST_LOOKED_BACK)
    ).all()
    structures = ((row.number, _structure(row.manifest)) for row in rows)
    own = _structure(manifest)
    if next(structures, (0, own))[1] == own:
        return None
    return next((number for number, structure in structures if structure == own), None)


def _structure(manifest: Mapping[str, str]) -> dict[str, str]:
    return {name: digest for name, digest in manifest.items() if name.startswith(STRUCTURE)}
