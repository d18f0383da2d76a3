"""Many clients at once: no record is given twice, and nobody gets more than the limit."""

from __future__ import annotations

from collections import Counter
from threading import Barrier, Thread

from modules.pools import claiming
from schema.base.errors import TrellisError
from tests.pools.conftest import make_pool, owner_of, put_leads, waiting
from tests.support.site import Site


def _all_at_once(
    site: Site, pool_uid: str, usernames: list[str], clients: int = 200
) -> tuple[list[tuple[str, str]], Counter[str]]:
    """`(user name, record)` of what was given, and the codes of what was refused."""
    actors = {name: site.actor(name) for name in usernames}
    given: list[tuple[str, str]] = []
    refused: Counter[str] = Counter()
    start = Barrier(clients)

    def client(name: str) -> None:
        start.wait()
        try:
            given.append((name, claiming.claim(site.runtime, actors[name], pool_uid).uid))
        except TrellisError as error:
            refused[error.findings[0].code] += 1

    threads = [Thread(target=client, args=(usernames[number % len(usernames)],)) for number in range(clients)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return given, refused


def test_two_hundred_clients_get_each_of_a_hundred_records_once(site: Site) -> None:
    pool = make_pool(site)
    uids = put_leads(site, pool, 100)

    given, refused = _all_at_once(site, pool.uid, ['rep', 'rep2'])

    assert Counter(uid for _, uid in given) == Counter(uids)
    assert refused == {'POL-E007': 100}
    assert waiting(site, pool) == 0
    for name, uid in given[:5]:
        assert owner_of(site, uid) == site.actor(name).user_id


def test_clients_of_two_people_never_pass_the_daily_limit(site: Site) -> None:
    pool = make_pool(site, daily_limit=10)
    put_leads(site, pool, 30)

    given, refused = _all_at_once(site, pool.uid, ['rep', 'rep2'], 60)

    assert Counter(name for name, _ in given) == {'rep': 10, 'rep2': 10}
    assert len({uid for _, uid in given}) == 20
    assert refused == {'POL-E002': 40}
    assert waiting(site, pool) == 10
