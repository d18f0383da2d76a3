"""The demonstration story: deterministic, fitting the pack's documents, believable where people will look."""

import unicodedata
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import phonenumbers
import pytest

from modules.packs.demo import DemoRecord, demo_records
from tests.packs.documents import ENTITIES, stages

NOW = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)
TODAY = date(2026, 3, 10)
PEOPLE = ('admin', 'manager', 'leader', 'rep', 'rep2')


@lru_cache(maxsize=1)
def story() -> tuple[DemoRecord, ...]:
    return tuple(demo_records(2026, NOW, PEOPLE))


def of(entity: str) -> list[DemoRecord]:
    return [record for record in story() if record.entity == entity]


def digits_of(phone: str) -> str:
    return phonenumbers.format_number(phonenumbers.parse(phone, 'VN'), phonenumbers.PhoneNumberFormat.E164)


def test_the_same_seed_tells_the_same_story() -> None:
    assert tuple(demo_records(2026, NOW, PEOPLE)) == story()


def test_another_seed_tells_another_story() -> None:
    assert tuple(demo_records(2027, NOW, PEOPLE)) != story()


@pytest.mark.parametrize('now', ['2024-02-29T23:30:00+00:00', '2026-12-31T17:30:00+00:00', '2027-01-03T01:00:00+00:00'])
def test_the_story_can_be_told_on_awkward_days(now: str) -> None:
    moment = datetime.fromisoformat(now)

    told = list(demo_records(1, moment, PEOPLE))

    happened = [record.wire['happened_at'] for record in told if record.entity == 'activity']
    assert len(told) == 3000
    assert max(happened) <= moment.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%SZ')


def test_the_story_can_be_told_by_one_person() -> None:
    assert {record.owner for record in demo_records(1, NOW, ('solo',))} == {'solo'}


def test_there_are_a_few_thousand_records_of_every_entity() -> None:
    counts = Counter(record.entity for record in story())

    assert set(counts) == set(ENTITIES)
    assert 2500 <= sum(counts.values()) <= 4000
    assert min(counts.values()) >= 30


def test_keys_are_unique_and_links_point_back_to_allowed_entities() -> None:
    seen: dict[str, str] = {}
    for record in story():
        assert record.key not in seen
        for field, value in record.wire.items():
            if isinstance(value, dict) and '$ref' in value:
                declared = ENTITIES[record.entity]['properties'][field]
                assert seen[value['$ref']] in declared.get('x-targets', [declared.get('x-target')])
        seen[record.key] = record.entity


def fits(field: dict[str, Any], value: Any) -> bool:
    kind = field['x-type']
    if kind in ('picklist', 'multi_picklist'):
        chosen = value if kind == 'multi_picklist' else [value]
        return isinstance(chosen, list) and set(chosen) <= {option['key'] for option in field['x-options']}
    if kind == 'money':
        return set(value) == {'amount', 'currency'} and value['amount'].isdigit() and value['currency'] == field['x-currency']
    if kind in ('link', 'link_any'):
        return set(value) == {'$ref'}
    if kind == 'rating':
        return type(value) is int and 1 <= value <= 5
    if kind == 'tags':
        return isinstance(value, list) and all(isinstance(word, str) and word == word.strip() != '' for word in value)
    if kind == 'date':
        return date.fromisoformat(value).isoformat() == value
    if kind == 'datetime':
        return bool(datetime.strptime(value, '%Y-%m-%dT%H:%M:%SZ').replace(tzinfo=UTC))
    if kind in ('integer', 'boolean'):
        return type(value) is {'integer': int, 'boolean': bool}[kind]
    return isinstance(value, str) and value == value.strip() != '' and len(value) <= field.get('maxLength', 4000)


def test_every_value_fits_its_field() -> None:
    wrong = [
        (record.key, key, value)
        for record in story()
        for key, value in record.wire.items()
        if key not in (declared := ENTITIES[record.entity]['properties'])
        or (declared[key]['x-type'] != 'stage' and not fits(declared[key], value))
    ]

    assert wrong == []


def test_required_fields_and_stage_gates_are_met() -> None:
    missing = []
    for record in story():
        document = ENTITIES[record.entity]
        needed = [key for key in document['required'] if 'x-default' not in document['properties'][key]]
        if 'stage' in record.wire:
            needed += stages(record.entity)[record.wire['stage']].get('requires', [])
        missing += [(record.key, key) for key in needed if key not in record.wire]

    assert missing == []


def test_no_blocking_rule_stops_a_record() -> None:
    mails = [record.wire['email'].lower() for record in of('contact') if 'email' in record.wire]
    taxes = [record.wire['tax_code'] for record in of('company') if 'tax_code' in record.wire]
    codes = [record.wire['code'] for record in of('product')]

    assert [max(Counter(values).values()) for values in (mails, taxes, codes)] == [1, 1, 1]


