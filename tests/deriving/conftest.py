"""A site with firms, wares and sales that are derived from each other in every way, copied for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.databases import ENGINES, Databases
from tests.support.site import Site, Template, copied_site, make_site

FIRM: dict[str, Any] = {
    'x-label': {'en': 'Firm', 'vi': 'Hãng'},
    'properties': {
        'name': {'x-type': 'text'},
        'rate': {'x-type': 'decimal', 'x-scale': 2},
        'phone': {'x-type': 'phone'},
        'sales': {'x-type': 'rollup', 'x-rollup': {'entity': 'sale', 'field': 'firm', 'function': 'count'}},
        'big': {
            'x-type': 'rollup',
            'x-rollup': {
                'entity': 'sale', 'field': 'firm', 'function': 'count',
                'condition': {'field': 'quantity', 'op': 'gte', 'value': 10},
            },
        },
        'total': {'x-type': 'rollup', 'x-rollup': {'entity': 'sale', 'field': 'firm', 'function': 'sum', 'of': 'net'}},
        'mean': {'x-type': 'rollup', 'x-rollup': {'entity': 'sale', 'field': 'firm', 'function': 'avg', 'of': 'quantity'}},
        'first': {'x-type': 'rollup', 'x-rollup': {'entity': 'sale', 'field': 'firm', 'function': 'min', 'of': 'sold_on'}},
        'last': {'x-type': 'rollup', 'x-rollup': {'entity': 'sale', 'field': 'firm', 'function': 'max', 'of': 'sold_on'}},
        'share': {'x-type': 'formula', 'x-result': 'decimal', 'x-scale': 2, 'x-formula': 'total / sales'},
        'friends': {'x-type': 'rollup', 'x-rollup': {'entity': 'sale', 'field': 'partners', 'function': 'count'}},
        'shared': {
            'x-type': 'rollup',
            'x-rollup': {
                'entity': 'sale', 'field': 'partners', 'function': 'sum', 'of': 'net',
                'condition': {'field': 'maker', 'op': 'is_not_empty'},
            },
        },
        'recent': {'x-type': 'rollup', 'x-rollup': {'entity': 'sale', 'field': 'partners', 'function': 'max', 'of': 'sold_on'}},
        'repped': {
            'x-type': 'rollup',
            'x-rollup': {
                'entity': 'sale', 'field': 'firm', 'function': 'count',
                'condition': {'field': 'owner', 'op': 'eq', 'value': 'rep'},
            },
        },
    },
}  # fmt: skip
SALE: dict[str, Any] = {
    'x-label': {'en': 'Sale', 'vi': 'Lần bán'},
    'properties': {
        'title': {'x-type': 'text'},
        'firm': {'x-type': 'link', 'x-target': 'firm'},
        'partners': {'x-type': 'links', 'x-target': 'firm'},
        'maker': {'x-type': 'link', 'x-target': 'firm'},
        'quantity': {'x-type': 'integer'},
        'price': {'x-type': 'money', 'x-currency': 'VND'},
        'sold_on': {'x-type': 'date'},
        'due_on': {'x-type': 'date', 'x-default': {'formula': 'add_days(sold_on, 30)'}},
        'net': {'x-type': 'formula', 'x-result': 'money', 'x-currency': 'VND', 'x-formula': 'quantity * price'},
        'gross': {
            'x-type': 'formula', 'x-result': 'money', 'x-currency': 'VND',
            'x-formula': 'net * (1 + coalesce(firm.rate, 0) / 100)',
        },
        'name': {'x-type': 'formula', 'x-result': 'text', 'x-formula': "join(' · ', firm.name, title)"},
        'ratio': {'x-type': 'formula', 'x-result': 'decimal', 'x-scale': 3, 'x-formula': '1 / quantity'},
        'firm_phone': {'x-type': 'through', 'x-through': {'link': 'firm', 'field': 'phone'}},
        'firm_total': {'x-type': 'through', 'x-through': {'link': 'firm', 'field': 'total'}},
        'items': {
            'x-type': 'lines',
            'x-lines': {
                'properties': {
                    'what': {'x-type': 'text'},
                    'count': {'x-type': 'integer', 'x-default': 1},
                    'price': {'x-type': 'money', 'x-currency': 'VND'},
                    'firm': {'x-type': 'link', 'x-target': 'firm'},
                    'sum': {'x-type': 'formula', 'x-result': 'money', 'x-formula': 'count * price'},
                    'by': {'x-type': 'formula', 'x-result': 'text', 'x-formula': "join(': ', firm.name, what)"},
                    'cost': {'x-type': 'formula', 'x-result': 'decimal', 'x-formula': 'count * firm.rate'},
                }
            },
        },
        'items_sum': {'x-type': 'rollup', 'x-rollup': {'lines': 'items', 'function': 'sum', 'of': 'sum'}},
        'items_cost': {
            'x-type': 'rollup',
            'x-rollup': {
                'lines': 'items', 'function': 'sum', 'of': 'cost', 'condition': {'field': 'count', 'op': 'gt', 'value': 1},
            },
        },
        'whole': {
            'x-type': 'formula', 'x-result': 'money', 'x-currency': 'VND',
            'x-formula': 'coalesce(net, 0) + coalesce(items_sum, 0)',
        },
    },
}  # fmt: skip
ENTITIES = {'firm': FIRM, 'sale': SALE}


def publish(site: Site, **request: Any) -> Any:
    publisher = site.runtime.publisher
    plan = publisher.plan(request, site.actor('admin'))
    assert not [each for each in plan.findings if each.level == 'error'], plan.findings
    publisher.apply(plan.plan_id, site.actor('admin'))
    return plan


def _fill(url: str, home: Path) -> None:
    site = make_site(url, home)
    publish(site, entities=ENTITIES)
    site.runtime.close()


TEMPLATE = Template('deriving', _fill)


@pytest.fixture(params=ENGINES)
def shop(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[Site]:
    """The site, once on each engine."""
    with copied_site(databases, request.param, tmp_path / 'home', TEMPLATE) as made:
        yield made


@pytest.fixture
def light(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    """The site on SQLite alone, for what does not depend on the engine."""
    with copied_site(databases, 'sqlite', tmp_path / 'home', TEMPLATE) as made:
        yield made


@pytest.fixture
def postgres_shop(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    """The site on PostgreSQL alone, where writers do not wait for each other by themselves."""
    with copied_site(databases, 'postgresql', tmp_path / 'home', TEMPLATE) as made:
        yield made


def read(site: Site, entity: str, uid: str, *columns: str) -> Any:
    """Wire values: one, or a tuple of several."""
    with site.runtime.reader(site.actor('admin')) as reader:
        wire = reader.get(entity, uid, columns).wire()
    found = tuple(wire[column] for column in columns)
    return found if len(found) > 1 else found[0]


def change(site: Site, entity: str, uid: str, **wire: Any) -> Any:
    return site.runtime.write(site.actor('admin'), lambda store: store.update(entity, uid, wire))


def vnd(amount: int) -> dict[str, str]:
    return {'amount': str(amount), 'currency': 'VND'}
