"""A small schema with every kind of rule, for the tests of this folder."""

from __future__ import annotations

from typing import Any

STAGES = [
    {'key': 'open', 'label': {'en': 'Open', 'vi': 'Mở'}, 'category': 'open'},
    {'key': 'quote', 'label': {'en': 'Quote', 'vi': 'Báo giá'}, 'category': 'open',
     'gate': {'all': [{'field': 'amount', 'op': 'gt', 'value': 0}, {'field': 'firm.level', 'op': 'gte', 'value': 2}]}},
    {'key': 'won', 'label': {'en': 'Won', 'vi': 'Thắng'}, 'category': 'won',
     'gate': {'none_related': {'entity': 'pact', 'field': 'parent'}, 'where': {'field': 'stage', 'op': 'ne', 'value': 'won'}},
     'gate_message': {'en': 'Win the parts first.', 'vi': 'Hãy chốt các phần trước.'}},
    {'key': 'lost', 'label': {'en': 'Lost', 'vi': 'Thua'}, 'category': 'lost'},
]  # fmt: skip
PARTS: dict[str, Any] = {
    'required': ['name', 'note'],
    'properties': {
        'name': {'x-type': 'text', 'x-label': {'en': 'Part', 'vi': 'Phần'}},
        'amount': {'x-type': 'integer', 'x-label': {'en': 'Amount', 'vi': 'Số lượng'}},
        'kind': {'x-type': 'picklist', 'x-label': {'en': 'Kind', 'vi': 'Loại'}, 'x-options': [
            {'key': 'goods', 'label': {'en': 'Goods', 'vi': 'Hàng'}},
            {'key': 'bulk', 'label': {'en': 'Bulk', 'vi': 'Sỉ'}, 'if': {'field': 'amount', 'op': 'gte', 'value': 10}},
        ]},
        'note': {'x-type': 'text', 'x-label': {'en': 'Note', 'vi': 'Ghi chú'},
                 'x-visible-if': {'field': 'kind', 'op': 'eq', 'value': 'goods'}},
        'reason': {'x-type': 'text', 'x-label': {'en': 'Why', 'vi': 'Vì sao'},
                   'x-required-if': {'field': 'amount', 'op': 'gt', 'value': 100}},
        'price': {'x-type': 'integer', 'x-label': {'en': 'Price', 'vi': 'Giá'},
                  'x-read-only-if': {'field': 'firm.level', 'op': 'gte', 'value': 9}},
        'firm': {'x-type': 'link', 'x-target': 'firm', 'x-label': {'en': 'Maker', 'vi': 'Hãng'}},
        'agent': {'x-type': 'link', 'x-target': 'agent', 'x-label': {'en': 'Seller', 'vi': 'Người bán'},
                  'x-option-filter': {'field': 'firm', 'op': 'eq', 'value': {'record': 'firm'}}},
        'guide': {'x-type': 'link', 'x-target': 'agent', 'x-label': {'en': 'Guide', 'vi': 'Hướng dẫn'},
                  'x-option-filter': {'field': 'firm', 'op': 'eq', 'value': {'record': 'parent.firm'}}},
        'proof': {'x-type': 'text', 'x-label': {'en': 'Proof', 'vi': 'Chứng từ'},
                  'x-required-if': {'all': [{'field': 'parent.stage', 'op': 'eq', 'value': 'lost'},
                                            {'field': 'amount', 'op': 'gt', 'value': 5}]}},
        'seal': {'x-type': 'text', 'x-label': {'en': 'Seal', 'vi': 'Dấu'},
                 'x-read-only-if': {'field': 'parent.firm.level', 'op': 'eq', 'value': 7}},
        'keeper': {'x-type': 'user', 'x-label': {'en': 'Keeper', 'vi': 'Người giữ'}, 'x-default': {'me': True}},
    },
}  # fmt: skip
PACT: dict[str, Any] = {
    'x-label': {'en': 'Pact', 'vi': 'Thỏa thuận'},
    'required': ['title', 'reason'],
    'properties': {
        'title': {'x-type': 'text', 'x-label': {'en': 'Title', 'vi': 'Tên'}},
        'stage': {'x-type': 'stage', 'x-label': {'en': 'Stage', 'vi': 'Giai đoạn'}},
        'amount': {'x-type': 'money', 'x-label': {'en': 'Amount', 'vi': 'Giá trị'}},
        'firm': {'x-type': 'link', 'x-target': 'firm', 'x-label': {'en': 'Firm', 'vi': 'Hãng'}},
        'agent': {'x-type': 'link', 'x-target': 'agent', 'x-label': {'en': 'Agent', 'vi': 'Đại diện'},
                  'x-option-filter': {'field': 'firm', 'op': 'eq', 'value': {'record': 'firm'}}},
        'crew': {'x-type': 'links', 'x-target': 'agent', 'x-label': {'en': 'Crew', 'vi': 'Nhóm'},
                 'x-option-filter': {'field': 'firm', 'op': 'eq', 'value': {'record': 'firm'}}},
        'about': {'x-type': 'link_any', 'x-targets': ['agent', 'firm'], 'x-label': {'en': 'About', 'vi': 'Về'},
                  'x-option-filters': {'agent': {'field': 'firm', 'op': 'eq', 'value': {'record': 'firm'}}}},
        'judge': {'x-type': 'user', 'x-label': {'en': 'Judge', 'vi': 'Người duyệt'},
                  'x-option-filter': {'field': 'role', 'op': 'in', 'value': ['manager', 'leader']}},
        'mate': {'x-type': 'user', 'x-label': {'en': 'Mate', 'vi': 'Đồng đội'},
                 'x-option-filter': {'field': 'team', 'op': 'eq', 'value': {'record': 'team'}}},
        'parent': {'x-type': 'link', 'x-target': 'pact', 'x-label': {'en': 'Parent', 'vi': 'Thuộc'}},
        'reason': {'x-type': 'text', 'x-label': {'en': 'Reason', 'vi': 'Lý do'},
                   'x-visible-if': {'field': 'stage', 'op': 'eq', 'value': 'lost'}},
        'excuse': {'x-type': 'text', 'x-label': {'en': 'Excuse', 'vi': 'Giải trình'},
                   'x-required-if': {'field': 'amount', 'op': 'gt', 'value': 1000}},
        'discount': {'x-type': 'percent', 'x-label': {'en': 'Discount', 'vi': 'Chiết khấu'},
                     'x-read-only-if': {'field': 'stage', 'op': 'eq', 'value': 'won'}},
        'size': {'x-type': 'picklist', 'x-label': {'en': 'Size', 'vi': 'Cỡ'}, 'x-options': [
            {'key': 'small', 'label': {'en': 'Small', 'vi': 'Nhỏ'}},
            {'key': 'big', 'label': {'en': 'Big', 'vi': 'Lớn'}, 'if': {'field': 'amount', 'op': 'gte', 'value': 100}},
        ]},
        'code': {'x-type': 'text', 'x-label': {'en': 'Code', 'vi': 'Mã'}},
        'stars': {'x-type': 'rating', 'x-label': {'en': 'Stars', 'vi': 'Sao'}},
        'praise': {'x-type': 'text', 'x-label': {'en': 'Praise', 'vi': 'Lời khen'},
                   'x-visible-if': {'field': 'stars', 'op': 'gte', 'value': 4}},
        'parts': {'x-type': 'lines', 'x-label': {'en': 'Parts', 'vi': 'Các phần'}, 'x-lines': PARTS},
        'volume': {'x-type': 'rollup', 'x-label': {'en': 'Volume', 'vi': 'Khối lượng'},
                   'x-rollup': {'lines': 'parts', 'function': 'sum', 'of': 'amount'}},
        'twice': {'x-type': 'formula', 'x-label': {'en': 'Twice', 'vi': 'Gấp đôi'}, 'x-formula': 'volume * 2',
                  'x-result': 'integer', 'x-read-only-if': {'field': 'stage', 'op': 'eq', 'value': 'won'}},
        'signed_on': {'x-type': 'date', 'x-label': {'en': 'Signed', 'vi': 'Ngày ký'}},
        'due_on': {'x-type': 'date', 'x-label': {'en': 'Due', 'vi': 'Hạn'},
                   'x-required-if': {'field': 'fee', 'op': 'gt', 'value': 10}},
        'fee': {'x-type': 'formula', 'x-label': {'en': 'Fee', 'vi': 'Phí'}, 'x-formula': 'discount / 2', 'x-result': 'decimal'},
    },
    'x-pipelines': [{'key': 'line', 'label': {'en': 'Line', 'vi': 'Tuyến'}, 'stages': STAGES}],
    'x-rules': [
        {'key': 'no_negative', 'refuse_when': {'field': 'amount', 'op': 'lt', 'value': 0}, 'field': 'amount',
         'message': {'en': 'The amount may not be negative.', 'vi': 'Giá trị không được âm.'}},
        {'key': 'banned', 'refuse_when': {'field': 'firm.country', 'op': 'eq', 'value': 'Banned'},
         'message': {'en': 'No deals with this country.', 'vi': 'Không giao dịch với nước này.'}},
        {'key': 'future', 'refuse_when': {'field': 'signed_on', 'op': 'gt', 'value': {'today': 0}}, 'field': 'signed_on',
         'message': {'en': 'Nobody signs tomorrow.', 'vi': 'Không thể ký ngày mai.'}},
        {'key': 'busy', 'refuse_when': {'count_related': {'entity': 'errand', 'field': 'pact'}, 'op': 'gt', 'value': 1},
         'message': {'en': 'Do the errands first.', 'vi': 'Hãy làm xong việc trước.'}},
        {'key': 'too_much', 'refuse_when': {'field': 'twice', 'op': 'gt', 'value': 2000}, 'field': 'volume',
         'message': {'en': 'Too much at once.', 'vi': 'Quá nhiều một lúc.'}},
    ],
    'x-unique-keys': [
        {'key': 'code_of_firm', 'label': {'en': 'Code of firm', 'vi': 'Mã theo hãng'}, 'fields': ['code', 'firm']},
    ],
    'x-layouts': {
        'list': ['title', 'stage', 'amount'],
        'form': [{'fields': ['title', 'stage', 'amount', 'excuse']}],
        'roles': {'rep': {
            'list': ['title', 'code'], 'card': ['code'], 'quick': ['title', 'code'],
            'tabs': [{'key': 'main', 'label': {'en': 'Main', 'vi': 'Chính'}},
                     {'key': 'money', 'label': {'en': 'Money', 'vi': 'Tiền'}}],
            'form': [
                {'label': {'en': 'Deal', 'vi': 'Giao dịch'}, 'fields': ['title', 'stage', 'code'], 'columns': 3, 'tab': 'main'},
                {'label': {'en': 'Sums', 'vi': 'Số tiền'}, 'fields': ['amount'], 'tab': 'money'},
            ],
            'related': [{'entity': 'pact', 'field': 'parent'}],
        }},
    },
}  # fmt: skip
ENTITIES: dict[str, Any] = {
    'firm': {
        'x-label': {'en': 'Firm', 'vi': 'Hãng'},
        'properties': {
            'name': {'x-type': 'text', 'x-label': {'en': 'Name', 'vi': 'Tên'}},
            'country': {'x-type': 'text', 'x-label': {'en': 'Country', 'vi': 'Nước'}},
            'level': {'x-type': 'integer', 'x-label': {'en': 'Level', 'vi': 'Hạng'}},
        },
    },
    'agent': {
        'x-label': {'en': 'Agent', 'vi': 'Đại diện'},
        'properties': {
            'name': {'x-type': 'text', 'x-label': {'en': 'Name', 'vi': 'Tên'}},
            'firm': {'x-type': 'link', 'x-target': 'firm', 'x-label': {'en': 'Firm', 'vi': 'Hãng'}},
        },
    },
    'errand': {
        'x-label': {'en': 'Errand', 'vi': 'Việc vặt'},
        'properties': {
            'name': {'x-type': 'text', 'x-label': {'en': 'Name', 'vi': 'Tên'}},
            'pact': {'x-type': 'link', 'x-target': 'pact', 'x-label': {'en': 'Pact', 'vi': 'Thỏa thuận'}},
        },
    },
    'pact': PACT,
}
GRANTS = {'*': {'read': 'all', 'create': 'all', 'update': 'all', 'delete': 'all', 'import': 'all', 'export': 'all'}}
REQUEST: dict[str, Any] = {'entities': ENTITIES, 'roles': {'rep': {'grants': dict.fromkeys(ENTITIES, GRANTS['*'])}}}
