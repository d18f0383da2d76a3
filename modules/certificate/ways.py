"""Which ways out there are, and which addresses are none: everything in the map of addresses stands on one of the two lists.

Modules with pages of their own register theirs in `registries.ways_out`; these are the ways of the product's core.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from modules.certificate.tries import asking, files, interface, pages
from modules.ways import NoWayOut, WayOut

WAYS: Mapping[str, WayOut] = {
    'list': WayOut({'en': 'List', 'vi': 'Danh sách'}, ('entity.list',), (pages.lists,), 'fields'),
    'record': WayOut({'en': 'Record page', 'vi': 'Trang hồ sơ'}, ('entity.show',), (pages.record,), 'title'),
    'related': WayOut({'en': 'Related lists', 'vi': 'Danh sách liên quan'}, ('entity.show',), (pages.related,), 'title'),
    'peek': WayOut({'en': 'Quick look', 'vi': 'Xem nhanh'}, ('entity.peek',), (pages.peek,), 'title'),
    'timeline': WayOut({'en': 'Timeline', 'vi': 'Dòng thời gian'}, ('entity.timeline', 'entity.log'), (pages.timeline,)),
    'revision': WayOut(
        {'en': 'Former revisions', 'vi': 'Các lần sửa trước'}, ('entity.revision', 'entity.revert'), (pages.revision,)
    ),
    'board': WayOut(
        {'en': 'Board', 'vi': 'Bảng'}, ('entity.board', 'entity.board_column', 'entity.board_move'), (pages.board,)
    ),
    'stages': WayOut(
        {'en': 'Stage moves', 'vi': 'Chuyển giai đoạn'},
        ('entity.gate', 'entity.pipeline', 'entity.move', 'entity.take_back'), (pages.stages,),
    ),
    'form': WayOut(
        {'en': 'Forms', 'vi': 'Biểu mẫu'},
        ('entity.new', 'entity.quick', 'entity.edit', 'entity.cell', 'entity.delete', 'entity.restore'), (pages.forms,),
    ),
    'rules': WayOut({'en': 'Rules of forms', 'vi': 'Quy tắc biểu mẫu'}, ('entity.rules',), (pages.rules,)),
    'choices': WayOut({'en': 'Choices of links', 'vi': 'Lựa chọn liên kết'}, ('entity.choices',), (pages.choices,), 'title'),
    'search': WayOut({'en': 'Search', 'vi': 'Tìm kiếm'}, ('web.search',), (pages.search,)),
    'home': WayOut({'en': 'First page', 'vi': 'Trang đầu'}, ('HomeView.index',), (pages.home,), each='person'),
    'filter_dialogue': WayOut(
        {'en': 'Filter dialogue', 'vi': 'Hộp thoại bộ lọc'}, ('entity.filter', 'entity.filter_add'), (pages.filter_dialogue,)
    ),
    'bulk': WayOut(
        {'en': 'Bulk actions', 'vi': 'Thao tác hàng loạt'},
        ('entity.many', 'entity.many_ask', 'entity.many_field', 'entity.delete_many', 'entity.restore_many'), (pages.bulk,),
    ),
    'matches': WayOut({'en': 'Duplicate hints', 'vi': 'Gợi ý trùng'}, ('entity.matches',), (pages.matches,)),
    'sort': WayOut(
        {'en': 'Order', 'vi': 'Sắp xếp'}, ('entity.list', 'api.get_list', 'exports.download'), (asking.sort,)
    ),
    'filter': WayOut(
        {'en': 'Filters', 'vi': 'Bộ lọc'}, ('entity.list', 'entity.board', 'api.get_list', 'exports.download'),
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
        {'en': 'REST schema', 'vi': 'REST lược đồ'},
        ('api.info', 'api.schema_document', 'api.schema_index', 'api.schema_open_api'), (interface.faces,),
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
        {'en': 'About the installation', 'vi': 'Về cả hệ thống'}, ('MenuApi.get_menu_data', 'api.me'), (interface.about_all,),
        each='person',
    ),
    'export': WayOut({'en': 'Exports', 'vi': 'Xuất tệp'}, ('exports.download',), (files.exports,)),
    'import': WayOut(
        {'en': 'Imports', 'vi': 'Nhập tệp'},
        ('imports.upload', 'imports.step', 'imports.columns', 'imports.left_out', 'imports.run'), (files.imports,),
    ),
    'file': WayOut(
        {'en': 'Files', 'vi': 'Tệp đính kèm'},
        ('files.describe', 'files.download', 'files.small', 'files.content', 'files.upload'), (files.attachments,),
    ),
    'letter': WayOut({'en': 'Templates and letters', 'vi': 'Mẫu thư và trộn thư'}, (), (files.letters,), 'whole'),
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
        ('installation.settings', 'people_pages.team_list', 'people_pages.team_edit', 'people_pages.sign_ins'),
    ),
    'studio': NoWayOut(
        'definitions alone, for those who may change the structure; counts of rows are part of weighing a change',
    ),
    'schema': NoWayOut(
        'definitions, plans and publishes, for those who may change the structure',
        ('api.schema_aliases', 'api.schema_apply', 'api.schema_plan', 'api.schema_show_plan', 'api.schema_publish',
         'api.schema_rollback', 'api.schema_used', 'api.schema_versions'),
    ),
    'workflows': NoWayOut(
        'which rules run and how they ended, for administrators; names no value of a record', ('workflows.overview',)
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
