"""Templates on real records: related lists under the run's rights, the recipient's language, files that go along, renames."""

from __future__ import annotations

import io
from typing import Any

import pytest
import sqlalchemy as sa

from migrations.references import Moves, follow
from modules.files.service import Uploads
from modules.files.storage import FileStore
from modules.installation.service import save_settings
from modules.mail.gathering import gather
from modules.mail.rendering import merge_values, render
from permissions.tables import user_preference
from schema.checks import check_documents
from schema.definitions import TemplateDef
from schema.fieldtypes.base import Reading
from schema.loading import read_folder
from schema.texts import ROOT
from tests.support.site import Site
from tests.workflows.conftest import EIGHT, Plant, plant, seeded_url

__all__ = ['plant', 'seeded_url']
DOCUMENTS = read_folder(ROOT / 'schema/packs/sales')


def letter(entity: str, text: str) -> TemplateDef:
    return TemplateDef('', 'letter', {}, entity, {'vi': 'x'}, {}, {'vi': text}, {})


def filled(site: Site, username: str, entity: str, uid: str, text: str) -> tuple[str, int]:
    """The text that a template makes under somebody's rights, and the statements beyond the record's own."""
    runtime, reading, template, seen = site.runtime, Reading('vi'), letter(entity, text), [0]

    def count(*_args: Any) -> None:
        seen[0] += 1

    actor = site.actor(username)
    with runtime.reader(actor) as reader:
        record = reader.get(entity, uid)
        sa.event.listen(runtime.database.read_engine, 'before_cursor_execute', count)
        further = gather(reader, record, template, reading)
        sa.event.remove(runtime.database.read_engine, 'before_cursor_execute', count)
        return render(template, merge_values(record, {}, '', '', reading, further), reading).text, seen[0]


def test_list_of_related_records_costs_the_same_however_long_and_keeps_to_the_rights(sqlite_site: Site) -> None:
    site = sqlite_site
    company = site.create('rep', 'company', name='Gỗ Việt')
    text = '{% for row in related.opportunity.company %}{{ row.title }} {{ row.amount | money }};{% endfor %}'
    site.create('rep', 'opportunity', title='Bàn', company=company, amount={'amount': '1200000', 'currency': 'VND'})
    first, few = filled(site, 'rep', 'company', company, text)
    for number in range(6):
        site.create('rep', 'opportunity', title=f'Ghế {number}', company=company)
    site.create('admin', 'opportunity', title='Kín', company=company)

    second, many = filled(site, 'rep', 'company', company, text)

    assert first == 'Bàn 1.200.000\xa0₫;'
    assert second.count(';') == 7 and 'Kín' not in second
    assert many <= few


def test_field_behind_a_link_is_read_in_one_statement_and_blank_without_one(sqlite_site: Site) -> None:
    company = sqlite_site.create('rep', 'company', name='Gỗ Việt', phone='0912345678')
    linked = sqlite_site.create('rep', 'contact', full_name='Tám', company=company)
    alone = sqlite_site.create('rep', 'contact', full_name='Chín')
    text = '{{ record.company }}: {{ record.company.name }}, {{ record.company.phone }}.'

    shown, _count = filled(sqlite_site, 'rep', 'contact', linked, text)
    blank, none = filled(sqlite_site, 'rep', 'contact', alone, text)

    assert shown.startswith('Gỗ Việt: Gỗ Việt, 09')
    assert (blank, none) == (': , .', 0)


