"""Which ways out there are, and which addresses are none: everything in the map of addresses stands on one of the two lists.

Modules with pages of their own register theirs in `registries.ways_out`; these are the ways of the product's core.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from modules.certificate.tries import asking, files, interface, neighbours, pages
from modules.ways import NoWayOut, WayOut

WAYS: Mapping[str, WayOut] = {
    'list': WayOut({'en': 'List', 'vi': 'Danh sách'}, ('entity.list',), (pages.lists,), 'fields'),
    'record': WayOut({'en': 'Record page', 'vi': 'Trang hồ sơ'}, ('entity.show', 'entity.facts'), (pages.record,), 'title'),
    'related': WayOut({'en': 'Related lists', 'vi': 'Danh sách liên quan'}, ('entity.show',), (pages.related,), 'title'),
    'peek': WayOut({'en': 'Quick look', 'vi': 'Xem nhanh'}, ('entity.peek',), (pages.peek,), 'title'),
    'timeline': WayOut({'en': 'Timeline', 'vi': 'Dòng thời gian'}, (
        'entity.timeline', 'entity.timeline_more', 'entity.log', 'entity.log_entry', 'entity.log_remove', 'entity.log_pin',
        'entity.people', 'entity.follow', 'entity.letter', 'entity.letter_send'), (pages.timeline,)),
    'revision': WayOut(
        {'en': 'Former revisions', 'vi': 'Các lần sửa trước'}, ('entity.revision', 'entity.revert'), (pages.revision,)
    ),
    'board': WayOut(
        {'en': 'Board', 'vi': 'Bảng'},
        ('entity.board', 'entity.board_column', 'entity.board_move', 'entity.board_card', 'entity.board_fields'),
        (pages.board,),
    ),
    'stages': WayOut(
        {'en': 'Stage moves', 'vi': 'Chuyển giai đoạn'},
        ('entity.gate', 'entity.pipeline', 'entity.move', 'entity.take_back'), (pages.stages,),
    ),
    'form': WayOut(
        {'en': 'Forms', 'vi': 'Biểu mẫu'},
        ('entity.new', 'entity.quick', 'entity.edit', 'entity.cell', 'entity.delete', 'entity.restore'), (pages.forms,),
    ),
    'rules': WayOut({'en': 'Rules of forms', 'vi': 'Quy tắc biểu mẫu'}, ('entity.rules',), (pages.rules,),
        reading=('entity.rules',),
    ),
    'choices': WayOut({'en': 'Choices of links', 'vi': 'Lựa chọn liên kết'}, ('entity.choices',), (pages.choices,), 'title'),
    'search': WayOut({'en': 'Search', 'vi': 'Tìm kiếm'}, ('web.search',), (pages.search,)),
    'home': WayOut({'en': 'First page', 'vi': 'Trang đầu'}, ('HomeView.index',), (pages.home,), each='person'),
    'filter_dialogue': WayOut(
        {'en': 'Filter dialogue', 'vi': 'Hộp thoại bộ lọc'},
        ('entity.filter', 'entity.filter_add', 'entity.filter_edit', 'entity.filter_use', 'entity.filter_foresee',
         'entity.filter_faces', 'entity.column', 'entity.counts'), (pages.filter_dialogue,),
        reading=('entity.filter_use', 'entity.filter_foresee'),
    ),
    'bulk': WayOut(
        {'en': 'Bulk actions', 'vi': 'Thao tác hàng loạt'},
        ('entity.many', 'entity.many_ask', 'entity.many_field', 'entity.delete_many', 'entity.restore_many'), (pages.bulk,),
        reading=('entity.many_ask', 'entity.many_field'),
    ),
    'matches': WayOut({'en': 'Duplicate hints', 'vi': 'Gợi ý trùng'}, ('entity.matches',), (pages.matches,),
        reading=('entity.matches',),
    ),
    'merging': WayOut(
        {'en': 'Merging', 'vi': 'Gộp hồ sơ'}, ('merging.ask', 'merging.show', 'merging.merge'), (pages.merging,),
        reading=('merging.ask',),
    ),
    'sort': WayOut(
        {'en': 'Order', 'vi': 'Sắp xếp'}, ('entity.list', 'api.get_list', 'exports.download'), (asking.sort,)
    ),
    'filter': WayOut(
        {'en': 'Filters', 'vi': 'Bộ lọc'},
        ('entity.list', 'entity.count', 'entity.board', 'api.get_list', 'exports.download'),
        (asking.filters,),
    ),
    'paths': WayOut({'en': 'Filters behind links', 'vi': 'Lọc qua liên kết'}, ('api.get_list',), (asking.paths,)),
    'count': WayOut({'en': 'Counts', 'vi': 'Số lượng'}, ('api.get_list',), (asking.counts,)),
    'cursor': WayOut({'en': 'Page cursors', 'vi': 'Con trỏ trang'}, ('api.get_list',), (asking.cursors,)),
    'api_list': WayOut({'en': 'REST list', 'vi': 'REST danh sách'}, ('api.get_list',), (interface.lists,), 'fields'),
    'api_record': WayOut({'en': 'REST record', 'vi': 'REST hồ sơ'}, ('api.get',), (interface.record,), 'whole'),
    'api_history': WayOut(
        {'en': 'REST history', 'vi': 'REST lịch sử'}, ('api.history', 'api.revision', 'api.stages'), (interface.history,)
    ),
    'api_faces': WayOut(
        {'en': 'REST schema', 'vi': 'REST cấu trúc dữ liệu'},
        ('api.info', 'api.schema_document'), (interface.faces,),
    ),
    'api_write': WayOut(
        {'en': 'REST writing', 'vi': 'REST ghi'},
        ('api.post', 'api.put', 'api.delete', 'api.restore', 'api.revert', 'api.merge', 'api.bulk'), (interface.writing,),
    ),
    'operations': WayOut(
        {'en': 'Bulk changes', 'vi': 'Thay đổi hàng loạt'},
        ('operations.index', 'operations.show', 'operations.ask', 'operations.undo', 'operations_api.operations_index',
         'operations_api.operations_start', 'operations_api.operations_show', 'operations_api.operations_foresee',
         'operations_api.operations_undo'), (interface.operations,),
    ),
    'about': WayOut(
        {'en': 'About the installation', 'vi': 'Về cả hệ thống'},
        ('MenuApi.get_menu_data', 'api.me', 'api.schema_index', 'api.schema_open_api'), (interface.about_all,), each='person',
    ),
    'export': WayOut({'en': 'Exports', 'vi': 'Xuất tệp'}, ('exports.download',), (files.exports,),
        reading=('exports.download',),
    ),
    'import': WayOut(
        {'en': 'Imports', 'vi': 'Nhập tệp'},
        ('imports.upload', 'imports.step', 'imports.columns', 'imports.shares', 'imports.left_out', 'imports.run'),
        (files.imports,),
    ),
    'file': WayOut(
        {'en': 'Files', 'vi': 'Tệp đính kèm'},
        ('files.describe', 'files.download', 'files.small', 'files.content', 'files.upload'), (files.attachments,),
    ),
    'sharing': WayOut(
        {'en': 'Sharing', 'vi': 'Chia sẻ'},
        ('sharing.ask', 'sharing.share', 'sharing.end', 'sharing.choices', 'sharing.ask_many', 'sharing.share_many',
         'api.share', 'api.shares', 'api.unshare',
         'entity.many_shares'), (neighbours.sharing,),
        reading=('sharing.ask_many', 'entity.many_shares'),
    ),
    'assignment': WayOut(
        {'en': 'Assignment', 'vi': 'Phân bổ'},
        ('assignment.show_log', 'assignment_api.assign', 'assignment_api.assignments'), (neighbours.assignment,),
    ),
    'pool': WayOut(
        {'en': 'Pools', 'vi': 'Kho'},
        ('pools.index', 'pools.show', 'pools.ask_put', 'pools.put', 'pools.ask_release', 'pools.release', 'pools.claim',
         'pools.move', 'pools_api.pools_index', 'pools_api.pools_show', 'pools_api.pools_records', 'pools_api.pools_claim',
         'pools_api.pools_put', 'pools_api.pools_move', 'pools_api.pools_release', 'pools_api.pools_take_out'),
        (neighbours.pools,),
        reading=('pools.ask_put',),
    ),
    'why': WayOut({'en': 'Reasons', 'vi': 'Vì sao'}, ('why.show_why', 'why_api.why'), (neighbours.reasons,)),
    'mail': WayOut(
        {'en': 'Outgoing mail', 'vi': 'Thư gửi đi'}, ('mail.outgoing',), (neighbours.letters_sent,), each='person',
        plants=(neighbours.plant_letter,),
    ),
    'letter': WayOut(
        {'en': 'Templates and letters', 'vi': 'Mẫu thư và trộn thư'},
        ('studio.template', 'studio.template_preview', 'studio.template_test'), (files.letters,), 'whole',
        reading=('studio.template_preview',),
    ),
}  # fmt: skip

NO_WAYS: Mapping[str, NoWayOut] = {
    'machine': NoWayOut(
        'health, figures of processes, assets: no record is read',
        ('ops.healthz', 'ops.readyz', 'ops.metrics_page', 'static', 'appbuilder.static'),
    ),
    'signing': NoWayOut(
        'signing in and out, and tokens of the person themselves',
        ('SecurityApi.login', 'SecurityApi.refresh', 'AuthDBView.login', 'AuthDBView.code', 'AuthDBView.logout',
         'api.csrf_token', 'LocaleView.index', 'web.language', 'UtilView.back'),
    ),
    'account': NoWayOut(
        "a person's own account",
        ('people_pages.settings', 'people_account.first_password', 'people_pages.password', 'people_account.end_session',
         'people_account.end_others', 'people_pages.new_token', 'people_pages.withdraw_token', 'people_account.set_up_codes',
         'people_account.drop_codes', 'ResetMyPasswordView.this_form_get', 'ResetPasswordView.this_form_get',
         'UserInfoEditView.this_form_get'),
    ),
    'people': NoWayOut(
        'names of colleagues and teams, which every signed-in person may know',
        ('people.user_choices', 'people.team_choices'),
    ),
    'administration': NoWayOut(
        'accounts, teams, roles and settings, for administrators; holds no record',
        ('installation.settings', 'people_pages.sign_ins', 'people_teams.index', 'people_teams.new', 'people_teams.one',
         'people_teams.add_members', 'people_teams.change_member', 'people_teams.ask', 'people_teams.close',
         'people_teams.reopen', 'teams_api.teams_index', 'teams_api.teams_show', 'teams_api.teams_add',
         'teams_api.teams_change', 'teams_api.teams_remove'),
    ),
    'assigning': NoWayOut(
        'rules of assignment and absences: people, days and conditions, no record',
        ('assignment.index', 'assignment.new_rule', 'assignment.rule', 'assignment.move_rule', 'assignment.remove_rule',
         'assignment.faces', 'assignment.absences', 'assignment.remove_absence', 'assignment.away'),
    ),
    'pool_setup': NoWayOut(
        'how pools are made, for administrators: conditions, people and numbers, no record',
        ('pools_setup.index', 'pools_setup.new', 'pools_setup.edit', 'pools_setup.delete', 'pools_setup.source',
         'pools_setup.faces', 'pools_setup.choices', 'pools_api.pools_create', 'pools_api.pools_change',
         'pools_api.pools_delete'),
    ),
    'leaving': NoWayOut(
        'handing over what somebody leaves behind, for administrators: counts of records by kind, names of people',
        ('leaving.show', 'leaving.foresee', 'leaving.hand_over'),
        reading=('leaving.foresee',),
    ),
    'control': NoWayOut(
        'the audit log and this certificate, for administrators: who did what; planted values, never those of records',
        ('audit.index', 'audit.download', 'certificate.index', 'certificate.show', 'certificate.start',
         'certificate.as_json'),
    ),
    'viewing': NoWayOut(
        "choosing through whose eyes to look; what is then seen leaves by the other ways, with that person's rights",
        ('why.choose_eyes', 'why.start_viewing', 'why.stop_viewing'),
    ),
    'mail_decisions': NoWayOut(
        'sending mails again or marking them as sent, for administrators: answers with the log of mails',
        ('mail.again', 'mail.arrived', 'mail.release'),
    ),
    'studio': NoWayOut(
        'definitions alone, for those who may change the structure; counts of rows are part of weighing a change',
        reading=('studio.matching', 'studio.formula'),
    ),
    'schema': NoWayOut(
        'definitions, plans and publishes, for those who may change the structure; values that a change could not read are '
        'shown as far as the person may read their records',
        ('api.schema_aliases', 'api.schema_apply', 'api.schema_plan', 'api.schema_show_plan', 'api.schema_publish',
         'api.schema_rollback', 'api.schema_outlook', 'api.schema_used', 'api.schema_versions', 'api.schema_unread'),
    ),
}  # fmt: skip
FAMILIES: Mapping[str, str] = {
    'studio.': 'definitions alone, for those who may change the structure',
    'RoleModelView.': "Flask-AppBuilder's pages of roles, for administrators",
    'UserDBModelView.': "Flask-AppBuilder's pages of people, for administrators",
}
"""Addresses of one family that carry no record, by the beginning of their names, and why."""


def unlisted(endpoints: Iterator[str] | list[str], ways: Mapping[str, WayOut], none: Mapping[str, NoWayOut]) -> list[str]:
    """Endpoints that nobody has declared: neither a way out nor none."""
    known = {each for way in ways.values() for each in way.endpoints} | {
        each for one in none.values() for each in one.endpoints
    }
    return sorted({each for each in endpoints if each not in known and not each.startswith(tuple(FAMILIES))})
