"""Stored derived values are what a computation from scratch gives, whatever people did, one after another or at once."""

from __future__ import annotations

import threading
import time
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.records.preparing import Change
from schema.base.errors import TrellisError
from schema.base.ids import new_uid
from schema.deriving import graph_of
from schema.deriving.carrying import Carrier
from tests.deriving.conftest import read, vnd
from tests.support.site import Site

FIRMS, SALES = 3, 5
amounts = st.one_of(st.none(), st.integers(0, 99))
moneys = st.one_of(
    st.none(),
    st.builds(lambda n, c: {'amount': str(n), 'currency': c}, st.integers(0, 500), st.sampled_from(['VND', 'VND', 'USD'])),
)  # fmt: skip
firm_numbers = st.one_of(st.none(), st.integers(0, FIRMS - 1))
days = st.one_of(st.none(), st.sampled_from(['2026-01-01', '2026-02-28', '2026-12-31']))
lines = st.lists(
    st.fixed_dictionaries({'what': st.sampled_from(['áo', 'mũ']), 'count': amounts, 'price': moneys, 'firm': firm_numbers}),
    max_size=3,
)  # fmt: skip
wires = st.fixed_dictionaries(
    {'title': st.sampled_from(['a', 'b'])},
    optional={
        'firm': firm_numbers, 'maker': firm_numbers, 'owner': st.sampled_from(['rep', 'admin']),
        'quantity': amounts, 'price': moneys, 'sold_on': days, 'items': lines,
        'partners': st.lists(st.integers(0, FIRMS - 1), max_size=3, unique=True),
    },
)  # fmt: skip
rates = st.fixed_dictionaries(
    {}, optional={'name': st.sampled_from(['Một', 'Hai']), 'rate': st.sampled_from([None, '0', '7.5', '12.25'])}
)
acts = st.one_of(
    st.tuples(st.just('create'), st.just(0), wires),
    st.tuples(st.just('update'), st.integers(0, SALES), wires),
    st.tuples(st.just('bulk'), st.integers(0, SALES), wires),
    st.tuples(st.sampled_from(['delete', 'restore']), st.integers(0, SALES), st.just({})),
    st.tuples(st.just('firm'), st.integers(0, FIRMS - 1), rates),
)


class World:
    """Sales and firms by number, written by the store alone."""

    def __init__(self, site: Site) -> None:
        self.site, self.actor = site, site.actor('admin')
        self.firms = [site.create('admin', 'firm', name=f'Hãng {number}') for number in range(FIRMS)]
        self.sales: list[str] = []

    def do(self, name: str, number: int, wire: dict[str, Any]) -> None:
        if name == 'firm':
            self._write(lambda store: store.update('firm', self.firms[number], wire))
            return
        wire = self._linked(wire)
        if name == 'create':
            uid = new_uid()
            if self._write(lambda store: store.create('sale', wire, uid=uid)):
                self.sales.append(uid)
        elif name == 'bulk':
            entity = self.site.runtime.catalogs.current().entity('sale')
            self._write(lambda store: store.update_many('sale', [Change(entity, uid, wire) for uid in self.sales[number:]]))
        elif self.sales:
            uid = self.sales[number % len(self.sales)]
            arguments = (wire,) if name == 'update' else ()
            self._write(lambda store: getattr(store, name)('sale', uid, *arguments))

    def _linked(self, wire: dict[str, Any]) -> dict[str, Any]:
        linked = dict(wire)
        for key in ('firm', 'maker'):
            if linked.get(key) is not None:
                linked[key] = self.firms[linked[key]]
        if 'partners' in linked:
            linked['partners'] = [self.firms[each] for each in linked['partners']]
        if 'items' in linked:
            linked['items'] = [
                {**line, 'firm': None if line['firm'] is None else self.firms[line['firm']]} for line in linked['items']
            ]
        return linked

    def _write(self, work: Any) -> bool:
        try:
            self.site.runtime.write(self.actor, work)
        except TrellisError:  # a deleted record, or one that is there: nothing is written then
            return False
        return True


