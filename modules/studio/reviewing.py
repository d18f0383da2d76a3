"""A stored plan as the review page shows it: changes by entity, what each means for live records, what must be decided."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode

from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _

from migrations.estimates import LOCKS, duration_text
from migrations.plans import Impact, StoredPlan
from modules.studio import role_reviewing
from modules.studio.answering import part_at, suggestion, typed_of, with_stages
from modules.studio.service import told_changes
from modules.studio.wording import Wording
from schema import changes
from schema.base.findings import Finding, escape_pointer
from schema.definitions import Document, in_locale
from schema.loading import Documents

SAMPLE_ROWS = 10
RISKS = {'safe': 'ok', 'careful': 'warn', 'loss': 'bad'}
ABOUT: Mapping[str, tuple[type[changes.Change], ...]] = {
    'MIG-W001': (changes.DropField,),
    'MIG-W002': (changes.MakeRequired, changes.AddField),
    'MIG-W003': (changes.ChangeType,),
    'MIG-W004': (changes.DropEntity,),
    'MIG-W007': (changes.AddField,),
    'MIG-W008': (changes.ChangeField,),
    'MIG-W009': (changes.ChangeType,),
    'MIG-W010': (changes.ChangeField,),
    'MIG-W011': (changes.ChangeType,),
    'MIG-W012': (changes.ChangeType,),
    'MIG-E012': (changes.ChangeType,),
    'MIG-E022': (changes.ChangeType,),
    'MIG-E014': (changes.DropPart,),
    'MIG-W005': (changes.DropPart,),
    'MIG-E017': (changes.DropPart,),
    'MIG-E016': (changes.MakeUnique, changes.AddField, changes.ChangeType),
    'MIG-W020': (changes.AddPart, changes.ChangePart),
    'MIG-W021': (changes.ChangeField, changes.AddField),
    'MIG-W030': (changes.AddField, changes.ChangeField, changes.ChangeType),
    'MIG-W031': (changes.AddField, changes.ChangeField, changes.ChangeType),
    'MIG-E030': (changes.AddPart, changes.ChangePart),
    **role_reviewing.ABOUT,
}
RULES = '/workflows/'
LARGE = re.compile(r'\d{4,}')
WAITS = ('moment', 'writers', 'rows')
"""Who waits, the worst first."""
TOUCHING = ('MIG-W003', 'MIG-W005', 'MIG-W009', 'MIG-E014')


class Review:
    """One plan in the words of one person. `base` are the documents it was made from."""

    def __init__(self, plan: StoredPlan, base: Documents, locale: str) -> None:
        self.plan, self.base, self.locale = plan, base, locale
        self.wording = Wording(base, plan.documents, locale)
        self.changes = told_changes(base, plan.documents)
        self._left = list(plan.impact)

    def context(self) -> dict[str, Any]:
        """What the template takes."""
        plan = self.plan
        groups = self._groups()
        lost, touched = self.lost, sum(each.count for each in plan.impact if each.finding.code in TOUCHING)
        return {
            'plan_id': plan.plan_id, 'base': plan.base_version, 'count': len(self.changes), 'groups': groups,
            'others': [self._impact(each) for each in self._left],
            'steps': self._steps(), 'lock': self._worst_lock(), 'duration': self._duration(),
            'risk': 'bad' if lost else RISKS.get(plan.risk, 'ok'), 'blocked': bool(self._blocking()),
            'undecided': any(each.code == 'MIG-E014' for each in self._blocking()),
            'touched': touched,
            'figures': {'touched': format_decimal(touched), 'lost': format_decimal(lost)}, 'uses': self._uses(),
            'lost': lost, 'confirm': lost or None, 'problems': [], 'note': plan.note, 'next': self.number,
        }  # fmt: skip

    def _steps(self) -> list[dict[str, Any]]:
        """Each step in words with its rows, who waits and how long."""
        return [
            {'text': step.describe(self.locale), 'risk': RISKS.get(step.risk, 'ok'),
             'rows': format_decimal(cost.rows) if cost and cost.rows else '',
             'lock': in_locale(LOCKS[cost.lock], self.locale) if cost else '',
             'duration': duration_text(cost.seconds, cost.rows, self.locale) if cost else ''}
            for step, cost in zip_longest(self.plan.steps, self.plan.estimates)
        ]  # fmt: skip

    def _worst_lock(self) -> str:
        waits = [each.lock for each in self.plan.estimates]
        worst = next((each for each in WAITS if each in waits), 'none')
        return in_locale(LOCKS[worst], self.locale)

    def _duration(self) -> str:
        costs = self.plan.estimates
        return duration_text(sum(each.seconds for each in costs), max((each.rows for each in costs), default=0), self.locale)

    def _uses(self) -> list[str]:
        """Who names what changes, one sentence each."""
        return list(dict.fromkeys(each.describe(self.locale) for each in self.plan.mentions))

    @property
    def lost(self) -> int:
        """Values that become empty because they cannot be read as what they are to be."""
        return sum(int(each.finding.params.get('failed', 0)) for each in self.plan.impact)

    @property
    def number(self) -> int:
        return next(int(step.as_stored()['version']) for step in self.plan.steps if step.phase == 'activate')

    def _blocking(self) -> list[Any]:
        return [each.finding for each in self.plan.impact if each.finding.level == 'error']

    def _groups(self) -> list[dict[str, Any]]:
        groups: dict[tuple[str, str], dict[str, Any]] = {}
        for change in self.changes:
            tokens = change.pointer.split('/')
            name = (tokens[1], tokens[2] if tokens[1] == 'entities' else '')
            group = groups.setdefault(name, {'label': self._group_label(*name), 'changes': []})
            group['changes'].append(self._change(change))
        return list(groups.values())

    def _group_label(self, kind: str, key: str) -> str:
        if kind == 'entities':
            document = self._entity(key)
            return in_locale(document.get('x-label', {}), self.locale) or key
        words = {'roles': _('Roles'), 'workflows': _('Workflows'), 'templates': _('Templates'), 'views': _('Views'),
                 'reports': _('Reports')}  # fmt: skip
        return words.get(kind, kind)

    def _entity(self, key: str) -> Document:
        found: Document = self.plan.documents.get(('entity', key)) or self.base.get(('entity', key), {})
        return found

    def _change(self, change: changes.Change) -> dict[str, Any]:
        said = self.wording.say(change)
        impacts = [each for each in self._left if self._is_about(each, change)]
        self._left = [each for each in self._left if each not in impacts]
        remap = self._remap(change, impacts) if isinstance(change, changes.DropPart) else None
        detail = said.detail
        if isinstance(change, changes.AddPart) and change.pointer.startswith(role_reviewing.PREFIX):
            detail = role_reviewing.beginning(self.plan, change.pointer, self.locale)
        return {
            'icon': said.icon, 'sentence': said.sentence, 'detail': detail, 'tag': _tag(impacts),
            'impacts': [self._impact(each) for each in impacts], 'remap': remap,
        }  # fmt: skip

    def _is_about(self, impact: Impact, change: changes.Change) -> bool:
        code, pointer = impact.finding.code, impact.finding.pointer
        if pointer.startswith(RULES) and isinstance(change, changes.PartChange):
            ring = impact.finding.params.get('keys', ())  # a ring is told once, at whichever of its workflows changes
            inside = pointer == change.pointer or pointer.startswith(f'{change.pointer}/')
            return inside or change.pointer in {f'{RULES}{escape_pointer(key)}' for key in ring}
        if not isinstance(change, ABOUT.get(code, ())):
            return False
        if isinstance(change, changes.PartChange) and change.pointer.startswith(role_reviewing.PREFIX):
            return role_reviewing.is_about(impact, change)
        if isinstance(change, changes.DropPart):
            return impact.finding.params.get('ref') == change.ref or pointer == f'/remap/{change.ref}'
        if isinstance(change, (changes.AddPart, changes.ChangePart)):
            return self._names(pointer, change.ref)
        return pointer == change.pointer or pointer.startswith(f'{change.pointer}/')

    def _names(self, pointer: str, ref: str) -> bool:
        """Whether a pointer into the plan's documents leads through the part with this ref."""
        node: Any = self._entity(pointer.split('/')[2]) if pointer.startswith('/entities/') else None
        for token in pointer.split('/')[3:]:
            if isinstance(node, list):
                node = next(
                    (each for number, each in enumerate(node) if token in (str(number), each.get('ref'), each.get('key'))), None
                )
            else:
                node = node.get(token) if isinstance(node, Mapping) else None
            if isinstance(node, Mapping) and node.get('ref') == ref:
                return True
        return False

    def _impact(self, impact: Impact) -> dict[str, Any]:
        pointer = impact.finding.pointer
        entity = pointer.split('/')[2] if pointer.startswith('/entities/') else ''
        asked = impact.finding.code == 'MIG-E014' or impact.finding.params.get('failed') == 0  # beside it, or nothing is to ask
        hint = '' if asked else impact.finding.hint_text(self.locale)
        answer = self._answer(impact, entity)
        return {
            'answer': answer,
            'text': _grouped(impact.finding).text(self.locale), 'hint': hint, 'level': impact.finding.level, 'entity': entity,
            'samples': impact.samples[:SAMPLE_ROWS], 'folded': impact.samples[SAMPLE_ROWS:],
            'more': max(_listed(impact) - len(impact.samples), 0),
            'title': in_locale(self._entity(entity).get('x-label', {}), self.locale), 'href': self._records(impact, entity),
            **role_reviewing.told(impact, self.locale),
        }  # fmt: skip

    def _answer(self, impact: Impact, entity: str) -> dict[str, Any] | None:
        """What may be decided about values that cannot be read, or about blanks of a field that becomes required."""
        pointer, code = impact.finding.pointer.removesuffix('/x-type'), impact.finding.code
        asked = code == 'MIG-W002' or (code == 'MIG-W003' and (impact.samples or self.plan.answers.get(pointer)))
        part = with_stages(self._entity(entity), part_at(self.plan.documents, pointer)) if asked else {}
        if part.get('x-type', 'autonumber') == 'autonumber':  # codes stay as they are; what is none gets a number
            return None
        given = self.plan.answers.get(pointer) or {}
        mapped: Mapping[str, Any] = given.get('map', {})
        texts = dict.fromkeys([*mapped, *(each['value'] for each in impact.samples if each['value'])])
        rows = [
            {'text': text, 'value': typed_of(mapped.get(text)), 'suggestion': suggestion(part, text),
             'records': [each for each in impact.samples if each['value'] == text][:4]}
            for text in texts
        ]  # fmt: skip
        words = [in_locale(each.get('label', {}), self.locale) or each['key'] for each in part.get('x-options', ())]
        return {
            'pointer': pointer, 'rows': rows, 'default': typed_of(given.get('default')), 'blanks': code == 'MIG-W002',
            'options': words, 'decided': bool(given), 'likely': sum(1 for row in rows if row['suggestion']),
        }  # fmt: skip

    def _records(self, impact: Impact, entity: str) -> str:
        """The list of the records meant, as they are today; empty when no filter tells them apart."""
        live, tokens = self.base.get(('entity', entity)), impact.finding.pointer.split('/')
        blanks = impact.finding.code == 'MIG-W002'
        if live is None or len(tokens) < 5 or (impact.samples and not blanks) or 'x-lines' in tokens:
            return ''
        ref = self._entity(entity).get('properties', {}).get(tokens[4], {}).get('x-ref')
        key = next((name for name, part in live['properties'].items() if part['x-ref'] == ref or name == tokens[4]), '')
        if not key:
            return ''
        condition: dict[str, Any] = {'field': key, 'op': 'is_empty' if blanks else 'is_not_empty'}
        if impact.finding.code in {'MIG-E014', 'MIG-W005'}:
            option = _option_key(live, key, impact.finding.params.get('option', {}))
            condition = {'field': key, 'op': 'eq', 'value': option}
        return f'/{entity}/?{urlencode({"filter": json.dumps(condition)})}'

    def _remap(self, change: changes.DropPart, impacts: Sequence[Impact]) -> dict[str, Any] | None:
        """Where records of a dropped option go: asked while undecided, shown and changeable once chosen."""
        decided = change.ref in self.plan.remap
        if not impacts:
            return None
        if change.pointer.startswith(role_reviewing.PREFIX):
            return role_reviewing.remap_of(self.plan, change, self.locale)
        tokens = change.pointer.split('/')
        is_stage = tokens[3] == 'x-pipelines'
        chosen = self.plan.remap.get(change.ref)
        return {
            'ref': change.ref, 'decided': decided, 'chosen': '@blank' if decided and chosen is None else chosen or '',
            'choices': _choices(self._entity(tokens[2]), [] if is_stage else tokens[4:-2], self.locale),
            'may_be_blank': not is_stage,
        }  # fmt: skip


