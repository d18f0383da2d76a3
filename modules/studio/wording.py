"""One change as a person reads it: an icon and a sentence with what goes and what comes marked. Knows no plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup

from schema import changes
from schema.definitions import Document, in_locale
from schema.fieldtypes.registry import FIELD_TYPES
from schema.loading import Documents

NOUN_ICONS = {'stage': 'arrow-ramp-right', 'option': 'list', 'duplicate_rule': 'copy', 'pipeline': 'route',
              'role': 'shield-lock', 'workflow': 'bolt', 'template': 'mail', 'view': 'layout-list',
              'report': 'chart-bar'}  # fmt: skip


@dataclass(frozen=True)
class Said:
    """`icon`, the `sentence` as markup, and a `detail` line that may be empty."""

    icon: str
    sentence: Markup
    detail: str = ''


@dataclass
class Wording:
    """Sentences about what turns `base` into `target`, in one language."""

    base: Documents
    target: Documents
    locale: str

    def __post_init__(self) -> None:
        self._former, self._latter = _by_ref(self.base), _by_ref(self.target)

    def say(self, change: changes.Change) -> Said:
        """Raises nothing: a kind of change without words of its own is told in those of the diff."""
        speaker = SPEAKERS.get(type(change))
        return speaker(self, change) if speaker else Said('pencil', Markup('%s') % change.describe(self.locale))

    def text(self, texts: Any) -> str:
        return in_locale(texts, self.locale) if isinstance(texts, Mapping) else str(texts)

    def renamed(self, ref: str) -> tuple[str, str]:
        """The label of a part before and after."""
        former, latter = (self.text(index.get(ref, {}).get('label', {})) for index in (self._former, self._latter))
        return former, latter

    def differences(self, ref: str) -> str:
        """What differs in a part beside its label: `chance 10 → 20 · colour`; of a stage also where it stands."""
        old, new = self._former.get(ref, {}), self._latter.get(ref, {})
        told = []
        for name in dict.fromkeys([*old, *new]):
            words = changes.PART_KEYWORDS.get(name)
            if words is None or name == 'label' or old.get(name) == new.get(name):
                continue
            plain = all(isinstance(each.get(name), int) for each in (old, new)) and name not in {'hue', 'retired'}
            plain = plain or name == 'pipeline'
            word = in_locale(words, self.locale)
            told.append(f'{word} {self.text(old[name])} → {self.text(new[name])}' if plain else word)
        return ' · '.join(told)


def _by_ref(documents: Documents) -> dict[str, dict[str, Any]]:
    """Parts with a key of their own; a stage with the label of its `pipeline`."""
    found = {part['ref']: dict(part) for part in _parts(list(documents.values()))}
    for pipeline in [each for document in documents.values() for each in document.get('x-pipelines', ())]:
        for stage in pipeline['stages']:
            found[stage['ref']]['pipeline'] = pipeline.get('label') or pipeline['key']
    return found


def _parts(node: Any) -> Iterator[Document]:
    if isinstance(node, Mapping):
        if isinstance(node.get('ref'), str) and 'key' in node:
            yield node
        for part in node.values():
            yield from _parts(part)
    elif isinstance(node, list):
        for part in node:
            yield from _parts(part)


def _marked(template: str, **words: Any) -> Markup:
    said = Markup(template) % words
    return Markup(said[:1].upper() + said[1:])


def _ins(text: str) -> Markup:
    return Markup('<ins>%s</ins>') % text


def _del(text: str) -> Markup:
    return Markup('<del>%s</del>') % text


def _add_entity(wording: Wording, change: changes.AddEntity) -> Said:
    key = change.pointer.rsplit('/', 1)[-1]
    fields = wording.target.get(('entity', key), {}).get('properties', {})
    names = ', '.join(wording.text(part.get('x-label', {})) or name for name, part in fields.items())
    return Said('plus', _marked(_('New entity %(label)s'), label=_ins(wording.text(change.label))), names)


def _drop_entity(wording: Wording, change: changes.DropEntity) -> Said:
    return Said('trash', _marked(_('Entity %(label)s goes'), label=_del(wording.text(change.label))))


def _change_entity(wording: Wording, change: changes.ChangeEntity) -> Said:
    return Said('pencil', _marked(_('Change of %(keyword)s'), keyword=_ins(wording.text(change.keyword))))


def _rename_entity(wording: Wording, change: changes.RenameEntity) -> Said:
    said = _marked(_('Key %(old)s becomes %(new)s'), old=_del(change.old), new=_ins(change.new))
    return Said('cursor-text', said, _('Files, filters and programs that use the old name keep working.'))


def _add_field(wording: Wording, change: changes.AddField) -> Said:
    words = {'label': _ins(wording.text(change.label)), 'type': wording.text(change.type)}
    return Said('plus', _marked(_('New field %(label)s, type %(type)s'), **words))


def _drop_field(wording: Wording, change: changes.DropField) -> Said:
    said = _marked(_('Field %(label)s goes'), label=_del(wording.text(change.label)))
    return Said('trash', said, _('Its values are kept and return when you go back.'))


def _rename_field(wording: Wording, change: changes.RenameField) -> Said:
    words = {'label': _ins(wording.text(change.label)), 'old': _del(change.old), 'new': _ins(change.new)}
    detail = _('Files, filters and programs that use the old name keep working.')
    return Said('cursor-text', _marked(_('Key of field %(label)s: %(old)s becomes %(new)s'), **words), detail)


def _change_type(wording: Wording, change: changes.ChangeType) -> Said:
    words = {'label': _ins(wording.text(change.label)), 'old': wording.text(change.old), 'new': _ins(wording.text(change.new))}
    part = _field_of(wording.target, change)
    found = FIELD_TYPES.find(part.get('x-type', ''))
    return Said(found.icon if found else 'switch-horizontal', _marked(_('%(label)s turns from %(old)s into %(new)s'), **words))


def _field_of(documents: Documents, change: changes.FieldChange) -> Document:
    for (kind, _key), document in documents.items():
        if kind == 'entity' and document['x-ref'] == change.entity_ref:
            for part in document['properties'].values():
                if part['x-ref'] == change.ref:
                    found: Document = part
                    return found
    return {}


def _make_required(wording: Wording, change: changes.MakeRequired) -> Said:
    said = _marked(_('%(label)s is required'), label=_ins(wording.text(change.label)))
    return Said('asterisk', said, _('No record is locked; the next edit asks for it.'))


def _make_optional(wording: Wording, change: changes.MakeOptional) -> Said:
    return Said('asterisk', _marked(_('%(label)s is no longer required'), label=_ins(wording.text(change.label))))


def _make_unique(wording: Wording, change: changes.MakeUnique) -> Said:
    return Said('fingerprint', _marked(_('%(label)s takes each value only once'), label=_ins(wording.text(change.label))))


def _drop_unique(wording: Wording, change: changes.DropUnique) -> Said:
    return Said('fingerprint', _marked(_('%(label)s may hold the same value twice'), label=_ins(wording.text(change.label))))


def _change_field(wording: Wording, change: changes.ChangeField) -> Said:
    old, new = wording.text(change.old or {}), wording.text(change.new or {})
    if change.keyword == changes.KEYWORDS['x-label'] and old != new:
        return Said('cursor-text', _marked(_('Field %(old)s is now called %(new)s'), old=_del(old), new=_ins(new)))
    words = {'keyword': wording.text(change.keyword), 'label': _ins(wording.text(change.label))}
    simple = (int, str)
    told = isinstance(change.old, simple) and isinstance(change.new, simple) and not isinstance(change.new, bool)
    return Said('pencil', _marked(_('Change of %(keyword)s of %(label)s'), **words), f'{old} → {new}' if told else '')


def _noun(wording: Wording, change: changes.PartChange | changes.ReorderParts) -> str:
    noun = wording.text(change.noun)
    tokens = change.pointer.split('/')
    if len(tokens) < 6 or tokens[3] != 'properties':
        return noun
    for documents in (wording.target, wording.base):
        part = documents.get(('entity', tokens[2]), {}).get('properties', {}).get(tokens[4])
        if part:
            return _('%(field)s: %(noun)s', field=wording.text(part.get('x-label', {})) or tokens[4], noun=noun)
    return noun


def _icon(change: changes.PartChange | changes.ReorderParts) -> str:
    name = next((key for key, texts in changes.NOUNS.items() if texts == change.noun), '')
    return NOUN_ICONS.get(name, 'pencil')


def _add_part(wording: Wording, change: changes.AddPart) -> Said:
    words = {'noun': _noun(wording, change), 'label': _ins(wording.text(change.label))}
    return Said('plus', _marked(_('%(noun)s %(label)s is new'), **words))


def _drop_part(wording: Wording, change: changes.DropPart) -> Said:
    words = {'noun': _noun(wording, change), 'label': _del(wording.text(change.label))}
    return Said('arrow-merge' if _icon(change) in {'list', 'arrow-ramp-right'} else 'trash',
                _marked(_('%(noun)s %(label)s goes'), **words))  # fmt: skip


def _rename_part(wording: Wording, change: changes.RenamePart) -> Said:
    words = {'noun': _noun(wording, change), 'label': _ins(wording.text(change.label)), 'old': change.old, 'new': change.new}
    return Said('cursor-text', _marked(_('%(noun)s %(label)s: key %(old)s becomes %(new)s'), **words))


def _change_part(wording: Wording, change: changes.ChangePart) -> Said:
    old, new = wording.renamed(change.ref)
    detail = wording.differences(change.ref)
    if old and new and old != new:
        words = {'noun': _noun(wording, change), 'old': _del(old), 'new': _ins(new)}
        return Said('cursor-text', _marked(_('%(noun)s %(old)s is now called %(new)s'), **words), detail)
    words = {'noun': _noun(wording, change), 'label': _ins(wording.text(change.label))}
    return Said(_icon(change), _marked(_('%(noun)s %(label)s changes'), **words), detail)


def _reorder(wording: Wording, change: changes.ReorderParts) -> Said:
    return Said('arrows-sort', _marked(_('%(noun)s: new order'), noun=_noun(wording, change)))


SPEAKERS: Mapping[type[changes.Change], Callable[[Wording, Any], Said]] = {
    changes.AddEntity: _add_entity,
    changes.DropEntity: _drop_entity,
    changes.ChangeEntity: _change_entity,
    changes.RenameEntity: _rename_entity,
    changes.AddField: _add_field,
    changes.DropField: _drop_field,
    changes.RenameField: _rename_field,
    changes.ChangeType: _change_type,
    changes.MakeRequired: _make_required,
    changes.MakeOptional: _make_optional,
    changes.MakeUnique: _make_unique,
    changes.DropUnique: _drop_unique,
    changes.ChangeField: _change_field,
    changes.AddPart: _add_part,
    changes.DropPart: _drop_part,
    changes.RenamePart: _rename_part,
    changes.ChangePart: _change_part,
    changes.ReorderParts: _reorder,
}