def recomputed(site: Site) -> int:
    """How many rows a computation of everything from scratch would change."""
    catalog = site.runtime.catalogs.current()
    graph = graph_of(catalog)
    changed = 0
    with site.runtime.database.session() as session:
        for plan in graph.order:
            carrier = Carrier(session, graph)
            carrier.need(plan, session.execute(sa.select(plan.entity.table.c.id)).scalars().all())
            changed += carrier.run(onward=False)
        session.rollback()
    return changed


def test_nothing_changes_when_everything_is_computed_from_scratch(shop: Site) -> None:
    world = World(shop)

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(acts, min_size=1, max_size=8))
    def check(script: list[tuple[str, int, dict[str, Any]]]) -> None:
        for act in script:
            world.do(*act)
        assert recomputed(shop) == 0

    check()


def test_writers_at_once_lose_nothing_of_each_other(shop: Site) -> None:
    """Each adds to what the others left: rows come, move between firms, change in value, go and come back."""
    firms = [shop.create('admin', 'firm', name=f'Hãng {number}', rate='1') for number in range(2)]
    actor, failures = shop.actor('admin'), []
    start = threading.Barrier(4)

    def work(number: int) -> None:
        def write(act: str, *arguments: Any) -> str:
            return str(shop.runtime.write(actor, lambda store: getattr(store, act)(*arguments)).uid)

        try:
            start.wait(60)
            mine = []
            for step in range(8):
                day = f'2026-0{(step + number) % 8 + 1}-01'
                wire = {'title': 'x', 'firm': firms[(number + step) % 2], 'quantity': step * 3, 'price': vnd(1), 'sold_on': day}
                mine.append(write('create', 'sale', wire))
                if step % 3 == 2:
                    moved = {'firm': firms[(number + step + 1) % 2], 'quantity': 2, 'sold_on': f'2025-0{number + 1}-02'}
                    write('update', 'sale', mine[-1], moved)
                if step % 3 == 1:
                    write('delete', 'sale', mine[-1])
                    write('update', 'sale', mine[-2], {'quantity': 11, 'sold_on': None})
                    write('restore', 'sale', mine[-1])
                if step == number:
                    write('update', 'firm', firms[number % 2], {'rate': str(number)})
            write('delete', 'sale', mine[0])
        except Exception as error:  # noqa: BLE001 - told by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)

    assert failures == []
    assert recomputed(shop) == 0
    assert sum(read(shop, 'firm', firm, 'sales') for firm in firms) == 4 * 7


def until_somebody_waits(site: Site) -> None:
    """PostgreSQL tells who waits for a lock."""
    deadline = time.monotonic() + 60
    waiting = sa.text('SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()')
    while time.monotonic() < deadline:
        with site.runtime.database.reading() as connection:
            if connection.execute(waiting).scalar():
                return
    raise AssertionError('nobody waited')


def at_once(site: Site, first: Any, second: Any) -> None:
    """The second writer comes while the first has written and not yet committed."""
    actor, written = site.actor('admin'), threading.Event()

    def slow(store: Any) -> None:
        first(store)
        written.set()
        until_somebody_waits(site)

    one = threading.Thread(target=lambda: site.runtime.write(actor, slow))
    one.start()
    assert written.wait(60)
    site.runtime.write(actor, second)
    one.join(60)


def test_a_count_sees_the_row_of_a_writer_it_waited_for(postgres_shop: Site) -> None:
    firm = postgres_shop.create('admin', 'firm', name='Hải Âu')
    wire = {'title': 'x', 'firm': firm, 'quantity': 1, 'price': vnd(5)}

    at_once(postgres_shop, lambda store: store.create('sale', wire), lambda store: store.create('sale', wire))

    assert read(postgres_shop, 'firm', firm, 'sales', 'total') == (2, vnd(10))


def test_a_new_row_has_what_another_writer_put_behind_its_link(postgres_shop: Site) -> None:
    firm = postgres_shop.create('admin', 'firm', name='Hải Âu')
    uid = new_uid()

    at_once(
        postgres_shop,
        lambda store: store.update('firm', firm, {'name': 'Bồ Câu'}),
        lambda store: store.create('sale', {'title': 'x', 'firm': firm}, uid=uid),
    )

    assert read(postgres_shop, 'sale', uid, 'name') == 'Bồ Câu · x'
