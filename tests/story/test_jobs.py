"""Each job of the day at two of the eight kinds of screen, so that any two of job, language, size and database meet."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import Any

import pytest

from tests.collections.conftest import FIELDS, publish
from tests.story.jobs import JOBS, Job
from tests.story.looking import DESK, PHONE, Way
from tests.story.person import Person
from tests.support.browser import start_chromium
from tests.support.databases import ENGINES, Databases
from tests.support.serving import served_site
from tests.support.site import PASSWORD

pytestmark = pytest.mark.browser
Place = tuple[str, tuple[int, int], str]
PLACES: tuple[Place, ...] = tuple(product(('en', 'vi'), (DESK, PHONE), ENGINES))
REFUSED = ('status of 409', 'status of 422')


def chosen(number: int) -> tuple[Place, Place]:
    """For the job with this number: a place, and the one that differs from it in everything."""
    return PLACES[number % 4], PLACES[7 - number % 4]


def runs() -> Iterator[Any]:
    for number, job in enumerate(JOBS):
        for place in PLACES:
            marks = () if place in chosen(number) else (pytest.mark.soak,)
            language, size, engine = place
            name = f'{job.__name__}-{language}-{"phone" if size is PHONE else "desk"}-{engine}'
            yield pytest.param(job, place, marks=marks, id=name)


@pytest.fixture(scope='module')
def people(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Person]]:
    """The manager of an installation on each database, in one browser."""
    browser = start_chromium(tmp_path_factory.mktemp('chromium'))
    with (
        served_site(databases, 'sqlite', tmp_path_factory.mktemp('sqlite') / 'home') as (light, light_address),
        served_site(databases, 'postgresql', tmp_path_factory.mktemp('postgresql') / 'home') as (heavy, heavy_address),
    ):
        found = {
            'sqlite': Person(browser, light_address, light),
            'postgresql': Person(browser, heavy_address.replace('127.0.0.1', 'localhost'), heavy),  # cookies of its own
        }
        for each in found.values():
            publish(each.site, entities={'opportunity': {'properties': {'items': FIELDS['items']}}})
            each.sign_in('manager', PASSWORD)
        yield found
        browser.quit()


@pytest.mark.parametrize(('job', 'place'), [*runs()])
def test_the_job_is_done(people: dict[str, Person], request: pytest.FixtureRequest, job: Job, place: Place) -> None:
    language, size, engine = place
    person = people[engine]
    person.allowed = list(REFUSED)
    person.stand(Way('light', language, size))

    job(person, f'{JOBS.index(job)}{PLACES.index(place)}z')

    assert person.complaints() == []


def test_any_two_of_job_language_size_and_database_meet() -> None:
    done = [(job, *place) for number, job in enumerate(JOBS) for place in chosen(number)]
    kinds: tuple[tuple[Any, ...], ...] = (JOBS, ('en', 'vi'), (DESK, PHONE), ENGINES)
    for one, other in combinations(range(4), 2):
        wanted = set(product(kinds[one], kinds[other]))
        assert {(run[one], run[other]) for run in done} == wanted
