"""Files that say what fields and options were called before: understood and counted until an admin retires the name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from migrations.aliases import keep_uses
from tests.imports.files import write_csv
from tests.imports.test_imports import bring, table, tally
from tests.support.site import Site


def publish(site: Site, **request: Any) -> None:
    publisher, admin = site.runtime.publisher, site.actor('admin')
    publisher.apply(publisher.plan(request, admin).plan_id, admin)


def uses(site: Site) -> dict[str, int]:
    runtime = site.runtime
    keep_uses(runtime.database, runtime.catalogs, runtime.clock)
    return {each.alias: each.count for each in runtime.publisher.former_keys()}


def rename(site: Site) -> None:
    """The salutation and its first option, in both languages."""
    options = site.runtime.catalogs.current().entity('contact').fields['salutation'].definition.options
    first = {'ref': options[0].ref, 'key': options[0].key, 'label': {'en': 'Elder', 'vi': 'Bác'}}
    part = {'x-label': {'en': 'Form of address', 'vi': 'Cách gọi'}, 'x-options': [first]}
    publish(site, entities={'contact': {'properties': {'salutation': part}}})


def test_a_file_from_before_a_rename_comes_in_and_is_counted_until_the_labels_are_retired(site: Site, tmp_path: Path) -> None:
    field = site.runtime.catalogs.current().entity('contact').fields['salutation'].definition
    heading, cell = field.label_in('vi'), field.options[0].label['vi']
    rename(site)
    path = write_csv(tmp_path / 'cũ.csv', [['Họ tên', heading.upper()], ['An', cell], ['Bình', 'Bác']])

    checked = bring(site, path, dry=True)
    counted = uses(site)
    done = bring(site, path)

    assert tally(checked) == tally(done) == {'create': 2}
    assert table(site, ['full_name', 'salutation']) == [['An', 'Elder'], ['Bình', 'Elder']]
    assert counted[heading] >= 1 and counted[cell] == 1
    assert uses(site)[cell] > counted[cell]

    publish(site, remove=[each.pointer for each in site.runtime.publisher.former_keys()])
    assert bring(site, path, dry=True).plan.mapping.columns == ('full_name', None)


def test_a_label_of_today_goes_before_what_another_field_was_called(site: Site, tmp_path: Path) -> None:
    fields = site.runtime.catalogs.current().entity('contact').fields
    former = fields['salutation'].definition.label
    rename(site)
    publish(site, entities={'contact': {'properties': {'other': {'x-type': 'text', 'x-label': dict(former)}}}})
    path = write_csv(tmp_path / 'hai.csv', [['Họ tên', former['vi']], ['An', 'Ông']])

    assert bring(site, path, dry=True).plan.mapping.columns == ('full_name', 'other')


def test_headings_that_sound_alike_fill_the_fields_that_are_spelled_so(site: Site, tmp_path: Path) -> None:
    words = {'sell': 'Bán', 'friend': 'Bạn', 'table': 'Bàn'}
    properties = {key: {'x-type': 'text', 'x-label': {'vi': text, 'en': key.title()}} for key, text in words.items()}
    publish(site, entities={'contact': {'properties': properties}})
    path = write_csv(tmp_path / 'dấu.csv', [['Bàn', 'Họ tên', 'Bạn', 'Bán'], ['t', 'An', 'f', 's']])

    assert bring(site, path, dry=True).plan.mapping.columns == ('table', 'full_name', 'friend', 'sell')
