"""Forms of Studio beside those of single fields: pipelines, rules, layouts, lines, words, former names, answers."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from modules.records.model import ListQuery
from modules.studio.answering import amount_of, suggestion
from modules.studio.service import Workshop
from tests.fieldtypes.forms import read_page
from tests.studio.desk import Desk, plain
from tests.support.site import Site

BIG = {'field': 'amount', 'op': 'gt', 'value': 500}


@pytest.fixture
def desk(sqlite_site: Site) -> Desk:
    return Desk(sqlite_site)


def drafted(desk: Desk, entity: str) -> Any:
    publisher, actor = desk.site.runtime.publisher, desk.site.actor('admin')
    return publisher.preview(publisher.draft(actor).request)['entity', entity]


def kept(desk: Desk, path: str, *pairs: tuple[str, str], **fields: Any) -> None:
    answer = desk.post(path, *pairs, **fields)
    assert answer.status_code == 303, plain(answer.text)


def findings(desk: Desk) -> list[str]:
    publisher, actor = desk.site.runtime.publisher, desk.site.actor('admin')
    return [f'{each.code} {each.pointer}' for each in publisher.check(publisher.draft(actor).request)]


def test_the_preview_compiles_the_entity_and_what_it_names_and_no_other(desk: Desk) -> None:
    """Three hundred others would be most of the page."""
    shop = Workshop(desk.site.runtime.publisher, desk.site.actor('admin'))
    product, deal = shop.sketch('product'), shop.sketch('opportunity')

    assert product is not None and deal is not None
    assert {'product'} <= set(product.entities) < {'product', 'activity', 'appointment', 'opportunity'}
    assert {'opportunity', *deal.entity('opportunity').fields['contact'].definition.targets} <= set(deal.entities)


def test_a_stage_gets_a_gate_a_message_and_ways_on(desk: Desk) -> None:
    rows = desk.stages('opportunity', 'deal')
    pairs = [('pipeline', 'deal'), ('label.vi', 'Thương lượng'), ('label.en', 'Deal'), ('maps.sent', '1'),
             ('map.lead.survey', 'explore')]  # fmt: skip
    for row in rows:
        pairs += [(f'stage.{name}', str(row.get(name, ''))) for name in
                  ('ref', 'key', 'vi', 'en', 'probability', 'rotting_days', 'group', 'category', 'hue')]  # fmt: skip
        pairs += [('stage.row', row['key']), (f'stage.gate.{row["key"]}', '')]
    pairs = [(name, json.dumps(BIG) if name == 'stage.gate.quote' else value) for name, value in pairs]
    pairs += [('stage.message.quote.vi', 'Giá trị quá nhỏ'), ('stage.message.quote.en', 'Too small'),
              ('stage.moves.quote.sent', '1'), ('stage.moves.quote.some', '1'), ('stage.moves.quote', 'negotiate')]  # fmt: skip

    kept(desk, '/studio/opportunity/stages', *pairs)

    line = drafted(desk, 'opportunity')['x-pipelines'][1]
    quote = next(stage for stage in line['stages'] if stage['key'] == 'quote')
    assert quote['gate'] == BIG and quote['moves'] == ['negotiate'] and quote['gate_message']['en'] == 'Too small'
    assert line['maps'] == {'lead': {'survey': 'explore'}} and findings(desk) == []
    assert 'explore' in desk.page('/studio/opportunity/stages?pipeline=deal')


def test_a_stage_and_a_pipeline_go_with_what_leads_to_them(desk: Desk) -> None:
    publisher, admin = desk.site.runtime.publisher, desk.site.actor('admin')
    lead, deal = ([dict(stage) for stage in line['stages']] for line in desk.live('opportunity')['x-pipelines'])
    lines = [
        {'key': 'lead', 'maps': {'deal': {lead[0]['key']: deal[1]['key'], lead[1]['key']: deal[0]['key']}}},
        {'key': 'deal', 'stages': [{'key': deal[0]['key'], 'moves': [deal[1]['key'], deal[2]['key']]}]},
    ]
    publisher.apply(publisher.plan({'entities': {'opportunity': {'x-pipelines': lines}}}, admin).plan_id, admin)

    rows = desk.stages('opportunity', 'deal')
    assert desk.put_stages('opportunity', 'deal', [row for row in rows if row['key'] != deal[1]['key']]).status_code == 303
    first, second = drafted(desk, 'opportunity')['x-pipelines']
    assert first['maps'] == {'deal': {lead[1]['key']: deal[0]['key']}} and second['stages'][0]['moves'] == [deal[2]['key']]
    assert not any(each.startswith(('SCH-E066', 'SCH-E068')) for each in findings(desk))

    kept(desk, '/studio/opportunity/stages', then='remove', pipeline='deal')
    assert 'maps' not in drafted(desk, 'opportunity')['x-pipelines'][0]
    assert not any(each.startswith('SCH-E067') for each in findings(desk))


def test_stages_without_words_groups_or_chances_are_shown_and_kept_as_they_are(desk: Desk) -> None:
    publisher, admin = desk.site.runtime.publisher, desk.site.actor('admin')
    options = [{'key': 'low'}, {'key': 'high'}]
    bare = {'x-label': {'en': 'Case'}, 'x-title-field': 'name', 'x-pipelines': [{'key': 'way', 'stages': [{'key': 'begin'}]}],
            'properties': {'name': {'x-type': 'text'}, 'step': {'x-type': 'stage'},
                           'rank': {'x-type': 'picklist', 'x-options': options}}}  # fmt: skip
    publisher.apply(publisher.plan({'entities': {'case': bare}}, admin).plan_id, admin)

    for path in ('fields', 'fields?field=rank', 'stages', 'layouts', 'rules', 'duplicates', 'entity', 'json'):
        desk.page(f'/studio/case/{path}')
    assert 'name="option.en" value="low"' in desk.page('/studio/case/fields?field=rank')
    (row,) = desk.stages('case', 'way')
    assert desk.put_stages('case', 'way', [{**row, 'group': '', 'category': 'open'}]).status_code == 303

    (stage,) = drafted(desk, 'case')['x-pipelines'][0]['stages']
    assert {name: each for name, each in stage.items() if name != 'ref'} == {'key': 'begin', 'label': {'en': 'begin'}}
    assert findings(desk) == []


def test_another_pipeline_begins_with_stages_of_its_own_and_goes_again(desk: Desk) -> None:
    kept(desk, '/studio/opportunity/stages', then='begin', label__vi='Gia hạn', label__en='Renewal')
    assert [each['key'] for each in drafted(desk, 'opportunity')['x-pipelines']] == ['lead', 'deal', 'renewal']
    assert findings(desk) == []

    kept(desk, '/studio/opportunity/stages', then='remove', pipeline='renewal')
    assert desk.site.runtime.publisher.draft(desk.site.actor('admin')).request.get('entities', {}) == {}


def test_a_rule_and_a_unique_key_are_made_changed_and_taken_out(desk: Desk) -> None:
    path = '/studio/opportunity/rules'
    kept(desk, path, former='', key='', label__vi='Lớn', label__en='Large', refuse_when=json.dumps(BIG), field='amount',
         message__vi='Không', message__en='No')  # fmt: skip
    kept(desk, path, ('fields', 'title'), ('fields', 'company'), ('fields', ''), kind='unique', former='', key='',
         label__vi='Tên', label__en='Name')  # fmt: skip
    assert findings(desk) == []
    kept(desk, path, former='large', key='large', label__vi='Lớn', label__en='Large', refuse_when='{"all": []}', field='',
         message__vi='Thôi', message__en='Stop')  # fmt: skip

    made = drafted(desk, 'opportunity')
    assert made['x-unique-keys'][0]['fields'] == ['title', 'company']
    assert [(rule['refuse_when'], rule['message']['en'], 'field' in rule) for rule in made['x-rules']] == [
        ({'all': []}, 'Stop', False)
    ]

    kept(desk, path, former='large', then='remove')
    assert drafted(desk, 'opportunity')['x-rules'] == []


def test_the_form_is_laid_out_in_tabs_and_a_role_has_its_own_list(desk: Desk) -> None:
    path = '/studio/company/layouts'
    fields = list(desk.live('company')['properties'])
    places = [('place', 's:1'), ('place', f'f:{fields[0]}'), ('place', 's:n1'), ('place', f'f:{fields[2]}'),
              ('place', f'f:{fields[1]}'), ('place', 's:'), ('place', f'f:{fields[3]}')]  # fmt: skip
    kept(desk, path, *places, show='form', role='', section__1__vi='Chính', section__1__columns='2', section__n1__vi='Khác',
         section__n1__collapsed='1', section__n1__tab='more', tab__key='more', tab__vi='Thêm', tab__en='More')  # fmt: skip
    kept(desk, path, ('chosen', fields[1]), ('chosen', 'owner'), show='list', role='rep')

    layouts = drafted(desk, 'company')['x-layouts']
    assert layouts['form'] == [
        {'label': {'vi': 'Chính'}, 'columns': 2, 'fields': [fields[0]]},
        {'label': {'vi': 'Khác'}, 'tab': 'more', 'collapsed': True, 'fields': [fields[2], fields[1]]},
    ]
    assert [tab['key'] for tab in layouts['tabs']] == ['more'] and layouts['roles'] == {'rep': {'list': [fields[1], 'owner']}}
    assert findings(desk) == [] and 'a layout of their own' in plain(desk.page(f'{path}?show=list&role=rep'))

    kept(desk, path, show='list', role='rep', then='common')
    assert 'roles' not in drafted(desk, 'company')['x-layouts']


def test_lines_get_columns_and_each_column_settings(desk: Desk) -> None:
    label = {'label__vi': 'Dòng', 'label__en': 'Items', 'type': 'lines'}
    rows = [('line.former', ''), ('line.vi', 'Hàng'), ('line.en', 'Product'), ('line.type', 'text'), ('line.required', '@0'),
            ('line.former', ''), ('line.vi', 'Loại'), ('line.en', 'Kind'), ('line.type', 'picklist')]  # fmt: skip
    kept(desk, '/studio/opportunity/fields', *rows, **label)
    assert any('/x-lines/properties/kind' in each for each in findings(desk))

    blank = [('option.ref', ''), ('option.key', ''), ('option.vi', ''), ('option.en', ''), ('option.hue', '0')]
    kept(desk, '/studio/opportunity/fields/items', *blank, line='kind', label__vi='Loại', label__en='Kind', type='picklist',
         paste='Bàn | Table\nGhế')  # fmt: skip

    lines = drafted(desk, 'opportunity')['properties']['items']['x-lines']
    assert lines['required'] == ['product'] and list(lines['properties']) == ['product', 'kind']
    assert [option['label'] for option in lines['properties']['kind']['x-options']] == [
        {'vi': 'Bàn', 'en': 'Table'}, {'vi': 'Ghế', 'en': 'Ghế'}]  # fmt: skip
    assert findings(desk) == []


def test_settings_of_every_type_make_a_field_without_a_finding(desk: Desk) -> None:
    put: list[dict[str, str]] = [
        {'type': 'autonumber', 'x-pattern': 'KH-{YYYY}-{00000}'}, {'type': 'rating', 'x-max': '7'},
        {'type': 'formula', 'result': 'integer', 'x-formula': 'length(name)'},
        {'type': 'rollup', 'rollup.from': 'entity:opportunity.company', 'rollup.function': 'sum', 'rollup.of': 'amount',
         'rollup.condition': json.dumps(BIG)},
        {'type': 'through', 'through.link': 'parent', 'through.field': 'name'},
        {'type': 'file', 'x-accept': '.pdf', 'x-max-size': '5'},
        {'type': 'links', 'target': 'contact'}, {'type': 'address'}, {'type': 'tags'}, {'type': 'duration'}, {'type': 'time'},
        {'type': 'rich_text'}, {'type': 'user', 'default.kind': 'me'}, {'type': 'datetime', 'default.kind': 'now'},
        {'type': 'money', 'currency': 'USD', 'default.kind': 'constant', 'default.value': '1,250.5'},
        {'type': 'text', 'x-required-if': json.dumps({'field': 'name', 'op': 'is_not_empty'}), 'pattern': '^[A-Z]+$'},
    ]  # fmt: skip
    desk.put('company', label__en='Parent', key='parent', type='link', target='company')
    for number, fields in enumerate(put):
        desk.put('company', label__en=f'Trial {number}', key=f'trial_{number}', **fields)
        desk.page(f'/studio/company/fields?field=trial_{number}')

    assert findings(desk) == []
    usual = [
        part['x-default']
        for part in drafted(desk, 'company')['properties'].values()
        if part.get('x-type') == 'money' and 'x-default' in part
    ]
    assert usual == [{'amount': '1250.5', 'currency': 'USD'}]


def test_an_entity_takes_another_key_and_place_in_the_menu(desk: Desk) -> None:
    kept(desk, '/studio/product/entity', label__vi='Hàng hóa', label__en='Goods', plural__vi='Hàng hóa', plural__en='Goods',
         icon='truck', hue='4', group='store', key='goods', title='name')  # fmt: skip
    desk.go_live()

    assert desk.live('goods')['x-aliases'] == ['product'] and desk.live('goods')['x-group'] == 'store'
    page = desk.page('/studio/aliases')
    pointer = page.split('name="pointer" value="')[1].split('"')[0]
    assert 'product → goods' in plain(page) and 'never used' in plain(page)
    kept(desk, '/studio/aliases/retire', pointer=pointer)
    assert 'x-aliases' not in drafted(desk, 'goods') and 'Keep it' in plain(desk.page('/studio/aliases'))
    kept(desk, '/studio/aliases/retire', pointer=pointer, then='keep')
    assert desk.site.runtime.publisher.draft(desk.site.actor('admin')).request.get('entities', {}) == {}


def test_a_former_label_is_listed_retired_and_kept_and_forms_leave_it(desk: Desk) -> None:
    publisher, admin = desk.site.runtime.publisher, desk.site.actor('admin')
    part = desk.live('contact')['properties']['salutation']
    option = {'ref': part['x-options'][0]['ref'], 'key': 'mr', 'label': {'en': 'Sir', 'vi': 'Ông'}}
    renamed = {'salutation': {'x-label': {'en': 'Address as'}, 'x-options': [option]}}
    publisher.apply(publisher.plan({'entities': {'contact': {'properties': renamed}}}, admin).plan_id, admin)

    page = desk.page('/studio/aliases')
    assert 'Salutation → Address as' in plain(page) and 'Mr → Sir' in plain(page) and 'Anh → Sir' in plain(page)
    for pointer in re.findall('name="pointer" value="([^"]+)"', page):
        kept(desk, '/studio/aliases/retire', pointer=pointer)
    changed = drafted(desk, 'contact')['properties']['salutation']
    assert 'x-former-labels' not in changed and 'x-former-labels' not in changed['x-options'][0] and findings(desk) == []
    kept(desk, '/studio/discard')

    path = '/studio/contact/fields/salutation'
    form = read_page(desk.page('/studio/contact/fields?field=salutation'), path).posted
    assert ('option.en', 'Sir') in form
    kept(desk, path, *form)
    assert publisher.draft(admin).is_empty


def test_records_that_leave_a_required_field_blank_are_listed_by_name_and_asked_for_one_value(desk: Desk) -> None:
    names = [f'Firm {number:02}' for number in range(14)]
    for name in names:
        desk.site.create('admin', 'company', name=name)
    desk.put('company', label__en='Charter', label__vi='Điều lệ', type='text', key='charter', required='1')

    page = desk.review()

    found = page.split('class="t-impact"', 1)[1].split('class="t-change"', 1)[0]
    assert re.findall(r'<a href="/company/[^"?]+" target="_blank">([^<]+)</a>', found) == names
    assert 'and 4 more' in found and 'name="map.text"' not in found and '“' not in found
    kept(desk, '/studio/answers', pointer='/entities/company/properties/charter', default='none yet')
    desk.go_live()
    with desk.site.runtime.reader(desk.site.actor('admin')) as reader:
        assert reader.count('company', ListQuery(filter={'field': 'charter', 'op': 'eq', 'value': 'none yet'})).value == 14


def test_missing_words_are_listed_and_set_in_place(desk: Desk) -> None:
    desk.put('company', label__en='Only English', type='text', key='lacking')
    pointer = '/entities/company/properties/lacking/x-label'
    assert f'name="vi|{pointer}"' in desk.page('/studio/labels?entity=company')

    kept(desk, '/studio/labels', **{f'vi|{pointer}': 'Có đủ', f'en|{pointer}': 'Both'})

    assert drafted(desk, 'company')['properties']['lacking']['x-label'] == {'vi': 'Có đủ', 'en': 'Both'}
    assert f'name="vi|{pointer}"' not in desk.page('/studio/labels?entity=company')


def test_a_part_without_any_label_gets_one_and_texts_left_alone_stay_out_of_the_draft(desk: Desk) -> None:
    publisher, actor = desk.site.runtime.publisher, desk.site.actor('admin')
    lines = {'x-type': 'lines', 'x-label': {'en': 'L', 'vi': 'D'}, 'x-lines': {'properties': {'size': {'x-type': 'text'}}}}
    publisher.save_draft(actor, {'entities': {'company': {'properties': {'bare': {'x-type': 'text'}, 'parts': lines}}}})
    places = [f'/entities/company/properties/{each}/x-label' for each in ('bare', 'parts/x-lines/properties/size')]
    page = desk.page('/studio/labels')
    template = next(key for kind, key in publisher.documents() if kind == 'template')
    assert all(f'name="vi|{place}"' in page for place in places) and '2 lack a language' in plain(page)
    assert f'<textarea class="form-control" rows="3" name="vi|/templates/{template}/' in desk.page(
        '/studio/labels?show=all&entity=templates/'
    )

    typed = {f'{locale}|{place}': words for place in places for locale, words in (('vi', 'Trơn'), ('en', 'Bare'))}
    kept(desk, '/studio/labels', **typed, **{'vi|/entities/company/x-label': 'Công ty'})

    fields = drafted(desk, 'company')['properties']
    both = {'vi': 'Trơn', 'en': 'Bare'}
    assert fields['bare']['x-label'] == both == fields['parts']['x-lines']['properties']['size']['x-label']
    assert list(publisher.draft(actor).request['entities']['company']) == ['properties']
    assert 'Nothing is missing' in plain(desk.page('/studio/labels'))


def test_values_that_cannot_be_read_are_mapped_in_the_review(desk: Desk) -> None:
    uids = {text: desk.site.create('rep', 'contact', full_name=f'Bà {text}', job_title=text) for text in ('85 triệu', 'chờ')}
    desk.put('contact', 'job_title', label__en='Grade', label__vi='Bậc', type='decimal')
    assert 'Use 85000000' in plain(desk.review())

    kept(desk, '/studio/answers', ('map.text', '85 triệu'), ('map.value', '85000000'), ('map.text', 'chờ'), ('map.value', ''),
         pointer='/entities/contact/properties/job_title', default='1')  # fmt: skip
    desk.go_live()

    with desk.site.runtime.reader(desk.site.actor('admin')) as reader:
        found = {text: reader.get('contact', uid).wire()['job_title'] for text, uid in uids.items()}
    assert found == {'85 triệu': '85000000.00', 'chờ': '1.00'}


def test_two_versions_are_compared_in_words(desk: Desk) -> None:
    desk.put('contact', label__en='Card', type='text')
    desk.go_live()

    assert 'New field Card' in plain(desk.page('/studio/compare/1/2'))
    assert 'Field Card goes' in plain(desk.page('/studio/compare/2/1'))
    assert desk.client.get('/studio/compare?old=1&new=2').headers['Location'] == '/studio/compare/1/2'


def test_a_draft_of_somebody_else_is_told_where_both_work(desk: Desk) -> None:
    site = desk.site
    other = replace(site.actor('admin'), user_id=site.actor('manager').user_id)
    site.runtime.publisher.save_draft(other, {'entities': {'contact': {'x-hue': 4}}})

    assert 'has a draft too' in plain(desk.page('/studio/contact/fields'))
    assert 'has a draft too' not in plain(desk.page('/studio/company/fields'))


def test_a_published_key_is_not_given_to_another_field_before_the_draft_is_live(desk: Desk) -> None:
    desk.post('/studio/contact/fields/job_title/remove')
    answer = desk.post('/studio/contact/fields', label__en='New', type='text', key='job_title')

    assert answer.status_code == 422 and 'until the draft is live' in plain(answer.text)


@pytest.mark.parametrize(
    ('text', 'amount'),
    [('500–700tr', 600_000_000), ('tầm 1 tỷ 2', 1_200_000_000), ('1.200.000', 1_200_000), ('1,5', None), ('chờ duyệt', None)],
)
def test_amounts_are_read_as_people_write_them(text: str, amount: int | None) -> None:
    found = amount_of(text)

    assert (found == amount) if amount is not None else (found is None or found == found.normalize())
    assert suggestion({'x-type': 'date'}, text) == ''
