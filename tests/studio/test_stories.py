"""From a form in Studio to what people then work with, on both engines."""

from __future__ import annotations

import json
import re

import pytest

from tests.studio.desk import Desk, hidden, plain
from tests.support.site import Site
from tests.web.pages import token_of


@pytest.fixture
def desk(site: Site) -> Desk:
    return Desk(site)


def values_of(site: Site, entity: str, uid: str) -> dict[str, object]:
    with site.runtime.reader(site.actor('admin')) as reader:
        return reader.get(entity, uid).wire()


def labels(vi: str, en: str) -> dict[str, str]:
    return {'label__vi': vi, 'label__en': en}


def test_new_entity_is_worked_with_by_a_rep_as_soon_as_it_is_published(site: Site, desk: Desk) -> None:
    contact = site.create('rep', 'contact', full_name='Trần Thị Lan')
    desk.post('/studio/new', **labels('Lớp học', 'Class'), plural__vi='Lớp học', plural__en='Classes', icon='school')
    desk.put('class', **labels('Phòng', 'Room'), type='text', maxLength='40')
    desk.put('class', **labels('Sĩ số', 'Seats'), type='integer', required='1')
    desk.put('class', **labels('Học phí', 'Fee'), type='money', currency='VND')
    desk.put('class', **labels('Ngày mở', 'Starts on'), type='date')
    desk.put('class', **labels('Cấp', 'Level'), type='picklist', option__ref='', option__key='', option__vi='Cơ bản',
             option__en='Basic', option__hue='2')  # fmt: skip
    desk.put('class', **labels('Giáo viên', 'Teacher'), type='link', target='contact')
    rep = site.client('rep')
    assert rep.get('/class/').status_code == 404

    review = desk.review()
    assert 'New entity Class' in plain(review) and 'Room, Seats, Fee, Starts on, Level, Teacher' in plain(review)
    desk.publish(review)

    form = rep.get('/class/new').text
    sent = {'name': 'A1', 'seats': '12', 'level': 'basic', 'teacher': contact, 'csrf_token': token_of(form)}
    sent |= {name: hidden(form, name) for name in re.findall(r'<input type="hidden" name="([^"]+)"', form) if name not in sent}
    answer = rep.post('/class/new', data=sent)
    assert answer.status_code in {200, 303}, plain(answer.text)
    with site.runtime.reader(site.actor('rep')) as reader:
        made = [reader.get('class', link.uid).wire() for link, *_ in reader.choices('class', '', 5)]
    assert [(each['name'], each['seats'], each['level'], each['teacher']['label']) for each in made] == [
        ('A1', 12, 'basic', 'Trần Thị Lan')
    ]


def test_a_list_of_options_becomes_the_stages_of_a_board_with_its_records(site: Site, desk: Desk) -> None:
    firms = [site.create('admin', 'company', name=name, type=kind) for name, kind in (('An', 'partner'), ('Binh', 'customer'))]
    page = desk.page('/studio/company/stages')
    assert (
        '<option value="type">Type</option>' in page
        and 'value="name"' not in page.split('id="stages-of"')[1].split('</select>')[0]
    )

    assert desk.post('/studio/company/stages', then='begin', of='name').status_code == 400
    assert desk.post('/studio/company/stages', then='begin', of='type').status_code == 303
    rows = desk.stages('company', 'type')
    assert [(row['key'], row['vi'], row['category']) for row in rows] == [
        ('prospect', 'Tiềm năng', 'open'), ('customer', 'Khách hàng', 'open'), ('partner', 'Đối tác', 'open')
    ]  # fmt: skip
    desk.put_stages(
        'company', 'type', [*rows[:1], {**rows[1], 'category': 'won', 'group': 'closed', 'en': 'Buyer', 'vi': 'Người mua'}]
    )
    review = desk.review()
    assert '“Đối tác”' in review and '<option value="Buyer">' in review

    at = '/entities/company/properties/type'
    desk.post('/studio/answers', ('map.text', 'Đối tác'), ('map.value', 'Buyer'), pointer=at)
    desk.go_live()

    assert [values_of(site, 'company', uid)['type'] for uid in firms] == ['customer', 'customer']
    with site.runtime.reader(site.actor('admin')) as reader:
        stays = [reader.stays('company', reader.get('company', uid)) for uid in firms]
    assert [[(stay.stage and stay.stage.key, stay.left_at) for stay in each] for each in stays] == [[('customer', None)]] * 2
    assert 'Buyer' in plain(site.client('admin').get('/company/?view=board').text)


