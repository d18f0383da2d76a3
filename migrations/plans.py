"""Plans as stored: what would change, by which steps, with what impact. Written once, never edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

import sqlalchemy as sa

from migrations.estimates import Estimate
from migrations.mentions import Mentioned
from migrations.planner import risk_of
from migrations.steps.base import Step
from migrations.steps.registry import read_steps
from migrations.tables import schema_plan, schema_publish
from schema.base.database import Database
from schema.base.errors import NotFound
from schema.base.findings import Finding
from schema.definitions import Document, in_locale
from schema.loading import Documents
from schema.upgraders.registry import FORMATS

MANY_ROWS = 20_000
KEPT = timedelta(days=30)
"""Plans that nobody carried out are let go of after this time: each holds a whole schema."""
Sentence = Mapping[str, str]
ANSWERS: Mapping[str, tuple[str, ...]] = {
    'MIG-W002': ('default', 'leave'),
    'MIG-W003': ('map', 'default', 'leave'),
    'MIG-W008': ('leave',),
    'MIG-W009': ('leave',),
    'MIG-W010': ('leave',),
    'MIG-W020': ('leave',),
    'MIG-W021': ('leave',),
    'MIG-E014': ('remap', 'clear'),
}
"""What an admin may decide about a consequence: `map` and `default` go into the request's `answers`, `remap` and `clear` into
`remap`; `leave` needs nothing."""


@dataclass(frozen=True)
class StoredPlan:
    """`base_version` is 0 before the first version. `changes` are sentences by locale; `impact` findings with `samples`."""

    plan_id: str
    base_version: int
    base_hash: str
    documents: Documents
    changes: list[Sentence]
    steps: list[Step]
    impact: list[Impact]
    findings: list[Finding]
    remap: Mapping[str, str | None]
    note: str
    author_id: int | None
    author: str
    created_at: datetime
    slow_rows: int = 0
    answers: Mapping[str, Any] = field(default_factory=dict)
    estimates: list[Estimate] = field(default_factory=list)
    mentions: list[Mentioned] = field(default_factory=list)

    @property
    def is_quick(self) -> bool:
        """Whether it can be applied within a request: no step meets many records. `slow_rows` are the most that one does."""
        return self.slow_rows <= MANY_ROWS

    @property
    def risk(self) -> str:
        """`safe`, `careful` or `loss`; a dropped part counts as careful, for it can be brought back."""
        return 'careful' if self.impact else risk_of(self.steps)

    def as_wire(self, locale: str) -> dict[str, Any]:
        return {
            'plan_id': self.plan_id,
            'base_version': self.base_version,
            'risk': self.risk,
            'changes': [in_locale(each, locale) for each in self.changes],
            'steps': [
                {
                    'kind': step.kind,
                    'phase': step.phase,
                    'risk': step.risk,
                    'text': step.describe(locale),
                    **(cost.as_wire(locale) if cost else {}),
                }
                for step, cost in zip_longest(self.steps, self.estimates)
            ],
            'mentions': [each.as_wire(locale) for each in self.mentions],
            'impact': [each.as_wire(locale) for each in self.impact],
            'findings': [each.as_wire(locale) for each in self.findings],
        }


@dataclass(frozen=True)
class Impact:
    """One consequence for live records: a finding in words, how many, and up to 100 `{uid, title, value, href}`."""

    finding: Finding
    count: int
    samples: list[dict[str, str]] = field(default_factory=list)

    def as_wire(self, locale: str) -> dict[str, Any]:
        answers = list(ANSWERS.get(self.finding.code, ()))
        return {**self.finding.as_wire(locale), 'count': self.count, 'samples': self.samples, 'answers': answers}


def save_plan(database: Database, plan: StoredPlan) -> None:
    """Commits."""
    book = schema_plan.c
    carried_out = sa.exists().where(schema_publish.c.plan_id == book.id)
    with database.writing() as connection:
        connection.execute(schema_plan.delete().where(book.created_at < plan.created_at - KEPT, ~carried_out))
        connection.execute(
            schema_plan.insert().values(
                id=plan.plan_id, base=plan.base_version, base_hash=plan.base_hash,
                documents=documents_to_json(plan.documents), changes=[dict(each) for each in plan.changes],
                steps=[step.as_stored() for step in plan.steps],
                impact=[{**stored_of(each.finding), 'count': each.count, 'samples': each.samples} for each in plan.impact],
                findings=[stored_of(each) for each in plan.findings], remap=dict(plan.remap), note=plan.note,
                author_id=plan.author_id, author=plan.author, created_at=plan.created_at, slow_rows=plan.slow_rows,
                answers=dict(plan.answers), estimates=[asdict(each) for each in plan.estimates],
                mentions=[asdict(each) for each in plan.mentions],
            )
        )  # fmt: skip


def answers_given(connection: sa.Connection, version: int | None = None) -> dict[str, dict[str, Any]]:
    """By field ref, the answers that the latest conversion of each field was published with, up to a version when one is
    named."""
    query = (
        sa.select(schema_plan.c.steps)
        .join(schema_publish, schema_publish.c.plan_id == schema_plan.c.id)
        .where(schema_publish.c.state == 'done', sa.cast(schema_plan.c.steps, sa.Text).like('%"given":%'))
        .order_by(schema_publish.c.version)
    )
    query = query if version is None else query.where(schema_publish.c.version <= version)
    conversions = (step for steps in connection.execute(query).scalars() for step in steps if 'given' in step)
    return {step['field']: step['answers'] for step in conversions}


def get_plan(database: Database, plan_id: str) -> StoredPlan:
    """Raises: NotFound MIG-E004."""
    with database.reading() as connection:
        row = connection.execute(sa.select(schema_plan).where(schema_plan.c.id == plan_id)).first()
    if row is None:
        raise NotFound.of('MIG-E004', value=str(plan_id)[:60])
    return StoredPlan(
        row.id, row.base, row.base_hash, documents_from_json(row.documents), row.changes, read_steps(row.steps),
        [Impact(finding_of(each), each['count'], each['samples']) for each in row.impact],
        [finding_of(each) for each in row.findings],
        row.remap, row.note, row.author_id, row.author, row.created_at, row.slow_rows, row.answers or {},
        [Estimate(**each) for each in row.estimates or ()], [Mentioned(**each) for each in row.mentions or ()],
    )  # fmt: skip


def documents_to_json(documents: Documents) -> dict[str, Document]:
    return {f'{kind}/{key}': document for (kind, key), document in documents.items()}


def documents_from_json(stored: Mapping[str, Document]) -> dict[tuple[str, str], Document]:
    """In today's format, for Trellis may have been upgraded since."""
    named = {(name.partition('/')[0], name.partition('/')[2]): document for name, document in stored.items()}
    return {(kind, key): FORMATS.upgrade(kind, document) for (kind, key), document in named.items()}


def stored_of(each: Finding) -> dict[str, Any]:
    return {'code': each.code, 'pointer': each.pointer, 'params': dict(each.params), 'level': each.level}


def finding_of(stored: Mapping[str, Any]) -> Finding:
    return Finding(stored['code'], stored['pointer'], stored['params'], stored['level'])
