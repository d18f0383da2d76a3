"""Links and lines on pages: the form and what it sends, refusals beside their cell, lists, records, related lists, history."""

from __future__ import annotations

import json
import re
from typing import Any

from sqlalchemy import event
from werkzeug.datastructures import MultiDict

from tests.collections.conftest import change, deal, person, read
from tests.lists.test_views import rows_of
from tests.support.site import Site
from tests.web.pages import form_of


def post(site: Site, path: str, fields: list[tuple[str, str]], who: str = 'admin') -> Any:
    client = site.client(who)
    page = client.get('/opportunity/new').get_data(as_text=True)
    token = re.search(r'name="csrf-token" content="([^"]+)"', page) or re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    headers = {'X-CSRFToken': token.group(1)} if token else {}
    return client.post(path, data=MultiDict(fields), headers=headers)


def test_the_form_saves_links_and_rows_in_their_order(light: Site) -> None:
    an, binh = person(light, 'An'), person(light, 'Bình')
    company = light.create('admin', 'company', name='Công ty Hoa Sen')

    answer = post(light, '/opportunity/new', [
        ('title', 'Bán hàng'), ('company', company), ('people', ''), ('people', binh), ('people', an), ('items', ''),
        ('items', 'n2'), ('items', 'n1'), ('items', 'n3'),
        ('items.n1.title', 'Vở'), ('items.n1.quantity', '3'), ('items.n1.price.amount', '12.000'),
        ('items.n2.title', 'Bút'), ('items.n2.quantity', ''), ('items.n3.title', ''), ('items.n3.quantity', ''),
    ])  # fmt: skip

    assert answer.status_code == 303, answer.get_data(as_text=True)[:2000]
    found = read(light, 'admin', answer.headers['Location'].rsplit('/', 1)[1])
    assert [each['label'] for each in found['people']] == ['Bình', 'An']
    assert [(line['title'], line['quantity']) for line in found['items']] == [('Bút', None), ('Vở', 3)]


def test_editing_keeps_what_was_not_shown_and_takes_out_what_was_removed(light: Site) -> None:
    mine, theirs = person(light, 'Mine', 'rep'), person(light, 'Theirs', 'rep2')
    uid = deal(light, 'rep', people=[mine], items=[{'title': 'A'}, {'title': 'B'}])
    change(light, 'admin', uid, people=[theirs, mine])
    first, second = (line['uid'] for line in read(light, 'rep', uid)['items'])
    page = light.client('rep').get(f'/opportunity/{uid}/edit').get_data(as_text=True)
    assert f'name="people.was" value="{mine}"' in page
    assert 'not open to you' in page
    assert theirs not in page

    answer = post(light, f'/opportunity/{uid}/edit', [
        ('revision', '2'), ('title', 'Deal'), ('people', ''), ('people.was', mine), ('items', ''), ('items', 'r1'),
        ('items.r1.uid', second), ('items.r1.title', 'B2'),
    ], 'rep')  # fmt: skip

    assert answer.status_code == 303, answer.get_data(as_text=True)[:2000]
    found = read(light, 'admin', uid)
    assert [each['uid'] for each in found['people']] == [theirs]
    assert [(line['uid'], line['title']) for line in found['items']] == [(second, 'B2')]
    assert first != second


def test_a_refused_row_is_shown_again_with_its_error_beside_the_cell(light: Site) -> None:
    an = person(light, 'An')
    company = light.create('admin', 'company', name='Công ty')

    answer = post(light, '/opportunity/new', [
        ('title', 'X'), ('company', company), ('people', ''), ('people', an), ('items', ''), ('items', 'n1'), ('items', 'n2'),
        ('items.n1.title', 'Bút'), ('items.n2.title', 'Vở'), ('items.n2.quantity', '-4'),
    ])  # fmt: skip

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert re.search(r'<p class="t-error" id="f-items-n2-quantity-error">', page)
    assert f'<option value="{an}" selected>An</option>' in page
    assert 'name="items.n2.quantity"' in page
    assert 'value="-4"' in page


def test_the_record_shows_its_lines_as_a_table_and_its_history_names_both(light: Site) -> None:
    an = person(light, 'An')
    uid = deal(light, people=[an], items=[{'title': 'Bút bi', 'quantity': 7}])

    first = read(light, 'admin', uid)['items'][0]['uid']

    page = light.client('admin').get(f'/opportunity/{uid}').get_data(as_text=True)

    assert re.search(r'<table class="t-rows-shown">.*Bút bi.*</table>', page, re.S)
    assert f'href="/contact/{an}"' in page
    change(light, 'admin', uid, people=[], items={'add': [{'title': 'Thước'}], 'change': [{'uid': first, 'quantity': 9}]})
    story = light.client('admin').get(f'/opportunity/{uid}/timeline').get_data(as_text=True)
    assert '<s class="t-2">An</s>' in story
    assert '+ Thước · Quantity 1</b>' in story
    assert re.search(r'Quantity <span class="t-2"><span class="t-fig">7</span></span>.*<b class="t-strong">.*9.*</b>', story)
    change(light, 'admin', uid, people=[an])
    related = light.client('admin').get(f'/contact/{an}').get_data(as_text=True)
    assert f'/opportunity/{uid}' in related


