"""What goes wrong between a person and a form: time, markup, schemas that move on. Nothing typed is lost."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient

from modules.duplicates.merging import merge
from modules.people.sessions import SESSION_KEY
from modules.records.model import ListQuery
from tests.support.site import Site
from tests.web.pages import form_of, hidden, token_of

MARKUP = '<img src=x onerror="alert(1)"><script>alert(2)</script>'


def headers(client: FlaskClient) -> dict[str, str]:
    return {'X-CSRFToken': token_of(client.get('/offline').text)}


def counted(site: Site, entity: str) -> int:
    with site.runtime.reader(site.actor('manager')) as reader:
        return reader.count(entity, ListQuery()).value


def opened(client: FlaskClient) -> dict[str, str]:
    """The form of a new company, as its page holds it, with a name typed in."""
    page = client.get('/company/new').text
    return {'uid': hidden(page, 'uid'), 'csrf_token': hidden(page, 'csrf_token'), 'name': 'Gỗ Việt'}


def test_a_tab_open_since_yesterday_leads_through_the_door_back_to_its_form(sqlite_site: Site) -> None:
    client = sqlite_site.client('manager')
    form = opened(client)
    with client.session_transaction() as session:
        session.pop(SESSION_KEY)

    sent = client.post('/company/new?source=fair', data=form)
    note = client.post('/company/new', data=form, headers={'HX-Request': 'true', 'X-CSRFToken': form['csrf_token']})

    assert sent.status_code == 302
    assert sent.headers['Location'].startswith('/login/?next=/company/new?source%3Dfair')
    assert note.status_code == 401 and 'json' in note.content_type  # a fragment never turns into the sign-in page
    assert counted(sqlite_site, 'company') == 0


def test_a_form_from_before_one_signed_in_anew_is_drawn_again_with_what_was_typed(sqlite_site: Site) -> None:
    client = sqlite_site.client('manager')
    form = opened(client)
    with client.session_transaction() as session:
        session.pop('csrf_token')

    drawn = client.post('/company/new', data=form)
    elsewhere = client.post('/company/new', data=form, headers={'Sec-Fetch-Site': 'cross-site'})
    fresh = {**form, 'csrf_token': hidden(drawn.text, 'csrf_token')}
    saved = [client.post('/company/new', data=fresh).status_code for _ in range(2)]

    assert drawn.status_code == 400
    assert 'value="Gỗ Việt"' in drawn.text and 'data-typed' in drawn.text and hidden(drawn.text, 'uid') == form['uid']
    assert elsewhere.status_code == 400 and 'Gỗ Việt' not in elsewhere.text
    assert (saved, counted(sqlite_site, 'company')) == ([303, 303], 1)


def test_a_name_of_5000_characters_is_told_at_its_field_and_not_cut(sqlite_site: Site) -> None:
    client = sqlite_site.client('manager')
    name = 'Ệ' * 5000

    refused = client.post('/contact/new', data={'full_name': name, 'job_title': 'Kỹ sư'}, headers=headers(client))

    assert refused.status_code == 422
    assert 'href="#f-full_name"' in refused.text
    assert f'value="{name}"' in refused.text and 'value="Kỹ sư"' in refused.text


def test_markup_in_every_field_is_text_on_every_page(sqlite_site: Site) -> None:
    site, client = sqlite_site, sqlite_site.client('manager')
    company = site.create('manager', 'company', name=MARKUP)
    wire: dict[str, Any] = {
        'full_name': MARKUP, 'job_title': MARKUP, 'description': MARKUP, 'tags': ['<b>'], 'company': company,
        'address': dict.fromkeys(('street', 'ward', 'district', 'province'), MARKUP),
    }  # fmt: skip
    contact = site.create('manager', 'contact', **wire)
    deal = site.create('manager', 'opportunity', title=MARKUP, company=company, contact=contact, next_step=MARKUP)
    client.post(f'/contact/{contact}/log', data={'kind': 'note', 'body': MARKUP}, headers=headers(client))
    client.post(f'/contact/{contact}/edit', data={'job_title': f'{MARKUP}2'}, headers=headers(client))
    pages = [
        '/contact/', f'/contact/{contact}', f'/contact/{contact}/edit', f'/contact/{contact}/peek', '/opportunity/board',
        f'/opportunity/{deal}', f'/company/{company}', '/', '/search/?q=img', '/contact/?q=<script>alert(2)</script>',
        f'/contact/{contact}/cell?field=job_title', '/contact/choices?q=img',
    ]  # fmt: skip

    for path in pages:
        text = client.get(path).text
        found = re.search(r'.{120}(?:<img src=x|<script>alert).{120}', text, re.S)
        assert not found, (path, found[0])


def test_an_option_removed_while_the_form_is_open_is_told_at_its_field(site: Site) -> None:
    admin, client = site.actor('admin'), site.client('manager')
    uid = site.create('manager', 'contact', full_name='Lê Văn Tám', source='zalo')
    seen = hidden(client.get(f'/contact/{uid}/edit').text, 'revision')
    zalo = next(each.ref for each in site.runtime.catalogs.current().entity('contact').fields['source'].definition.options
                if each.key == 'zalo')  # fmt: skip
    request = {'remove': ['/entities/contact/properties/source/x-options/zalo'], 'remap': {zalo: 'website'}}
    plan = site.runtime.publisher.plan(request, admin)
    site.runtime.publisher.apply(plan.plan_id, admin)
    form = {'revision': seen, 'full_name': 'Lê Văn Chín', 'source': 'zalo', 'job_title': 'Kỹ sư'}

    refused = client.post(f'/contact/{uid}/edit', data=form, headers=headers(client))

    assert refused.status_code == 422
    assert 'href="#f-source"' in refused.text
    assert 'Options: Website, Facebook, Hotline, Referral, Event, E-mail campaign, Bought list, Other.' in refused.text
    assert 'value="Lê Văn Chín"' in refused.text and 'value="Kỹ sư"' in refused.text


def test_of_a_form_only_what_both_changed_is_asked_about_also_after_it_was_refused(site: Site) -> None:
    """The form is sent whole; a colleague changed one of its fields, then two more while it was refused and asked about."""
    uid = site.create('manager', 'contact', full_name='Lê Văn Tám', phone='0283 822 0011', job_title='Kỹ sư', tags=['vip'])
    client, path = site.client('manager'), f'/contact/{uid}/edit'

    def meanwhile(**wire: Any) -> None:
        site.runtime.write(site.actor('admin'), lambda store: store.update('contact', uid, wire))

    def sent(page: str, **typed: str) -> Any:
        form = form_of(page)
        for name, value in typed.items():
            form[name.replace('__', '.')] = value
        return client.post(path, data=form, headers=headers(client))

    def held(*keys: str) -> list[Any]:
        with site.runtime.reader(site.actor('admin')) as reader:
            return [reader.get('contact', uid).wire()[key] for key in keys]

    first = client.get(path).text
    meanwhile(phone='0283 822 0022')
    merged = sent(first, job_title='Trưởng nhóm')
    assert (merged.status_code, held('phone', 'job_title')) == (303, ['+842838220022', 'Trưởng nhóm'])

    second = client.get(path).text
    meanwhile(tags=['new'], job_title='Giám đốc')
    refused = sent(second, email='nonsense', job_title='Phó phòng')
    asked = sent(refused.text, email='tam@go.example', job_title='Phó phòng')
    assert (refused.status_code, asked.status_code) == (422, 409)
    assert re.findall(r'name="keep.(\w+)"', asked.text) == ['job_title'] * 2
    meanwhile(email='somebody@go.example')
    both = sent(asked.text, keep__job_title='mine')
    assert (both.status_code, re.findall(r'name="keep.(\w+)"', both.text)) == (409, ['email'] * 2)
    saved = sent(both.text, keep__email='theirs', keep__job_title='mine')

    assert (saved.status_code, held('job_title', 'email', 'tags', 'phone')) == (
        303, ['Phó phòng', 'somebody@go.example', ['new'], '+842838220022'],
    )  # fmt: skip


def test_a_record_deleted_while_its_form_stood_open_is_brought_back_or_made_anew(sqlite_site: Site) -> None:
    """Deleted by a colleague, merged into another record, or out of the sender's sight."""
    site, client = sqlite_site, sqlite_site.client('rep')
    uid, other = (site.create('rep', 'company', name=name) for name in ('Gỗ Việt', 'Gỗ Việt Nam'))
    first, second = (form_of(client.get(f'/company/{each}/edit').text) for each in (uid, other))
    first['name'], second['name'] = 'Gỗ Việt Á', 'Gỗ Việt Âu'

    def sent(each: str, form: Any, **more: str) -> Any:
        return client.post(f'/company/{each}/edit', data={**form, **more}, headers=headers(client))

    site.runtime.write(site.actor('admin'), lambda store: store.delete('company', uid))
    asked = sent(uid, first)
    assert asked.status_code == 409 and 'value="Gỗ Việt Á"' in asked.text
    assert f'{site.actor("admin").name} moved it to the recycle bin' in asked.text
    assert client.get(f'/company/{uid}/edit').headers['Location'] == f'/company/{uid}'
    back = sent(uid, form_of(asked.text), gone='restore')
    assert (back.status_code, back.headers['Location']) == (303, f'/company/{uid}')
    with site.runtime.reader(site.actor('rep')) as reader:
        assert (reader.get('company', uid).title, reader.get('company', uid).deleted_at) == ('Gỗ Việt Á', None)

    merge(site.runtime, site.actor('admin'), 'company', uid, [other], {})
    merged = sent(other, second)
    anew = sent(other, form_of(merged.text), gone='new')
    assert f'href="/company/{uid}"' in merged.text and 'merged it into another record' in merged.text
    site.runtime.write(
        site.actor('admin'), lambda store: store.update('company', uid, {'owner': 'rep2'}), old_owner='drop'
    )  # fmt: skip
    unseen = sent(uid, first)
    assert (anew.status_code, unseen.status_code) == (409, 409)
    assert 'action="/company/new"' in anew.text and 'value="Gỗ Việt Âu"' in anew.text
    assert hidden(anew.text, 'uid') not in {uid, other}
    made = client.post('/company/new', data=form_of(anew.text), headers=headers(client))
    another = {**form_of(unseen.text).to_dict(), 'name': 'Mây Tre Hạ Long'}
    again = client.post('/company/new', data=another, headers=headers(client))
    assert (made.status_code, again.status_code) == (303, 303)
    assert counted(site, 'company') == 3
