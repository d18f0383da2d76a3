"""Every page and dialogue in both themes, languages and sizes: closed to nobody, in one language, no wider than a phone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.story.addresses import Address, addresses
from tests.story.looking import WAYS, Looker, Way
from tests.story.scene import set_scene
from tests.story.states import STATES, State
from tests.support.browser import start_chromium
from tests.support.databases import Databases
from tests.support.failing import add_failing
from tests.support.serving import served_site
from tests.support.site import PASSWORD

pytestmark = pytest.mark.browser


@dataclass
class Tour:
    """Somebody who may see everything, and where there is something to see."""

    looker: Looker
    scene: dict[str, str]
    addresses: list[Address]

    def walk(self, way: Way, chosen: list[Address]) -> dict[str, list[str]]:
        """What is wrong, by address."""
        self.looker.stand(way)
        found = {each.path: self.looker.look(each.path, layer=each.layer) for each in chosen}
        return {path: faults for path, faults in found.items() if faults}


@pytest.fixture(scope='module')
def tour(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    with served_site(databases, 'sqlite', tmp_path_factory.mktemp('tour') / 'home') as (site, address):
        add_failing(site.app)
        scene = {**set_scene(site), 'status': '500'}
        browser = start_chromium(tmp_path_factory.mktemp('chromium'))
        looker = Looker(browser, address, site)
        looker.sign_in('admin', PASSWORD)
        yield Tour(looker, scene, addresses(site.app, scene))
        browser.quit()


@pytest.mark.parametrize('number', range(len(WAYS)), ids=[each.name for each in WAYS])
def test_pages_are_open_to_everybody_in_one_of_its_ways(tour: Tour, number: int) -> None:
    """Every second page in one way, which changes from page to page; `make soak` goes to all of them in all ways."""
    assert tour.walk(WAYS[number], tour.addresses[number :: 2 * len(WAYS)]) == {}


@pytest.mark.parametrize('state', STATES, ids=[each.name for each in STATES])
def test_what_is_open_on_a_page_is_open_to_everybody(tour: Tour, state: State) -> None:
    tour.looker.allowed.append('/opportunity/new')  # the form that is refused
    state.bring_about(tour.looker, tour.scene)

    assert tour.looker.look_here() == []


@pytest.mark.soak
@pytest.mark.parametrize('way', WAYS, ids=[each.name for each in WAYS])
def test_every_page_is_open_to_everybody_in_every_way(tour: Tour, way: Way) -> None:
    assert tour.walk(way, tour.addresses) == {}