def test_a_list_with_links_and_lines_costs_the_same_statements_for_one_record_as_for_many(light: Site) -> None:
    an, binh, chi, dung = (person(light, name) for name in ('An', 'Bình', 'Chi', 'Dung'))
    deal(light, people=[an, binh, chi, dung], items=[{'title': 'Bút'}, {'title': 'Vở'}])
    client = light.client('admin')
    client.get('/opportunity/?cols=title,people,items')
    seen: list[str] = []
    engine = light.runtime.database.read_engine
    event.listen(engine, 'before_cursor_execute', lambda *args: seen.append(args[2]))

    page = client.get('/opportunity/?cols=title,people,items').get_data(as_text=True)
    few, seen[:] = len(seen), []
    for _ in range(8):
        deal(light, people=[binh, chi], items=[{'title': 'Giấy'}])
    seen.clear()
    client.get('/opportunity/?cols=title,people,items')

    assert len(seen) == few
    assert re.search(r'>An</a>, .*>Bình</a>, .*>Chi</a> <span class="t-3">\+1</span>', page)
    assert '2 lines' in page


def test_two_forms_with_lines_meet_only_where_both_changed_a_line(light: Site) -> None:
    """One form changes a line and adds one, and is sent twice; meanwhile another line was changed, one went and one came."""
    uid = deal(light, items=[{'title': name, 'quantity': 1} for name in ('A', 'B', 'C')])
    _, b, c = (line['uid'] for line in read(light, 'admin', uid)['items'])
    page = light.client('manager').get(f'/opportunity/{uid}/edit').get_data(as_text=True)
    change(light, 'admin', uid, items={'change': [{'uid': b, 'quantity': 7}], 'remove': [c], 'add': [{'title': 'Theirs'}]})
    form = form_of(page)
    form.poplist('csrf_token')
    form['items.r0.quantity'] = '5'
    fields = [*form.items(multi=True), ('items', 'n1'), ('items.n1.title', 'Mine'), ('items.n1.quantity', '')]

    def lines() -> list[tuple[str, int | None]]:
        return [(line['title'], line['quantity']) for line in read(light, 'admin', uid)['items']]

    answers = [post(light, f'/opportunity/{uid}/edit', fields, 'manager').status_code for _ in range(2)]
    assert (answers, lines()) == ([303, 303], [('A', 5), ('B', 7), ('Theirs', 1), ('Mine', None)])

    form['items.r2.quantity'] = '9'
    asked = post(light, f'/opportunity/{uid}/edit', [*form.items(multi=True)], 'manager')
    assert (asked.status_code, lines()[0]) == (422, ('A', 5))
    assert 'name="keep.items"' in asked.get_data(as_text=True)
    again = form_of(asked.get_data(as_text=True))
    again.poplist('csrf_token')
    again['keep.items'] = 'mine'
    kept = post(light, f'/opportunity/{uid}/edit', [*again.items(multi=True)], 'manager')
    assert kept.status_code == 303
    assert [line for line in lines() if line[0] in 'ABC'] == [('A', 5), ('B', 7), ('C', 9)]


def test_the_filter_of_a_list_goes_by_its_own_lines_and_links(light: Site) -> None:
    an, deals = person(light, 'An'), '/opportunity/'
    deal(light, title='Bàn', items=[{'title': 'Chân', 'quantity': 9}])
    deal(light, title='Ghế', items=[{'title': 'Nệm', 'quantity': 1}], people=[an])
    client, rep = light.client('admin'), light.client('rep')

    faces = client.get(f'{deals}filter/faces/opportunity').json['held']
    inner = client.get(f'{deals}filter/faces/opportunity.items').json['fields']
    many = {'any_related': {'lines': 'items'}, 'where': {'field': 'quantity', 'op': 'gt', 'value': 5}}
    with_an = {'any_related': {'links': 'people'}, 'where': {'field': 'full_name', 'op': 'eq', 'value': 'An'}}

    assert [(each['via'], each['field'], each['entity']) for each in faces] == [
        ('links', 'people', 'contact'), ('lines', 'items', 'opportunity.items')
    ]  # fmt: skip
    assert {'title', 'quantity', 'price', 'product'} <= {each['key'] for each in inner}
    found = [rows_of(client.get(deals, query_string={'filter': json.dumps(each)}).text) for each in (many, with_an)]
    assert found == [['Bàn'], ['Ghế']]
    assert rep.get(f'{deals}filter/faces/opportunity.nothing').status_code == 404


def test_what_is_not_there_is_added_from_links_to_kinds_that_the_person_may_make(light: Site) -> None:
    rep, manager = (light.client(each) for each in ('rep', 'manager'))
    offered = [
        set(re.findall(r'data-create-url="/(\w+)/quick"', client.get('/opportunity/new').get_data(as_text=True)))
        for client in (rep, manager)
    ]
    task = rep.get('/task/new').get_data(as_text=True)

    assert offered == [{'company', 'contact'}, {'company', 'contact', 'product'}]
    assert 'value="lead" data-url="/lead/choices" data-create-url="/lead/quick"' in task
