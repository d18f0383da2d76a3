"""Texts that a language lacks are found wherever a schema holds texts, and told with their place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from schema.base.text import begun, in_sentence
from schema.checks.metaschema import load_metaschemas
from schema.labels import TEXT_KEYWORDS, missing_texts
from schema.loading import read_folder
from schema.texts import ROOT, load_all

BOTH = {'vi': 'Nhãn', 'en': 'Label'}
ENTITY: dict[str, Any] = {
    'x-label': {'vi': 'Yêu cầu'},
    'x-plural': BOTH,
    'properties': {
        'subject': {'x-type': 'text', 'title': 'Subject'},
        'status': {
            'x-type': 'picklist', 'x-label': BOTH, 'x-help': {'en': 'How far it is'},
            'x-options': [{'key': 'new', 'label': {'en': 'New', 'vi': ' '}}, {'key': 'old'}],
        },
        'items': {'x-type': 'lines', 'x-label': BOTH, 'x-lines': {'properties': {'name': {'x-label': {'en': 'N'}}}}},
    },
    'x-pipelines': [{'key': 'p', 'label': BOTH, 'groups': [{'key': 'g', 'label': BOTH}],
                     'stages': [{'key': 's', 'label': BOTH, 'gate_message': {'vi': 'Chưa đủ'}}]}],
    'x-rules': [{'key': 'r', 'label': BOTH, 'message': {'vi': 'Sai'}}],
    'x-layouts': {'form': [{'fields': []}, {'label': {'vi': 'Mục'}, 'fields': []}],
                  'tabs': [{'key': 't', 'label': {'en': 'Tab'}}]},
}  # fmt: skip
TEMPLATE = {'x-label': BOTH, 'entity': 'case', 'subject': {'vi': 'Chào'}, 'text': BOTH}
WORKFLOW = {'x-label': BOTH, 'x-help': {'en': 'Why'}, 'entity': 'case', 'trigger': {'type': 'created'}, 'steps': [
    {'key': 'a', 'type': 'create_task', 'title': {'vi': 'Gọi'}},
    {'key': 'b', 'type': 'branch', 'cases': [{'label': {'en': 'Big'}, 'steps': [{'key': 'c', 'text': {'en': 'Look'}}]}],
     'otherwise': [{'key': 'd', 'label': {'vi': 'Khác'}}]},
]}  # fmt: skip
ROLE = {'x-label': BOTH, 'x-help': {'vi': 'Bán hàng'}, 'grants': {}}


def test_every_kind_of_text_is_looked_at() -> None:
    documents = {
        ('entity', 'case'): ENTITY, ('template', 'hello'): TEMPLATE, ('workflow', 'go'): WORKFLOW, ('role', 'rep'): ROLE,
    }  # fmt: skip
    found = missing_texts(documents)

    assert {(each.pointer.removeprefix('/entities/case'), each.locale) for each in found} == {
        ('/x-label', 'en'),
        ('/properties/subject/x-label', 'vi'),
        ('/properties/status/x-help', 'vi'),
        ('/properties/status/x-options/0/label', 'vi'),
        ('/properties/status/x-options/1/label', 'vi'),
        ('/properties/status/x-options/1/label', 'en'),
        ('/properties/items/x-lines/properties/name/x-label', 'vi'),
        ('/x-pipelines/0/stages/0/gate_message', 'en'),
        ('/x-rules/0/message', 'en'),
        ('/x-layouts/form/1/label', 'en'),
        ('/x-layouts/tabs/0/label', 'vi'),
        ('/templates/hello/subject', 'en'),
        ('/workflows/go/x-help', 'vi'),
        ('/workflows/go/steps/0/title', 'en'),
        ('/workflows/go/steps/1/cases/0/label', 'vi'),
        ('/workflows/go/steps/1/cases/0/steps/0/text', 'vi'),
        ('/workflows/go/steps/1/otherwise/0/label', 'en'),
        ('/roles/rep/x-help', 'en'),
    }


def test_a_missing_text_is_told_in_words_with_what_is_read_instead() -> None:
    load_all()
    found = {each.pointer: each.as_finding() for each in missing_texts({('entity', 'case'): ENTITY})}

    assert found['/entities/case/properties/status/x-help'].text('en') == (
        'Yêu cầu › Label: no help text in Vietnamese; people read “How far it is” instead.'
    )
    assert found['/entities/case/x-label'].text('vi') == (
        'Yêu cầu: thiếu nhãn bằng tiếng Anh; mọi người đang đọc “Yêu cầu” thay vào đó.'
    )


def test_every_keyword_that_holds_texts_is_looked_at() -> None:
    def keywords(node: Any) -> Iterator[str]:
        for name, part in node.items() if isinstance(node, dict) else ():
            if isinstance(part, dict) and str(part.get('$ref', '')).rsplit('/', 1)[-1] in {'texts', 'long_texts', 'bodies'}:
                yield name
            yield from keywords(part)

    kinds = {name: part for name, part in load_metaschemas().items() if name not in {'common', 'pack'}}
    assert {name for part in kinds.values() for name in keywords(part)} == set(TEXT_KEYWORDS)


def test_the_built_in_pack_lacks_nothing() -> None:
    assert missing_texts(read_folder(ROOT / 'schema' / 'packs' / 'sales')) == []


def test_other_languages_may_be_asked_for() -> None:
    found = missing_texts({('template', 'hello'): TEMPLATE}, ('vi', 'fr'))

    assert [(each.pointer, each.locale, each.shown) for each in found] == [
        ('/templates/hello/x-label', 'fr', 'Label'),
        ('/templates/hello/subject', 'fr', 'Chào'),
        ('/templates/hello/text', 'fr', 'Label'),
    ]


@pytest.mark.parametrize(
    ('label', 'inside'),
    [('Khách hàng', 'khách hàng'), ('KH thô', 'KH thô'), ('Raw Leads', 'raw leads'), ('Đơn VIP', 'đơn VIP')],
)
def test_label_inside_a_sentence_keeps_its_abbreviations(label: str, inside: str) -> None:
    assert in_sentence(label) == inside
    assert begun(f'{inside} đã lưu') == f'{inside[:1].upper()}{inside[1:]} đã lưu'
