"""What is told of a keyword that is not there: in words, for who writes definitions on a form has never seen the keyword."""

from __future__ import annotations

from collections.abc import Mapping

from schema.base.findings import Finding, finding
from schema.definitions import Texts

WORDS: Mapping[str, Texts] = {
    'add': {'en': 'what is added', 'vi': 'thứ được thêm vào'},
    'address': {'en': 'the address that is called', 'vi': 'địa chỉ được gọi tới'},
    'cases': {'en': 'the cases that part the way', 'vi': 'các trường hợp rẽ nhánh'},
    'condition': {'en': 'the condition', 'vi': 'điều kiện'},
    'cron': {'en': 'when it runs', 'vi': 'lịch chạy'},
    'days': {'en': 'the number of days', 'vi': 'số ngày'},
    'entity': {'en': 'the kind of record it is about', 'vi': 'loại hồ sơ mà nó nói tới'},
    'field': {'en': 'the field', 'vi': 'trường'},
    'fields': {'en': 'the fields', 'vi': 'các trường'},
    'from': {'en': 'where the value comes from', 'vi': 'nơi lấy giá trị'},
    'function': {'en': 'what is computed (count, sum, …)', 'vi': 'phép tính (đếm, cộng, …)'},
    'grants': {'en': 'the rights that the role gives', 'vi': 'các quyền mà vai trò cấp'},
    'key': {'en': 'the name for programs', 'vi': 'tên dùng cho chương trình'},
    'kind': {'en': 'the kind', 'vi': 'loại'},
    'label': {'en': 'the label', 'vi': 'nhãn'},
    'link': {'en': 'the link it goes through', 'vi': 'liên kết mà nó đi qua'},
    'match': {'en': 'what is compared', 'vi': 'cách so khớp'},
    'message': {'en': 'what people are told', 'vi': 'lời báo cho người dùng'},
    'method': {'en': 'how the address is called', 'vi': 'cách gọi địa chỉ'},
    'minutes': {'en': 'the number of minutes', 'vi': 'số phút'},
    'name': {'en': 'the name', 'vi': 'tên'},
    'of': {'en': 'the field that is summed or compared', 'vi': 'trường để tính tổng hoặc so sánh'},
    'product': {'en': 'the product', 'vi': 'sản phẩm'},
    'properties': {'en': 'the fields', 'vi': 'các trường'},
    'refuse_when': {'en': 'when a record is refused', 'vi': 'khi nào hồ sơ bị từ chối'},
    'related': {'en': 'which related records', 'vi': 'những hồ sơ liên quan nào'},
    'roles': {'en': 'the roles', 'vi': 'các vai trò'},
    'secret': {'en': 'the secret', 'vi': 'mã bí mật'},
    'stage': {'en': 'the stage', 'vi': 'giai đoạn'},
    'stages': {'en': 'the stages', 'vi': 'các giai đoạn'},
    'start': {'en': 'when it starts', 'vi': 'lúc bắt đầu'},
    'steps': {'en': 'the steps', 'vi': 'các bước'},
    'strategy': {'en': 'how it is given out', 'vi': 'cách phân chia'},
    'subject': {'en': 'the subject of the e-mail', 'vi': 'tiêu đề thư'},
    'template': {'en': 'the template', 'vi': 'mẫu thư'},
    'template_id': {'en': 'the template at Zalo', 'vi': 'mẫu tin bên Zalo'},
    'text': {'en': 'the text', 'vi': 'nội dung'},
    'title': {'en': 'the title', 'vi': 'tiêu đề'},
    'to': {'en': 'who it goes to', 'vi': 'gửi tới ai'},
    'trigger': {'en': 'what starts it', 'vi': 'điều làm nó chạy'},
    'type': {'en': 'what it does', 'vi': 'nó làm gì'},
    'url': {'en': 'the address that is called', 'vi': 'địa chỉ được gọi tới'},
    'user': {'en': 'the person', 'vi': 'người được chọn'},
    'users': {'en': 'the people', 'vi': 'những người được chọn'},
    'values': {'en': 'the values that are set', 'vi': 'các giá trị được đặt'},
    'version': {'en': 'the version', 'vi': 'phiên bản'},
    'with': {'en': 'who it is shared with', 'vi': 'chia sẻ với ai'},
    'workflow': {'en': 'the workflow', 'vi': 'quy trình tự động'},
    'x-format': {'en': 'the version of the format', 'vi': 'phiên bản định dạng'},
    'x-formula': {'en': 'the formula', 'vi': 'công thức'},
    'x-lines': {'en': 'the columns of a line', 'vi': 'các cột của một dòng'},
    'x-options': {'en': 'the options to choose from', 'vi': 'các mục để chọn'},
    'x-pattern': {'en': 'the pattern of the number', 'vi': 'mẫu của mã'},
    'x-result': {'en': 'what kind of value comes out', 'vi': 'kiểu của kết quả'},
    'x-rollup': {'en': 'what is counted or summed', 'vi': 'thứ được đếm hoặc tính tổng'},
    'x-target': {'en': 'what it links to', 'vi': 'nơi nó liên kết tới'},
    'x-targets': {'en': 'what it may link to', 'vi': 'những nơi nó được liên kết tới'},
    'x-through': {'en': 'the link and the field behind it', 'vi': 'liên kết và trường phía sau'},
    'x-type': {'en': 'the type of the field', 'vi': 'kiểu của trường'},
    'yearly': {'en': 'that it comes every year', 'vi': 'việc lặp lại hằng năm'},
}
UNNAMED: Texts = {'en': 'a part', 'vi': 'một phần'}


def missing(pointer: str, keyword: str) -> Finding:
    """A keyword that has to stand at the pointer, whose last part it is."""
    return finding('SCH-E012', pointer, keyword=keyword, what=WORDS.get(keyword, UNNAMED))
