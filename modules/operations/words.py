"""What operations are called, in both languages, from their kind and parameters. Reads nothing."""

from __future__ import annotations

from collections.abc import Iterable

from modules.operations.model import Operation
from schema.base.text import in_sentence
from schema.catalog import Entity
from schema.definitions import Texts, in_locale

_SHAPES = {
    'edit': {'en': 'Change {what} of {count} {many}', 'vi': 'Sửa {what} của {count} {many}'},
    'assign': {'en': 'Give {count} {many} to {what}', 'vi': 'Giao {count} {many} cho {what}'},
    'stage': {'en': 'Move {count} {many} to {what}', 'vi': 'Chuyển {count} {many} sang {what}'},
    'pipeline': {
        'en': 'Move {count} {many} to the pipeline {what}',
        'vi': 'Chuyển {count} {many} sang chuỗi giai đoạn {what}',
    },
    'delete': {'en': 'Delete {count} {many}', 'vi': 'Xóa {count} {many}'},
    'restore': {'en': 'Bring back {count} {many}', 'vi': 'Khôi phục {count} {many}'},
    'pool': {'en': 'Put {count} {many} into “{what}”', 'vi': 'Đưa {count} {many} vào “{what}”'},
    'import': {'en': 'Import {what} into {many}', 'vi': 'Nhập {what} vào {many}'},
    'merge': {'en': 'Merge {count} {many} into “{what}”', 'vi': 'Gộp {count} {many} vào “{what}”'},
    'share': {'en': 'Share {count} {many} with {what}', 'vi': 'Chia sẻ {count} {many} với {what}'},
    'workflow': {'en': 'Run “{what}” for {count} {many}', 'vi': 'Chạy “{what}” cho {count} {many}'},
    'tag': {'en': 'Tag {count} {many}: {what}', 'vi': 'Gắn nhãn {count} {many}: {what}'},
    'undo': {'en': 'Undo: {what}', 'vi': 'Hoàn tác: {what}'},
}
STATES: dict[str, Texts] = {
    'waiting': {'en': 'waiting', 'vi': 'đang chờ'},
    'running': {'en': 'running', 'vi': 'đang chạy'},
    'done': {'en': 'done', 'vi': 'đã xong'},
    'failed': {'en': 'failed', 'vi': 'bị dừng'},
    'undoing': {'en': 'being undone', 'vi': 'đang hoàn tác'},
    'undone': {'en': 'undone', 'vi': 'đã hoàn tác'},
    'partly': {'en': 'partly undone', 'vi': 'đã hoàn tác một phần'},
}


def title(kind: str, entity: Entity, count: int | None = None, what: Texts | None = None) -> Texts:
    """`{locale: text}`; one record is named in the singular."""
    shapes, definition = _SHAPES[kind], entity.definition
    return {
        tongue: shape.format(
            count='' if count is None else f'{count:,}'.replace(',', '.' if tongue == 'vi' else ','),
            many=in_sentence(definition.label_in(tongue) if count == 1 else definition.plural_in(tongue)),
            what=in_locale(what or {}, tongue),
        )
        for tongue, shape in shapes.items()
    }


def listed(parts: Iterable[Texts]) -> Texts:
    """Several texts as one, in each language."""
    found = list(parts)
    return {tongue: ', '.join(in_locale(each, tongue) for each in found) for tongue in ('en', 'vi')}


def over(found: Operation, *, failed: bool) -> Texts:
    """What the person who began it is told when the worker has carried it out."""
    done, left = found.counts.get('done', 0), found.counts.get('failed', 0) + found.counts.get('skipped', 0)
    ends = {
        'en': ('was stopped' if failed else 'is done', f'{done:,} changed', f'{left:,} left as they were'),
        'vi': (
            'đã bị dừng' if failed else 'đã xong', f'{done:,} đã thay đổi'.replace(',', '.'),
            f'{left:,} giữ nguyên'.replace(',', '.'),
        ),
    }  # fmt: skip
    return {
        tongue: f'“{in_locale(found.title, tongue)}” {end}: {changed}' + (f', {kept}' if left else '')
        for tongue, (end, changed, kept) in ends.items()
    }


def undo_title(undone: Texts) -> Texts:
    return {tongue: shape.format(what=in_locale(undone, tongue)) for tongue, shape in _SHAPES['undo'].items()}
