"""Rows that are inserted once say how many they were, on both engines: leases, runs and mails hang on the number."""

from __future__ import annotations

import sqlalchemy as sa

from schema.base.database import Database
from schema.base.upsert import insert_once

rows = sa.Table(
    'thing', sa.MetaData(), sa.Column('id', sa.Integer, primary_key=True), sa.Column('key', sa.String(9), unique=True)
)  # fmt: skip


def test_insert_once_tells_how_many_rows_it_wrote(database_url: str) -> None:
    database = Database(database_url)
    with database.writing() as connection:
        rows.metadata.create_all(connection)
    several = sa.union_all(*(sa.select(sa.literal(key)) for key in 'abc')).subquery().select().where(sa.true())

    with database.session() as session:
        one = [session.execute(insert_once(session, rows, 'key').values(key='a')).rowcount for _ in range(2)]
        many = [session.execute(insert_once(session, rows, 'key').from_select(['key'], several)).rowcount for _ in range(2)]

    database.dispose()
    assert (one, many) == ([1, 0], [2, 0])
