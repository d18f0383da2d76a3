"""What tests read out of pages."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from werkzeug.datastructures import MultiDict


def token_of(page: str) -> str:
    """The CSRF token of a page."""
    return page.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]


def hidden(page: str, name: str) -> str:
    """The value of a hidden input."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page)
    assert found, f'{name} is not on the page'
    return found[1]


class _Form(HTMLParser):
    """The pairs that a browser would send of one form, as it was drawn."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id, self.inside, self.pairs = form_id, False, MultiDict[str, str]()
        self.skipped, self.select, self.area, self.first = 0, '', '', ''

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or '' for name, value in attrs}
        if tag == 'form':
            self.inside = found.get('id') == self.form_id
        if tag == 'template' or (tag == 'fieldset' and ('disabled' in found or self.skipped)):
            self.skipped += 1
        if not self.inside or self.skipped:
            return
        if tag == 'input' and found.get('name') and (found.get('type') not in {'checkbox', 'radio'} or 'checked' in found):
            self.pairs.add(found['name'], found.get('value', ''))
        elif tag == 'select':
            self.select, self.first = found.get('name', ''), '' if 'multiple' in found else 'first'
        elif tag == 'option' and self.select and 'selected' in found:
            self.pairs.add(self.select, found.get('value', ''))
            self.first = ''
        elif tag == 'textarea' and found.get('name'):
            self.area = found['name']
            self.pairs.add(self.area, '')

    def handle_endtag(self, tag: str) -> None:
        if tag == 'template' or (tag == 'fieldset' and self.skipped):
            self.skipped -= 1
        if tag == 'select':
            if self.select and self.first:
                self.pairs.add(self.select, '')
            self.select = ''
        if tag == 'form':
            self.inside = False
        if tag == 'textarea':
            self.area = ''

    def handle_data(self, data: str) -> None:
        if self.area:
            self.pairs[self.area] = data


def form_of(page: str, form_id: str = 'record-form') -> MultiDict[str, str]:
    """What a browser would send of a form that nobody touched."""
    parser = _Form(form_id)
    parser.feed(page)
    assert parser.pairs, f'{form_id} is not on the page'
    return parser.pairs