def _option_key(document: Document, field: str, label: Any) -> str:
    part = document['properties'][field]
    options = part.get('x-options') or [stage for line in document.get('x-pipelines', ()) for stage in line['stages']]
    return next((each['key'] for each in options if each.get('label') == label), '')


def _choices(document: Document, way: Sequence[str], locale: str) -> list[dict[str, str]]:
    """Of the field that the way through the properties leads to, in lines too; of all stages where there is none."""
    if way:
        part: Any = {'properties': document.get('properties', {})}
        for token in ['properties', *way]:
            part = part.get(token.replace('~1', '/').replace('~0', '~'), {})
        options = part.get('x-options', ())
        return [_choice(each, locale) for each in options if not each.get('retired')]
    lines = document.get('x-pipelines', ())
    many = len(lines) > 1
    return [
        _choice(stage, locale, in_locale(line.get('label', {}), locale) if many else '')
        for line in lines
        for stage in line['stages']
        if not stage.get('retired')
    ]


def _choice(option: Document, locale: str, before: str = '') -> dict[str, str]:
    label = in_locale(option.get('label', {}), locale) or option['key']
    return {'key': option['key'], 'label': f'{before}: {label}' if before else label}


def _grouped(found: Finding) -> Finding:
    """The same with its numbers as people write them."""
    said = {name: format_decimal(value) for name, value in found.params.items() if type(value) is int}
    return replace(found, params={**found.params, **said})