def test_codes_that_people_typed_go_on_as_numbers_given_out(site: Site, desk: Desk) -> None:
    card = labels('Số thẻ', 'Card')
    desk.put('contact', **card, type='text', required='1')
    desk.go_live()
    first = site.create('admin', 'contact', full_name='An', card='TH-0041')
    desk.put('contact', 'card', **card, type='autonumber', required='1', **{'x-pattern': 'TH-{0000}'})

    assert 'numbers given out by TH-{0000} go on after TH-0041; 0 codes are spelled otherwise' in plain(desk.review())
    desk.go_live()

    second = site.create('admin', 'contact', full_name='Binh')
    assert [values_of(site, 'contact', uid)['card'] for uid in (first, second)] == ['TH-0041', 'TH-0042']


def test_what_a_column_of_lines_becomes_is_decided_in_the_review(site: Site, desk: Desk) -> None:
    lines = {'x-type': 'lines', 'x-label': {'en': 'Parts', 'vi': 'Phần'}, 'x-lines': {'properties': {
        'size': {'x-type': 'text', 'x-label': {'en': 'Size', 'vi': 'Cỡ'}}}}}  # fmt: skip
    publisher, admin = site.runtime.publisher, site.actor('admin')
    publisher.apply(publisher.plan({'entities': {'company': {'properties': {'parts': lines}}}}, admin).plan_id, admin)
    firm = site.create('admin', 'company', name='An', parts=[{'size': '10'}, {'size': 'mười hai'}])
    assert desk.post('/studio/company/fields/parts', line='size', **labels('Cỡ', 'Size'), type='integer').status_code == 303

    review = desk.review()
    at = '/entities/company/properties/parts/x-lines/properties/size'
    assert f'name="pointer" value="{at}"' in review and '“mười hai”' in review
    desk.post('/studio/answers', ('map.text', 'mười hai'), ('map.value', '12'), pointer=at)
    desk.go_live()

    parts = values_of(site, 'company', firm)['parts']
    assert isinstance(parts, list) and [each['size'] for each in parts] == [10, 12]


def test_nothing_live_changes_before_publishing(site: Site, desk: Desk) -> None:
    before = site.runtime.publisher.documents()
    desk.put('contact', **labels('Mã thẻ', 'Card'), type='text')
    desk.post('/studio/contact/fields/job_title/remove')
    desk.review()

    assert site.runtime.publisher.documents() == before
    assert len(site.runtime.publisher.versions()) == 1
    assert 'Card' not in site.client('rep').get('/contact/new').text


def test_field_added_to_contact_stands_on_the_form(site: Site, desk: Desk) -> None:
    desk.put('contact', **labels('Mã thẻ', 'Card'), type='text')
    desk.go_live()

    uid = site.create('rep', 'contact', full_name='Vũ Minh', card='K-17')

    assert 'Card' in site.client('rep').get('/contact/new').text
    assert 'K-17' in site.client('rep').get(f'/contact/{uid}').text


