"""A site whose opportunities name contacts (links) and products (lines), copied for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schema.base.ids import new_uid
from tests.support.databases import ENGINES, Databases
from tests.support.site import Site, Template, copied_site, make_site

FIELDS: dict[str, Any] = {
    'people': {'x-type': 'links', 'x-target': 'contact', 'x-label': {'en': 'People', 'vi': 'Những người liên hệ'}},
    'items': {
        'x-type': 'lines',
        'x-label': {'en': 'Items', 'vi': 'Hàng hóa'},
        'x-lines': {
            'label': {'en': 'Item', 'vi': 'Mặt hàng'},
            'required': ['title'],
            'properties': {
                'title': {'x-type': 'text', 'maxLength': 80, 'x-label': {'en': 'Title', 'vi': 'Tên hàng'}},
                'quantity': {
                    'x-type': 'integer', 'minimum': 1, 'x-default': 1, 'x-label': {'en': 'Quantity', 'vi': 'Số lượng'}
                },
                'price': {'x-type': 'money', 'x-currency': 'VND', 'x-label': {'en': 'Price', 'vi': 'Đơn giá'}},
                'product': {'x-type': 'link', 'x-target': 'product', 'x-label': {'en': 'Product', 'vi': 'Sản phẩm'}},
            },
        },
    },
}  # fmt: skip


def publish(site: Site, **request: Any) -> None:
    publisher = site.runtime.publisher
    plan = publisher.plan(request, site.actor('admin'))
    assert not plan.findings, plan.findings
    publisher.apply(plan.plan_id, site.actor('admin'))


def _fill(url: str, home: Path) -> None:
    site = make_site(url, home)
    related = {'related': [{'entity': 'opportunity', 'field': 'people'}]}
    publish(site, entities={'opportunity': {'properties': FIELDS}, 'contact': {'x-layouts': related}})
    site.runtime.close()


TEMPLATE = Template('collections', _fill)


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


def read(site: Site, who: str, uid: str, *columns: str) -> dict[str, Any]:
    """What the API answers of an opportunity."""
    with site.runtime.reader(site.actor(who)) as reader:
        return reader.get('opportunity', uid, columns or None).wire()


def change(site: Site, who: str, uid: str, base_revision: int | None = None, **wire: Any) -> int:
    """Change an opportunity; its new revision."""
    saved = site.runtime.write(
        site.actor(who), lambda store: store.update('opportunity', uid, wire, base_revision=base_revision)
    )
    return saved.revision


def deal(site: Site, who: str = 'admin', **wire: Any) -> str:
    company = site.create(who, 'company', name=f'Công ty {new_uid()}')
    return site.create(who, 'opportunity', **{'title': 'Deal', 'company': company, **wire})


def person(site: Site, name: str, who: str = 'admin') -> str:
    return site.create(who, 'contact', full_name=name)
