"""SpeedSMS: SMS by JSON with an access token, which knows no repeated message by itself. Knows no table.

Address, `sms_type` and answers as in https://speedsms.vn/sms-api-service: `status` says success or error, `data.invalidPhone`
lists numbers that were not taken; code 300 is an empty account, 500 a fault of theirs; an error may come without a code.
"""

from __future__ import annotations

import json
from base64 import b64encode

from modules.hooks.channels import Outcome
from modules.messaging.model import (
    Channel,
    Field,
    Message,
    Request,
    Values,
    content_of,
    not_now,
    refused,
    taken,
    unclear,
    used_up,
    without_words,
)
from modules.web.outgoing import Answer
from schema.definitions import Texts

ADDRESS = 'https://api.speedsms.vn/index.php/sms/send'
NO_BALANCE, BUSY = '300', '500'


class SpeedSms:
    key = 'speedsms'
    label: Texts = {'en': 'SpeedSMS', 'vi': 'SpeedSMS'}
    channel: Channel = 'sms'
    repeatable = False
    fields: tuple[Field, ...] = (
        Field('token', {'en': 'Access token', 'vi': 'Access token'}, secret=True),
        Field('kind', {'en': 'Kind of SMS', 'vi': 'Loại tin'}, default='3', choices=(
            ('3', {'en': 'under the brand name', 'vi': 'brandname'}),
            ('2', {'en': 'from any number', 'vi': 'đầu số ngẫu nhiên'}),
            ('4', {'en': 'under the brand name of SpeedSMS', 'vi': 'brandname mặc định'}),
        )),
        Field('sender', {'en': 'Brand name', 'vi': 'Brandname'}, required=False),
        Field('address', {'en': 'Address', 'vi': 'Địa chỉ'}, default=ADDRESS),
    )  # fmt: skip

    def ask(self, message: Message, values: Values) -> Request:
        content = {
            'to': [message.phone], 'content': message.text, 'sms_type': int(values['kind']), 'sender': values.get('sender', ''),
        }  # fmt: skip
        signed = b64encode(f'{values["token"]}:x'.encode()).decode()
        headers = {'Content-Type': 'application/json', 'Authorization': f'Basic {signed}'}
        return Request(values['address'], headers, json.dumps(content).encode())

    def judge(self, answer: Answer) -> Outcome:
        content = content_of(answer)
        if content is None or content.get('status') not in {'success', 'error'}:
            return without_words(answer) if answer.status >= 400 else unclear(f'HTTP {answer.status}')
        if content['status'] == 'success':
            given = content.get('data')
            told = given if isinstance(given, dict) else {}
            invalid = told.get('invalidPhone')
            return refused('00', f'invalidPhone {invalid}') if invalid else taken(told.get('tranId'))
        code, reason = str(content.get('code')), content.get('message')
        if code == NO_BALANCE:
            return used_up(code, reason)
        return not_now(code, reason) if code == BUSY else refused(code, reason)