def test_renamed_key_keeps_its_data_and_the_old_key_filters_the_list(site: Site, desk: Desk) -> None:
    uid = site.create('rep', 'contact', full_name='Vũ Minh', job_title='Giám đốc')
    site.create('rep', 'contact', full_name='Đỗ Hạnh', job_title='Kế toán')
    desk.put('contact', 'job_title', **labels('Chức danh', 'Position'), type='text', key='position')
    review = plain(desk.review())
    desk.go_live()

    assert 'job_title becomes position' in review and 'Change of layouts' not in review
    assert values_of(site, 'contact', uid)['position'] == 'Giám đốc'
    condition = json.dumps({'field': 'job_title', 'op': 'eq', 'value': 'Giám đốc'})
    page = site.client('rep').get('/contact/', query_string={'filter': condition}).text
    assert 'Vũ Minh' in page and 'Đỗ Hạnh' not in page


def test_removed_field_has_its_data_again_after_going_back_and_forward(site: Site, desk: Desk) -> None:
    uid = site.create('rep', 'contact', full_name='Vũ Minh', job_title='Giám đốc')
    desk.post('/studio/contact/fields/job_title/remove')
    review = desk.review()
    assert '1 value kept aside' in plain(review)
    desk.publish(review)
    assert 'job_title' not in values_of(site, 'contact', uid)

    desk.publish(desk.page('/studio/rollback/1'))
    assert values_of(site, 'contact', uid)['job_title'] == 'Giám đốc'
    desk.publish(desk.page('/studio/rollback/2'))
    assert 'job_title' not in values_of(site, 'contact', uid)
    desk.publish(desk.page('/studio/rollback/3'))
    assert values_of(site, 'contact', uid)['job_title'] == 'Giám đốc'


def test_type_change_lists_what_cannot_be_read_and_wants_the_number_typed(site: Site, desk: Desk) -> None:
    lost = site.create('rep', 'contact', full_name='Vũ Minh', job_title='Giám đốc')
    kept = site.create('rep', 'contact', full_name='Đỗ Hạnh', job_title='42')
    desk.put('contact', 'job_title', **labels('Bậc', 'Grade'), type='integer')
    review = desk.review()
    assert f'/contact/{lost}' in review and '“Giám đốc”' in review and f'/contact/{kept}"' not in review

    refused = desk.publish(review, confirm='7')
    assert refused.status_code == 422 and '1 value becomes empty' in plain(refused.text)
    assert values_of(site, 'contact', lost)['job_title'] == 'Giám đốc'

    assert desk.publish(review, confirm='1').status_code == 303
    assert values_of(site, 'contact', kept)['job_title'] == 42
    assert values_of(site, 'contact', lost)['job_title'] is None

    assert desk.publish(desk.page('/studio/rollback/1')).status_code == 303
    assert values_of(site, 'contact', lost)['job_title'] == 'Giám đốc'
    page = desk.page('/studio/rollback/2')
    assert 'Type the number of values that become empty' in page and 'name="map.text" value="Giám đốc"' in page
    decided = desk.post(
        '/studio/rollback/2', ('map.text', 'Giám đốc'), ('map.value', '9'), plan_id=hidden(page, 'plan_id'), role='1',
        pointer='/entities/contact/properties/job_title',
    ).text  # fmt: skip
    assert 'Type the number' not in decided and 'name="role" value="1" checked' in decided
    assert desk.publish(decided).status_code == 303
    assert [values_of(site, 'contact', uid)['job_title'] for uid in (lost, kept)] == [9, 42]


def test_removed_stage_sends_its_records_where_the_review_was_told(site: Site, desk: Desk) -> None:
    company = site.create('admin', 'company', name='Dệt may Phú Thịnh')
    uid = site.create('admin', 'opportunity', title='Khu ký túc xá', company=company, stage='quote')
    before = desk.stages('opportunity', 'deal')
    desk.put_stages('opportunity', 'deal', [row for row in before if row['key'] != 'quote'])

    asked = desk.review()
    assert 'Decide on 1 record' in plain(asked) and 'Publish version' not in plain(asked)
    ref = next(row['ref'] for row in before if row['key'] == 'quote')
    desk.post('/studio/remap', (f'to.{ref}', 'survey'))
    decided = desk.review()
    assert '1 record changes' in plain(decided)
    desk.publish(decided)

    assert values_of(site, 'opportunity', uid)['stage'] == 'survey'
    assert [row['key'] for row in desk.stages('opportunity', 'deal')] == ['survey', 'negotiate', 'contract', 'won', 'lost']


