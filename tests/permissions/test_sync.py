"""FAB's permission rows follow the catalog, in bulk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import event

from permissions.fab_tables import permission_views, permissions, role_permissions, roles, view_menus
from permissions.sync import ROWS, sync_permissions
from schema.base.database import Database
from schema.catalog import Catalog
from schema.versions import read_state
from tests.permissions.conftest import AUDITOR, make_catalog, sales_documents

MOST_STATEMENTS = 20


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(database.write_engine, 'before_cursor_execute', note)
    yield seen
    event.remove(database.write_engine, 'before_cursor_execute', note)


def granted(database: Database, role: str) -> set[tuple[str, str]]:
    """`{(permission, view)}` of a role."""
    with database.reading() as connection:
        rows = connection.execute(
            sa.select(permissions.c.name, view_menus.c.name)
            .join_from(role_permissions, roles, roles.c.id == role_permissions.c.role_id)
            .join(permission_views, permission_views.c.id == role_permissions.c.permission_view_id)
            .join(permissions, permissions.c.id == permission_views.c.permission_id)
            .join(view_menus, view_menus.c.id == permission_views.c.view_menu_id)
            .where(roles.c.name == role)
        )
        return {tuple(row) for row in rows}


def test_roles_get_what_they_grant(database: Database, catalog: Catalog) -> None:
    product, contact = catalog.entities['product'].table.name, catalog.entities['contact'].table.name

    assert {name for name, view in granted(database, 'rep') if view == product} == {
        'can_list', 'can_show', 'can_get', 'can_info', 'menu_access',
    }  # fmt: skip
    assert granted(database, 'auditor') == {
        (name, contact) for name in ROWS if ROWS[name] in {'read', 'create', 'update', 'assign'}
    }
    assert len(granted(database, 'admin')) == len(ROWS) * len(catalog.entities)


def test_syncing_again_writes_nothing_but_the_epoch(database: Database, catalog: Catalog) -> None:
    before = {role: granted(database, role) for role in catalog.roles}
    with database.reading() as connection:
        epoch = read_state(connection).rights_epoch  # type: ignore[union-attr]

    with counted(database) as statements, database.writing() as connection:
        sync_permissions(connection, catalog)

    with database.reading() as connection:
        assert read_state(connection).rights_epoch == epoch + 1  # type: ignore[union-attr]
    assert [each for each in statements if not each.startswith(('SELECT', 'BEGIN'))] == [
        each for each in statements if each.startswith('UPDATE schema_state')
    ]
    assert {role: granted(database, role) for role in catalog.roles} == before


def test_a_new_entity_costs_a_fixed_number_of_statements(database: Database, catalog: Catalog) -> None:
    wider = sales_documents(AUDITOR)
    for number in range(40):
        wider['entity', f'extra_{number}'] = {'x-key': f'extra_{number}', 'properties': {'name': {'x-type': 'text'}}}
    later = make_catalog(wider, catalog.documents, 2)

    with counted(database) as statements, database.writing() as connection:
        sync_permissions(connection, later)

    assert len(statements) <= MOST_STATEMENTS
    assert len(granted(database, 'admin')) == len(ROWS) * len(later.entities)


def test_rows_of_a_removed_entity_go_and_other_views_stay(database: Database, catalog: Catalog) -> None:
    with database.writing() as connection:
        connection.execute(view_menus.insert().values(name='SomeView'))
    fewer = sales_documents(AUDITOR)
    gone = catalog.entities['product'].table.name
    documents = {key: document for key, document in fewer.items() if key[0] == 'role' or key == ('entity', 'company')}

    with database.writing() as connection:
        sync_permissions(connection, make_catalog(documents, catalog.documents, 2))

    with database.reading() as connection:
        views = set(connection.execute(sa.select(view_menus.c.name)).scalars())
    assert views == {'SomeView', catalog.entities['company'].table.name}
    assert gone not in views


def test_a_grant_that_was_taken_back_is_removed(database: Database, catalog: Catalog) -> None:
    less = {**AUDITOR, 'grants': {'contact': {'read': 'own'}}}

    with database.writing() as connection:
        sync_permissions(connection, make_catalog(sales_documents(less), catalog.documents, 2))

    assert {ROWS[name] for name, _ in granted(database, 'auditor')} == {'read'}
