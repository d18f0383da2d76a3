"""Every setting that an administrator may change: its kind, bounds, default and words. Stores nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from schema.base.money import CURRENCIES
from schema.definitions import Texts, in_locale

Kind = Literal['texts', 'address', 'choice', 'days', 'number', 'time']
LOCALES = ('vi', 'en')
UNNAMED = 'Trellis'
LONGEST_NAME = 200
FOR_GOOD = 0
"""As a number of days: kept for ever."""


@dataclass(frozen=True)
class Installation:
    """The settings as they stand. Days count from when a thing ended; 0 keeps it for good."""

    company_name: Mapping[str, str] = field(default_factory=dict)
    mail_address: str | None = None
    default_locale: str | None = None
    default_currency: str = 'VND'
    page_size: int = 50
    transfer_sight: str = 'keep'
    history_days: int = FOR_GOOD
    operation_days: int = 365
    trace_days: int = 180
    mail_days: int = 365
    notice_days: int = 90
    delivery_days: int = 90
    outbox_days: int = 14
    import_days: int = 90
    shadow_days: int = 90
    audit_days: int = FOR_GOOD
    upload_days: int = 1
    password_sign_in: str = 'everybody'
    token_days: int = 365
    calls_per_minute: int = 12_000
    work_days: str = 'mon_fri'
    work_from: str = '08:00'
    work_to: str = '17:30'
    quiet_from: str | None = None
    quiet_to: str | None = None
    recipient_daily_cap: int = 10

    def name_in(self, locale: str) -> str:
        """What the company is called; the product's name before anybody said."""
        return in_locale(self.company_name, locale) or UNNAMED

    def locale_or(self, started: str) -> str:
        """The company's language; `started` is the one Trellis was started with, which counts until somebody chose."""
        return self.default_locale or started

    def value(self, key: str) -> Any:
        return getattr(self, key)


@dataclass(frozen=True)
class Setting:
    """One entry of the page. `low` and `high` bound numbers; a `days` setting whose `low` is 0 may keep things for good."""

    key: str
    group: str
    kind: Kind
    label: Texts
    help: Texts = field(default_factory=dict)
    choices: tuple[str, ...] = ()
    choice_labels: Mapping[str, Texts] = field(default_factory=dict)
    low: int = 0
    high: int = 36_500