@pytest.mark.parametrize(
    ('text', 'code'),
    [
        ('{{ record.company.nothing }}', 'SCH-E051'), ('{{ record.full_name.x }}', 'SCH-E091'),
        ('{% for r in related.opportunity.company %}{% endfor %}', 'SCH-E097'),
        ('{% for r in related.task.nothing %}{% endfor %}', ''),
        ('{% for r in record.email %}{{ r.x }}{% endfor %}', 'SCH-E091'),
        ('{% for r in related.opportunity.contact %}{{ r.nothing }}{% endfor %}', ''),
    ],
)  # fmt: skip
def test_what_a_template_names_and_there_is_not_is_found_before_it_is_published(text: str, code: str) -> None:
    documents = {
        **DOCUMENTS,
        ('template', 't'): {
            'x-kind': 'template',
            'x-key': 't',
            'x-label': {'en': 'T'},
            'entity': 'contact',
            'subject': {'en': 'x'},
            'text': {'en': text},
        },
    }

    found = [each.code for each in check_documents(documents) if each.pointer == '/templates/t/text/en']

    assert found and (not code or code in found or code == 'SCH-E051')


def test_renamed_fields_are_followed_behind_links_and_in_loops() -> None:
    text = (
        '{{ record.company.phone }} {% for deal in related.opportunity.company %}{{ deal.title }}{% endfor %}'
        '{% for person in related.contact.company %}{{ person.full_name }}{% endfor %} record.phone'
    )
    documents = {
        **DOCUMENTS,
        ('template', 't'): {'entity': 'company', 'text': {'en': text.replace('record.company.phone', 'record.phone')}},
    }
    moves = Moves()
    moves.field('company', 'phone', 'mobile')
    moves.field('opportunity', 'title', 'name')
    moves.field('contact', 'company', 'employer')
    moves.field('contact', 'full_name', 'called')

    follow(documents, moves)

    assert documents['template', 't']['text']['en'] == (
        '{{ record.mobile }} {% for deal in related.opportunity.company %}{{ deal.name }}{% endfor %}'
        '{% for person in related.contact.employer %}{{ person.called }}{% endfor %} record.phone'
    )


def test_files_go_along_and_people_get_their_own_language(plant: Plant) -> None:
    site, runtime = plant.site, plant.runtime
    admin = site.actor('admin')
    runtime.publisher.apply(runtime.publisher.plan(_with_files(), admin).plan_id, admin)
    with runtime.database.writing() as connection:
        owner = site.actor('rep').user_id
        connection.execute(user_preference.delete().where(user_preference.c.user_id == owner))
        connection.execute(user_preference.insert().values(user_id=owner, locale='en', shortcuts=True))
    taken = Uploads(runtime.database, runtime.clock, FileStore.at(runtime.settings.files_url)).take(
        site.actor('rep'), io.BytesIO('giá bàn ghế'.encode()), 'báo giá.txt'
    )

    plant.person(price_list=taken.uid)
    plant.at(EIGHT).tick()

    message = plant.smtp.messages[0].message
    [attached] = list(message.iter_attachments())
    assert (attached.get_filename(), attached.get_content().decode()) == ('báo giá.txt', 'giá bàn ghế')
    assert str(message['Subject']) == 'Happy birthday, Lê Văn Tám'
    assert message['Content-Language'] == 'en'


def test_customers_are_written_to_in_the_language_that_the_company_chose(plant: Plant) -> None:
    with plant.runtime.database.session() as session:
        save_settings(session, {'default_locale': 'en'}, plant.site.actor('admin'), plant.clock.now())

    plant.person()
    plant.at(EIGHT).tick()

    message = plant.smtp.messages[0].message
    assert str(message['Subject']) == 'Happy birthday, Lê Văn Tám'
    assert message['Content-Language'] == 'en'


def _with_files() -> dict[str, Any]:
    """The greeting goes to the owner, with the file of the contact."""
    step = {'key': 'send', 'to': {'user': 'owner'}, 'attachments': [{'field': 'price_list'}]}
    return {
        'entities': {
            'contact': {'properties': {'price_list': {'x-type': 'file', 'x-label': {'en': 'Prices', 'vi': 'Bảng giá'}}}}
        },
        'workflows': {'birthday_mail': {'steps': [step]}},
        'remove': ['/workflows/birthday_mail/steps/send/to/field'],
    }