def _listed(impact: Impact) -> int:
    """How many records a list of samples stands for."""
    return int(impact.finding.params.get('failed', impact.count)) if impact.samples else 0


def _tag(impacts: Iterable[Impact]) -> dict[str, str]:
    for impact in sorted(impacts, key=lambda each: each.finding.level != 'error'):
        if impact.finding.code in TAGS:
            kind, icon, text = TAGS[impact.finding.code](impact)
            return {'kind': kind, 'icon': icon, 'text': LARGE.sub(lambda found: format_decimal(int(found[0])), text)}
        if impact.finding.pointer.startswith(RULES):  # what trying a workflow out before it is switched on has found
            bad = impact.finding.level == 'error'
            return (
                {'kind': 'bad', 'icon': 'alert-circle', 'text': _('Does not work yet')}
                if bad
                else {'kind': 'warn', 'icon': 'alert-triangle', 'text': _('Look at this')}
            )
    return {'kind': 'ok', 'icon': 'check', 'text': _('Safe')}


def _converted(impact: Impact) -> tuple[str, str, str]:
    if failed := int(impact.finding.params.get('failed', 0)):
        return 'warn', 'alert-triangle', ngettext('%(num)s value left empty', '%(num)s values left empty', failed)
    return 'new', 'refresh', ngettext('%(num)s value converts', '%(num)s values convert', impact.count)


