"""What a browser would send back of a form as it stands on a page. Knows no field type."""

from __future__ import annotations

from html.parser import HTMLParser

Posted = list[tuple[str, str]]


class FormReader(HTMLParser):
    """Collects the controls of the form whose `id` or `action` is asked for, as (name, value) pairs in their order."""

    def __init__(self, mark: str) -> None:
        super().__init__()
        self.posted: Posted = []
        self.texts: list[str] = []
        self._mark, self._inside, self._depth = mark, False, 0
        self._select: dict[str, str | None] | None = None
        self._chosen: list[str] = []
        self._first: str | None = None
        self._area: str | None = None
        self._area_text = ''

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.texts += [given[name] or '' for name in ('aria-label', 'title', 'datetime') if given.get(name)]
        if tag == 'form':
            self._inside = self._mark in {given.get('id'), given.get('action')}
        if not self._inside or 'disabled' in given:
            return
        name = given.get('name') or ''
        if tag == 'input' and name:
            self._input(name, given)
        elif tag == 'select':
            self._select, self._chosen, self._first = given, [], None
        elif tag == 'option' and self._select is not None:
            value = given.get('value') or ''
            self._first = value if self._first is None else self._first
            if 'selected' in given:
                self._chosen.append(value)
        elif tag == 'textarea' and name:
            self._area, self._area_text = name, ''

    def _input(self, name: str, given: dict[str, str | None]) -> None:
        kind = given.get('type') or 'text'
        if kind in {'checkbox', 'radio'} and 'checked' not in given:
            return
        if kind not in {'submit', 'button', 'file', 'image', 'reset'}:
            self.posted.append((name, given.get('value') or ''))

    def handle_endtag(self, tag: str) -> None:
        if tag == 'form':
            self._inside = False
        elif tag == 'select' and self._select is not None:
            chosen = self._chosen or ([] if 'multiple' in self._select or self._first is None else [self._first])
            if name := self._select.get('name'):
                self.posted += [(name, value) for value in chosen]
            self._select = None
        elif tag == 'textarea' and self._area is not None:
            # The parser of a browser drops the line break that follows the opening tag.
            self.posted.append((self._area, self._area_text.removeprefix('\n').replace('\n', '\r\n')))
            self._area = None

    def handle_data(self, text: str) -> None:
        if self._area is not None:
            self._area_text += text
        self.texts.append(text)


def read_page(page: str, mark: str = '') -> FormReader:
    reader = FormReader(mark)
    reader.feed(page)
    return reader
