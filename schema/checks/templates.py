"""Mail templates: their entity exists, their text can be read, what it names exists. Rendering is not done here."""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import TemplateSyntaxError

from schema.base.findings import Finding, escape_pointer, finding
from schema.checks.target import EntityView, Target, mapping, shown
from schema.merging import EACH, UNREADABLE, Named, Path, names_in, parse

BODIES = ('subject', 'html', 'text')
LINKS = ('link', 'links')
LISTS = ('links', 'lines')
LANGUAGE_TYPES = ('picklist', 'text')


def check(target: Target) -> Iterator[Finding]:
    for _, pointer, template in target.of_kind('template'):
        name = template.get('entity')
        yield from target.unknown('entity', name, f'{pointer}/entity')
        entity = target.entities.get(name) if isinstance(name, str) else None
        if entity and isinstance(language := template.get('locale_field'), str):
            yield from _of_type(entity, language, LANGUAGE_TYPES, f'{pointer}/locale_field')
        for part in BODIES:
            for locale, text in mapping(template.get(part)).items():
                if isinstance(text, str):
                    yield from _check_text(target, text, f'{pointer}/{part}/{escape_pointer(locale)}', entity)


def _check_text(target: Target, text: str, pointer: str, entity: EntityView | None) -> Iterator[Finding]:
    try:
        named = list(dict.fromkeys(each.path for each in _names(text)))
    except TemplateSyntaxError as error:
        yield finding('SCH-E094', pointer, line=error.lineno, reason=error.message)
        return
    except UNREADABLE as error:
        yield finding('SCH-E094', pointer, line=1, reason=type(error).__name__)
        return
    found = [each for path in named for each in _check_path(target, entity, path, pointer)] if entity else []
    yield from (each for number, each in enumerate(found) if each not in found[:number])


def _names(text: str) -> Iterator[Named]:
    return names_in(parse(text))


def _check_path(target: Target, entity: EntityView, path: Path, pointer: str) -> Iterator[Finding]:
    head, *rest = path
    if head == 'record' and rest:
        yield from _check_own(target, entity, rest, pointer)
    elif head == 'related' and len(rest) >= 2:
        yield from target.unknown('entity', rest[0], pointer)
        holder = target.entities.get(rest[0])
        if holder is None:
            return
        wrong = list(_of_type(holder, rest[1], LINKS, pointer))
        yield from wrong
        if not wrong and entity.key not in holder.targets(rest[1]):
            yield finding('SCH-E097', pointer, value=shown(f'{rest[0]}.{rest[1]}'), entity=shown(entity.key))
        yield from (each for name in rest[3:4] for each in holder.unknown(name, pointer))


def _check_own(target: Target, entity: EntityView, names: list[str], pointer: str) -> Iterator[Finding]:
    """A field of the record, one of what it links to, or one of each of its list."""
    wrong = entity.unknown(names[0], pointer)
    yield from wrong
    if wrong or len(names) < 2 or not entity.has_fields or entity.type_key(names[0]) is None:
        return
    is_list = names[1] == EACH
    yield from _of_type(entity, names[0], LISTS if is_list else ('link',), pointer)
    further = entity.lines(names[0])
    if further is None:
        further = next((target.entities.get(each) for each in entity.targets(names[0])), None)
    if further is not None:
        yield from (each for name in names[2 if is_list else 1 :][:1] for each in further.unknown(name, pointer))


def _of_type(entity: EntityView, name: str, kinds: tuple[str, ...], pointer: str) -> Iterator[Finding]:
    yield from entity.unknown(name, pointer)
    kind = entity.type_key(name)
    if kind and kind not in kinds:
        hint = entity.hints.nearest(name, [each for each in entity.properties if entity.type_key(each) in kinds])
        yield finding('SCH-E091', pointer, value=shown(name), type=kind, choices=kinds, hint=hint)
