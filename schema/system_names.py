"""What the system calls itself in history and audit, in people's words. Knows no screen."""

from __future__ import annotations

from collections.abc import Mapping

from schema.definitions import Texts, WorkflowDef, in_locale

SALES_PACK: Texts = {'en': 'Sales pack', 'vi': 'Gói bán hàng'}
WORKFLOW = 'workflow '
"""What `schema.base.actor.Actor.name` begins with when a workflow acts; its key follows."""
_BY_WORKFLOW: Texts = {'en': 'Workflow “{label}”', 'vi': 'Quy trình tự động “{label}”'}
_NAMES: Mapping[str, Texts] = {
    'assignment': {'en': 'Assignment', 'vi': 'Phân bổ'},
    'command line': {'en': 'Command line', 'vi': 'Dòng lệnh'},
    'demo': {'en': 'Demonstration', 'vi': 'Dữ liệu mẫu'},
    'handover': {'en': 'Handover', 'vi': 'Bàn giao'},
    'operation': {'en': 'Command line', 'vi': 'Dòng lệnh'},
    'publish': {'en': 'Publishing', 'vi': 'Áp dụng thay đổi'},
    'retention': {'en': 'Clearing by age', 'vi': 'Dọn theo thời hạn'},
    'teams': {'en': 'Teams', 'vi': 'Nhóm'},
    **dict.fromkeys(SALES_PACK.values(), SALES_PACK),
}


def note_text(note: str, locale: str) -> str:
    """What was noted of a version: the system's own note in the reader's language, that of a person as it is."""
    return in_locale(SALES_PACK, locale) if note in SALES_PACK.values() else note


def actor_text(name: str, locale: str, workflows: Mapping[str, WorkflowDef] | None = None) -> str:
    """The name of who acted, by which it was noted; that of a person as it is. `workflows` are those of the catalog, by key."""
    if name.startswith(WORKFLOW) and (found := (workflows or {}).get(name.removeprefix(WORKFLOW))):
        return in_locale(_BY_WORKFLOW, locale).format(label=in_locale(found.label, locale))
    return in_locale(_NAMES.get(name, {}), locale) or name