def _kept(impact: Impact) -> tuple[str, str, str]:
    return 'new', 'archive', ngettext('%(num)s value kept aside', '%(num)s values kept aside', impact.count)


def _lacking(impact: Impact) -> tuple[str, str, str]:
    return 'warn', 'alert-triangle', ngettext('%(num)s record lacks it', '%(num)s records lack it', impact.count)


def _hidden(impact: Impact) -> tuple[str, str, str]:
    return 'warn', 'archive', ngettext('%(num)s record put aside', '%(num)s records put aside', impact.count)


def _moved(impact: Impact) -> tuple[str, str, str]:
    return 'new', 'refresh', ngettext('%(num)s record changes', '%(num)s records change', impact.count)


def _asked(impact: Impact) -> tuple[str, str, str]:
    return 'warn', 'alert-triangle', ngettext('Decide on %(num)s record', 'Decide on %(num)s records', impact.count)


def _broken(impact: Impact) -> tuple[str, str, str]:
    return 'warn', 'alert-triangle', ngettext('%(num)s record breaks it', '%(num)s records break it', impact.count)


def _in_the_way(impact: Impact) -> tuple[str, str, str]:
    return 'bad', 'alert-circle', ngettext('%(num)s record in the way', '%(num)s records in the way', impact.count)


TAGS: Mapping[str, Callable[[Impact], tuple[str, str, str]]] = {
    'MIG-W001': _kept,
    'MIG-W002': _lacking,
    'MIG-W003': _converted,
    'MIG-W004': _hidden,
    'MIG-W005': _moved,
    'MIG-W007': lambda impact: ('warn', 'alert-triangle', _('Comes back empty')),
    'MIG-W008': lambda impact: _broken(impact),
    'MIG-W009': _kept,
    'MIG-W010': _kept,
    'MIG-E012': lambda impact: ('bad', 'alert-circle', _('Not possible')),
    'MIG-E022': lambda impact: ('bad', 'alert-circle', _('Not possible')),
    'MIG-E014': _asked,
    'MIG-E016': _in_the_way,
    'MIG-E017': lambda impact: ('bad', 'alert-circle', _('Choose again')),
    'MIG-W020': lambda impact: _broken(impact),
    'MIG-W021': lambda impact: _lacking(impact),
    'MIG-E030': lambda impact: _in_the_way(impact),
    'MIG-W030': lambda impact: ('new', 'refresh', ngettext('%(num)s record counted', '%(num)s records counted', impact.count)),
    'MIG-W031': lambda impact: (
        'warn',
        'alert-triangle',
        ngettext('%(num)s without a result', '%(num)s without a result', impact.count),
    ),
    **role_reviewing.TAGS,
}
