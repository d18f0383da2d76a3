"""What people read about kinds of notices. Knows no table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from schema.definitions import Texts


@dataclass(frozen=True)
class Word:
    """The name of a kind, what it is, and its icon."""

    label: Texts
    help: Texts
    icon: str


WORDS: Mapping[str, Word] = {
    'reminder': Word(
        {'en': 'Reminders', 'vi': 'Nhắc hẹn'},
        {'en': 'Appointments, tasks and dates that come near.', 'vi': 'Lịch hẹn, công việc và ngày sắp đến.'}, 'clock',
    ),
    'assigned': Word(
        {'en': 'Given to you', 'vi': 'Giao cho bạn'},
        {'en': 'Somebody or a rule made you the owner of records.', 'vi': 'Người khác hoặc quy tắc giao hồ sơ cho bạn.'},
        'user-check',
    ),
    'mention': Word(
        {'en': 'Mentions', 'vi': 'Nhắc tên bạn'},
        {'en': 'Somebody wrote @ and your name in a note.', 'vi': 'Có người viết @ và tên bạn trong ghi chú.'}, 'at',
    ),
    'follow': Word(
        {'en': 'Followed records', 'vi': 'Hồ sơ bạn theo dõi'},
        {'en': 'Something happened on a record that you follow.', 'vi': 'Có thay đổi trên hồ sơ bạn theo dõi.'}, 'eye',
    ),
    'share': Word(
        {'en': 'Shared with you', 'vi': 'Chia sẻ với bạn'},
        {'en': 'Somebody lets you see or change records.', 'vi': 'Có người cho bạn xem hoặc sửa hồ sơ.'}, 'share',
    ),
    'workflow': Word(
        {'en': 'Workflows', 'vi': 'Quy trình tự động'},
        {'en': 'What workflows of your company tell you.', 'vi': 'Những gì quy trình của công ty báo cho bạn.'}, 'bolt',
    ),
    'operation_done': Word(
        {'en': 'Bulk changes', 'vi': 'Thao tác hàng loạt'},
        {'en': 'A long change of many records of yours has ended.', 'vi': 'Thao tác trên nhiều hồ sơ của bạn đã xong.'},
        'list-check',
    ),
    'import_done': Word(
        {'en': 'Imports', 'vi': 'Nhập tệp'},
        {'en': 'A file that you imported has been read in.', 'vi': 'Tệp bạn nhập đã được xử lý xong.'}, 'file-import',
    ),
    'access': Word(
        {'en': 'Requests for access', 'vi': 'Xin quyền truy cập'},
        {'en': 'Somebody asks for a page that their role does not open.', 'vi': 'Có người xin mở trang ngoài vai trò của họ.'},
        'lock-open',
    ),
}  # fmt: skip
A_RECORD: Texts = {'en': 'a record', 'vi': 'một hồ sơ'}
"""Stands for the title of a record that the reader does not reach."""
