"""What the types with declared options share: options by ref, key and label. Rows hold refs, the wire holds keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from schema.base.text import fold
from schema.definitions import FieldDef, OptionDef, StageDef, in_locale
from schema.fieldtypes.base import Refused

Option = OptionDef | StageDef
MARK = '|'
MOST_TOLD = 8
_TOLD_APART = re.compile(r'(.+) \(([a-z0-9_]+)\)')
_BREAKS = re.compile('[,;]')


def option_by_ref(field: FieldDef, ref: str) -> Option | None:
    return next((option for option in field.options if option.ref == ref), None)


def option_by_key(field: FieldDef, key: Any) -> Option | None:
    """By key or by a former key."""
    found = next((option for option in field.options if option.key == key), None)
    return found or next((option for option in field.options if key in option.aliases), None)


def former_options(field: FieldDef, wire: Any) -> Iterator[tuple[str, str]]:
    """`(ref, former key)` of every option that a wire value, or a list of them, names by a former key."""
    for key in wire if isinstance(wire, list) else [wire]:
        option = option_by_key(field, key) if isinstance(key, str) else None
        if option is not None and option.key != key:
            yield option.ref, key


def find_option(field: FieldDef, text: str) -> Option | None:
    """By key, by a former key, or by label in any locale, blind to case and accents; of options that read alike the first that
    may be chosen and is spelled so, unless the key stands behind the label as `spellings` puts it."""
    if (named := option_by_key(field, text)) is not None:
        return named
    if told := _TOLD_APART.fullmatch(text):
        named = option_by_key(field, told[2])
        if named is not None and fold(told[1]) in _names(named):
            return named
    return next(iter(_readings(field, text)), None)


def alike(field: FieldDef, text: str) -> list[Option]:
    """The options that may be chosen and that a text may mean alike; empty when it is the key of one, or one is plain."""
    if option_by_key(field, text) is not None:
        return []
    found = [option for option in _readings(field, text) if not option.retired]
    spelled = [option for option in found if text in option.label.values()]
    return found if len(found) > 1 and len(spelled) != 1 else []


def _readings(field: FieldDef, text: str) -> list[Option]:
    """The options whose labels a text folds to, or did before where none does now: those that may be chosen first, and among
    them those that are spelled so."""
    wanted = fold(text)
    found = [option for option in field.options if wanted in _names(option)]
    found = found or [option for option in field.options if wanted in map(fold, option.former_labels)]
    return sorted(found, key=lambda option: (option.retired, text not in option.label.values()))


def former_labels(field: FieldDef, text: str) -> Iterator[tuple[str, str]]:
    """`(ref, former label)` of every option that a cell of a file names by a label of former times and by nothing of today."""
    for word in map(str.strip, _BREAKS.split(text) if field.type == 'multi_picklist' else [text]):
        found = None if option_by_key(field, word) or alike(field, word) else find_option(field, word)
        if found is not None and fold(word) not in _names(found):
            yield from ((found.ref, label) for label in found.former_labels if fold(label) == fold(word))


def spellings(field: FieldDef, locale: str) -> dict[str, str]:
    """How cells of files spell each option, by ref: its label, with the key behind it where that would be read as another
    option; the key alone where several share a cell and the label would fall apart in it."""
    keys = {name: option.ref for option in field.options for name in (option.key, *option.aliases)}
    readers: dict[str, set[str]] = {}
    for option in field.options:
        for name in _names(option):
            readers.setdefault(name, set()).add(option.ref)
    spelled = {}
    for option in field.options:
        label = in_locale(option.label, locale) or option.key
        alone = keys.get(label, option.ref) == option.ref and readers.get(fold(label), {option.ref}) == {option.ref}
        text = label if alone else f'{label} ({option.key})'
        spelled[option.ref] = option.key if field.type == 'multi_picklist' and _BREAKS.search(text) else text
    return spelled


def _names(option: Option) -> set[str]:
    return {fold(label) for label in option.label.values()}


def known_ref(field: FieldDef, ref: Any) -> Any:
    if ref is not None and option_by_ref(field, ref) is None:
        raise Refused('REC-E014', value=str(ref)[:60], choices='')
    return ref


def ref_of(field: FieldDef, key: Any) -> str:
    """Raises: Refused REC-E014 no option's key, REC-E071 the label of several: which one is meant is never guessed."""
    option = option_by_key(field, key)
    if option is None:
        if isinstance(key, str) and (same := alike(field, key)):
            raise Refused('REC-E071', value=key, choices=', '.join(f'{key} ({each.key})' for each in same))
        open_ones = [option for option in field.options if not option.retired]
        told = {'choices': ', '.join(option.key for option in open_ones), 'named_choices': _named(open_ones)}
        number = str(len(open_ones))
        raise Refused('REC-E014', value=str(key)[:60], **(told if len(open_ones) <= MOST_TOLD else dict.fromkeys(told, number)))
    return option.ref


def _named(options: Sequence[Option]) -> dict[str, str]:
    """The labels by locale, for those who choose among labels and never see a key."""
    locales = dict.fromkeys(locale for option in options for locale in option.label)
    return {locale: ', '.join(in_locale(option.label, locale) or option.key for option in options) for locale in locales}
