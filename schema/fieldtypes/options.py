"""What the types with declared options share: options by ref, key and label. Rows hold refs, the wire holds keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schema.base.text import fold
from schema.definitions import FieldDef, OptionDef, StageDef
from schema.fieldtypes.base import Refused

Option = OptionDef | StageDef
MARK = '|'


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
    """By key, by a former key, or by label in any locale, blind to case and accents."""
    wanted = fold(text)
    if (named := option_by_key(field, text)) is not None:
        return named
    for option in field.options:
        if wanted in {fold(label) for label in option.label.values()}:
            return option
    return None


def known_ref(field: FieldDef, ref: Any) -> Any:
    if ref is not None and option_by_ref(field, ref) is None:
        raise Refused('REC-E014', value=str(ref)[:60], choices='')
    return ref


def ref_of(field: FieldDef, key: Any) -> str:
    option = option_by_key(field, key)
    if option is None:
        labels = [option.key for option in field.options if not option.retired]
        raise Refused('REC-E014', value=str(key)[:60], choices=', '.join(labels) if len(labels) <= 8 else f'{len(labels)}')
    return option.ref
