"""What came of an operation in one sentence, in the reader's language."""

from __future__ import annotations

from flask_babel import ngettext

from modules.operations.model import Operation


def done_text(found: Operation) -> str:
    """For toasts and lists: how many were changed, left as they were, and which values were kept."""
    done, left = found.counts.get('done', 0), found.counts.get('failed', 0) + found.counts.get('skipped', 0)
    kept = found.counts.get('kept', 0)
    parts = [_done(found.kind, done)]
    if left:
        parts.append(ngettext('%(num)s left as it was', '%(num)s left as they were', left))
    if kept:
        parts.append(ngettext('%(num)s value kept', '%(num)s values kept', kept))
    return ' · '.join(parts)


def _done(kind: str, done: int) -> str:
    if kind == 'delete':
        return ngettext('%(num)s record deleted', '%(num)s records deleted', done)
    if kind == 'restore':
        return ngettext('%(num)s record brought back', '%(num)s records brought back', done)
    if kind == 'undo':
        return ngettext('%(num)s record is as it was before', '%(num)s records are as they were before', done)
    if kind == 'assign':
        return ngettext('%(num)s record given over', '%(num)s records given over', done)
    return ngettext('%(num)s record changed', '%(num)s records changed', done)
