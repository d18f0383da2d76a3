"""Two sign-in services on this machine, spoken to over sockets: an OpenID Connect provider that checks PKCE and can be made to
lie, and an LDAP directory."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import socket
import socketserver
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

CLIENT_ID, CLIENT_SECRET = 'trellis-tests', 'a secret of the tests'


@dataclass
class Provider:
    """`person` are the claims of whoever signs in there now; `lies` change the next tokens; `asked` keeps what came."""

    address: str = ''
    person: dict[str, Any] = field(default_factory=dict)
    lies: dict[str, Any] = field(default_factory=dict)
    in_token: tuple[str, ...] | None = None
    asked: list[Mapping[str, str]] = field(default_factory=list)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, parameters={'kid': 'tests'}))
    other_key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, parameters={'kid': 'tests'}))
    codes: dict[str, Mapping[str, str]] = field(default_factory=dict)
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        return {
            'TRELLIS_OIDC_ISSUER': self.address, 'TRELLIS_OIDC_NAME': 'Mộc An',
            'TRELLIS_OIDC_CLIENT_ID': CLIENT_ID, 'TRELLIS_OIDC_CLIENT_SECRET': CLIENT_SECRET,
        }  # fmt: skip

    def app(self) -> Flask:
        app = Flask('provider')
        app.add_url_rule('/.well-known/openid-configuration', view_func=self.metadata)
        app.add_url_rule('/jwks', view_func=lambda: jsonify({'keys': [self.key.as_dict(private=False)]}), endpoint='jwks')
        app.add_url_rule('/authorize', view_func=self.authorize)
        app.add_url_rule('/token', view_func=self.token, methods=['POST'])
        app.add_url_rule('/userinfo', view_func=self.userinfo)
        return app

    def metadata(self) -> ResponseReturnValue:
        places = {
            'authorization_endpoint': 'authorize',
            'token_endpoint': 'token',
            'userinfo_endpoint': 'userinfo',
            'jwks_uri': 'jwks',
        }
        return jsonify(
            {'issuer': self.address, **{name: f'{self.address}/{path}' for name, path in places.items()},
             'id_token_signing_alg_values_supported': ['RS256', 'HS256', 'none'], 'code_challenge_methods_supported': ['S256']}
        )  # fmt: skip

    def authorize(self) -> ResponseReturnValue:
        """Whoever comes is `person`, and agrees."""
        asked = request.args.to_dict()
        self.asked.append(asked)
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return redirect(f'{asked["redirect_uri"]}?{urlencode({"code": code, "state": asked["state"]})}')

    def token(self) -> ResponseReturnValue:
        asked = self.codes.pop(request.form.get('code', ''), None)
        given = request.authorization
        proof = hashlib.sha256(request.form.get('code_verifier', '').encode()).digest()
        known = given is not None and (given.username, given.password) == (CLIENT_ID, CLIENT_SECRET)
        if (
            asked is None or not known or request.form.get('redirect_uri') != asked['redirect_uri']
            or asked.get('code_challenge_method') != 'S256'
            or base64.urlsafe_b64encode(proof).rstrip(b'=').decode() != asked.get('code_challenge')
        ):  # fmt: skip
            return jsonify({'error': 'invalid_grant'}), 400
        access = secrets.token_urlsafe(16)
        self.tokens[access] = dict(self.person)
        return jsonify({'access_token': access, 'token_type': 'Bearer', 'expires_in': 300, 'id_token': self._id_token(asked)})

    def _id_token(self, asked: Mapping[str, str]) -> str:
        now = int(time.time())
        told = {name: value for name, value in self.person.items() if self.in_token is None or name in self.in_token}
        claims = {'iss': self.address, 'aud': CLIENT_ID, 'iat': now, 'exp': now + 300, 'nonce': asked['nonce'], **told}
        claims |= {name: value for name, value in self.lies.items() if name in claims}
        if self.lies.get('alg') == 'none':
            parts = ({'alg': 'none', 'typ': 'JWT'}, claims)
            return '.'.join(base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b'=').decode() for each in parts) + '.'
        signing = self.other_key if self.lies.get('key') else self.key
        return jwt.encode({'alg': 'RS256', 'kid': 'tests'}, claims, signing)

    def userinfo(self) -> ResponseReturnValue:
        scheme, _, token = request.headers.get('Authorization', '').partition(' ')
        return (jsonify(self.tokens[token]), 200) if scheme == 'Bearer' and token in self.tokens else ('', 401)


@pytest.fixture
def oidc_provider() -> Iterator[Provider]:
    provider = Provider()
    server = make_server('127.0.0.1', 0, provider.app(), threaded=True)
    provider.address = f'http://127.0.0.1:{server.server_port}'
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield provider
    server.shutdown()
    thread.join()
    server.server_close()


BASE, BINDER, BINDER_PASSWORD = 'ou=people,dc=example', 'cn=reader,dc=example', 'reads the directory'
INVALID_CREDENTIALS = 49
INTEGER, OCTETS, ENUMERATED, SEQUENCE, SET = 0x02, 0x04, 0x0A, 0x30, 0x31
BIND, BIND_RESPONSE, SEARCH, SEARCH_ENTRY, SEARCH_DONE = 0x60, 0x61, 0x63, 0x64, 0x65
AND, EQUAL, PRESENT = 0xA0, 0xA3, 0x87


@dataclass
class Directory:
    """`entries`: `{dn: {attribute: [values], 'password': one}}`; `binds` keeps whose names were tried."""

    port: int = 0
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    binds: list[str] = field(default_factory=list)

    @property
    def environ(self) -> dict[str, str]:
        return {
            'TRELLIS_LDAP_URL': f'ldap://127.0.0.1:{self.port}', 'TRELLIS_LDAP_BIND_DN': BINDER,
            'TRELLIS_LDAP_BIND_PASSWORD': BINDER_PASSWORD, 'TRELLIS_LDAP_SEARCH_BASE': BASE,
            'TRELLIS_LDAP_FILTER': '(objectClass=person)',
        }  # fmt: skip

    def add(self, uid: str, password: str, **attributes: list[str]) -> None:
        given = {'uid': [uid], 'objectClass': ['person'], **attributes}
        self.entries[f'uid={uid},{BASE}'] = {**given, 'password': password}

    def answer(self, operation: int, body: bytes) -> Iterator[bytes]:
        """The answers to one request, as protocol operations (RFC 4511)."""
        parts = _parts(body)
        if operation == BIND:
            dn, password = parts[1][1].decode(), parts[2][1].decode()
            self.binds.append(dn)
            known = {BINDER: BINDER_PASSWORD, **{name: entry['password'] for name, entry in self.entries.items()}}
            fits = not password or known.get(dn) == password  # a blank one is an anonymous visit, as in real directories
            yield _result(BIND_RESPONSE, 0 if fits else INVALID_CREDENTIALS)
        elif operation == SEARCH:
            wanted = {name.decode().lower() for _tag, name in _parts(parts[7][1])}
            for dn, entry in self.entries.items():
                if _holds(*parts[6], entry):
                    yield _entry(dn, {name: values for name, values in entry.items() if name.lower() in wanted})
            yield _result(SEARCH_DONE, 0)


class _Talk(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        directory: Directory = self.server.directory  # type: ignore[attr-defined]
        while raw := _read(self.request):
            (_integer, number), (operation, body), *_controls = _parts(_parts(raw)[0][1])
            for answer in directory.answer(operation, body):
                self.request.sendall(_ber(SEQUENCE, _ber(INTEGER, number) + answer))


def _read(connection: Any) -> bytes:
    """One message: its tag, its length in the short or the long form, its contents."""
    head = connection.recv(2, socket.MSG_WAITALL)
    if len(head) < 2:
        return b''
    more = connection.recv(head[1] & 0x7F, socket.MSG_WAITALL) if head[1] & 0x80 else b''
    length = int.from_bytes(more, 'big') if more else head[1]
    return bytes(head + more + connection.recv(length, socket.MSG_WAITALL))


def _parts(data: bytes) -> list[tuple[int, bytes]]:
    """`(tag, contents)` of what stands one after another."""
    found, at = [], 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            at, length = at + (length & 0x7F), int.from_bytes(data[at : at + (length & 0x7F)], 'big')
        found.append((tag, data[at : at + length]))
        at += length
    return found


def _ber(tag: int, contents: bytes) -> bytes:
    return bytes([tag, 0x84]) + len(contents).to_bytes(4, 'big') + contents


def _result(tag: int, code: int) -> bytes:
    return _ber(tag, _ber(ENUMERATED, bytes([code])) + _ber(OCTETS, b'') + _ber(OCTETS, b''))


def _entry(dn: str, attributes: Mapping[str, Any]) -> bytes:
    told = b''.join(
        _ber(SEQUENCE, _ber(OCTETS, name.encode()) + _ber(SET, b''.join(_ber(OCTETS, each.encode()) for each in values)))
        for name, values in attributes.items()
    )
    return _ber(SEARCH_ENTRY, _ber(OCTETS, dn.encode()) + _ber(SEQUENCE, told))


def _holds(tag: int, body: bytes, entry: Mapping[str, Any]) -> bool:
    """Whether an entry satisfies a filter of `and`, `=` and `=*`."""
    values = {name.lower(): [each.lower() for each in held] for name, held in entry.items() if name != 'password'}
    if tag == AND:
        return all(_holds(*each, entry) for each in _parts(body))
    if tag == EQUAL:
        name, value = (part.decode().lower() for _tag, part in _parts(body))
        return value in values.get(name, [])
    return tag == PRESENT and body.decode().lower() in values


@pytest.fixture
def directory() -> Iterator[Directory]:
    kept = Directory()
    server = socketserver.ThreadingTCPServer(('127.0.0.1', 0), _Talk)
    server.daemon_threads = True
    server.directory = kept  # type: ignore[attr-defined]
    kept.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()