GROUPS: Mapping[str, Texts] = {
    'company': {'en': 'Company', 'vi': 'Công ty'},
    'defaults': {'en': 'What people start with', 'vi': 'Mặc định cho mọi người'},
    'work': {'en': 'Working time', 'vi': 'Giờ làm việc'},
    'sending': {'en': 'Messages to customers', 'vi': 'Tin gửi khách hàng'},
    'security': {'en': 'Signing in', 'vi': 'Đăng nhập'},
    'keeping': {'en': 'How long things are kept', 'vi': 'Thời gian lưu giữ'},
}
SETTINGS: tuple[Setting, ...] = (
    Setting('company_name', 'company', 'texts', {'en': 'Name of the company', 'vi': 'Tên công ty'},
            {'en': 'Stands beside the menu and in mails.', 'vi': 'Hiện cạnh trình đơn và trong thư gửi đi.'}),
    Setting('mail_address', 'company', 'address', {'en': 'Sender of mails', 'vi': 'Địa chỉ gửi thư'},
            {'en': 'Customers answer to this address.', 'vi': 'Khách hàng trả lời vào địa chỉ này.'}),
    Setting('default_locale', 'defaults', 'choice', {'en': 'Language', 'vi': 'Ngôn ngữ'},
            {'en': 'Of mails and messages, and for people who chose none and whose browser asks for neither.',
             'vi': 'Cho thư và tin gửi đi, và cho người chưa chọn ngôn ngữ mà trình duyệt không yêu cầu.'}, choices=LOCALES),
    Setting('default_currency', 'defaults', 'choice',
            {'en': 'Currency of new money fields', 'vi': 'Tiền tệ của trường tiền mới'}, choices=tuple(CURRENCIES)),
    Setting('page_size', 'defaults', 'number', {'en': 'Records on a page of a list', 'vi': 'Số hồ sơ trên một trang'},
            low=10, high=200),
    Setting('transfer_sight', 'defaults', 'choice',
            {'en': 'When a record gets another owner, the former one', 'vi': 'Khi hồ sơ đổi người phụ trách, người cũ'},
            {'en': 'Whoever changes an owner may choose otherwise each time.',
             'vi': 'Người đổi có thể chọn khác đi mỗi lần.'}, choices=('keep', 'drop'),
            choice_labels={'keep': {'en': 'goes on seeing it', 'vi': 'vẫn xem được'},
                           'drop': {'en': 'sees it no longer', 'vi': 'không còn xem được'}}),
    Setting('work_days', 'work', 'choice', {'en': 'Working days', 'vi': 'Ngày làm việc'},
            {'en': 'Public holidays and days of your own stand in the working calendar.',
             'vi': 'Ngày lễ và ngày riêng của công ty nằm trong lịch làm việc.'}, choices=('mon_fri', 'mon_sat', 'all'),
            choice_labels={'mon_fri': {'en': 'Monday to Friday', 'vi': 'Thứ Hai đến thứ Sáu'},
                           'mon_sat': {'en': 'Monday to Saturday', 'vi': 'Thứ Hai đến thứ Bảy'},
                           'all': {'en': 'every day', 'vi': 'Tất cả các ngày'}}),
    Setting('work_from', 'work', 'time', {'en': 'Work begins', 'vi': 'Bắt đầu làm việc'}),
    Setting('work_to', 'work', 'time', {'en': 'Work ends', 'vi': 'Kết thúc làm việc'}),
    Setting('quiet_from', 'sending', 'time', {'en': 'Quiet hours begin', 'vi': 'Bắt đầu giờ yên tĩnh'},
            {'en': 'Messages of workflows to customers wait until they are over. Blank: there are none.',
             'vi': 'Tin tự động gửi khách hàng chờ hết giờ này mới gửi. Để trống là không có.'}),
    Setting('quiet_to', 'sending', 'time', {'en': 'Quiet hours end', 'vi': 'Kết thúc giờ yên tĩnh'}),
    Setting('recipient_daily_cap', 'sending', 'number',
            {'en': 'Messages of workflows to one address a day', 'vi': 'Số tin tự động tối đa mỗi ngày cho một địa chỉ'},
            {'en': 'More go out on the next days; 0 sets no bound.',
             'vi': 'Nhiều hơn sẽ gửi vào các ngày sau; 0 là không giới hạn.'},
            low=0, high=1000),
    Setting('password_sign_in', 'security', 'choice', {'en': 'Passwords open the account of', 'vi': 'Đăng nhập bằng mật khẩu'},
            {'en': 'Others sign in with the company\'s sign-in service or directory, once one is set up.',
             'vi': 'Người khác đăng nhập qua dịch vụ đăng nhập hoặc danh bạ của công ty, khi đã thiết lập.'},
            choices=('everybody', 'admins'),
            choice_labels={'everybody': {'en': 'everybody', 'vi': 'Mọi người'},
                           'admins': {'en': 'administrators alone', 'vi': 'Chỉ quản trị'}}),
    Setting('token_days', 'security', 'days', {'en': 'API tokens are good for at most', 'vi': 'Mã API có hạn tối đa'},
            {'en': 'Days; 0 allows tokens without an end.', 'vi': 'Số ngày; 0 là cho phép mã không có hạn.'}),
    Setting('calls_per_minute', 'security', 'number', {'en': 'API calls a minute', 'vi': 'Số lần gọi API mỗi phút'},
            {'en': 'For each person; more are asked to wait.', 'vi': 'Cho mỗi người; gọi nhiều hơn sẽ phải chờ.'},
            low=60, high=1_000_000),
    Setting('history_days', 'keeping', 'days', {'en': 'History of records', 'vi': 'Lịch sử hồ sơ'},
            {'en': 'Days; 0 keeps it for good. Files that only the history shows go with it.',
             'vi': 'Số ngày; 0 là giữ mãi. Tệp chỉ còn trong lịch sử cũng bị xóa theo.'}),
    Setting('operation_days', 'keeping', 'days', {'en': 'Finished bulk operations', 'vi': 'Thao tác hàng loạt đã xong'},
            {'en': 'Days; 0 keeps them for good. Only what is kept can be undone.',
             'vi': 'Số ngày; 0 là giữ mãi. Chỉ hoàn tác được những gì còn giữ.'}),
    Setting('trace_days', 'keeping', 'days', {'en': 'Traces of workflows', 'vi': 'Nhật ký quy trình tự động'},
            {'en': 'Days, at least 30; 0 keeps them for good.', 'vi': 'Số ngày, ít nhất 30; 0 là giữ mãi.'}, low=30),
    Setting('mail_days', 'keeping', 'days', {'en': 'Sent mails', 'vi': 'Thư đã gửi'},
            {'en': 'Days; 0 keeps them for good.', 'vi': 'Số ngày; 0 là giữ mãi.'}),
    Setting('notice_days', 'keeping', 'days', {'en': 'Notices to people', 'vi': 'Thông báo gửi mọi người'},
            {'en': 'Days; 0 keeps them for good.', 'vi': 'Số ngày; 0 là giữ mãi.'}),
    Setting('delivery_days', 'keeping', 'days', {'en': 'Deliveries, SMS and Zalo messages', 'vi': 'Lượt gửi, SMS và tin Zalo'},
            {'en': 'Days; 0 keeps them for good.', 'vi': 'Số ngày; 0 là giữ mãi.'}),
    Setting('outbox_days', 'keeping', 'days', {'en': 'Events that were dealt with', 'vi': 'Sự kiện đã xử lý'},
            {'en': 'Days; 0 keeps them for good.', 'vi': 'Số ngày; 0 là giữ mãi.'}),
    Setting('import_days', 'keeping', 'days', {'en': 'Files of imports', 'vi': 'Tệp đã nhập'},
            {'en': 'Days; 0 keeps them for good. What they brought stays.',
             'vi': 'Số ngày; 0 là giữ mãi. Hồ sơ đã nhập vẫn còn.'}),
    Setting('shadow_days', 'keeping', 'days', {'en': 'Values of dropped fields', 'vi': 'Dữ liệu của trường đã bỏ'},
            {'en': 'Days in which going back to an older version brings them back; 0 keeps them for good.',
             'vi': 'Số ngày còn lấy lại được khi quay về phiên bản cũ; 0 là giữ mãi.'}),
    Setting('audit_days', 'keeping', 'days', {'en': 'Audit log', 'vi': 'Nhật ký kiểm soát'},
            {'en': 'Days, at least 90; 0 keeps it for good. What is left still proves itself.',
             'vi': 'Số ngày, ít nhất 90; 0 là giữ mãi. Phần còn lại vẫn kiểm chứng được.'}, low=90),
    Setting('upload_days', 'keeping', 'number', {'en': 'Uploads that no record holds', 'vi': 'Tệp tải lên chưa gắn hồ sơ'},
            {'en': 'Days, 1 to 30.', 'vi': 'Số ngày, từ 1 đến 30.'}, low=1, high=30),
)  # fmt: skip
BY_KEY: Mapping[str, Setting] = {each.key: each for each in SETTINGS}
