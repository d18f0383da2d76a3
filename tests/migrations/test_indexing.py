"""An installation of an older release gets the indexes of a newer one when it starts."""

from __future__ import annotations

import sqlalchemy as sa

from modules.packs.first_start import prepare_runtime
from tests.support.site import Site

OLD, NEW = 'ix_x_contact_owner_id_id_live', 'ix_x_contact_owner_id_id_team_id_full_name__fold_live'


def names(site: Site, table: str = 'x_contact') -> set[str]:
    with site.runtime.database.reading() as connection:
        return {str(each['name']) for each in sa.inspect(connection).get_indexes(table)}


def test_a_start_makes_missing_indexes_drops_those_of_former_lists_and_leaves_an_administrators_own(site: Site) -> None:
    whole = names(site)
    with site.runtime.database.writing() as connection:
        connection.execute(sa.text(f'DROP INDEX {NEW}'))
        connection.execute(sa.text(f'CREATE INDEX {OLD} ON x_contact (owner_id, id)'))
        connection.execute(sa.text('CREATE INDEX of_our_own ON x_contact (owner_id)'))
    said: list[str] = []

    prepare_runtime(site.runtime, demo=False, say=said.append)
    prepare_runtime(site.runtime, demo=False, say=said.append)

    assert names(site) == whole | {'of_our_own'}
    assert said == [f'Index {NEW} is made.']


def test_the_index_of_a_start_gives_way_to_the_one_that_tells_ends_too(site: Site) -> None:
    whole, said = names(site, 'x_appointment'), list[str]()
    spans = next(name for name in whole if name.endswith('_spans'))
    with site.runtime.database.writing() as connection:
        connection.execute(sa.text(f'DROP INDEX {spans}'))
        connection.execute(sa.text('CREATE INDEX ix_x_appointment_starts_at_sorted ON x_appointment (starts_at, id DESC)'))

    prepare_runtime(site.runtime, demo=False, say=said.append)

    assert names(site, 'x_appointment') == whole
    assert said == [f'Index {spans} is made.']
