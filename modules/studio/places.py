"""Where a finding leads: the place in words, the page of Studio that shows it, and the input on that page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from schema.definitions import Document, in_locale
from schema.loading import Documents
from schema.role_changes import ACTION_WORDS

PAGES = {'x-pipelines': 'stages', 'x-duplicates': 'duplicates', 'x-rules': 'rules', 'x-unique-keys': 'rules',
         'x-layouts': 'layouts', 'x-calendar': 'calendar'}  # fmt: skip
RULES = {'workflows': 'workflow', 'templates': 'template'}
BESIDE = ('/pools/', '/assignment/rules/')
CHOSEN = {'x-pipelines': 'pipeline', 'x-duplicates': 'rule', 'x-rules': 'rule', 'x-unique-keys': 'unique'}


def place_of(documents: Documents, pointer: str, locale: str) -> dict[str, str]:
    """`place` in words and `href` of the input; both may be empty."""
    tokens = [each.replace('~1', '/').replace('~0', '~') for each in pointer.split('/')[1:]]
    if tokens[:1] == ['roles'] and len(tokens) > 1 and ('role', tokens[1]) in documents:
        return _role_place(documents, tokens[1], tokens[2:], locale)
    if len(tokens) > 1 and tokens[0] in RULES and (RULES[tokens[0]], tokens[1]) in documents:
        return _rule_place(documents, tokens[0], tokens[1], tokens[2:], locale)
    if pointer.startswith(BESIDE):
        return {'place': '', 'href': pointer}
    document = documents.get(('entity', tokens[1])) if len(tokens) > 1 and tokens[0] == 'entities' else None
    if document is None:
        return {'place': tokens[1] if len(tokens) > 1 else '', 'href': ''}
    entity, rest = tokens[1], tokens[2:]
    words = [in_locale(document.get('x-label', {}), locale) or entity]
    if rest[:1] == ['properties'] and len(rest) > 1:
        more, href = _field_place(document, rest[1:], locale)
        return {'place': ' › '.join([*words, *more]), 'href': f'/studio/{entity}/fields?{href}'}
    words += named(document, rest, locale)
    page = PAGES.get(rest[0], 'entity') if rest else 'entity'
    query = {}
    if rest and rest[0] in CHOSEN and (key := _key_at(document, rest)):
        query[CHOSEN[rest[0]]] = key
    if page == 'layouts' and len(rest) > 1:
        query = _layout_query(rest[1:])
    anchor = f'#in-{rest[2]}' if len(rest) > 2 and page in {'rules', 'duplicates'} else f'#in-{rest[0]}' if rest else ''
    if page == 'calendar' and len(rest) > 1:
        anchor = f'#in-{rest[1]}'
    return {'place': ' › '.join(words), 'href': f'/studio/{entity}/{page}{"?" + urlencode(query) if query else ""}{anchor}'}


def _role_place(documents: Documents, role: str, tokens: Sequence[str], locale: str) -> dict[str, str]:
    """The cell, the field or the name that a finding in a role is about."""
    words = [in_locale(documents['role', role].get('x-label', {}), locale) or role]
    part, entity = tokens[0] if tokens else '', tokens[1] if len(tokens) > 1 else ''
    if entity and part in ('grants', 'fields'):
        words.append(in_locale(documents.get(('entity', entity), {}).get('x-label', {}), locale) or entity)
    if part == 'grants' and len(tokens) > 2:
        words.append(in_locale(ACTION_WORDS.get(tokens[2], {'en': tokens[2]}), locale))
    elif part == 'fields' and len(tokens) > 2:
        field = documents.get(('entity', entity), {}).get('properties', {}).get(tokens[2], {})
        words.append(in_locale(field.get('x-label', {}), locale) or tokens[2])
    href = f'/studio/roles/{role}/about' + (f'#in-{part}' if part.startswith('x-') else '')
    if part == 'x-home':
        href = f'/studio/roles/{role}/home#in-x-home'
    elif part == 'grants':
        whole = len(tokens) > 3 and tokens[3] in ('where', 'scope')
        href = f'/studio/roles/{role}/rights' + (f'/{entity}/{tokens[2]}' if whole else f'#row-{entity}' if entity else '')
    elif part == 'fields':
        known = ('entity', entity) in documents
        href = f'/studio/roles/{role}/fields' + (f'?{urlencode({"entity": entity})}' if known else '')
    return {'place': ' › '.join(words), 'href': href}


def _rule_place(documents: Documents, section: str, key: str, tokens: Sequence[str], locale: str) -> dict[str, str]:
    """The step of a workflow, or the part of a template, that a finding is about."""
    document = documents[RULES[section], key]
    words, href = [in_locale(document.get('x-label', {}), locale) or key], f'/studio/{section}/{key}'
    if section == 'templates':
        return {'place': ' › '.join([*words, *tokens[:2]]), 'href': href + (f'?locale={tokens[1]}' if len(tokens) > 1 else '')}
    node, step = document, ''
    for token in tokens:
        node = (
            node[int(token)]
            if isinstance(node, list) and token.isdecimal() and int(token) < len(node)
            else (node.get(token) if isinstance(node, Mapping) else None)
        )
        if isinstance(node, Mapping) and 'type' in node and 'key' in node:
            step = str(node['key'])
            words.append(in_locale(node.get('label', {}), locale) or step)
    head = f'@{tokens[0]}' if tokens and tokens[0] in ('trigger', 'condition') else '@name'
    return {'place': ' › '.join(words), 'href': f'{href}?{urlencode({"step": step or head})}'}


def _field_place(document: Document, tokens: Sequence[str], locale: str) -> tuple[list[str], str]:
    """Words and query of a field, or of a column of lines inside it."""
    key, inner = tokens[0], list(tokens[1:])
    part = document.get('properties', {}).get(key, {})
    words, query = [in_locale(part.get('x-label', {}), locale) or key], {'field': key}
    if inner[:2] == ['x-lines', 'properties'] and len(inner) > 2:
        line = part.get('x-lines', {}).get('properties', {}).get(inner[2], {})
        words.append(in_locale(line.get('x-label', {}), locale) or inner[2])
        query['line'], inner = inner[2], inner[3:]
    words += named(part, inner, locale)
    return words, urlencode(query) + (f'#in-{inner[0]}' if inner else '#field-editor')


def _layout_query(tokens: Sequence[str]) -> dict[str, str]:
    if tokens[0] == 'roles' and len(tokens) > 1:
        return {'role': tokens[1], **({'show': tokens[2]} if len(tokens) > 2 else {})}
    return {'show': 'form' if tokens[0] == 'tabs' else tokens[0]}


def _key_at(document: Document, tokens: Sequence[str]) -> str:
    """The key of the list entry that a pointer names by number."""
    entries = document.get(tokens[0])
    if len(tokens) > 1 and isinstance(entries, list) and tokens[1].isdecimal() and int(tokens[1]) < len(entries):
        return str(entries[int(tokens[1])].get('key', ''))
    return ''


def named(node: Any, tokens: Iterable[str], locale: str) -> list[str]:
    """Labels of the list entries that a pointer passes through."""
    words = []
    for token in tokens:
        if isinstance(node, list) and token.isdecimal() and int(token) < len(node):
            node = node[int(token)]
            if isinstance(node, Mapping) and ('label' in node or 'key' in node):
                words.append(in_locale(node.get('label', {}), locale) or str(node.get('key', '')))
        elif isinstance(node, Mapping):
            node = node.get(token)
    return words