def test_every_mail_address_is_on_an_example_domain() -> None:
    hosts = {record.wire['email'].lower().rpartition('.')[2] for record in story() if 'email' in record.wire}

    assert hosts == {'example'}


def test_every_phone_is_valid_and_spelled_in_many_ways() -> None:
    phones = [record.wire[field] for record in story() for field in ('phone', 'mobile') if field in record.wire]

    assert [phone for phone in phones if not phonenumbers.is_valid_number(phonenumbers.parse(phone, 'VN'))] == []
    assert {'+', '0', '('} <= {phone[0] for phone in phones}
    assert {sign for phone in phones for sign in phone if not sign.isdigit()} == set('+ .-()')


def test_vietnamese_names_are_in_composed_form_with_their_marks() -> None:
    names = [record.wire['full_name'] for record in of('contact')]

    assert all(unicodedata.is_normalized('NFC', name) for name in names)
    assert sum(not name.isascii() for name in names) > len(names) * 0.8
    assert len(set(names)) > len(names) * 0.85


def test_birthdays_fall_today_this_week_on_a_leap_day_and_in_every_month() -> None:
    born = [date.fromisoformat(record.wire['birthday']) for record in of('contact') if 'birthday' in record.wire]
    week = {((TODAY + timedelta(days=days)).month, (TODAY + timedelta(days=days)).day) for days in range(1, 8)}

    assert sum((day.month, day.day) == (3, 10) for day in born) >= 4
    assert week <= {(day.month, day.day) for day in born}
    assert date(1992, 2, 29) in born
    assert {day.month for day in born} == set(range(1, 13))


def test_every_seller_has_somebody_born_today_who_may_be_mailed() -> None:
    today = [record for record in of('contact') if record.wire.get('birthday', '')[5:] == '03-10']
    mailed = {record.owner for record in today if 'email' in record.wire and not record.wire['do_not_contact']}

    assert mailed >= {'rep', 'rep2', 'leader', 'manager'}


def test_work_lies_around_now() -> None:
    stamp = NOW.strftime('%Y-%m-%dT%H:%M:%SZ')
    starts = [record.wire['starts_at'][:10] for record in of('appointment')]
    open_tasks = [record.wire['due_at'] for record in of('task') if record.wire['status'] in ('open', 'doing')]

    assert starts.count('2026-03-10') >= 10
    assert sum('2026-03-10' < day <= '2026-03-25' for day in starts) >= 50
    assert sum(due < stamp for due in open_tasks) >= 20
    assert sum(due > stamp for due in open_tasks) >= 50
    assert all(record.wire['happened_at'] <= stamp for record in of('activity'))
    assert all(record.wire['starts_at'] < record.wire['ends_at'] for record in of('appointment'))


@pytest.mark.parametrize('entity', ['lead', 'opportunity'])
def test_every_stage_holds_records(entity: str) -> None:
    assert {record.wire.get('stage') for record in of(entity)} >= set(stages(entity))


def test_deal_amounts_are_whole_millions_that_a_small_firm_would_see() -> None:
    amounts = [int(record.wire['amount']['amount']) for record in of('opportunity')]

    assert all(amount % 1_000_000 == 0 for amount in amounts)
    assert min(amounts) >= 20_000_000 and max(amounts) <= 5_000_000_000
    assert len(set(amounts)) > 80


def test_activities_are_told_in_many_words() -> None:
    bodies = [record.wire['body'] for record in of('activity')]

    assert len(set(bodies)) > len(bodies) * 0.6
    assert [body for body in bodies if '{' in body or '  ' in body or 'None' in body] == []


def test_owners_share_the_work_and_both_reps_have_plenty() -> None:
    owners = Counter(record.owner for record in story())

    assert set(owners) == set(PEOPLE)
    assert min(owners['rep'], owners['rep2']) > 600
    assert owners['leader'] > owners['manager'] > owners['admin']


def test_a_reps_own_deals_hang_on_companies_the_rep_can_see() -> None:
    owner = {record.key: record.owner for record in story()}

    assert all(owner[record.wire['company']['$ref']] == record.owner for record in of('opportunity'))


def test_a_handful_of_contacts_repeat_a_phone_in_another_spelling() -> None:
    spellings: dict[str, set[str]] = {}
    for record in of('contact'):
        spellings.setdefault(digits_of(record.wire['phone']), set()).add(record.wire['phone'])

    repeated = [written for written in spellings.values() if len(written) > 1]
    assert 3 <= len(repeated) <= 8
    assert len(of('contact')) == len(spellings) + len(repeated)
