"""Where-used in words: which parts of a schema name an entity or a field, and whom the changes of a plan concern. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from migrations.references import Place, walk
from schema import changes
from schema.base.findings import escape_pointer
from schema.definitions import Texts, in_locale
from schema.loading import Documents

NOUNS: Mapping[str, Texts] = {
    **changes.NOUNS,
    'entity': {'en': 'entity', 'vi': 'loại hồ sơ'},
    'required': {'en': 'required fields of', 'vi': 'trường bắt buộc của'},
    'title': {'en': 'title of', 'vi': 'tiêu đề của'},
    'rule': {'en': 'validation rule', 'vi': 'quy tắc kiểm tra'},
    'index': {'en': 'indexes of', 'vi': 'chỉ mục của'},
    'layout': {'en': 'layouts of', 'vi': 'bố cục của'},
    'related': {'en': 'related lists of', 'vi': 'danh sách liên quan của'},
    'link': {'en': 'link', 'vi': 'liên kết'},
    'condition': {'en': 'condition of field', 'vi': 'điều kiện của trường'},
    'option_filter': {'en': 'option filter of field', 'vi': 'bộ lọc lựa chọn của trường'},
    'formula': {'en': 'formula', 'vi': 'công thức'},
    'default': {'en': 'default of field', 'vi': 'giá trị mặc định của trường'},
    'rollup': {'en': 'rollup', 'vi': 'trường tổng hợp'},
    'through': {'en': 'field read through a link', 'vi': 'trường đọc qua liên kết'},
    'calendar': {'en': 'calendar of', 'vi': 'cách hiện trên lịch của'},
    'pool': {'en': 'pool', 'vi': 'kho'},
    'assignment': {'en': 'assignment rule', 'vi': 'quy tắc phân bổ'},
    'saved_view': {'en': 'saved view', 'vi': 'cách xem'},
    'cards': {'en': 'board cards of', 'vi': 'thẻ trên bảng của'},
    'columns': {'en': 'list columns of', 'vi': 'cột danh sách của'},
    'pack': {'en': 'pack', 'vi': 'gói'},
}
CHANGES: Mapping[str, Texts] = {
    'dropped': {'en': '{place} names {part}, which is removed', 'vi': '{place} có dùng {part}, là phần sắp bỏ'},
    'renamed': {'en': '{place} names {part} and follows its new key', 'vi': '{place} có dùng {part} và sẽ theo khóa mới'},
    'converted': {'en': '{place} names {part}, whose type changes', 'vi': '{place} có dùng {part}, là trường sắp đổi kiểu'},
}


OF_PACKS: Mapping[str, Texts] = {
    'dropped': {'en': '{place} brings {part}, which is removed', 'vi': '{place} có {part}, là phần sắp bỏ'},
    'renamed': {'en': '{place} knows {part} by its former key, which goes on working',
                'vi': '{place} biết {part} theo khóa cũ, khóa đó vẫn dùng được'},
    'converted': {'en': '{place} brings {part} with its former type', 'vi': '{place} có {part} với kiểu cũ'},
}  # fmt: skip
"""A pack is a file: nothing in it follows."""


@dataclass(frozen=True)
class Mention:
    """One part that names an entity (`field` None) or one of its fields, at `pointer`."""

    entity: str
    field: str | None
    pointer: str
    noun: str
    label: Texts

    def describe(self, locale: str) -> str:
        return f'{in_locale(NOUNS[self.noun], locale)} {in_locale(self.label, locale)}'


@dataclass(frozen=True)
class Mentioned:
    """A mention of what a plan changes; `part` points to it in the present schema, `change` is a key of `CHANGES`."""

    part: str
    part_label: Texts
    change: str
    pointer: str
    noun: str
    label: Texts

    def describe(self, locale: str) -> str:
        """One sentence."""
        place = f'{in_locale(NOUNS[self.noun], locale)} {in_locale(self.label, locale)}'
        texts = OF_PACKS if self.noun == 'pack' else CHANGES
        text = in_locale(texts[self.change], locale).format(place=place, part=in_locale(self.part_label, locale))
        return text[:1].upper() + text[1:]

    def as_wire(self, locale: str) -> dict[str, Any]:
        return {
            'part': self.part,
            'change': self.change,
            'pointer': self.pointer,
            'noun': self.noun,
            'text': self.describe(locale),
        }


class _Collector:
    def __init__(self) -> None:
        self.found: list[Mention] = []

    def entity(self, key: str, place: Place) -> str:
        self.found.append(Mention(key, None, place.pointer, place.noun, place.label))
        return key

    def field(self, entity: str, key: str, place: Place) -> str:
        self.found.append(Mention(entity, key, place.pointer, place.noun, place.label))
        return key

    def role(self, key: str, place: Place) -> str:
        return key


def all_mentions(documents: Documents) -> list[Mention]:
    """Every place that names an entity or a field, in the order of the documents."""
    collector = _Collector()
    walk(documents, collector)
    return collector.found


def where_used(
    documents: Documents, entity: str, field: str | None = None, others: Sequence[Mention] = ()
) -> list[Mention]:  # fmt: skip
    """Who names an entity, or one of its fields; each part once. `others` are mentions beside the schema."""
    return uses_by_field(documents, entity, others).get(field, [])


def uses_by_field(documents: Documents, entity: str, others: Sequence[Mention] = ()) -> dict[str | None, list[Mention]]:
    """As `where_used`, for an entity (None) and each of its fields that somebody names."""
    found: dict[str | None, dict[Any, Mention]] = {}
    for each in (*all_mentions(documents), *others):
        if each.entity == entity:
            part = (each.noun, tuple(each.label.items()), _holder(each.pointer))
            found.setdefault(each.field, {})[part] = each
    return {field: list(mentions.values()) for field, mentions in found.items()}


def touched_mentions(base: Documents, target: Documents, others: Sequence[Mention] = ()) -> list[Mentioned]:
    """Who names what a plan drops, renames or gives another type; pointers are into the present schema. `others` are mentions
    beside it."""
    changed = {(entity, name): (change, label) for entity, name, change, label in _changed(base, target)}
    if not changed:
        return []
    found: dict[Any, Mentioned] = {}
    for each in (*all_mentions(base), *others):
        about = changed.get((each.entity, each.field))
        if about is None:
            continue
        part = f'/entities/{escape_pointer(each.entity)}'
        if each.field is not None:
            part += f'/properties/{escape_pointer(each.field)}'
        mentioned = Mentioned(part, about[1], about[0], each.pointer, each.noun, each.label)
        found.setdefault((part, each.noun, _holder(each.pointer), tuple(each.label.items())), mentioned)
    return list(found.values())


def _changed(base: Documents, target: Documents) -> Iterator[tuple[str, str | None, str, Texts]]:
    after = {document['x-ref']: (key, document) for (kind, key), document in target.items() if kind == 'entity'}
    for (kind, key), document in base.items():
        if kind != 'entity':
            continue
        label = document.get('x-label') or {'en': key}
        new_key, new = after.get(document['x-ref'], (None, None))
        if new is None or new_key != key:
            yield key, None, 'dropped' if new is None else 'renamed', label
        by_ref = {part['x-ref']: (name, part) for name, part in (new or {}).get('properties', {}).items()}
        for name, part in document.get('properties', {}).items():
            new_name, new_part = by_ref.get(part['x-ref'], (None, None))
            words = part.get('x-label') or {'en': name}
            if new_part is None:
                if new is not None:
                    yield key, name, 'dropped', words
            elif new_part['x-type'] != part['x-type']:
                yield key, name, 'converted', words
            elif new_name != name:
                yield key, name, 'renamed', words


def _holder(pointer: str) -> str:
    """The document and its part; places inside one layout or one text count once."""
    return '/'.join(pointer.split('/')[:5])
