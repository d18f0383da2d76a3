"""What somebody typed about a record that a colleague deleted meanwhile is kept, shown, and saved with bringing it back."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from modules.records.model import ListQuery
from tests.support.site import Site
from tests.web.pages import form_of, token_of

WORDS = 'Đã hẹn <b>thứ Sáu</b>'


def asked_of(client: FlaskClient, path: str, form: dict[str, str]) -> Any:
    """As a page's own script sends it."""
    headers = {'HX-Request': 'true', 'X-CSRFToken': token_of(client.get('/offline').text)}
    return client.post(path, data=form, headers=headers)


def values_of(site: Site, entity: str, uid: str) -> dict[str, Any]:
    with site.runtime.reader(site.actor('admin')) as reader:
        record = reader.get(entity, uid)
        return {**record.wire(), 'deleted': record.deleted_at is not None}


def delete(site: Site, entity: str, uid: str) -> None:
    site.runtime.write(site.actor('admin'), lambda store: store.delete(entity, uid))


def logged(site: Site) -> list[str]:
    with site.runtime.reader(site.actor('admin')) as reader:
        return [each.values['body'] for each in reader.list_page('activity', ListQuery()).records]


def test_a_value_a_note_and_an_appointment_are_kept_and_saved_with_bringing_back_what_was_deleted(sqlite_site: Site) -> None:
    site, client = sqlite_site, sqlite_site.client('rep')
    contacts = [site.create('rep', 'contact', full_name=f'Lê Văn {name}') for name in ('Tám', 'Chín')]
    hours = {'starts_at': '2030-01-01T02:00:00Z', 'ends_at': '2030-01-01T03:00:00Z'}
    visits = [site.create('rep', 'appointment', title=title, **hours) for title in ('Khảo sát', 'Bàn giao')]
    task = site.create('rep', 'task', title='Gọi lại', due_at='2030-01-01T02:00:00Z')
    event = {'revision': '1', 'title': 'Khảo sát kho', 'day': '1/1/2030', 'from': '9h', 'to': '10h', 'place': WORDS}
    moved = {'revision': '1', 'start': '2030-01-02T09:00:00', 'end': '2030-01-02T10:00:00', 'scope': 'all'}
    acts = [
        ('contact', contacts[0], f'/contact/{contacts[0]}/cell?field=job_title', {'revision': '1', 'job_title': WORDS}),
        ('contact', contacts[1], f'/contact/{contacts[1]}/log', {'kind': 'note', 'body': WORDS}),
        ('appointment', visits[0], f'/calendar/appointment/{visits[0]}', event),
        ('appointment', visits[1], f'/calendar/appointment/{visits[1]}/move', moved),
        ('task', task, f'/calendar/task/{task}/done', {'revision': '1', 'state': 'done'}),
    ]
    for entity, uid, _path, _form in acts:
        delete(site, entity, uid)

    told = [asked_of(client, path, form) for _entity, _uid, path, form in acts]

    assert [(each.status_code, each.headers['HX-Retarget']) for each in told] == [(409, '#layer')] * 5
    assert all(f'{site.actor("admin").name} moved it to the recycle bin' in each.text for each in told)
    assert all('Đã hẹn &lt;b&gt;thứ Sáu' in each.text for each in told[:3]) and '09:00' in told[3].text
    assert all(values_of(site, entity, uid)['deleted'] for entity, uid, _path, _form in acts) and logged(site) == []

    back = [
        asked_of(client, path, form_of(page.text, 'gone-form').to_dict())
        for (_entity, _uid, path, _form), page in zip(acts, told, strict=True)
    ]

    assert [each.status_code for each in back] == [204] * 5
    assert all('close-dialog' in each.headers['HX-Trigger'] for each in back)
    found = [values_of(site, entity, uid) for entity, uid, _path, _form in acts]
    assert not any(each['deleted'] for each in found) and logged(site) == [WORDS]
    assert [found[0]['job_title'], found[2]['title'], found[2]['place']] == [WORDS, 'Khảo sát kho', WORDS]
    assert (found[3]['starts_at'], found[4]['status']) == ('2030-01-02T02:00:00Z', 'done')


def test_another_text_for_a_deleted_entry_of_a_time_line_brings_it_back(sqlite_site: Site) -> None:
    site, client = sqlite_site, sqlite_site.client('rep')
    contact = site.create('rep', 'contact', full_name='Lê Văn Tám')
    asked_of(client, f'/contact/{contact}/log', {'kind': 'note', 'body': 'Đã gọi'})
    with site.runtime.reader(site.actor('rep')) as reader:
        entry = reader.list_page('activity', ListQuery()).records[0].uid
    path = f'/contact/{contact}/log/{entry}'
    delete(site, 'activity', entry)

    told = asked_of(client, path, {'revision': '1', 'body': WORDS})
    back = asked_of(client, path, form_of(told.text, 'gone-form').to_dict())

    assert (told.status_code, told.headers['HX-Retarget']) == (409, '#layer')
    assert 'Đã hẹn &lt;b&gt;thứ Sáu' in told.text and client.get(f'{path}?edit=1').status_code == 200
    assert back.status_code == 204 and logged(site) == [WORDS]

    delete(site, 'activity', entry)
    blank = asked_of(client, path, {'revision': '5', 'body': ' ', 'gone': 'restore'})

    assert (blank.status_code, blank.headers['HX-Retarget']) == (422, f'#entry-{entry}')


def test_who_may_not_bring_it_back_reads_on_what_was_typed(sqlite_site: Site) -> None:
    site, client = sqlite_site, sqlite_site.client('rep')
    hours = {'starts_at': '2030-01-01T02:00:00Z', 'ends_at': '2030-01-01T03:00:00Z'}
    uid = site.create('leader', 'appointment', title='Giao ban', participants=[{'person': 'rep'}], **hours)
    delete(site, 'appointment', uid)

    told = asked_of(client, f'/calendar/appointment/{uid}', {'revision': '1', 'title': WORDS})
    forced = asked_of(client, f'/calendar/appointment/{uid}', {'revision': '1', 'title': WORDS, 'gone': 'restore'})

    assert told.status_code == 409 and 'Bring back and save' not in told.text and 'You may not bring it back' in told.text
    assert 'Đã hẹn &lt;b&gt;thứ Sáu' in told.text
    assert forced.status_code == 403 and values_of(site, 'appointment', uid)['deleted']


def test_a_record_added_to_a_related_list_is_linked_whatever_its_short_form_holds(sqlite_site: Site) -> None:
    site, client = sqlite_site, sqlite_site.client('rep')
    contact = site.create('rep', 'contact', full_name='Lê Văn Tám')
    page = client.get(f'/contact/{contact}').text
    assert f'/task/quick?stay=1&amp;contact={contact}' in page

    form = form_of(client.get(f'/task/quick?stay=1&contact={contact}').text, 'quick-form').to_dict()
    refused = asked_of(client, '/task/quick', {**form, 'title': ''})
    saved = asked_of(client, '/task/quick', {**form_of(refused.text, 'quick-form').to_dict(), 'title': 'Gọi lại'})

    assert (refused.status_code, saved.status_code) == (422, 204)
    assert values_of(site, 'task', form['uid'])['contact']['uid'] == contact
