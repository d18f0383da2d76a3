"""What can differ between two schema versions, in words. Values only: finding the differences is `schema.diff`'s work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from schema.definitions import Texts, in_locale

TYPE_WORDS: Mapping[str, Texts] = {
    'text': {'en': 'Text', 'vi': 'Văn bản'},
    'long_text': {'en': 'Long text', 'vi': 'Văn bản dài'},
    'email': {'en': 'E-mail', 'vi': 'E-mail'},
    'phone': {'en': 'Phone', 'vi': 'Số điện thoại'},
    'url': {'en': 'Web address', 'vi': 'Địa chỉ web'},
    'integer': {'en': 'Whole number', 'vi': 'Số nguyên'},
    'decimal': {'en': 'Decimal number', 'vi': 'Số thập phân'},
    'money': {'en': 'Money', 'vi': 'Tiền'},
    'percent': {'en': 'Percent', 'vi': 'Phần trăm'},
    'boolean': {'en': 'Yes or no', 'vi': 'Có hoặc không'},
    'date': {'en': 'Date', 'vi': 'Ngày'},
    'datetime': {'en': 'Date and time', 'vi': 'Ngày giờ'},
    'picklist': {'en': 'Picklist', 'vi': 'Danh sách chọn'},
    'multi_picklist': {'en': 'Multiple choice', 'vi': 'Chọn nhiều mục'},
    'stage': {'en': 'Stage', 'vi': 'Giai đoạn'},
    'link': {'en': 'Link', 'vi': 'Liên kết'},
    'link_any': {'en': 'Link to one of several', 'vi': 'Liên kết nhiều loại'},
    'user': {'en': 'User', 'vi': 'Người dùng'},
    'team': {'en': 'Team', 'vi': 'Nhóm'},
    'rich_text': {'en': 'Rich text', 'vi': 'Văn bản có định dạng'},
    'time': {'en': 'Time of day', 'vi': 'Giờ trong ngày'},
    'duration': {'en': 'Duration', 'vi': 'Thời lượng'},
    'address': {'en': 'Address', 'vi': 'Địa chỉ'},
    'rating': {'en': 'Rating', 'vi': 'Đánh giá sao'},
    'tags': {'en': 'Tags', 'vi': 'Nhãn'},
    'autonumber': {'en': 'Number given out', 'vi': 'Mã tự sinh'},
    'links': {'en': 'Several links', 'vi': 'Nhiều liên kết'},
    'lines': {'en': 'Lines', 'vi': 'Bảng dòng'},
    'file': {'en': 'File', 'vi': 'Tệp'},
    'image': {'en': 'Image', 'vi': 'Hình ảnh'},
    'formula': {'en': 'Formula', 'vi': 'Công thức'},
    'rollup': {'en': 'Rollup', 'vi': 'Tổng hợp'},
    'through': {'en': 'Field of a linked record', 'vi': 'Trường của hồ sơ liên kết'},
}
NOUNS: Mapping[str, Texts] = {
    'option': {'en': 'option', 'vi': 'mục chọn'},
    'pipeline': {'en': 'pipeline', 'vi': 'chuỗi giai đoạn'},
    'stage': {'en': 'stage', 'vi': 'giai đoạn'},
    'duplicate_rule': {'en': 'duplicate rule', 'vi': 'quy tắc trùng'},
    'rule': {'en': 'rule', 'vi': 'quy tắc'},
    'unique_key': {'en': 'unique key', 'vi': 'khóa duy nhất'},
    'role': {'en': 'role', 'vi': 'vai trò'},
    'workflow': {'en': 'workflow', 'vi': 'quy trình tự động'},
    'template': {'en': 'template', 'vi': 'mẫu nội dung'},
    'view': {'en': 'view', 'vi': 'khung nhìn'},
    'report': {'en': 'report', 'vi': 'báo cáo'},
}
KEYWORDS: Mapping[str, Texts] = {
    'x-label': {'en': 'label', 'vi': 'nhãn'},
    'x-plural': {'en': 'plural label', 'vi': 'nhãn số nhiều'},
    'x-help': {'en': 'help text', 'vi': 'chú thích'},
    'x-icon': {'en': 'icon', 'vi': 'biểu tượng'},
    'x-hue': {'en': 'colour', 'vi': 'màu'},
    'x-order': {'en': 'place in the menu', 'vi': 'vị trí trong trình đơn'},
    'x-group': {'en': 'menu group', 'vi': 'nhóm trình đơn'},
    'x-layouts': {'en': 'layouts', 'vi': 'bố cục'},
    'x-calendar': {'en': 'calendar', 'vi': 'cách hiện trên lịch'},
    'x-indexes': {'en': 'indexes', 'vi': 'chỉ mục'},
    'x-title-field': {'en': 'title field', 'vi': 'trường tiêu đề'},
    'x-subtitle-field': {'en': 'subtitle field', 'vi': 'trường phụ đề'},
    'x-no-contact': {'en': 'do-not-contact field', 'vi': 'trường không liên hệ'},
    'x-birthday': {'en': 'birthday field', 'vi': 'trường ngày sinh'},
    'x-default': {'en': 'default', 'vi': 'giá trị mặc định'},
    'x-required-if': {'en': 'when it is required', 'vi': 'khi nào bắt buộc'},
    'x-visible-if': {'en': 'when it is shown', 'vi': 'khi nào hiện'},
    'x-read-only-if': {'en': 'when it is locked', 'vi': 'khi nào khóa'},
    'x-option-filter': {'en': 'what may be chosen', 'vi': 'được chọn những gì'},
    'x-option-filters': {'en': 'what may be chosen', 'vi': 'được chọn những gì'},
    'x-search': {'en': 'search', 'vi': 'tìm kiếm'},
    'x-target': {'en': 'linked entity', 'vi': 'loại hồ sơ liên kết'},
    'x-targets': {'en': 'linked entities', 'vi': 'loại hồ sơ liên kết'},
    'x-on-delete': {'en': 'rule on deletion', 'vi': 'quy tắc khi xóa'},
    'x-options': {'en': 'order of options', 'vi': 'thứ tự mục chọn'},
    'minLength': {'en': 'least length', 'vi': 'độ dài tối thiểu'},
    'maxLength': {'en': 'greatest length', 'vi': 'độ dài tối đa'},
    'minimum': {'en': 'least value', 'vi': 'giá trị nhỏ nhất'},
    'maximum': {'en': 'greatest value', 'vi': 'giá trị lớn nhất'},
    'pattern': {'en': 'pattern', 'vi': 'mẫu định dạng'},
    'x-accept': {'en': 'accepted types', 'vi': 'loại tệp được nhận'},
    'x-max-size': {'en': 'largest size', 'vi': 'dung lượng tối đa'},
    'x-many': {'en': 'several files', 'vi': 'nhiều tệp'},
    'exclusiveMinimum': {'en': 'lower bound', 'vi': 'cận dưới'},
    'exclusiveMaximum': {'en': 'upper bound', 'vi': 'cận trên'},
    'readOnly': {'en': 'whether it is read-only', 'vi': 'chế độ chỉ đọc'},
    'x-scale': {'en': 'digits after the point', 'vi': 'số chữ số lẻ'},
    'x-currency': {'en': 'currency', 'vi': 'loại tiền'},
    'x-max': {'en': 'best rating', 'vi': 'điểm cao nhất'},
    'x-pattern': {'en': 'pattern of the number', 'vi': 'mẫu số'},
    'x-formula': {'en': 'formula', 'vi': 'công thức'},
    'x-result': {'en': 'kind of result', 'vi': 'kiểu kết quả'},
    'x-rollup': {'en': 'what is summed up', 'vi': 'cách tổng hợp'},
    'x-through': {'en': 'what is shown through the link', 'vi': 'trường hiện qua liên kết'},
    'x-hidden-in': {'en': 'where it is left out', 'vi': 'nơi không hiện'},
    'format': {'en': 'format', 'vi': 'định dạng'},
    'title': {'en': 'title', 'vi': 'tiêu đề'},
    'description': {'en': 'description', 'vi': 'mô tả'},
    'default': {'en': 'default', 'vi': 'giá trị mặc định'},
    'examples': {'en': 'examples', 'vi': 'ví dụ'},
    'properties': {'en': 'order of fields', 'vi': 'thứ tự trường'},
}
PART_KEYWORDS: Mapping[str, Texts] = {
    'label': {'en': 'label', 'vi': 'nhãn'},
    'x-label': {'en': 'label', 'vi': 'nhãn'},
    'x-help': {'en': 'help text', 'vi': 'chú thích'},
    'x-aliases': {'en': 'former keys', 'vi': 'khóa cũ'},
    'x-former-labels': {'en': 'former labels', 'vi': 'nhãn cũ'},
    'hue': {'en': 'colour', 'vi': 'màu'},
    'retired': {'en': 'whether it may be chosen', 'vi': 'cho phép chọn'},
    'if': {'en': 'when it is offered', 'vi': 'khi nào đưa ra'},
    'pipeline': {'en': 'pipeline', 'vi': 'chuỗi giai đoạn'},
    'group': {'en': 'group', 'vi': 'nhóm'},
    'category': {'en': 'meaning', 'vi': 'ý nghĩa'},
    'probability': {'en': 'chance', 'vi': 'xác suất'},
    'rotting_days': {'en': 'days until stale', 'vi': 'số ngày coi là chậm'},
    'requires': {'en': 'what it needs', 'vi': 'điều cần có trước'},
    'moves': {'en': 'where it leads', 'vi': 'nơi chuyển tới'},
    'gate': {'en': 'what must hold', 'vi': 'điều kiện phải thỏa'},
    'gate_message': {'en': 'what people are told', 'vi': 'lời báo'},
    'groups': {'en': 'groups of stages', 'vi': 'nhóm giai đoạn'},
    'maps': {'en': 'where its stages lead in other pipelines', 'vi': 'giai đoạn tương ứng ở chuỗi khác'},
    'refuse_when': {'en': 'when it refuses', 'vi': 'khi nào từ chối'},
    'message': {'en': 'what people are told', 'vi': 'lời báo'},
    'field': {'en': 'field', 'vi': 'trường'},
    'fields': {'en': 'fields', 'vi': 'các trường'},
    'action': {'en': 'what happens on a match', 'vi': 'cách xử lý khi trùng'},
    'match': {'en': 'what is compared', 'vi': 'điều được so sánh'},
    'grants': {'en': 'rights', 'vi': 'quyền'},
    'trigger': {'en': 'what starts it', 'vi': 'điều kiện bắt đầu'},
    'condition': {'en': 'condition', 'vi': 'điều kiện'},
    'steps': {'en': 'steps', 'vi': 'các bước'},
    'enabled': {'en': 'whether it is on', 'vi': 'bật hay tắt'},
    'subject': {'en': 'subject', 'vi': 'tiêu đề'},
    'html': {'en': 'text', 'vi': 'nội dung'},
    'text': {'en': 'text', 'vi': 'nội dung'},
}
"""What may change in a part with a key of its own."""


@dataclass(frozen=True)
class Change:
    """`pointer` is a JSON pointer into the newer schema, for a dropped part into the older one."""

    pointer: str
    texts: ClassVar[Texts]

    def describe(self, locale: str) -> str:
        """One sentence for people, in English or Vietnamese."""
        words = {each.name: _word(getattr(self, each.name), locale) for each in fields(self)}
        return in_locale(self.texts, locale).format_map(words)


@dataclass(frozen=True)
class AddEntity(Change):
    ref: str
    label: Texts
    texts: ClassVar[Texts] = {'en': 'Add entity {label}', 'vi': 'Thêm loại hồ sơ {label}'}


@dataclass(frozen=True)
class DropEntity(Change):
    ref: str
    label: Texts
    texts: ClassVar[Texts] = {'en': 'Remove entity {label}', 'vi': 'Bỏ loại hồ sơ {label}'}


@dataclass(frozen=True)
class RenameEntity(Change):
    label: Texts
    old: str
    new: str
    texts: ClassVar[Texts] = {
        'en': 'Entity {label}: key {old} becomes {new}',
        'vi': 'Loại hồ sơ {label}: khóa {old} đổi thành {new}',
    }


@dataclass(frozen=True)
class ChangeEntity(Change):
    label: Texts
    keyword: Texts
    texts: ClassVar[Texts] = {'en': '{label}: change {keyword}', 'vi': '{label}: đổi {keyword}'}


@dataclass(frozen=True)
class FieldChange(Change):
    """Something of one field; refs find it in the catalogs."""

    entity_ref: str
    ref: str
    entity: Texts
    label: Texts


@dataclass(frozen=True)
class AddField(FieldChange):
    type: Texts
    texts: ClassVar[Texts] = {
        'en': '{entity}: add field {label}, type {type}',
        'vi': '{entity}: thêm trường {label}, kiểu {type}',
    }


@dataclass(frozen=True)
class DropField(FieldChange):
    texts: ClassVar[Texts] = {'en': '{entity}: remove field {label}', 'vi': '{entity}: bỏ trường {label}'}


@dataclass(frozen=True)
class RenameField(FieldChange):
    old: str
    new: str
    texts: ClassVar[Texts] = {
        'en': '{entity}: field {label}: key {old} becomes {new}',
        'vi': '{entity}: trường {label}: khóa {old} đổi thành {new}',
    }


@dataclass(frozen=True)
class ChangeType(FieldChange):
    old: Texts
    new: Texts
    texts: ClassVar[Texts] = {
        'en': '{entity}: field {label} turns from {old} into {new}',
        'vi': '{entity}: trường {label} chuyển từ {old} sang {new}',
    }


@dataclass(frozen=True)
class MakeRequired(FieldChange):
    texts: ClassVar[Texts] = {'en': '{entity}: {label} becomes required', 'vi': '{entity}: {label} thành bắt buộc'}


@dataclass(frozen=True)
class MakeOptional(FieldChange):
    texts: ClassVar[Texts] = {'en': '{entity}: {label} becomes optional', 'vi': '{entity}: {label} không còn bắt buộc'}


@dataclass(frozen=True)
class MakeUnique(FieldChange):
    texts: ClassVar[Texts] = {'en': '{entity}: {label} becomes unique', 'vi': '{entity}: {label} thành duy nhất'}


@dataclass(frozen=True)
class DropUnique(FieldChange):
    texts: ClassVar[Texts] = {'en': '{entity}: {label} need not be unique', 'vi': '{entity}: {label} không còn phải duy nhất'}


@dataclass(frozen=True)
class ChangeField(FieldChange):
    """One keyword of a field; `old` and `new` are its values, None when absent."""

    keyword: Texts
    old: Any
    new: Any
    texts: ClassVar[Texts] = {
        'en': '{entity}: change {keyword} of {label}',
        'vi': '{entity}: đổi {keyword} của {label}',
    }


@dataclass(frozen=True)
class PartChange(Change):
    """A part with a key of its own: option, stage, pipeline, rule, or a whole role or workflow. `place` says of what."""

    noun: Texts
    ref: str
    label: Texts
    place: Texts


@dataclass(frozen=True)
class AddPart(PartChange):
    texts: ClassVar[Texts] = {'en': '{place}: add {noun} {label}', 'vi': '{place}: thêm {noun} {label}'}


@dataclass(frozen=True)
class DropPart(PartChange):
    texts: ClassVar[Texts] = {'en': '{place}: remove {noun} {label}', 'vi': '{place}: bỏ {noun} {label}'}


@dataclass(frozen=True)
class RenamePart(PartChange):
    old: str
    new: str
    texts: ClassVar[Texts] = {
        'en': '{place}: {noun} {label}: key {old} becomes {new}',
        'vi': '{place}: {noun} {label}: khóa {old} đổi thành {new}',
    }


@dataclass(frozen=True)
class ChangePart(PartChange):
    """`what` names what is another now, after a colon; blank where no word is known for it."""

    what: Texts
    texts: ClassVar[Texts] = {'en': '{place}: change {noun} {label}{what}', 'vi': '{place}: sửa {noun} {label}{what}'}


@dataclass(frozen=True)
class RetireKey(Change):
    """A former key of a part works no longer and is free again."""

    ref: str
    label: Texts
    key: str
    place: Texts
    texts: ClassVar[Texts] = {
        'en': '{place}: the former key {key} of {label} is retired',
        'vi': '{place}: ngừng khóa cũ {key} của {label}',
    }


class RetireLabel(RetireKey):
    """Files that say a former label of a part are no longer understood; `key` is the label."""

    texts: ClassVar[Texts] = {
        'en': '{place}: the former label {key} of {label} is retired',
        'vi': '{place}: ngừng nhãn cũ {key} của {label}',
    }


@dataclass(frozen=True)
class ReorderParts(Change):
    noun: Texts
    place: Texts
    texts: ClassVar[Texts] = {'en': '{place}: reorder ({noun})', 'vi': '{place}: sắp xếp lại ({noun})'}


def _word(value: Any, locale: str) -> str:
    return in_locale(value, locale) if isinstance(value, Mapping) else str(value)
