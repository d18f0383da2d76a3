"""Rules of an entity as the store judges them, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from modules.records.preparing import Change
from permissions.tables import team
from schema.base.errors import Conflict, Invalid
from schema.base.ids import new_uid
from tests.support.site import Site

Codes = list[tuple[str, str]]


def create(site: Site, **wire: Any) -> str:
    return site.create('admin', 'pact', **{'title': 'Ký', **wire})


def update(site: Site, uid: str, **wire: Any) -> None:
    site.runtime.write(site.actor('admin'), lambda store: store.update('pact', uid, wire))


def refused(work: Any, *arguments: Any, **wire: Any) -> Codes:
    with pytest.raises((Invalid, Conflict)) as refusal:
        work(*arguments, **wire)
    return [(each.code, each.pointer) for each in refusal.value.findings]


def firm(site: Site, level: int = 3, country: str = 'VN') -> str:
    return site.create('admin', 'firm', name='Hãng', level=level, country=country)


def test_a_required_field_that_is_hidden_is_not_asked_for(ruled: Site) -> None:
    uid = create(ruled)

    assert refused(create, ruled, stage='lost') == [('REC-E001', '/reason')]
    assert refused(update, ruled, uid, stage='lost') == [('REC-E001', '/reason')]
    update(ruled, uid, stage='lost', reason='Giá cao')
    assert refused(update, ruled, uid, reason=None) == [('REC-E001', '/reason')]
    update(ruled, uid, stage='open', reason=None)


def test_a_field_is_required_while_its_condition_is_true(ruled: Site) -> None:
    uid = create(ruled, amount='1000')

    assert refused(update, ruled, uid, amount='1001') == [('REC-E001', '/excuse')]
    update(ruled, uid, amount='1001', excuse='Khách quen')
    assert refused(update, ruled, uid, excuse='') == [('REC-E001', '/excuse')]
    update(ruled, uid, amount=None, excuse='')


def test_a_field_is_locked_when_it_was_and_stays_so(ruled: Site) -> None:
    uid = create(ruled, discount='5')

    update(ruled, uid, stage='won', discount='7')
    assert refused(update, ruled, uid, discount='8') == [('REC-E142', '/discount')]
    update(ruled, uid, discount='7', code='same discount')
    update(ruled, uid, stage='open', discount='9')
    create(ruled, stage='won', discount='5')


def test_an_option_is_offered_while_its_condition_is_true(ruled: Site) -> None:
    assert refused(create, ruled, size='big') == [('REC-E140', '/size')]
    assert refused(create, ruled, size='big', amount='99') == [('REC-E140', '/size')]
    uid = create(ruled, size='big', amount='100')
    assert refused(update, ruled, uid, amount='50') == [('REC-E140', '/size')]
    update(ruled, uid, amount='50', size='small')


def test_a_link_takes_only_what_its_filter_lets_through(ruled: Site) -> None:
    here, there = firm(ruled), firm(ruled)
    agent = ruled.create('admin', 'agent', name='Lan', firm=here)

    create(ruled, agent=agent)
    uid = create(ruled, agent=agent, firm=here)
    assert refused(create, ruled, agent=agent, firm=there) == [('REC-E141', '/agent')]
    assert refused(update, ruled, uid, firm=there) == [('REC-E141', '/agent')]
    update(ruled, uid, firm=there, agent=None)


def test_each_of_several_links_meets_the_filter_and_those_there_stay_until_it_changes(ruled: Site) -> None:
    here, there = firm(ruled), firm(ruled)
    lan, nga = (ruled.create('admin', 'agent', name=name, firm=at) for name, at in (('Lan', here), ('Nga', there)))

    uid = create(ruled, crew=[lan, nga])
    assert refused(create, ruled, crew=[lan, nga], firm=here) == [('REC-E141', '/crew')]
    assert refused(update, ruled, uid, firm=here) == [('REC-E141', '/crew')]
    update(ruled, uid, firm=here, crew={'remove': [nga]})
    assert refused(update, ruled, uid, crew={'add': [nga]}) == [('REC-E141', '/crew')]
    update(ruled, uid, title='Vẫn vậy')


def test_a_link_to_one_of_several_entities_meets_the_filter_of_its_entity(ruled: Site) -> None:
    here, there = firm(ruled), firm(ruled)
    lan = ruled.create('admin', 'agent', name='Lan', firm=here)

    uid = create(ruled, firm=here, about={'entity': 'agent', 'uid': lan})
    assert refused(update, ruled, uid, firm=there) == [('REC-E141', '/about')]
    update(ruled, uid, firm=there, about={'entity': 'firm', 'uid': here})
    assert refused(update, ruled, uid, about={'entity': 'agent', 'uid': lan}) == [('REC-E141', '/about')]


def test_a_link_from_before_the_other_record_moved_away_hinders_no_new_one(ruled: Site) -> None:
    here, there = firm(ruled), firm(ruled)
    lan, nga = (ruled.create('admin', 'agent', name=name, firm=here) for name in ('Lan', 'Nga'))
    uid = create(ruled, crew=[lan], firm=here)
    ruled.runtime.write(ruled.actor('admin'), lambda store: store.update('agent', lan, {'firm': there}))

    update(ruled, uid, crew={'add': [nga]})


def test_people_are_offered_and_taken_by_their_role_and_team(ruled: Site) -> None:
    with ruled.runtime.database.reading() as connection:
        teams = {row.name: row.uid for row in connection.execute(sa.select(team))}
    north = next(uid for name, uid in teams.items() if 'Bắc' in name or 'North' in name)
    client = ruled.client('admin')

    def offered(key: str, **typed: str) -> set[str]:
        query = {'for': f'pact.{key}', **{f'record.{name}': value for name, value in typed.items()}}
        found = client.get('/people/users/choices', query_string=query).get_json()['results']
        return {each['uid'] for each in found}

    assert offered('judge') == {'manager', 'leader'}
    assert offered('mate', team=north) == {'leader', 'rep'}
    assert offered('mate') >= {'leader', 'rep', 'rep2'}
    assert refused(create, ruled, judge='rep') == [('REC-E141', '/judge')]
    uid = create(ruled, judge='leader', team=north, mate='rep')
    assert refused(update, ruled, uid, mate='rep2') == [('REC-E141', '/mate')]
    update(ruled, uid, mate=None, judge='manager')


def test_a_record_that_a_rule_refuses_is_not_saved_and_told_in_its_words(ruled: Site) -> None:
    with pytest.raises(Invalid) as refusal:
        create(ruled, amount='-1', signed_on='2999-01-01')

    assert [(each.code, each.pointer, each.text('vi')) for each in refusal.value.findings] == [
        ('REC-E143', '/amount', 'Giá trị không được âm.'),
        ('REC-E143', '/signed_on', 'Không thể ký ngày mai.'),
    ]
    create(ruled, amount='0', signed_on='2026-01-01')


def test_a_rule_about_a_computed_field_is_asked_with_what_it_will_be(ruled: Site) -> None:
    halves = [{'name': name, 'amount': 500, 'reason': 'x'} for name in 'AB']
    assert refused(create, ruled, parts=[*halves, {'name': 'C', 'amount': 1}]) == [('REC-E143', '/volume')]
    uid = create(ruled, parts=halves)

    assert refused(update, ruled, uid, parts={'add': [{'name': 'C', 'amount': 1}]}) == [('REC-E143', '/volume')]
    update(ruled, uid, stage='won', parts={'add': [{'name': 'C'}]})
    update(ruled, uid, parts=halves[:1])  # a lock on what is computed locks nothing


def test_a_rule_looks_along_links_and_at_related_records(ruled: Site) -> None:
    banned, uid = firm(ruled, country='Banned'), create(ruled)

    assert refused(update, ruled, uid, firm=banned) == [('REC-E143', '')]
    for _ in range(2):
        ruled.create('admin', 'errand', name='Gọi', pact=uid)
    assert refused(update, ruled, uid, code='x') == [('REC-E143', '')]


def test_a_record_from_before_a_rule_stays_until_what_the_rule_reads_is_changed(ruled: Site) -> None:
    uid = create(ruled)
    table = ruled.runtime.catalogs.current().entity('pact').table
    with ruled.runtime.database.writing() as connection:
        connection.execute(sa.update(table).where(table.c.uid == uid).values(amount=-5, amount__currency='VND'))

    update(ruled, uid, code='touched elsewhere', amount='-5')
    assert refused(update, ruled, uid, amount='-6') == [('REC-E143', '/amount')]


def test_a_gate_stays_shut_for_what_is_unknown_and_says_what_it_asks_for(ruled: Site) -> None:
    uid = create(ruled)

    with pytest.raises(Invalid) as refusal:
        update(ruled, uid, stage='quote')
    assert [each.text('en') for each in refusal.value.findings] == [
        'To enter Quote: Amount is more than ₫0; Firm › Level is at least 2'
    ]
    assert refused(update, ruled, uid, stage='quote', amount='5', firm=firm(ruled, level=1)) == [('REC-E144', '/stage')]
    update(ruled, uid, stage='quote', amount='5', firm=firm(ruled, level=2))


def test_a_gate_sees_records_of_the_same_batch_as_they_will_be(ruled: Site) -> None:
    whole = create(ruled)
    part = create(ruled, parent=whole)

    with pytest.raises(Invalid) as refusal:
        update(ruled, whole, stage='won')
    assert refusal.value.findings[0].text('vi') == 'Để chuyển sang Thắng: Hãy chốt các phần trước.'
    changes = [Change(ruled.runtime.catalogs.current().entity('pact'), uid, {'stage': 'won'}) for uid in (part, whole)]
    ruled.runtime.write(ruled.actor('admin'), lambda store: store.update_many('pact', changes))
    assert [each.findings for each in changes] == [[], []]


def test_a_key_over_several_fields_is_unique_among_live_records_without_blanks(ruled: Site) -> None:
    here, there = firm(ruled), firm(ruled)
    uid = create(ruled, code='Mã 01', firm=here)

    create(ruled, code='MA 01', firm=there)
    create(ruled, code='mã 01')
    create(ruled, code='mã 01')
    assert refused(create, ruled, code='ma  01', firm=here) == [('REC-E145', '/code')]
    other = create(ruled, code='Mã 02', firm=here)
    assert refused(update, ruled, other, code='mã 01') == [('REC-E145', '/code')]
    update(ruled, uid, code='MÃ 01')
    ruled.runtime.write(ruled.actor('admin'), lambda store: store.delete('pact', uid))
    create(ruled, code='ma 01', firm=here)
    assert refused(
        ruled.runtime.write, ruled.actor('admin'), lambda store: store.restore('pact', uid)
    ) == [('REC-E145', '/code')]  # fmt: skip


def test_each_record_of_a_batch_gets_its_own_findings(ruled: Site) -> None:
    here, entity = firm(ruled), ruled.runtime.catalogs.current().entity('pact')
    wires = [{'title': 'a', 'code': 'B1', 'firm': here}, {'title': 'b', 'code': 'b1', 'firm': here},
             {'title': 'c', 'amount': '-1'}, {'title': 'd', 'size': 'big'}]  # fmt: skip
    changes = [Change(entity, new_uid(), wire, pointer=f'/rows/{number}') for number, wire in enumerate(wires)]

    saved = ruled.runtime.write(ruled.actor('admin'), lambda store: store.create_many('pact', changes))

    assert [each.uid for each in saved] == [changes[0].uid]
    assert [[(each.code, each.pointer) for each in change.findings] for change in changes] == [
        [], [('REC-E146', '/rows/1/code')], [('REC-E143', '/rows/2/amount')], [('REC-E140', '/rows/3/size')],
    ]  # fmt: skip


def test_rules_cost_as_many_statements_for_a_hundred_records_as_for_two(ruled: Site) -> None:
    entity, here = ruled.runtime.catalogs.current().entity('pact'), firm(ruled)
    agent = ruled.create('admin', 'agent', name='Lan', firm=here)

    def statements(number: int) -> int:
        counted: list[str] = []
        wire = {'title': f'{number}', 'stage': 'quote', 'amount': '5', 'firm': here, 'agent': agent}
        changes = [Change(entity, new_uid(), {**wire, 'code': f'{number}-{each}'}) for each in range(number)]
        engine = ruled.runtime.database.write_engine
        sa.event.listen(engine, 'before_cursor_execute', count := lambda *arguments: counted.append(arguments[2]))
        ruled.runtime.write(ruled.actor('admin'), lambda store: store.create_many('pact', changes))
        sa.event.remove(engine, 'before_cursor_execute', count)
        assert [change.findings for change in changes] == [[]] * number
        return len(counted)

    assert statements(100) == statements(2)
