"""What the store tells: followers of a record hear of what others change in it or write about it. Decides no right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from modules.notices.service import Notice, tell
from modules.records.following import Unit, Written
from modules.timeline.follows import Follow, followers
from schema.catalog import Entity
from schema.values import Link

CHANGED = {'en': '{by} changed {{title}}', 'vi': '{by} sửa {{title}}'}
ADDED = {'en': '{by} added to {{title}}: {what}', 'vi': '{by} thêm vào {{title}}: {what}'}
MANY = {'en': '{by} changed records that you follow', 'vi': '{by} sửa nhiều hồ sơ bạn theo dõi'}


class Following:
    """One notice a person and record until they look at it again, one a person for a bulk change. One of
    `registries.followers`. The notice's reader decides what of the record they see."""

    def created(self, unit: Unit, entity: Entity, written: Sequence[Written]) -> None:
        """Notes, calls, tasks and the like tell those who follow what they are about."""
        fields = [field for field in entity.own_fields if field.type.key == 'link_any']
        about = {
            link.uid: link.entity
            for each in written
            for field in fields
            if isinstance(link := each.change.values.get(field.key), Link) and link.uid
        }
        if about:
            names = {tongue: entity.definition.label_in(tongue) for tongue in ADDED}
            self._tell(unit, {uid: unit.catalog.entities[key] for uid, key in about.items() if key in unit.catalog.entities},
                       {tongue: text.replace('{what}', names[tongue]) for tongue, text in ADDED.items()})  # fmt: skip

    def updated(self, unit: Unit, entity: Entity, written: Sequence[Written]) -> None:
        self._tell(unit, {each.change.uid: entity for each in written}, CHANGED)

    def _tell(self, unit: Unit, records: Mapping[str, Entity], texts: Mapping[str, str]) -> None:
        found = followers(unit.session, records, but=unit.actor.user_id) if records else []
        if not found:
            return
        if unit.operation_id is not None:
            told = Notice('follow', _by(unit, MANY), href=f'/{records[found[0].record_uid].key}/', by=unit.actor.user_id)
            tell(unit.session, {each.user_id for each in found}, told, key=f'follow:{unit.operation_id}', now=unit.now)
            return
        for (uid, seen_at), group in _grouped(found).items():
            entity = records[uid]
            told = Notice(
                'follow', _by(unit, texts), href=f'/{entity.key}/{uid}', entity_ref=entity.ref, record_uid=uid,
                by=unit.actor.user_id, popup=False,
            )  # fmt: skip
            tell(unit.session, group, told, key=f'follow:{uid}:{seen_at.timestamp()}', now=unit.now)


def _by(unit: Unit, texts: Mapping[str, str]) -> dict[str, str]:
    name = unit.actor.name.replace('{', '').replace('}', '')
    return {tongue: text.replace('{by}', name).replace('{{', '{').replace('}}', '}') for tongue, text in texts.items()}


def _grouped(found: Sequence[Follow]) -> Mapping[tuple[str, datetime], list[int]]:
    groups: dict[tuple[str, datetime], list[int]] = defaultdict(list)
    for each in found:
        groups[each.record_uid, each.seen_at].append(each.user_id)
    return groups
