"""Every text of a schema that people read, by language: what is missing, and setting many at once. Pure."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from schema.base.findings import escape_pointer
from schema.definitions import Texts
from schema.loading import PLURALS, Documents

LOCALES = ('vi', 'en')
WORDS = ('x-label', 'x-plural', 'x-help', 'label', 'message', 'gate_message')
NEEDED = frozenset({'x-label', 'x-plural', 'label', 'message'})
"""Texts that a part should have in every language; others only when it has them in one."""


@dataclass(frozen=True)
class Text:
    """`texts` of one keyword at `pointer`; `owner` is the entity's label, `what` names the kind of part."""

    entity: str
    owner: Texts
    pointer: str
    what: str
    key: str
    texts: Texts

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(locale for locale in LOCALES if not self.texts.get(locale))


def all_texts(documents: Documents) -> Iterator[Text]:
    """In the order of the documents."""
    for (kind, key), document in documents.items():
        owner = document.get('x-label') or {'en': key}
        place = f'/{PLURALS[kind]}/{escape_pointer(key)}'
        yield from _of(document, place, key if kind == 'entity' else '', owner, 'entity' if kind == 'entity' else kind, key)


def _of(node: Any, place: str, entity: str, owner: Texts, what: str, key: str) -> Iterator[Text]:
    if not isinstance(node, Mapping):
        return
    for keyword in WORDS:
        texts = node.get(keyword)
        if isinstance(texts, Mapping) and (texts or keyword in NEEDED):
            yield Text(entity, owner, f'{place}/{keyword}', what, key, texts)
    for keyword, inner in node.items():
        if isinstance(inner, Mapping) and keyword == 'properties':
            for name, part in inner.items():
                yield from _of(part, f'{place}/properties/{escape_pointer(name)}', entity, owner, 'field', name)
        elif keyword in ('x-lines', 'x-layouts', 'roles'):
            yield from _of_layer(inner, f'{place}/{keyword}', entity, owner)
        elif isinstance(inner, list):
            for number, part in enumerate(inner):
                if isinstance(part, Mapping) and ('key' in part or 'label' in part):
                    name = str(part.get('key', ''))
                    yield from _of(part, f'{place}/{escape_pointer(keyword)}/{number}', entity, owner, keyword, name)


def _of_layer(node: Any, place: str, entity: str, owner: Texts) -> Iterator[Text]:
    """Lines, layouts and layouts of roles hold texts without being parts themselves."""
    if not isinstance(node, Mapping):
        return
    yield from _of(node, place, entity, owner, 'lines', '')
    if place.endswith('/roles'):
        for role, layouts in node.items():
            yield from _of_layer(layouts, f'{place}/{escape_pointer(role)}', entity, owner)


def noun(text: Text) -> str:
    """What kind of text it is, for people."""
    last = text.pointer.rsplit('/', 1)[-1]
    what = {
        'entity': _('Entity'), 'field': _('Field'), 'x-options': _('Option'), 'stages': _('Stage'), 'groups': _('Stage group'),
        'x-pipelines': _('Pipeline'), 'x-rules': _('Rule'), 'x-unique-keys': _('Unique key'),
        'x-duplicates': _('Duplicate rule'), 'form': _('Section'), 'tabs': _('Tab'), 'lines': _('Lines'),
        'role': _('Role'), 'workflow': _('Workflow'),
        'template': _('Template'),
    }.get(text.what, _('Part'))  # fmt: skip
    about = {'x-plural': _('several'), 'x-help': _('help'), 'message': _('message'), 'gate_message': _('message')}.get(last)
    return f'{what}, {about}' if about else what


def put_texts(documents: Documents, changed: Mapping[tuple[str, ...], str]) -> dict[tuple[str, str], Any]:
    """Set texts by `(locale, pointer)`; a blank takes that language away."""
    made = {name: copy.deepcopy(dict(document)) for name, document in documents.items()}
    kinds = {plural: kind for kind, plural in PLURALS.items()}
    for (locale, pointer), text in changed.items():
        tokens = [each.replace('~1', '/').replace('~0', '~') for each in pointer.split('/')[1:]]
        node: Any = made.get((kinds.get(tokens[0], ''), tokens[1])) if len(tokens) > 2 else None
        for token in tokens[2:]:
            node = _step(node, token)
        if not isinstance(node, dict) or locale not in LOCALES:
            continue
        if text:
            node[locale] = text
        else:
            node.pop(locale, None)
    return made


def _step(node: Any, token: str) -> Any:
    if isinstance(node, dict):
        return node.get(token)
    if isinstance(node, list) and token.isdecimal() and int(token) < len(node):
        return node[int(token)]
    return None
