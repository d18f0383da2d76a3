"""Zalo ZNS: messages by approved templates, and the tokens that open them. Knows no table.

Codes as in https://zalo.cloud/zns/guidelines/handle-error-code; tokens as in OAuth v4 of Official Accounts
(https://developers.zalo.me/docs/official-account): an access token is good for 25 hours, a refresh token for one use within
three months.
"""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import urlencode

from modules.hooks.channels import Outcome
from modules.messaging.model import (
    Channel,
    Field,
    Message,
    Request,
    Tokens,
    Values,
    content_of,
    not_now,
    refused,
    taken,
    unclear,
    used_up,
    without_words,
)  # fmt: skip
from modules.web.outgoing import Answer
from schema.base.findings import Finding, finding
from schema.definitions import Texts

ADDRESS = 'https://business.openapi.zalo.me/message/template'
TOKENS = 'https://oauth.zaloapp.com/v4/oa/access_token'
STALE = frozenset({-124, -216, -220})
"""The access token is wrong, or has run out."""
USED_UP = frozenset({-115, -126, -137, -144, -1441, -147, -1472})
"""No balance, or as many as the account or the template may send on one day, or as advertising in one month."""
UNKNOWN_FAULT, NIGHT = -100, -133
NIGHT_PAUSE = timedelta(hours=2)
"""Some templates are not taken between 22:00 and 6:00."""
SHORTEST_LIFE, LONGEST_LIFE = timedelta(minutes=5), timedelta(days=7)


class ZaloZns:
    key = 'zalo'
    label: Texts = {'en': 'Zalo ZNS', 'vi': 'Zalo ZNS'}
    channel: Channel = 'zns'
    repeatable = False
    fields: tuple[Field, ...] = (
        Field('app_id', {'en': 'App ID', 'vi': 'ID ứng dụng'}),
        Field('app_secret', {'en': 'Secret key of the app', 'vi': 'Khóa bí mật của ứng dụng'}, secret=True),
        Field('refresh_token', {'en': 'Refresh token', 'vi': 'Refresh token'}, secret=True,
              help={'en': 'It is good for one use; Trellis renews it from then on.',
                    'vi': 'Chỉ dùng được một lần; từ đó hệ thống tự làm mới.'}),
        Field('access_token', {'en': 'Access token', 'vi': 'Access token'}, secret=True, required=False),
        Field('address', {'en': 'Address', 'vi': 'Địa chỉ'}, default=ADDRESS),
        Field('token_address', {'en': 'Address of tokens', 'vi': 'Địa chỉ cấp token'}, default=TOKENS),
    )  # fmt: skip

    def ask(self, message: Message, values: Values) -> Request:
        content = {
            'phone': message.phone, 'template_id': message.template_id, 'template_data': dict(message.params),
            'tracking_id': message.key,
        }  # fmt: skip
        headers = {'Content-Type': 'application/json', 'access_token': values['access_token']}
        return Request(values['address'], headers, json.dumps(content, ensure_ascii=False).encode())

    def judge(self, answer: Answer) -> Outcome:
        content = content_of(answer)
        code = content.get('error') if content else None
        if content is None or not isinstance(code, int):
            return without_words(answer) if answer.status >= 400 else unclear(f'HTTP {answer.status}')
        reason, told = content.get('message'), content.get('data')
        if code == 0:
            return taken(told.get('msg_id') if isinstance(told, dict) else '')
        if code in USED_UP:
            return used_up(code, reason)
        if code in {UNKNOWN_FAULT, NIGHT}:
            return not_now(code, reason, NIGHT_PAUSE if code == NIGHT else None)
        return refused(code, reason)

    def is_stale(self, answer: Answer) -> bool:
        content = content_of(answer)
        return content is not None and content.get('error') in STALE

    def renewal(self, values: Values) -> Request:
        body = urlencode({
            'refresh_token': values.get('refresh_token', ''), 'app_id': values['app_id'], 'grant_type': 'refresh_token',
        })  # fmt: skip
        headers = {'Content-Type': 'application/x-www-form-urlencoded', 'secret_key': values['app_secret']}
        return Request(values['token_address'], headers, body.encode())

    def renewed(self, answer: Answer) -> Tokens | Finding:
        content = content_of(answer) or {}
        access, refresh = content.get('access_token'), content.get('refresh_token')
        if not isinstance(access, str) or not isinstance(refresh, str) or not access or not refresh:
            reason = content.get('error_name') or content.get('error_description') or f'HTTP {answer.status}'
            return finding('MSG-E009', reason=str(reason)[:200])
        seconds = str(content.get('expires_in', ''))
        good_for = (
            timedelta(seconds=int(seconds)) if seconds.isascii() and seconds.isdigit() and len(seconds) < 9 else SHORTEST_LIFE
        )
        return Tokens(access, refresh, max(min(good_for, LONGEST_LIFE), SHORTEST_LIFE))
