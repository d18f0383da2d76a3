"""What a plan does to roles and their people, as the review page shows it. Knows no other part of a schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from migrations.plans import Impact, StoredPlan
from schema import changes
from schema.definitions import Document, in_locale
from schema.role_changes import right_changes

BLANK = '@blank'
PREFIX = '/roles/'
_ENDS = (changes.DropPart,)
_CHANGES = (changes.ChangePart, changes.RenamePart)
ABOUT: Mapping[str, tuple[type[changes.Change], ...]] = {
    'MIG-W040': _CHANGES, 'MIG-W041': _CHANGES, 'MIG-W045': (changes.AddPart,),
    'MIG-E040': _ENDS, 'MIG-E041': _ENDS, 'MIG-W042': _ENDS, 'MIG-W043': _ENDS,
}  # fmt: skip


def is_about(impact: Impact, change: changes.PartChange) -> bool:
    """Whether a consequence belongs to this change of a role."""
    params, pointer = impact.finding.params, impact.finding.pointer
    return params.get('ref') == change.ref or pointer in (change.pointer, f'/remap/{change.ref}')


def remap_of(plan: StoredPlan, change: changes.DropPart, locale: str) -> dict[str, Any]:
    """What people of a role that goes get instead: asked while undecided, shown and changeable once chosen."""
    decided, chosen = change.ref in plan.remap, plan.remap.get(change.ref)
    choices = [
        {'key': key, 'label': in_locale(document.get('x-label', {}), locale) or key}
        for (kind, key), document in plan.documents.items()
        if kind == 'role'
    ]
    return {
        'ref': change.ref, 'decided': decided, 'chosen': BLANK if decided and chosen is None else chosen or '',
        'choices': choices, 'may_be_blank': True, 'people': True,
    }  # fmt: skip


def told(impact: Impact, locale: str) -> dict[str, Any]:
    """Widened and narrowed rights as a list under one line; everything else speaks for itself."""
    said = [in_locale(each, locale) for each in impact.finding.params.get('changes', ())]
    if not said:
        return {}
    if impact.finding.code == 'MIG-W040':
        return {'text': ngettext('Wider, for %(num)s person', 'Wider, for %(num)s people', impact.count), 'lines': said}
    return {'text': ngettext('Narrower, for %(num)s person', 'Narrower, for %(num)s people', impact.count), 'lines': said}


def beginning(plan: StoredPlan, pointer: str, locale: str) -> str:
    """What a new role may do, in one line."""
    key = pointer.removeprefix(PREFIX).replace('~1', '/').replace('~0', '~')
    role: Document = plan.documents.get(('role', key), {})
    return '; '.join(in_locale(each.said, locale) for each in right_changes({}, role, plan.documents, plan.documents))


def _people(impact: Impact) -> tuple[str, str, str]:
    return 'warn', 'users', ngettext('%(num)s person', '%(num)s people', impact.count)


TAGS: Mapping[str, Callable[[Impact], tuple[str, str, str]]] = {
    'MIG-W040': lambda impact: ('warn', 'lock-open', _('More rights')),
    'MIG-W041': lambda impact: ('new', 'lock', _('Fewer rights')),
    'MIG-W042': _people, 'MIG-W043': _people, 'MIG-W045': _people,
    'MIG-E040': lambda impact: ('bad', 'users', ngettext('Decide on %(num)s person', 'Decide on %(num)s people', impact.count)),
    'MIG-E041': lambda impact: ('bad', 'alert-circle', _('Choose again')),
}  # fmt: skip
