"""Texts of templates that mean harm, or only seem to: refused at their line, or filled within bounds."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.mail.filling import LONGEST_PART
from modules.mail.rendering import MergeValues, fill_part
from modules.mail.sandbox import Fields, Shown
from schema.base.errors import Invalid
from schema.definitions import TemplateDef
from schema.fieldtypes.base import Reading

PEOPLE = [Fields({'name': Shown(name)}) for name in ('An & Bình', 'Chi')]
VALUES = MergeValues(
    Fields({'name': Shown('Lê <b>Tám'), 'note': Shown('x' * 90_000), 'people': Shown.listed(PEOPLE)}),
    Fields({'name': 'Hà', 'email': ''}), 'Mộc An', 'https://crm',
    Fields({'task': Fields({'deal': Shown.listed(PEOPLE * 500)})}),
)  # fmt: skip
SECONDS = 6.0
PIECES = (
    '{{ record.name }}', '{{ record.people }}', '{% for p in record.people %}', '{% endfor %}', '{{ p.name }}', '{% else %}',
    '{% if record.note %}', '{% endif %}', '{{ loop.index }}', '{{ related.task.deal | length }}', 'x', '<b>', '{{ q }}',
    '{% for q in related.task.deal %}', '{{ record.note ~ record.note }}', '{{ 1 | upper }}', '{{', '}}', '{%', '{# #}', '"',
    '{% raw %}', '{{ record.__class__ }}', '|first', '{% set a = 1 %}', '{{ record.name.format }}', '{{ [1,2] }}', '{{ -1 }}',
)  # fmt: skip


def fill(text: str, part: str = 'html') -> str:
    texts = {'subject': {}, 'html': {}, 'text': {}, part: {'en': text}}
    template = TemplateDef('', 'letter', {}, 'contact', texts['subject'], texts['html'], texts['text'], {})
    return fill_part(template, part, VALUES, Reading('en'))


def test_lists_are_repeated_with_their_place_and_escaped() -> None:
    text = '{% for p in record.people %}{{ loop.index }}/{{ loop.length }} {{ p.name }};{% else %}none{% endfor %}'

    assert fill(text) == '1/2 An &amp; Bình;2/2 Chi;'
    assert fill('{{ (record.people | first).name }}, {{ record.people[-1].name }}', 'text') == 'An & Bình, Chi'


def test_long_list_ends_at_its_bound() -> None:
    assert fill('{% for row in related.task.deal %}.{% endfor %}') == '.' * 200


@pytest.mark.parametrize(
    'text',
    [
        "{{ ''.__class__.__mro__ }}", '{{ record.__class__ }}', '{{ record._values }}', "{{ record['_values'] }}", '{{ self }}',
        '{{ record.name.upper }}', "{{ record.name['format'] }}", '{{ record.name | attr("x") }}', '{{ record }}',
        '{{ record.people | _rows }}', '{{ _reading.zone }}', '{{ cycler }}', '{{ range(9) }}', '{% set a = 1 %}',
        '{% include "x" %}',
        '{% macro f() %}{% endmacro %}', '{% for c in record.name %}{% endfor %}', '{{ "%s" % 1 }}', '{{ [1] * 99999999 }}',
        '{{ 9 ** 9 ** 9 }}', '{% for p in record.people recursive %}{{ loop(p) }}{% endfor %}',
        '{{ ' + '(' * 3000 + '1' + ')' * 3000 + ' }}', '{{ 1' + '0' * 6000 + ' }}', '{{ record.name' + ' | upper' * 200 + ' }}',
        '{{ record' + '.a' * 300 + ' }}', '{{ ' + 'not ' * 300 + '1 }}', '{{ ' + ' ~ '.join(['record.note'] * 400) + ' }}',
        '{% if 1 %}' * 300 + '{% endif %}' * 300, '{% for a in record.people %}' * 3 + '{% endfor %}' * 3,
        '{{ record.people[7] }}', '{{ record.name + 1 }}', '{{ nobody.name }}', '{{ record.nobody }}',
        '{{ related.task.nobody }}',
    ],
)  # fmt: skip
def test_hostile_text_is_refused_at_once(text: str) -> None:
    began = time.process_time()

    with pytest.raises(Invalid) as refused:
        fill(text)

    assert refused.value.findings[0].code in {'WFL-E101', 'WFL-E102', 'WFL-E103'}
    assert time.process_time() - began < SECONDS


@pytest.mark.parametrize(
    'text',
    [
        '{% for a in related.task.deal %}{% for b in related.task.deal %}' + '{{ a.name }}' * 200 + '{% endfor %}{% endfor %}',
        '{% for a in related.task.deal %}{% for b in related.task.deal if b.name == "" %}{% endfor %}{% endfor %}' * 100,
        '{% for a in related.task.deal %}{{ record.note }}{% endfor %}',
    ],
)
def test_explosion_ends_within_bounds(text: str) -> None:
    began = time.process_time()

    with pytest.raises(Invalid) as refused:
        fill(text)

    assert refused.value.findings[0].code in {'WFL-E102', 'WFL-E104'}
    assert time.process_time() - began < SECONDS


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.lists(st.sampled_from(PIECES), max_size=25).map(''.join), st.text(max_size=60)))
def test_any_text_is_refused_or_filled_within_bounds(text: str) -> None:
    began = time.process_time()
    try:
        assert len(fill(text)) <= LONGEST_PART
    except Invalid as refused:
        assert refused.findings[0].pointer.endswith('/html/en')
    assert time.process_time() - began < SECONDS
