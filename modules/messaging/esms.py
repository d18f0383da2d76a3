"""eSMS: SMS under a brand name by JSON, told apart by RequestId. Knows no table.

Address, fields, `SmsType` and `CodeResult` as in https://developers.esms.vn/en/esms-api/send-sms-api/send-otp-customer-care-message
and …/table-of-error-codes: 100 taken over, 103 no balance, 124 a RequestId (50 letters at most) that was there within 24 hours.
Advertising (1) has an address of its own that wants 30 numbers at once, so it is not offered.
"""

from __future__ import annotations

import json

from modules.hooks.channels import Outcome
from modules.messaging.model import (
    Channel,
    Field,
    Message,
    Request,
    Values,
    content_of,
    refused,
    taken,
    unclear,
    used_up,
    without_words,
)
from modules.web.outgoing import Answer
from schema.definitions import Texts

ADDRESS = 'https://rest.esms.vn/MainService.svc/json/SendMultipleMessage_V4_post_json/'
TAKEN, REPEATED, NO_BALANCE = '100', '124', '103'


class Esms:
    """A RequestId is known to eSMS for 24 hours: a repeated one is answered with a code of its own and sends nothing."""

    key = 'esms'
    label: Texts = {'en': 'eSMS', 'vi': 'eSMS'}
    channel: Channel = 'sms'
    repeatable = True
    fields: tuple[Field, ...] = (
        Field('api_key', {'en': 'API key', 'vi': 'ApiKey'}, secret=True),
        Field('secret_key', {'en': 'Secret key', 'vi': 'SecretKey'}, secret=True),
        Field('brand', {'en': 'Brand name', 'vi': 'Brandname'}),
        Field('kind', {'en': 'Kind of SMS', 'vi': 'Loại tin'}, default='2', choices=(
            ('2', {'en': 'customer care', 'vi': 'chăm sóc khách hàng'}),
            ('8', {'en': 'fixed number', 'vi': 'đầu số cố định'}),
        )),
        Field('unicode', {'en': 'Accents', 'vi': 'Dấu tiếng Việt'}, default='0', choices=(
            ('0', {'en': 'are left out', 'vi': 'bỏ dấu'}), ('1', {'en': 'are sent', 'vi': 'gửi có dấu'}),
        )),
        Field('address', {'en': 'Address', 'vi': 'Địa chỉ'}, default=ADDRESS),
    )  # fmt: skip

    def ask(self, message: Message, values: Values) -> Request:
        content = {
            'ApiKey': values['api_key'], 'SecretKey': values['secret_key'], 'Content': message.text, 'Phone': message.phone,
            'Brandname': values['brand'], 'SmsType': values['kind'], 'IsUnicode': values['unicode'], 'RequestId': message.key,
        }  # fmt: skip
        return Request(values['address'], {'Content-Type': 'application/json'}, json.dumps(content).encode())

    def judge(self, answer: Answer) -> Outcome:
        content = content_of(answer)
        if content is None or 'CodeResult' not in content:
            return without_words(answer) if answer.status >= 400 else unclear(f'HTTP {answer.status}')
        code, reason = str(content['CodeResult']), content.get('ErrorMessage')
        if code in {TAKEN, REPEATED}:
            return taken(content.get('SMSID'))
        return used_up(code, reason) if code == NO_BALANCE else refused(code, reason)
