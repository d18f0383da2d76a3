"""Help in both languages, by what a person may do; what is new is marked until it was read."""

from __future__ import annotations

import re

import pytest

from modules.help.content import releases, topics
from modules.web.assets_manifest import AssetManifest
from tests.support.site import Site


def test_every_sentence_is_there_in_both_languages() -> None:
    texts = [text for topic in topics() for text in (topic.title, *topic.text)]
    texts += [text for release in releases() for text in release.entries]

    assert texts and all(text['en'].strip() and text['vi'].strip() and text['en'] != text['vi'] for text in texts)
    assert {topic.icon for topic in topics()} <= AssetManifest.read().icons


def test_help_leads_to_the_topic_of_the_page_one_comes_from(sqlite_site: Site) -> None:
    uid = sqlite_site.create('rep', 'contact', full_name='Lê Văn Tám')
    client = sqlite_site.client('rep')
    paths = ('/contact/', f'/contact/{uid}', '/away')
    ways = {path: re.findall(r'href="(/help[^"]*)">', client.get(path).text)[0] for path in paths}

    assert ways == {'/contact/': '/help#about-lists', f'/contact/{uid}': '/help#about-record', '/away': '/help'}
    endpoints = [*sqlite_site.app.view_functions]
    aimed = [place for topic in topics() for place in topic.at]
    assert [place for place in aimed if not any(endpoint.startswith(place) for endpoint in endpoints)] == []


@pytest.mark.parametrize(('who', 'studio'), [('rep', False), ('admin', True)])
def test_help_tells_of_what_the_person_has(sqlite_site: Site, who: str, *, studio: bool) -> None:
    page = sqlite_site.client(who, locale='vi').get('/help').text

    assert 'Năm phút đầu tiên' in page
    assert ('id="about-studio"' in page) is studio


def test_what_is_new_is_marked_until_it_was_read(sqlite_site: Site) -> None:
    client = sqlite_site.client('rep')
    marked = 'What is new<span'

    before = client.get('/help').text
    news = client.get('/help/changes').text
    after = client.get('/help').text

    assert marked in before.replace('\n', '')
    assert releases()[0].version in news
    assert marked not in after.replace('\n', '')


def test_the_mark_of_what_is_new_is_seen_before_the_menu_is_opened(sqlite_site: Site) -> None:
    client = sqlite_site.client('rep')

    assert 'is-dotted' in client.get('/help').text
    client.get('/help/changes')
    assert 'is-dotted' not in client.get('/help').text


@pytest.mark.parametrize(('locale', 'day'), [('en', r'>\d{1,2} [A-Z][a-z]{2} \d{4}<'), ('vi', r'>\d{2}/\d{2}/\d{4}<')])
def test_days_of_versions_are_told_as_all_days_are(sqlite_site: Site, locale: str, day: str) -> None:
    assert re.search(day, sqlite_site.client('rep', locale=locale).get('/help/changes').text)