def test_removed_option_that_records_hold_asks_where_they_go(site: Site, desk: Desk) -> None:
    uid = site.create('rep', 'contact', full_name='Vũ Minh', status='new')
    status = desk.live('contact')['properties']['status']
    pairs = []
    for option in status['x-options'][1:]:
        pairs += [('option.ref', option['ref']), ('option.key', option['key']), ('option.vi', option['label']['vi']),
                  ('option.en', option['label']['en']), ('option.hue', str(option.get('hue', 0)))]  # fmt: skip
    desk.post('/studio/contact/fields/status', *pairs, **labels('Tình trạng', 'Status'), type='picklist')
    assert 'Decide on 1 record' in plain(desk.review())

    desk.post('/studio/remap', (f'to.{status["x-options"][0]["ref"]}', '@blank'))
    desk.go_live()

    assert values_of(site, 'contact', uid)['status'] is None


def test_duplicate_rule_that_only_warns_now_lets_people_save(site: Site, desk: Desk) -> None:
    site.create('rep', 'contact', full_name='Vũ Minh', email='minh@congty.vn')
    rule = desk.live('contact')['x-duplicates'][0]
    desk.post('/studio/contact/duplicates', ('match.field', 'email'), ('match.compare', 'email'), former=rule['key'],
              key=rule['key'], ref=rule['ref'], **labels('Trùng e-mail', 'Same e-mail'), action='warn')  # fmt: skip
    review = plain(desk.review())
    desk.go_live()

    assert 'Duplicate rule Same e-mail changes' in review and 'new order' not in review
    saved = site.runtime.write(
        site.actor('rep'),
        lambda store: store.create('contact', {'full_name': 'Vũ Văn Minh', 'email': 'minh@congty.vn'}, accept=(rule['ref'],)),
    )
    assert saved.uid


def test_an_option_of_a_column_of_lines_is_replaced_in_the_review(desk: Desk, site: Site) -> None:
    """Where the records go is asked with the column's own options; what cannot be read leads to the record that holds it."""
    column = {'x-type': 'picklist', 'x-label': {'en': 'Kind'}, 'x-options': [{'key': key} for key in ('old', 'new', 'odd')]}
    words = {'x-type': 'text', 'x-label': {'en': 'Amount'}}
    part = {'x-type': 'lines', 'x-label': {'en': 'Items'}, 'x-lines': {'properties': {'kind': column, 'count': words}}}
    publisher, admin = site.runtime.publisher, site.actor('admin')
    publisher.apply(publisher.plan({'entities': {'company': {'properties': {'items': part}}}}, admin).plan_id, admin)
    uid = site.create('admin', 'company', name='Bến Nghé', items=[{'kind': 'old', 'count': 'ten'}])
    refs = {
        each['key']: each['ref']
        for each in desk.live('company')['properties']['items']['x-lines']['properties']['kind']['x-options']
    }
    place = '/entities/company/properties/items/x-lines/properties/kind/x-options/'
    count = {'properties': {'items': {'x-lines': {'properties': {'count': {'x-type': 'integer'}}}}}}
    publisher.save_draft(admin, {'entities': {'company': count}, 'remove': [place + refs['old']]})

    review = desk.review()
    choices = review.split(f'name="to.{refs["old"]}"', 1)[1].split('</select>', 1)[0]
    assert re.findall(r'value="(\w+)"', choices) == ['new', 'odd']
    assert f'href="/company/{uid}"' in review and 'Bến Nghé' in review
    desk.post('/studio/remap', **{f'to__{refs["old"]}': 'new'})
    review = desk.review()
    assert desk.publish(review, confirm='1').status_code == 303, plain(review)
    assert [line['kind'] for line in values_of(site, 'company', uid)['items']] == ['new']
