"""What entries of the audit log are called and what their parameters say, in both languages. Reads nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from schema.base.audit import KINDS
from schema.definitions import Texts, in_locale
from schema.fieldtypes.days import day_text, moment_text

KIND_TEXTS: Mapping[str, Texts] = {
    'role_changed': {'en': 'Role changed', 'vi': 'Sửa vai trò'},
    'rights_published': {'en': 'Rights published', 'vi': 'Áp dụng quyền mới'},
    'schema_published': {'en': 'Version published', 'vi': 'Áp dụng phiên bản mới'},
    'schema_rolled_back': {'en': 'Went back to an older version', 'vi': 'Quay về phiên bản cũ'},
    'setting_changed': {'en': 'Setting changed', 'vi': 'Đổi thiết lập'},
    'person_created': {'en': 'User made', 'vi': 'Tạo người dùng'},
    'person_changed': {'en': 'User changed', 'vi': 'Sửa người dùng'},
    'person_deactivated': {'en': 'User closed', 'vi': 'Khóa người dùng'},
    'roles_given': {'en': 'Roles given', 'vi': 'Giao vai trò'},
    'team_changed': {'en': 'Team changed', 'vi': 'Sửa nhóm'},
    'share_changed': {'en': 'Sharing changed', 'vi': 'Đổi chia sẻ hồ sơ'},
    'pool_changed': {'en': 'Pool changed', 'vi': 'Sửa kho'},
    'sign_in': {'en': 'Signed in', 'vi': 'Đăng nhập'},
    'sign_in_failed': {'en': 'Sign-in refused', 'vi': 'Đăng nhập bị từ chối'},
    'sign_out': {'en': 'Signed out', 'vi': 'Đăng xuất'},
    'token_made': {'en': 'API token made', 'vi': 'Tạo mã API'},
    'token_revoked': {'en': 'API token withdrawn', 'vi': 'Thu hồi mã API'},
    'feed_made': {'en': 'Calendar address made', 'vi': 'Tạo đường dẫn lịch'},
    'feed_ended': {'en': 'Calendar address ended', 'vi': 'Ngừng đường dẫn lịch'},
    'two_step_changed': {'en': 'Second step changed', 'vi': 'Đổi xác thực hai bước'},
    'password_changed': {'en': 'Password changed', 'vi': 'Đổi mật khẩu'},
    'export': {'en': 'Exported', 'vi': 'Xuất dữ liệu'},
    'import': {'en': 'Imported', 'vi': 'Nhập dữ liệu'},
    'view_as': {'en': 'Viewed as somebody else', 'vi': 'Xem với tư cách người khác'},
    'secret_changed': {'en': 'Secret changed', 'vi': 'Đổi khóa bí mật'},
    'hook_address_changed': {'en': 'Address for calls changed', 'vi': 'Đổi địa chỉ nhận lời gọi'},
    'provider_changed': {'en': 'Provider of messages changed', 'vi': 'Đổi nhà cung cấp tin nhắn'},
    'handover': {'en': 'Handed over', 'vi': 'Bàn giao'},
    'certificate': {'en': 'Leak certificate', 'vi': 'Chứng nhận rò rỉ'},
    'audit_trimmed': {'en': 'Old entries let go', 'vi': 'Dọn nhật ký cũ'},
    'absence_changed': {'en': 'Absence changed', 'vi': 'Sửa ngày vắng'},
}
TONES = {'sign_in_failed': 'bad', 'person_deactivated': 'warn', 'token_revoked': 'warn', 'schema_rolled_back': 'warn'}
PARAM_TEXTS: Mapping[str, Texts] = {
    'name': {'en': 'name', 'vi': 'tên'},
    'username': {'en': 'user name', 'vi': 'tên đăng nhập'},
    'email': {'en': 'e-mail', 'vi': 'thư điện tử'},
    'active': {'en': 'active', 'vi': 'đang dùng'},
    'roles': {'en': 'roles', 'vi': 'vai trò'},
    'teams': {'en': 'teams', 'vi': 'nhóm'},
    'version': {'en': 'version', 'vi': 'phiên bản'},
    'back_to': {'en': 'back to version', 'vi': 'về phiên bản'},
    'note': {'en': 'note', 'vi': 'ghi chú'},
    'expires_at': {'en': 'ends', 'vi': 'hết hạn'},
    'changes': {'en': 'changes', 'vi': 'thay đổi'},
    'change': {'en': 'change', 'vi': 'thay đổi'},
    'value': {'en': 'value', 'vi': 'giá trị'},
    'entity': {'en': 'kind of record', 'vi': 'loại hồ sơ'},
    'filter': {'en': 'filter', 'vi': 'bộ lọc'},
    'search': {'en': 'search', 'vi': 'tìm kiếm'},
    'columns': {'en': 'columns', 'vi': 'cột'},
    'rows': {'en': 'rows', 'vi': 'số dòng'},
    'format': {'en': 'format', 'vi': 'định dạng'},
    'file': {'en': 'file', 'vi': 'tệp'},
    'created': {'en': 'created', 'vi': 'đã tạo'},
    'updated': {'en': 'changed', 'vi': 'đã sửa'},
    'failed': {'en': 'refused', 'vi': 'bị từ chối'},
    'skipped': {'en': 'left out', 'vi': 'bỏ qua'},
    'device': {'en': 'device', 'vi': 'thiết bị'},
    'reason': {'en': 'reason', 'vi': 'lý do'},
    'way': {'en': 'by', 'vi': 'bằng'},
    'days': {'en': 'days', 'vi': 'số ngày'},
    'until': {'en': 'until', 'vi': 'đến'},
    'prefix': {'en': 'begins with', 'vi': 'bắt đầu bằng'},
    'scope': {'en': 'scope', 'vi': 'phạm vi'},
    'role': {'en': 'role', 'vi': 'vai trò'},
    'team': {'en': 'team', 'vi': 'nhóm'},
    'pool': {'en': 'pool', 'vi': 'kho'},
    'person': {'en': 'person', 'vi': 'người'},
    'who': {'en': 'with', 'vi': 'với'},
    'level': {'en': 'level', 'vi': 'mức'},
    'record': {'en': 'record', 'vi': 'hồ sơ'},
    'records': {'en': 'records', 'vi': 'hồ sơ'},
    'uid': {'en': 'record', 'vi': 'hồ sơ'},
    'parent': {'en': 'above it', 'vi': 'cấp trên'},
    'leaders': {'en': 'leaders', 'vi': 'trưởng nhóm'},
    'members': {'en': 'members', 'vi': 'thành viên'},
    'on': {'en': 'turned on', 'vi': 'bật'},
    'state': {'en': 'state', 'vi': 'trạng thái'},
    'by': {'en': 'by', 'vi': 'bởi'},
    'to': {'en': 'to', 'vi': 'cho'},
    'position': {'en': 'up to entry', 'vi': 'đến dòng'},
    'before': {'en': 'older than', 'vi': 'trước ngày'},
    'hash': {'en': 'hash', 'vi': 'mã băm'},
    'did': {'en': 'what', 'vi': 'việc'},
    'kind': {'en': 'kind', 'vi': 'loại'},
    'description': {'en': 'description', 'vi': 'mô tả'},
    'member_teams': {'en': 'member teams', 'vi': 'nhóm thành viên'},
    'managers': {'en': 'managers', 'vi': 'người quản lý'},
    'manager_teams': {'en': 'manager teams', 'vi': 'nhóm quản lý'},
    'daily_limit': {'en': 'daily limit', 'vi': 'giới hạn mỗi ngày'},
    'return_days': {'en': 'returned after days', 'vi': 'thu hồi sau số ngày'},
    'activity': {'en': 'what counts as activity', 'vi': 'tính là có hoạt động'},
    'source': {'en': 'source rule', 'vi': 'nguồn'},
    'entity_ref': {'en': 'kind of record', 'vi': 'loại hồ sơ'},
    'with': {'en': 'with', 'vi': 'với'},
    'given': {'en': 'right', 'vi': 'quyền'},
    'ended': {'en': 'ended', 'vi': 'đã dừng'},
    'count': {'en': 'count', 'vi': 'số lượng'},
    'operation': {'en': 'operation', 'vi': 'thao tác'},
    'account': {'en': 'account closed', 'vi': 'khóa tài khoản'},
    'undone': {'en': 'undone', 'vi': 'đã hoàn tác'},
    'rule': {'en': 'rule', 'vi': 'quy tắc'},
    'removed': {'en': 'removed', 'vi': 'đã bỏ'},
    'takes_new': {'en': 'takes new records', 'vi': 'nhận hồ sơ mới'},
    'is_default': {'en': 'default', 'vi': 'mặc định'},
    'condition': {'en': 'condition', 'vi': 'điều kiện'},
    'unchosen': {'en': 'when nobody is chosen', 'vi': 'khi không chọn ai'},
    'strategy': {'en': 'way of giving', 'vi': 'cách chia'},
    'people': {'en': 'people', 'vi': 'người'},
    'remainder': {'en': 'what is left over', 'vi': 'phần dư'},
    'online_only': {'en': 'online only', 'vi': 'chỉ người đang trực tuyến'},
    'skip_absent': {'en': 'leave out who is absent', 'vi': 'bỏ qua người vắng'},
    'fallback': {'en': 'the others', 'vi': 'còn lại'},
    'order': {'en': 'order', 'vi': 'thứ tự'},
    'view': {'en': 'saved view', 'vi': 'chế độ xem đã lưu'},
    'audience': {'en': 'seen by', 'vi': 'ai thấy'},
    'day': {'en': 'day', 'vi': 'ngày'},
    'absence': {'en': 'absence', 'vi': 'ngày vắng'},
    'first_day': {'en': 'first day', 'vi': 'từ ngày'},
    'last_day': {'en': 'last day', 'vi': 'đến ngày'},
}
WORDS: Mapping[str, Texts] = {
    'started': {'en': 'started', 'vi': 'bắt đầu'},
    'stopped': {'en': 'stopped', 'vi': 'dừng'},
    'password': {'en': 'password', 'vi': 'mật khẩu'},
    'code': {'en': 'code', 'vi': 'mã xác thực'},
    'view': {'en': 'see', 'vi': 'xem'},
    'edit': {'en': 'change', 'vi': 'sửa'},
    'removed': {'en': 'removed', 'vi': 'đã bỏ'},
    'new': {'en': 'new', 'vi': 'mới'},
    'created': {'en': 'made', 'vi': 'tạo mới'},
    'changed': {'en': 'changed', 'vi': 'sửa'},
    'deleted': {'en': 'deleted', 'vi': 'xóa'},
    'person_dropped': {'en': 'person taken out', 'vi': 'rút người ra'},
    'leader': {'en': 'leader', 'vi': 'trưởng nhóm'},
    'member': {'en': 'member', 'vi': 'thành viên'},
    'left': {'en': 'left', 'vi': 'rời đi'},
    'owner': {'en': 'owner', 'vi': 'người phụ trách'},
    'department': {'en': 'department', 'vi': 'phòng ban'},
    'team': {'en': 'team', 'vi': 'nhóm'},
    'waiting': {'en': 'waiting', 'vi': 'đang chờ'},
    'running': {'en': 'running', 'vi': 'đang chạy'},
    'done': {'en': 'done', 'vi': 'đã xong'},
    'failed': {'en': 'failed', 'vi': 'bị dừng'},
    'too many attempts': {'en': 'too many attempts', 'vi': 'thử quá nhiều lần'},
    'everywhere': {'en': 'everywhere', 'vi': 'mọi nơi'},
    'everywhere else': {'en': 'everywhere else', 'vi': 'mọi nơi khác'},
    'another browser': {'en': 'another browser', 'vi': 'trình duyệt khác'},
    'time': {'en': 'the hour was up', 'vi': 'hết giờ'},
    'rights': {'en': 'rights changed', 'vi': 'quyền đã đổi'},
    'person': {'en': 'to one person', 'vi': 'cho một người'},
    'even': {'en': 'evenly among several', 'vi': 'chia đều'},
    'round_robin': {'en': 'in turn', 'vi': 'lần lượt'},
    'by_load': {'en': 'whoever has the fewest open ones', 'vi': 'người đang có ít nhất'},
    'returning': {'en': 'known customers to who looks after them', 'vi': 'khách cũ cho người đang phụ trách'},
    'last': {'en': 'to the last', 'vi': 'cho người cuối'},
    'spread': {'en': 'one each from the first', 'vi': 'mỗi người một, từ người đầu'},
    'anyone': {'en': 'anyone', 'vi': 'bất kỳ ai'},
    'private': {'en': 'only me', 'vi': 'chỉ mình tôi'},
    'public': {'en': 'everybody', 'vi': 'mọi người'},
    'green': {'en': 'green', 'vi': 'xanh'},
    'red': {'en': 'red', 'vi': 'đỏ'},
}
"""Words of the product among values; whatever else is there is told as it is."""
YES, NO = {'en': 'yes', 'vi': 'có'}, {'en': 'no', 'vi': 'không'}
assert KIND_TEXTS.keys() == KINDS


def kind_text(kind: str, locale: str) -> str:
    """Also for a kind that a newer Trellis wrote."""
    return in_locale(KIND_TEXTS.get(kind, {}), locale) or kind


@dataclass(frozen=True)
class Tongue:
    """Tells parameters of entries in a language, and moments in a zone."""

    locale: str
    zone: tzinfo

    def told(self, params: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
        """`(what, its lines)` of an entry's parameters that are not blank, in words."""
        for key, value in params.items():
            lines = [each for each in self._lines(value) if each]
            if lines:
                yield in_locale(PARAM_TEXTS.get(key, {}), self.locale) or key.replace('_', ' '), lines

    def in_line(self, params: Mapping[str, Any]) -> str:
        """The same in one line, for a cell."""
        return '; '.join(f'{label}: {", ".join(lines)}' for label, lines in self.told(params))

    def _lines(self, value: Any) -> list[str]:
        if isinstance(value, list):
            return [self._one(each) for each in value]
        return [self._one(value)]

    def _one(self, value: Any) -> str:
        if value is None or value == {} or value == []:
            return ''
        if isinstance(value, bool):
            return in_locale(YES if value else NO, self.locale)
        if isinstance(value, Mapping):
            return self._mapping(value)
        if isinstance(value, list):
            return ', '.join(self._one(each) for each in value)
        return in_locale(WORDS.get(str(value), {}), self.locale) or self._moment(str(value))

    def _moment(self, text: str) -> str:
        """A day or a moment as people read it; other texts as they are."""
        if not _MOMENT.fullmatch(text):
            return text
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return text
        return day_text(at, self.locale) if at.tzinfo is None else moment_text(at.astimezone(self.zone), self.locale)

    def _mapping(self, value: Mapping[str, Any]) -> str:
        if value.keys() == {'old', 'new'}:
            return f'{self._one(value["old"]) or "–"} → {self._one(value["new"]) or "–"}'
        if value.keys() <= {'en', 'vi'}:
            return in_locale(value, self.locale)
        return '; '.join(f'{label}: {", ".join(lines)}' for label, lines in self.told(value))


_MOMENT = re.compile(r'\d{4}-\d\d-\d\d(T[\d:.]+([+-]\d\d:\d\d|Z))?')
