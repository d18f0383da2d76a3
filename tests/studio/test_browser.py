"""The main jobs of Studio at a real browser: conditions by keyboard, settings that follow the type, order by arrow keys."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from modules.mail.tables import mail_message
from modules.studio.editing import on, put_part
from modules.studio.service import Workshop
from tests.support.site import Site
from tests.web.conftest import desks, served
from tests.web.desk import Desk

__all__ = ['desks', 'served']
pytestmark = pytest.mark.browser
SETTLED = 'return performance.now() > performance.getEntriesByType("navigation")[0].loadEventEnd + 500'
"""What stands in a form is remembered a little after it came."""
CONDITION = {
    'all': [
        {'field': 'amount', 'op': 'gt', 'value': 500},
        {'any': [{'field': 'source', 'op': 'in', 'value': ['website', 'zalo']},
                 {'field': 'expected_close_on', 'op': 'within', 'value': {'next': {'days': 14}}}]},
        {'field': 'company.name', 'op': 'contains', 'value': 'gỗ'},
        {'not': {'field': 'owner', 'op': 'eq', 'value': {'me': True}}},
        {'any_related': {'entity': 'activity', 'field': 'regarding'}, 'where': {'all': []}},
        {'count_related': {'entity': 'activity', 'field': 'regarding'}, 'op': 'between', 'value': [1, 3]},
        {'sum_related': {'entity': 'activity', 'field': 'regarding'}, 'of': 'duration_minutes', 'op': 'gt', 'value': 5},
        {'field': 'created_at', 'op': 'gte', 'value': {'days': -30}},
        {'field': 'created_at', 'op': 'lt', 'value': {'today': 3}},
        {'field': 'no_such_field', 'op': 'eq', 'value': 1},
        {'somebody': 'else'},
    ]
}  # fmt: skip


@pytest.fixture
def desk(desks: dict[str, Desk]) -> Iterator[Desk]:
    yield desks['admin']
    found = desks['admin']
    found.site.runtime.publisher.discard_draft(found.site.actor('admin'))


def shop(site: Site) -> Workshop:
    return Workshop(site.runtime.publisher, site.actor('admin'))


def put_rule(site: Site, condition: object) -> None:
    rule = {
        'key': 'large',
        'label': {'en': 'Large', 'vi': 'Lớn'},
        'refuse_when': condition,
        'message': {'en': 'No', 'vi': 'Không'},
    }
    shop(site).rework(on(put_part, 'opportunity', 'x-rules', '', rule))


def held(desk: Desk) -> object:
    """The condition as the page would send it."""
    return json.loads(str(desk.see('[data-condition]').find_element(By.CSS_SELECTOR, 'input').get_property('value')))


def test_a_condition_comes_back_as_it_was_whatever_the_builder_can_draw(desk: Desk) -> None:
    put_rule(desk.site, CONDITION)
    desk.go('/studio/opportunity/rules?rule=large')
    desk.see('.t-cond-raw')

    assert held(desk) == CONDITION
    assert len(desk.all('.t-cond-raw')) == 3

    amount = desk.see('.t-cond-values input')
    amount.clear()
    amount.send_keys('700')
    changed = json.loads(json.dumps(CONDITION))
    changed['all'][0]['value'] = 700
    assert held(desk) == changed


def test_a_condition_is_built_by_keyboard_and_kept(desk: Desk) -> None:
    desk.go('/studio/opportunity/rules?rule=@new')
    desk.fill('#label-en', 'No source')
    desk.see('[data-condition-add]').send_keys(Keys.ENTER)
    field = Select(desk.see('.t-cond-names select'))
    field.select_by_visible_text('Source')
    desk.until(lambda: desk.browser.switch_to.active_element.get_attribute('aria-label') == 'Field', 'the focus to stay')
    Select(desk.see('.t-cond-line > select')).select_by_visible_text('is empty')
    desk.until(lambda: held(desk) == {'all': [{'field': 'source', 'op': 'is_empty'}]}, 'the condition')
    desk.leave(lambda: desk.see('[data-save]').send_keys(Keys.ENTER))

    rules = shop(desk.site).entity('opportunity')['x-rules']
    assert [rule['refuse_when'] for rule in rules] == [{'all': [{'field': 'source', 'op': 'is_empty'}]}]


def test_settings_follow_the_type_and_what_was_typed_is_there_when_it_comes_back(desk: Desk) -> None:
    desk.go('/studio/contact/fields?new=1')
    desk.fill('#label-en', 'Level')
    Select(desk.see('#s-type')).select_by_value('picklist')
    desk.until(lambda: bool(desk.all('[name="option.vi"]')), 'the options')
    desk.see('[name="option.vi"]').send_keys('Cơ bản')
    Select(desk.see('#s-type')).select_by_value('autonumber')
    desk.until(lambda: '00001' in desk.see('#pattern-example').text, 'the example')
    Select(desk.see('#s-type')).select_by_value('picklist')
    desk.until(lambda: bool(desk.all('[name="option.vi"]')), 'the options again')

    assert desk.see('[name="option.vi"]').get_property('value') == 'Cơ bản'
    assert desk.see('#label-en').get_property('value') == 'Level'
    desk.leave(lambda: desk.click('[data-save]'))
    assert shop(desk.site).entity('contact')['properties']['level']['x-type'] == 'picklist'


def test_a_field_moves_by_the_arrow_keys_and_the_form_follows(desk: Desk) -> None:
    desk.go('/studio/product/fields')
    first, second = (row.get_attribute('data-name') for row in desk.all('#field-list > li')[:2])
    desk.all('#field-list [data-grip]')[0].send_keys(Keys.ARROW_DOWN)
    desk.until(
        lambda: [row.get_attribute('data-name') for row in desk.all('#field-list > li')[:2]] == [second, first], 'the move'
    )
    desk.see('[data-draft-bar]')

    form = shop(desk.site).entity('product')['x-layouts']['form']
    assert [key for section in form for key in section['fields']][:2] == [second, first]


def test_entities_move_by_the_arrow_keys_and_the_menu_of_the_draft_follows(desk: Desk) -> None:
    desk.go('/studio/')
    names = [row.get_attribute('data-name') for row in desk.all('#entity-list > li')]
    desk.all('#entity-list [data-grip]')[0].send_keys(Keys.ARROW_DOWN)
    desk.see('[data-draft-bar]')

    desk.go('/studio/')
    moved = [names[1], names[0], *names[2:]]
    assert [row.get_attribute('data-name') for row in desk.all('#entity-list > li')] == moved
    assert desk.all('.t-tree a')[0].get_attribute('href').endswith(f'/studio/{names[1]}/fields')
    assert shop(desk.site).request['entities'][names[1]]['x-order'] < shop(desk.site).entity(names[0])['x-order']


def test_a_reach_is_chosen_by_keyboard_its_row_stands_for_itself_and_a_condition_is_asked_for(desk: Desk) -> None:
    desk.go('/studio/roles/rep/rights')
    cell = desk.see('[name="grant.company.read"]')
    cell.send_keys('All')
    desk.until(lambda: desk.see('[name="own.company"]').is_selected(), 'the row to be its own')
    desk.see('[name="own.contact"]').send_keys(Keys.SPACE)
    Select(desk.see('[name="grant.contact.read"]')).select_by_value('team_below')
    desk.see('[name="own.contact"]').send_keys(Keys.SPACE)
    assert desk.see('[name="grant.contact.read"]').get_property('value') == 'own'
    Select(desk.see('[name="grant.*.update"]')).select_by_value('none')
    assert desk.see('[name="grant.contact.update"]').get_property('value') == 'none'
    assert desk.see('[name="grant.company.update"]').get_property('value') == 'own'

    desk.leave(lambda: Select(desk.see('[name="grant.company.delete"]')).select_by_value('if'))
    assert desk.browser.current_url.endswith('/studio/roles/rep/rights/company/delete')
    grants = shop(desk.site).documents['role', 'rep']['grants']
    assert (grants['company']['read'], grants['company']['update'], grants['*']['update']) == ('all', 'own', 'none')
    assert 'contact' not in grants


def test_leaving_with_something_typed_asks_first(desk: Desk) -> None:
    desk.go('/studio/contact/fields?field=phone')
    desk.see('form[data-guard]')
    desk.until(lambda: desk.browser.execute_script(SETTLED), 'the form to be watched')
    desk.see('#label-en').send_keys(' x')
    desk.see('.t-tree a').click()

    assert desk.see('#ask[open]').is_displayed()
    desk.see('#ask [data-ask-go]').click()
    desk.until(lambda: 'field=phone' not in desk.browser.current_url, 'the page to be left')


def test_birthday_mail_with_a_wait_and_a_branch_is_built_by_clicking_tried_and_published(desk: Desk) -> None:
    uid = desk.site.create('admin', 'contact', full_name='Lê Văn Tám', email='tam@congty.vn')
    desk.go('/studio/workflows/new')
    desk.leave(lambda: desk.click('.t-starter .btn'))
    for place, kind in ((':0', 'wait'), (':1', 'branch'), ('branch/cases/0:0', 'stop')):
        desk.leave(lambda at=place: desk.click(f'a[data-place="{at}"]'))  # type: ignore[misc]
        desk.leave(lambda name=kind: desk.click(f'.t-kind[value="{name}"]'))  # type: ignore[misc]
    desk.leave(lambda: desk.click('#step-branch [data-step-link]'))
    desk.see('[data-condition-add]').click()
    typed = desk.browser.find_element(By.CSS_SELECTOR, '[name="case.0.condition"]')
    desk.until(lambda: '"field"' in str(typed.get_property('value')), 'the condition')
    desk.leave(lambda: desk.click('[data-save]'))
    desk.leave(lambda: desk.see('#step-send [data-step-link]').send_keys(Keys.ALT, Keys.ARROW_UP))
    key = desk.browser.current_url.split('/workflows/')[1].split('?')[0]
    risen = [each['key'] for each in shop(desk.site).documents['workflow', key]['steps']]

    template = shop(desk.site).documents['workflow', key]['steps'][1]['template']
    desk.go(f'/studio/templates/{template}?record={uid}')
    desk.until(lambda: 'Lê Văn Tám' in desk.see('[data-shows="subject"]').text, 'the preview')
    subject = desk.see('[name="subject"]')
    subject.send_keys(' {{ record.nobody }}')
    desk.until(lambda: 'nobody' in desk.see('#wrong-subject').text, 'the fault')
    subject.send_keys(Keys.BACK_SPACE * len(' {{ record.nobody }}'))
    desk.see('[data-merge="{{ company_name }}"]').click()
    desk.until(lambda: 'Trellis' in desk.see('[data-shows="subject"]').text, 'the company in the subject')
    desk.leave(lambda: desk.click('[data-save]'))
    desk.leave(lambda: desk.click('#test-form .btn'))
    desk.go('/studio/review')
    desk.leave(lambda: desk.click('#publish-side .btn-primary'))

    assert risen == ['wait', 'send', 'branch']
    live = desk.site.runtime.publisher.documents()
    assert [each['type'] for each in live['workflow', key]['steps']] == ['wait', 'send_mail', 'branch']
    assert any('company_name' in text for text in live['template', template]['subject'].values())
    with desk.site.runtime.database.reading() as connection:
        assert [row.state for row in connection.execute(sa.select(mail_message.c.state))] == ['held']


def test_among_many_kinds_of_records_the_one_at_hand_stands_in_sight_and_any_is_found(desk: Desk) -> None:
    names = {f'kind_{number}': {'en': f'Kind {number}', 'vi': f'Loại {number}'} for number in range(70)}
    part = {'name': {'x-type': 'text', 'x-label': {'en': 'Name', 'vi': 'Tên'}}}
    entities = {key: {'x-label': name, 'properties': part} for key, name in names.items()}
    desk.site.runtime.publisher.save_draft(desk.site.actor('admin'), {'entities': entities})

    desk.go('/studio/kind_61/calendar')
    last = '.t-tree li:has(> [aria-current=true]) li:last-child'
    desk.until(lambda: bool(desk.all(last)), 'the tree')
    assert desk.browser.execute_script(
        'const box = document.querySelector(arguments[0]).getBoundingClientRect();'
        'return box.top >= 0 && box.bottom <= innerHeight', last
    )  # fmt: skip

    desk.go('/studio/')
    desk.see('[data-find]').send_keys('KIND 61')
    desk.until(lambda: len([each for each in desk.all('#entity-list > li') if each.is_displayed()]) == 1, 'the one')
    assert 'Kind 61' in desk.see('#entity-list').text
