"""Every page and dialogue of the product, read off its map of addresses; what is neither is named here with the reason.

A new address of a page is looked at without a word here, as long as its arguments are known; else the list cannot be made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask import Flask
from werkzeug.routing import Rule

from tests.support.failing import STATUSES

ARGUMENT = re.compile(r'<(?:[^<>]*:)?(\w+)>')
# What argument of the scene an address takes where the name alone does not tell: endpoint, or its beginning, and argument.
OTHERWISE: Mapping[tuple[str, str], str] = {
    ('assignment.', 'uid'): 'rule_uid', ('saved_views.', 'uid'): 'view', ('certificate.', 'run_id'): 'run_of_certificate',
    ('suppression.', 'token'): 'unsubscribe', ('imports.', 'entity'): 'contact_key', ('calendar.', 'entity'): 'appointment_key',
    ('calendar.', 'uid'): 'meeting', ('studio.rollback', 'version'): 'old',
}  # fmt: skip
QUERIES: Mapping[str, str] = {
    'assignment.new_rule': 'entity=lead', 'calendar.ask_new': 'entity=appointment',
    'merging.show': 'uids={uid}', 'why.show_why': 'entity=opportunity&uid={uid}',
    'entity.gate': 'stage=contract', 'entity.pipeline': 'to=lead',
    'entity.board': 'pipeline=deal', 'entity.list': 'view=all',
    'web.search': 'q=ban', 'workflow_trace.show_why': 'uid={contact}',
}  # fmt: skip
# Pages that are another page by their query, or by the entity they are of.
MORE = (
    *(f'/nowhere/{status}' for status in STATUSES if status != 500),
    '/contact/', '/contact/new', '/company/?bin=1', '/company/?q=nobody', '/lead/board', '/product/', '/company/{company}',
    '/calendar/?show=day', '/calendar/?show=month', '/calendar/?show=agenda', '/notices/?show=all',
    '/opportunity/?view={view}', '/nowhere/', '/view-as/?role=rep', '/certificate/{run_of_certificate}?role=rep&way=list',
    '/studio/opportunity/fields?field=amount', '/studio/opportunity/fields?new=1&type=formula',
    '/studio/opportunity/fields?field=source', '/studio/opportunity/rules?rule=large', '/studio/labels?show=all&entity=company',
    '/studio/opportunity/layouts?show=list&role=rep', '/studio/workflows/birthday_mail?at=:1',
    '/studio/workflows/birthday_mail?step=send', '/studio/workflows/birthday_mail?step=@trigger',
    '/studio/workflows/birthday_mail?step=@name',
)  # fmt: skip
LAYERS = frozenset({
    'entity.quick', 'entity.filter', 'entity.filter_edit', 'entity.board_fields', 'entity.gate', 'entity.pipeline',
    'entity.revision', 'saved_views.new', 'saved_views.edit', 'saved_views.manage', 'operations.ask',
    'calendar.ask_new', 'calendar.show', 'sharing.ask', 'people_teams.ask', 'pools.ask_put', 'pools.ask_release',
    'workflow_runs.ask',
})  # fmt: skip
NO_PAGES: Mapping[str, tuple[str, ...]] = {
    'a part of a page, looked at where it stands': (
        'entity.cell', 'entity.facts', 'entity.log_entry', 'entity.peek', 'entity.timeline', 'entity.timeline_more',
        'entity.board_column', 'entity.column', 'entity.count', 'entity.counts', 'calendar.agenda', 'pools_setup.source',
        'entity.letter', 'workflow_trace.show_ways',
    ),
    'JSON for scripts': (
        'entity.people', 'entity.board_card', 'entity.choices', 'entity.filter_faces', 'assignment.faces',
        'calendar.events_json', 'notices.news', 'notices.stream_token', 'pools_setup.faces', 'pools_setup.choices',
        'sharing.choices',
        'people.team_choices', 'people.user_choices', 'studio.faces',
    ),
    'a file': (
        'exports.download', 'imports.left_out', 'audit.download', 'certificate.as_json', 'calendar.feed', 'files.download',
        'files.small', 'files.content', 'offline.icon', 'offline.manifest', 'offline.worker', 'static', 'calendar.static',
        'appbuilder.static',
    ),
    'for machines': ('ops.healthz', 'ops.readyz', 'ops.metrics_page'),
    'leads elsewhere': (
        'UtilView.back', 'LocaleView.index', 'web.language', 'notices.show', 'ResetMyPasswordView.this_form_get',
        'ResetPasswordView.this_form_get', 'UserInfoEditView.this_form_get', 'UserDBModelView.show', 'UserDBModelView.userinfo',
        'entity.filter_add', 'AuthDBView.logout', 'studio.choose_versions',
    ),
    'for whoever has not signed in yet': ('AuthDBView.login', 'AuthDBView.code', 'people_account.first_password'),
}  # fmt: skip
SILENT = frozenset(endpoint for endpoints in NO_PAGES.values() for endpoint in endpoints)


@dataclass(frozen=True)
class Address:
    path: str
    layer: bool = False


def addresses(app: Flask, scene: Mapping[str, str]) -> list[Address]:
    """All of them, in a fixed order. Raises: KeyError for an argument that the scene knows nothing of."""
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, str(rule)))
    found = [each for rule in rules if is_shown(rule) for each in _of(rule, scene)]
    return [*found, *(Address(each.format(**scene)) for each in MORE)]


def is_shown(rule: Rule) -> bool:
    return 'GET' in (rule.methods or ()) and not str(rule).startswith('/api/') and rule.endpoint not in SILENT


def _of(rule: Rule, scene: Mapping[str, str]) -> Iterator[Address]:
    def value(found: re.Match[str]) -> str:
        name = found[1]
        family = f'{rule.endpoint.split(".")[0]}.'
        return scene[OTHERWISE.get((rule.endpoint, name), OTHERWISE.get((family, name), name))]

    path = ARGUMENT.sub(value, str(rule))
    query = QUERIES.get(rule.endpoint, '').format(**scene)
    yield Address(f'{path}?{query}' if query else path, rule.endpoint in LAYERS)
