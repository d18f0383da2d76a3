"""Field macros and the shell: what they send, what they hide, and that every text has its Vietnamese."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from modules.web.drawing import Drawing
from schema.base.text import begun, in_sentence

ROOT = Path(__file__).resolve().parents[2]
WIDGETS = (
    'text', 'long_text', 'email', 'phone', 'url', 'integer', 'decimal', 'money', 'percent', 'boolean', 'date', 'datetime',
    'picklist', 'multi_picklist', 'stage', 'link', 'link_any', 'user', 'team',
)  # fmt: skip
HOSTILE = '"><script>alert(1)</script>'
SPEAKING = frozenset({'_', '_l', 'gettext', 'ngettext', 'lazy_gettext'})
EXTRACTED = [('modules/**/templates/**.html', 'jinja2'), ('workflows/**/templates/**.html', 'jinja2')]


@pytest.fixture(scope='module')
def fields() -> Any:
    made = Environment(loader=FileSystemLoader(ROOT / 'modules/web/templates'), autoescape=True, extensions=['jinja2.ext.i18n'])
    made.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    typed = {'typed_number': str, 'when_text': lambda value, kind: str(value), 'when_iso': lambda value, kind: str(value)}
    made.filters.update(in_sentence=in_sentence, begun=begun, **typed)
    icon, text = (lambda name, label='': Markup('<svg></svg>')), (lambda field, value: str(value))
    made.globals.update(icon=icon, value_text=text, drawn=Drawing(icon, text), when_hint=str)
    return made.get_template('web/macros/fields.html').module


def field(widget: str, **more: Any) -> dict[str, Any]:
    options = [{'key': 'a', 'label': 'First', 'hue': 2}, {'key': 'old', 'label': 'Former', 'retired': True}]
    shared = {'key': 'thing', 'label': 'Thing', 'widget': widget, 'options': options, 'target': 'company'}
    return {**shared, 'targets': [{'key': 'lead', 'label': 'Lead'}], **more}


@pytest.mark.parametrize('widget', WIDGETS)
def test_every_widget_draws_a_blank_input_under_its_own_name_and_a_blank_value(fields: Any, widget: str) -> None:
    drawn = fields.input(field(widget), None)

    assert 'name="thing' in drawn
    assert ' id="f-thing"' in drawn
    assert 'empty' in fields.display(field(widget), None)


@pytest.mark.parametrize('widget', WIDGETS)
def test_an_error_is_tied_to_its_input(fields: Any, widget: str) -> None:
    drawn = fields.input(field(widget), None, ['Too short.'])

    assert 'aria-describedby="f-thing-error"' in drawn
    assert 'id="f-thing-error"' in drawn


@pytest.mark.parametrize(('widget', 'value'), [
    *((widget, HOSTILE) for widget in ('text', 'long_text', 'email', 'phone', 'url', 'date')),
    ('money', {'amount': HOSTILE, 'currency': HOSTILE}), ('link', {'uid': HOSTILE, 'label': HOSTILE, 'href': HOSTILE}),
    ('user', {'uid': HOSTILE, 'label': HOSTILE}),
])  # fmt: skip
def test_stored_text_never_becomes_markup(fields: Any, widget: str, value: Any) -> None:
    assert '<script' not in fields.input(field(widget, label=HOSTILE, help=HOSTILE), value)
    assert '<script' not in fields.display(field(widget), value)


def test_an_address_that_runs_script_is_shown_but_not_linked(fields: Any) -> None:
    assert fields.display(field('url'), 'javascript:alert(1)') == 'javascript:alert(1)'


def test_a_hidden_link_sends_nothing_so_that_saving_leaves_it(fields: Any) -> None:
    assert 'name=' not in fields.input(field('link'), {'hidden': True})


def test_an_emptied_list_of_labels_is_told_from_an_untouched_one(fields: Any) -> None:
    assert '<input type="hidden" name="thing" value="">' in fields.input(field('multi_picklist'), ['a'])


def test_a_retired_option_is_offered_only_where_it_is_set(fields: Any) -> None:
    assert 'Former' not in fields.input(field('picklist'), 'a')
    assert 'Former' in fields.input(field('picklist'), 'old')


def _spoken_by_code() -> Iterator[str]:
    """Those within an f-string too, which whoever gathers texts for translation passes over."""
    for path in (path for folder in ('modules', 'permissions', 'workflows') for path in (ROOT / folder).rglob('*.py')):
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(text)), *_]) if name in SPEAKING:
                    yield text


def test_every_text_of_the_screens_has_its_vietnamese() -> None:
    with (ROOT / 'modules/web/translations/vi/LC_MESSAGES/messages.po').open('rb') as source:
        catalogue = read_po(source, locale='vi')
    wanted = {
        message if isinstance(message, str) else message[0]
        for _file, _line, message, _comments, _context in extract_from_dir(
            ROOT, EXTRACTED, directory_filter=lambda path: '/.' not in path and 'node_modules' not in path
        )
    } | set(_spoken_by_code())

    missing = sorted(text for text in wanted if not (catalogue.get(text) and catalogue.get(text).string))

    assert 'Sign in' in wanted
    assert missing == []
