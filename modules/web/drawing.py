"""Values as lists and cards show them by the hundred, drawn without templates: names, stages, dates, links, numbers.

What has parts of its own (files, lines, addresses, stars) stands in `web/macros/fields.html`, which calls this for the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from jinja2.runtime import Undefined
from markupsafe import Markup, escape

from schema.base.text import initials

Text = Callable[[Any, Any], str]
FIGURES = frozenset({'integer', 'decimal', 'money', 'percent'})
MOMENTS = frozenset({'date', 'datetime'})
LINKS = frozenset({'link', 'link_any', 'user', 'team'})
PEOPLE = frozenset({'user', 'team'})
ELSEWHERE = frozenset({
    'file', 'image', 'links', 'lines', 'rating', 'tags', 'rich_text', 'address', 'time', 'duration',
})  # fmt: skip
"""Widgets whose values macros draw."""


class Drawing:
    """`icon(name, label='')` makes an icon; `text(field, value)` is a value as people read it."""

    def __init__(self, icon: Callable[..., Markup], text: Text) -> None:
        self.icon, self._shown = icon, text

    def value(self, field: Any, value: Any) -> Markup | None:
        """A presented value; None for the kinds that macros draw. `field` has `widget`, `options`, `target`."""
        if value is None or value == '' or value == [] or isinstance(value, Undefined):
            return self.blank()
        kind = _part(field, 'widget')
        if kind in ELSEWHERE:
            return None
        if kind in LINKS:
            return self.link(field, value)
        if kind in FIGURES:
            return Markup(f'<span class="t-fig">{escape(self._shown(field, value))}</span>')
        if kind in MOMENTS:
            return Markup(f'<time datetime="{escape(value)}">{escape(self._shown(field, value))}</time>')
        make = getattr(self, f'_{kind}', None)
        return escape(make(field, value)) if make is not None else escape(value)

    def blank(self) -> Markup:
        said = escape(_('empty'))
        return Markup(f'<span class="t-3" role="img" aria-label="{said}">–</span>')

    def avatar(self, name: Any, hue: Any = 1, size: str = '') -> Markup:
        """Initials on a tint; hidden from readers, for the name stands beside it."""
        sized = f' avatar-{escape(size)}' if size else ''
        letters = escape(initials(str(name or '')) or '?')
        return Markup(f'<span class="avatar{sized} t-hue-{int(hue or 1)}" aria-hidden="true">{letters}</span>')

    def stage(self, label: Any, hue: Any = 1) -> Markup:
        """A pill with a dot."""
        return Markup(f'<span class="t-stage t-hue-{int(hue or 1)}">{escape(label)}</span>')

    def tag(self, text: Any, kind: str = '', icon_name: str = '') -> Markup:
        """A status word; `kind` is ok, warn, bad or new."""
        toned = f' t-{escape(kind)}' if kind else ''
        return Markup(f'<span class="t-tag{toned}">{self.icon(icon_name) if icon_name else ""}{escape(text)}</span>')

    def link(self, field: Any, value: Any) -> Markup:
        """One link of a field of links, or of people."""
        if value.get('hidden'):
            said = escape(_('not open to you'))
            return Markup(f'<span class="t-row t-3">{self.icon("lock")}{said}</span>')
        label = escape(value.get('label', ''))
        if _part(field, 'widget') in PEOPLE:
            drawn = self.avatar(value.get('label'), value.get('hue'))
            return Markup(f'<span class="t-row">{drawn}<span class="t-cut">{label}</span></span>')
        href = value.get('href') or f'/{value.get("target") or _part(field, "target")}/{value.get("uid", "")}'
        return Markup(f'<a href="{escape(href)}">{label}</a>')

    def _email(self, _field: Any, value: Any) -> Markup:
        return Markup(f'<a href="mailto:{escape(value)}">{escape(value)}</a>')

    def _phone(self, field: Any, value: Any) -> Markup:
        number, shown = escape(str(value).replace(' ', '')), escape(self._shown(field, value))
        return Markup(f'<a class="t-fig text-reset" href="tel:{number}">{shown}</a>')

    def _url(self, _field: Any, value: Any) -> Markup:
        if not value.startswith(('https://', 'http://')):
            return escape(value)
        shown = escape(value.replace('https://', '').replace('http://', ''))
        return Markup(f'<a href="{escape(value)}" rel="noopener noreferrer" target="_blank">{shown}</a>')

    def _boolean(self, _field: Any, value: Any) -> Markup:
        if value:
            return self.icon('check', _('yes'))
        said = escape(_('no'))
        return Markup(f'<span class="t-3">{said}</span>')

    def _long_text(self, _field: Any, value: Any) -> Markup:
        return Markup(f'<span class="t-prose">{escape(value)}</span>')

    def _stage(self, field: Any, value: Any) -> Markup:
        option = _option(field, value)
        return self.stage(option['label'], option.get('hue')) if option else Markup('')

    def _picklist(self, field: Any, value: Any) -> Markup:
        option = _option(field, value)
        if option is None:
            return Markup('')
        return self.stage(option['label'], option['hue']) if option.get('hue') else escape(option['label'])

    def _multi_picklist(self, field: Any, value: Any) -> Markup:
        options = filter(None, (_option(field, key) for key in value))
        return Markup(f'<span class="t-tags">{"".join(self.tag(option["label"]) for option in options)}</span>')


def _part(field: Any, name: str) -> Any:
    return field.get(name) if isinstance(field, dict) else getattr(field, name)


def _option(field: Any, key: Any) -> dict[str, Any] | None:
    found: list[dict[str, Any]] = _part(field, 'options') or []
    return next((option for option in found if option['key'] == key), None)
