"""The publisher as Studio, the API, packs and the command line use it: plan, apply, look back, roll back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from migrations.aliases import FormerKey, former_keys, keep_uses
from migrations.beside import mentions_beside
from migrations.compiling import Compiler
from migrations.drafts import Draft, discard_draft, find_draft, save_draft
from migrations.executor import Executor
from migrations.journal import Journal, Publish
from migrations.looking import Looking
from migrations.mentions import Mention, where_used
from migrations.outlooks import Outlooks
from migrations.physical import read_physical
from migrations.planning import CheckDocuments, Planner, Preflight, Remap, Wish, no_preflight
from migrations.plans import Impact, StoredPlan, answers_given, get_plan
from migrations.reaper import emptied_columns
from migrations.recovery import recover
from migrations.requests import given_again, merge, without_physical
from migrations.rollback import answers_again, cleared_fields, documents_of
from migrations.site import SyncPermissions, no_sync
from migrations.unread import UnreadValue, count_unread, stream_unread
from migrations.versions import VersionRow, list_versions
from migrations.walks import WalkState, walks_of
from schema.base.actor import Actor, system_actor
from schema.base.clock import Clock
from schema.base.database import Database
from schema.base.findings import Finding
from schema.catalogs import Catalogs
from schema.checks import check_documents
from schema.loading import Documents
from schema.versions import load_version


class Publisher:
    """Thread-safe; holds no state of its own. Every method opens and commits its own short transactions."""

    def __init__(
        self, database: Database, catalogs: Catalogs, clock: Clock, *, sync_permissions: SyncPermissions = no_sync,
        check: CheckDocuments = check_documents, preflight: Preflight = no_preflight,
    ) -> None:  # fmt: skip
        self._database, self._catalogs, self._clock = database, catalogs, clock
        self._sync_permissions = sync_permissions
        compiler = Compiler(catalogs)
        self._executor = Executor(database, clock, compiler, sync_permissions)
        self._planner = Planner(database, clock, compiler, check, preflight)
        self.outlooks = Outlooks(database, clock)

    def plan_documents(self, documents: Documents, actor: Actor, *, note: str = '', remap: Remap | None = None) -> StoredPlan:
        """A plan for a whole schema; what `documents` leaves out is dropped.

        Raises: Invalid with every finding; Conflict MIG-E006 when nothing differs.
        """
        return self._plan({name: without_physical(each) for name, each in documents.items()}, actor, note=note, remap=remap)

    def plan(self, request: Mapping[str, Any], actor: Actor, looking: Looking | None = None) -> StoredPlan:
        """A plan for `{"entities": {key: fragment}, "roles": …, "workflows": …, "templates": …, "remove": [JSON pointers],
        "remap": {ref of a dropped option or role: key that replaces it, or null}, "answers": {pointer of a field: {"map": {text
        that cannot be read: wire value}, "default": wire value}}, "note": text}`, merged into the live version. Answers may be
        written as the actor would type them.

        Raises: BadRequest MIG-E008, MIG-E009; Invalid with every finding; Conflict MIG-E006 when nothing differs.
        """
        base = self._planner.base()
        documents = merge(base.documents, request)
        wish = Wish(request.get('remap') or {}, request.get('answers') or {}, str(request.get('note') or ''))
        again = [Impact(each, 0) for each in given_again(base.documents, request, documents)]
        return self._planner.plan(documents, base, actor, wish, again, looking=looking)

    def preview(self, request: Mapping[str, Any]) -> Documents:
        """The documents the request would lead to, unchecked and unsettled. Raises: BadRequest MIG-E008, MIG-E009."""
        return merge(self._planner.base().documents, request)

    def check(self, request: Mapping[str, Any]) -> list[Finding]:
        """Every finding of the merged documents, without planning. Raises: BadRequest MIG-E008, MIG-E009."""
        return self.check_documents(self.preview(request))

    def check_documents(self, documents: Documents) -> list[Finding]:
        """Every finding of a whole schema, as planning would report them."""
        return list(self._planner.check(documents))

    def rollback_plan(
        self, version: int, actor: Actor, *, include: Collection[str] = (), remap: Remap | None = None,
        answers: Mapping[str, Any] | None = None, note: str = '', looking: Looking | None = None,
    ) -> StoredPlan:  # fmt: skip
        """A plan back (or forward again) to the structure of `version`; `include` may name `role`, `workflow`, `template`.

        Dropped parts find their data again; what newer parts hold is kept in shadow. Without `answers`, what was decided about
        values when `version` was made is decided again. Widened rights and cleared columns stand among the impacts.

        Raises: NotFound MIG-E010; Invalid with every finding; Conflict MIG-E006.
        """
        present = self._planner.base()
        with self._database.reading() as connection:
            past = load_version(connection, version)
            physical, emptied = read_physical(connection), emptied_columns(connection)
            again = answers_again(past.documents, present.documents, answers_given(connection, version))
        extra = cleared_fields(past.documents, present.documents, physical, emptied)
        wish = Wish(remap or {}, again if answers is None else answers, note or f'Rollback to version {version}')
        return self._planner.plan(documents_of(past, present, include), present, actor, wish, extra, looking=looking)

    def _plan(self, documents: Documents, actor: Actor, *, note: str, remap: Remap | None) -> StoredPlan:
        return self._planner.plan(documents, self._planner.base(), actor, Wish(remap or {}, note=note))

    def get_plan(self, plan_id: str) -> StoredPlan:
        """Raises: NotFound MIG-E004."""
        return get_plan(self._database, plan_id)

    def apply(self, plan_id: str, actor: Actor, *, in_background: bool = False) -> Publish:
        """Carry the plan out and adopt the new version here. With `in_background` it answers at once and goes on by itself.

        Raises: Conflict MIG-E003; NotFound MIG-E004; Stale MIG-E007; Invalid with the plan's errors or MIG-E013; Unavailable
        MIG-E018.
        """
        publish = self._executor.apply(plan_id, actor, in_background=in_background)
        if not in_background:
            self._catalogs.current()
        return publish

    def publish_state(self, publish_id: str) -> Publish:
        """Raises: NotFound MIG-E005."""
        return Journal(self._database, self._clock).get(publish_id)

    def course_of(self, plan_id: str) -> Publish | None:
        """The latest publish that carries the plan out, or has done so."""
        return Journal(self._database, self._clock).latest_of(plan_id)

    def walks(self, publish: Publish) -> list[WalkState]:
        """What a publish does to many records, as far as it has begun, and how far each came."""
        return walks_of(self._database, publish.plan_id, self.get_plan(publish.plan_id).steps)

    def versions(self) -> list[VersionRow]:
        """Newest first."""
        return list_versions(self._database)

    def documents(self, version: int | None = None) -> Documents:
        """The stored documents of a version, the live one by default. Raises: NotFound MIG-E010."""
        if version is None:
            return self._planner.base().documents
        with self._database.reading() as connection:
            return load_version(connection, version).documents

    def former_keys(self) -> list[FormerKey]:
        """Former keys of the live version that still work, with how often and when last they were used."""
        keep_uses(self._database, self._catalogs, self._clock)
        return former_keys(self._database, self._planner.base().documents)

    def where_used(self, entity: str, field: str | None = None) -> list[Mention]:
        """Which parts of the live version, and what beside it, names an entity, or one of its fields."""
        return where_used(self.documents(), entity, field, self.mentions_beside())

    def mentions_beside(self) -> list[Mention]:
        """What pools, assignment rules and saved views name, by the keys of the live version."""
        base = self._planner.base()
        with self._database.reading() as connection:
            return mentions_beside(connection, self._catalogs.at(base.number) if base.number else None)

    def unread(self, version: int) -> Iterator[UnreadValue]:
        """Values that could not be read as the new type when the version was published. Raises: NotFound MIG-E010."""
        with self._database.reading() as connection:
            load_version(connection, version)
        return stream_unread(self._database, version)

    def count_unread(self, version: int) -> int:
        with self._database.reading() as connection:
            return count_unread(connection, version)

    def draft(self, actor: Actor) -> Draft:
        """The author's draft; an empty one on the live version when there is none."""
        return find_draft(self._database, actor) or Draft(self._planner.base().number, {}, [], None)

    def save_draft(self, actor: Actor, request: Mapping[str, Any]) -> Draft:
        """Replace the author's draft by a plan request. Its base stays that of the first save. Commits.

        Raises: BadRequest MIG-E008, MIG-E009 when the request cannot be merged into the live version.
        """
        self.preview(request)
        return save_draft(self._database, self._clock, actor, request, self.draft(actor).base_version)

    def discard_draft(self, actor: Actor) -> None:
        """Commits; harmless when there is none."""
        discard_draft(self._database, actor)

    def recover(self) -> list[Publish]:
        """Complete or undo what a killed process left; at start and on every scheduler tick. Cheap when there is nothing."""
        return recover(self._database, self._clock, self._sync_permissions, self._catalogs)


def publish_documents(
    database: Database, documents: Documents, clock: Clock, *, note: str, sync_permissions: SyncPermissions = no_sync,
    check: CheckDocuments = check_documents,
) -> int:  # fmt: skip
    """Plan and apply a whole schema in one go, as a first start does with a pack. Returns the version number.

    Raises: as `Publisher.plan_documents` and `Publisher.apply`.
    """
    publisher = Publisher(database, Catalogs(database), clock, sync_permissions=sync_permissions, check=check)
    actor = system_actor(note)
    return publisher.apply(publisher.plan_documents(documents, actor, note=note).plan_id, actor).version
