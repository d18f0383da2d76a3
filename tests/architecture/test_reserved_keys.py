"""No entity can take a word that an address of the product needs."""

from __future__ import annotations

from schema.base.ids import is_key
from schema.checks import DEFAULT_RESERVED
from tests.support.site import Site


def test_every_first_word_of_an_address_is_reserved(sqlite_site: Site) -> None:
    words = set()
    for rule in sqlite_site.app.url_map.iter_rules():
        parts = rule.rule.removeprefix('/api/v1').strip('/').split('/')
        words.add(parts[0])
    keys = {word for word in words if is_key(word)}

    assert len(keys) > 15
    assert not keys - DEFAULT_RESERVED, ' '.join(sorted(keys - DEFAULT_RESERVED))
