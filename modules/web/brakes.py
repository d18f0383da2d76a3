"""How often a person or an address may ask for what can be guessed at or costs much. Flask-Limiter counts, in the Redis in
use; without Redis each process counts for itself, and every count ends with its minutes, so that nobody stays locked out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from hashlib import sha256

from flask import Flask, Response, current_app, g, request, session
from flask.typing import ResponseReturnValue
from flask_limiter import Limit, Limiter
from limits import RateLimitItemPerMinute
from redis.exceptions import RedisError
from werkzeug.exceptions import TooManyRequests

from modules.installation.declared import Installation
from modules.runtime import Runtime
from modules.web import failures
from schema.base.findings import finding

SIGN_IN = frozenset({'AuthDBView.login', 'AuthDBView.code', 'SecurityApi.login'})
CLOSE = frozenset({
    'people_pages.password', 'people_account.first_password', 'people_account.set_up_codes', 'people_account.drop_codes',
    'people_pages.new_token', 'SecurityApi.refresh',
})  # fmt: skip
"""Where somebody at an open browser could try a person's password or code."""
HEAVY = frozenset({'exports.download', 'imports.upload', 'imports.run', 'operations_api.operations_start'})
HOOKS = frozenset({'hooks_inbound.receive_call'})
UNCOUNTED = frozenset({'ops.healthz', 'ops.readyz', 'ops.metrics', 'static', 'appbuilder.static'})
SAFE = frozenset({'GET', 'HEAD', 'OPTIONS', 'TRACE'})
FAILED = (401, 422)
FORGED = RateLimitItemPerMinute(120)


@dataclass(frozen=True)
class Rule:
    """`most` as Flask-Limiter spells it; `by` says who is counted."""

    name: str
    most: str
    by: str


ATTEMPTS = '120 per minute; 1500 per hour'
"""Sign-ins from one address, right or wrong: an office may stand behind it."""
FAILURES = '10 per 10 minutes'
"""Wrong passwords or codes for one name from one address: other addresses are not held up."""
CLOSE_TRIES = '20 per 10 minutes'
HEAVY_STARTS = '60 per minute'
FEED, FEED_READS = 'calendar.feed', '60 per minute'
"""Programs read a calendar every few minutes; whoever asks more often is trying addresses."""
HOOK_CALLS = '600 per minute'
"""Of one address that other programs call."""
STRANGERS = '1200 per minute'


def make_limiter(app: Flask) -> Limiter:
    """The counters of one application, asked before each request once it is known who asks."""
    limiter = Limiter(
        key_func=_who,
        default_limits=[
            Limit(_general, key_function=_who, scope=_general_name, shared=True),
            Limit(_failures, key_function=_name_and_address, scope='failed', shared=True, deduct_when=_has_failed),
        ],
        storage_uri=_storage(app.extensions['trellis']),
        storage_options={} if _is_local(app) else {'socket_connect_timeout': 1, 'socket_timeout': 1},
        in_memory_fallback_enabled=True,
        swallow_errors=True,
        key_prefix='trellis-rate',
    )
    limiter.init_app(app)
    app.register_error_handler(TooManyRequests, _too_many)
    return limiter


def count_forgery() -> None:
    """Note a token that does not exist. Raises: TooManyRequests when its address goes on guessing."""
    limiter: Limiter = next(iter(current_app.extensions['limiter']))
    try:
        fits = limiter.limiter.hit(FORGED, 'trellis-rate', 'forged', _address())
    except RedisError:
        return  # the next request that is counted turns to the memory of this process
    if not fits:
        raise TooManyRequests(retry_after=FORGED.get_expiry())


def _rule() -> Rule | None:
    """What the present request is counted under; every request under one rule at most, besides failures."""
    endpoint, unsafe = request.endpoint or '', request.method not in SAFE
    if endpoint in UNCOUNTED:
        return None
    if endpoint in SIGN_IN and unsafe:
        return Rule('sign-in', ATTEMPTS, 'address')
    if endpoint in CLOSE and unsafe:
        return Rule('close', CLOSE_TRIES, 'person')
    if (endpoint in HEAVY and unsafe) or endpoint == 'exports.download':
        return Rule('heavy', HEAVY_STARTS, 'person')
    if endpoint in HOOKS:
        return Rule('hooks', HOOK_CALLS, 'hook')
    if endpoint == FEED:
        return Rule('feed', FEED_READS, 'address')
    if request.path.startswith('/api/'):
        settled: Installation = g.get('installation') or Installation()
        return Rule('calls', f'{settled.calls_per_minute} per minute', 'person')
    return None if g.get('actor') else Rule('strangers', STRANGERS, 'address')


def _general() -> str:
    rule = _rule()
    return rule.most if rule else ''


def _general_name(_endpoint: str) -> str:
    rule = _rule()
    return rule.name if rule else ''


def _failures() -> str:
    return FAILURES if request.endpoint in SIGN_IN and request.method not in SAFE else ''


def _has_failed(response: Response) -> bool:
    return response.status_code in FAILED


def _who() -> str:
    rule, actor = _rule(), g.get('actor')
    if rule is not None and rule.by == 'hook':
        return f'h{sha256(request.path.encode()).hexdigest()[:24]}'
    return f'u{actor.user_id}' if actor is not None and (rule is None or rule.by == 'person') else _address()


def _address() -> str:
    return request.remote_addr or 'unknown'


def _name_and_address() -> str:
    """The name that was typed, or the one whose code is awaited."""
    if request.is_json:
        body = request.get_json(silent=True)
        name = body.get('username') if isinstance(body, dict) else ''
    else:
        pending = session.get('pending')
        name = request.form.get('username') or (pending[1] if isinstance(pending, list) and len(pending) > 1 else '')
    return f'{_address()}|{str(name).strip().casefold()[:80]}'


def _too_many(error: TooManyRequests) -> ResponseReturnValue:
    limiter: Limiter = next(iter(current_app.extensions['limiter']))
    met = limiter.current_limit
    waiting = met.reset_at - time.time() if met and met.breached else float(str(error.retry_after or 60))
    seconds = max(1, round(waiting))
    answer = current_app.make_response(failures.answer(429, (finding('PRM-E065', seconds=seconds),)))
    answer.headers['Retry-After'] = str(seconds)
    return answer


def _storage(runtime: Runtime) -> str:
    url = runtime.settings.redis_url
    return f'redis+{url}' if url.startswith('unix://') else url


def _is_local(app: Flask) -> bool:
    runtime: Runtime = app.extensions['trellis']
    return runtime.settings.redis_url.startswith('unix://')
