"""The one atomic moment: catch up, write the version row and switch to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import sqlalchemy as sa

from migrations.beside import follow_beside
from migrations.noting import Entry, entries_of, note_publish, note_role_gifts
from migrations.role_people import Settlement
from migrations.saved_views import Renames
from migrations.site import Site
from migrations.steps.base import Phase, Step
from migrations.steps.convert_links import read_conversion
from migrations.steps.remap import RemapOption
from migrations.steps.shadow import forget_shadows, note_shadows
from schema.base.database import PUBLISH_LOCK
from schema.versions import ONLY_ROW, SchemaVersion, read_state, save_version, schema_state, schema_version


@dataclass(frozen=True)
class Foreseen:
    """What a switch writes, worked out before it holds anybody back: it takes longer than writing it."""

    version: SchemaVersion
    entries: list[Entry]
    renames: Renames | None

    @classmethod
    def of(cls, site: Site, number: int) -> Foreseen:
        version = SchemaVersion(number, site.target.documents, site.target.hash)
        with site.database.reading() as connection:
            entries = entries_of(connection, site, version)
        renames = Renames.between(site.base.documents, site.target.documents) if site.base is not None else None
        return cls(version, entries, renames)


@dataclass(frozen=True)
class Activate(Step):
    """`raises_fence`: writers with an older catalog are sent back. The last act of `conversions` and `remaps` belongs to this
    transaction; `shadows` are `[table, column, ref]` of dropped parts, `restored` `[table, column]` of returning ones;
    `roles` gives by the ref of a dropped role the key of the one that its people get instead.
    """

    version: int
    base: int
    raises_fence: bool
    rights_changed: bool
    conversions: list[dict[str, Any]]
    remaps: list[dict[str, Any]]
    unique_gone: list[str]
    shadows: list[list[str]]
    restored: list[list[str]]
    roles: dict[str, str | None] = field(default_factory=dict)
    kind: ClassVar[str] = 'activate'
    phase: ClassVar[Phase] = 'activate'
    texts: ClassVar[dict[str, str]] = {'en': 'Switch to version {version}', 'vi': 'Chuyển sang phiên bản {version}'}

    def forward(self, site: Site) -> None:
        """Where it matters what writers do, waits for their running transactions, then holds new ones back until the commit."""
        for stored in self.conversions:
            read_conversion(stored).catch_up(site)
        foreseen = Foreseen.of(site, self.version)
        site.in_turn(lambda connection: self._switch(site, connection, foreseen), self.describe('en'))

    def done(self, site: Site) -> bool:
        with site.database.writing() as connection:
            known = sa.select(schema_version.c.number).where(schema_version.c.number == self.version)
            return connection.execute(known).first() is not None

    @property
    def fences(self) -> bool:
        """Whether anything in the switch depends on what writers do meanwhile; a field more does not."""
        return bool(self.raises_fence or self.conversions or self.remaps or self.unique_gone)

    def _switch(self, site: Site, connection: sa.Connection, foreseen: Foreseen) -> None:
        if self.fences and not site.is_sqlite:
            connection.execute(sa.text('SELECT pg_advisory_xact_lock(:key)'), {'key': PUBLISH_LOCK})
        for stored in self.conversions:
            read_conversion(stored).finish(site, connection)
        for stored in self.remaps:
            RemapOption(**stored).apply(connection, site)
        for name in self.unique_gone:
            quoted = connection.dialect.identifier_preparer.quote(name)
            connection.execute(sa.text(f'DROP INDEX IF EXISTS {quoted}'))
        forget_shadows(connection, self.restored)
        note_shadows(connection, self.shadows, version=self.version, at=site.clock.now())
        save_version(
            connection, foreseen.version, base=self.base or None, at=site.clock.now(), summary=site.summary, note=site.note,
            author=site.author, author_id=site.author_id,
        )  # fmt: skip
        self._move_state(connection)
        self._settle_roles(site, connection)
        if foreseen.renames:
            follow_beside(connection, foreseen.renames)
        note_publish(connection, site, foreseen.entries)

    def _settle_roles(self, site: Site, connection: sa.Connection) -> None:
        """After the state row is taken, which whoever changes people takes first: they and a publish cannot together dismiss
        the last administrator."""
        if not self.rights_changed or site.base is None:
            return
        base, target = site.base.documents, site.target.documents
        gifts = Settlement(base, target, self.roles, self.version, site.clock.now()).run(connection)
        if gifts is not None:
            site.sync_permissions(connection, site.target)
            note_role_gifts(connection, site, self.version, gifts)

    def _move_state(self, connection: sa.Connection) -> None:
        state = read_state(connection)
        if state is None:
            connection.execute(
                schema_state.insert().values(id=ONLY_ROW, active=self.version, min_writer=self.version, rights_epoch=1)
            )
            return
        connection.execute(
            schema_state.update()
            .where(schema_state.c.id == ONLY_ROW)
            .values(
                active=self.version,
                min_writer=self.version if self.raises_fence else state.min_writer,
                rights_epoch=state.rights_epoch + int(self.rights_changed),
            )
        )
