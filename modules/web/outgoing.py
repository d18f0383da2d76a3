"""The one guarded client for calls to addresses that people typed: no private network unless the operator allows it, the
address that was checked is the one that is called, short, small and without surprises. Knows no page and no record."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.util import Timeout

from schema.base.errors import Invalid, Unavailable

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

LONGEST_URL = 2_000
MOST_HOPS = 3
CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS = 5.0, 10.0, 20.0
LARGEST_ANSWER_BYTES = 1024 * 1024
CHUNK_BYTES = 16 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
NAT64 = ipaddress.ip_network('64:ff9b::/96')
UNHEARD = (
    urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError, urllib3.exceptions.SSLError,
)  # fmt: skip
"""No connection, or none that is safe: not a byte of the request was sent."""
SECRET_HEADERS = frozenset({'authorization', 'cookie', 'proxy-authorization'})


@dataclass(frozen=True)
class Answer:
    """What came back: `headers` with names in lower case, at most LARGEST_ANSWER_BYTES of body, and who answered in the end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


@dataclass(frozen=True)
class Manner:
    """How a call is made. `hops` redirects are followed; of an answer longer than `largest` bytes the rest is left unread
    when `cut`, and the call has failed otherwise; `seconds` are for the whole of it."""

    hops: int = MOST_HOPS
    largest: int = LARGEST_ANSWER_BYTES
    cut: bool = False
    seconds: float = WHOLE_SECONDS


class NotSent(Unavailable):
    """Nobody was there to hear the request: whoever must not ask twice may ask again."""


@dataclass(frozen=True)
class Allowance:
    """Private hosts and networks that may be called, as the operator listed them: names, addresses, networks."""

    names: frozenset[str] = frozenset()
    networks: tuple[IpNetwork, ...] = field(default=())

    @classmethod
    def of(cls, listed: Iterable[str]) -> Allowance:
        names, networks = set(), []
        for each in listed:
            try:
                networks.append(ipaddress.ip_network(each, strict=False))
            except ValueError:
                names.add(each.lower().rstrip('.'))
        return cls(frozenset(names), tuple(networks))

    def covers(self, host: str, address: IpAddress) -> bool:
        return host in self.names or any(address in each for each in self.networks if each.version == address.version)


@dataclass(frozen=True)
class _Target:
    """Where a URL leads: the host as it is named to the server, and the one address that was found fit and is called."""

    scheme: str
    host: str
    port: int
    path: str
    address: str


def call(
    method: str, url: str, *, allowance: Allowance, body: bytes | None = None, headers: Mapping[str, str] | None = None,
    manner: Manner | None = None,
) -> Answer:  # fmt: skip
    """One call, with up to three redirects, each of which is checked anew and gets no secret of another host.

    Raises: Invalid PRM-E070 for an address that is not called; Unavailable PRM-E071 for no answer, or too long or large a one,
    NotSent among them where the request never left. With no redirects allowed, one is the answer.
    """
    manner = manner or Manner()
    until = time.monotonic() + manner.seconds
    sent = dict(headers or {})
    for _hop in range(manner.hops + 1):
        target = _target(url, allowance)
        answer = _ask(method, url, target, (body, sent), (until, manner))
        if answer.status not in REDIRECTS or 'location' not in answer.headers or not manner.hops:
            return answer
        following = urljoin(url, answer.headers['location'])
        if urlsplit(following).netloc != urlsplit(url).netloc:
            sent = {name: value for name, value in sent.items() if name.lower() not in SECRET_HEADERS}
        if answer.status in {301, 302, 303} and method not in {'GET', 'HEAD'}:
            method, body = 'GET', None
        url = following
    raise _failed(url, 'too many redirects')


def is_public(address: IpAddress) -> bool:
    """Whether an address lies in the open internet, whatever way it is spelled: an IPv4 address inside an IPv6 one counts as
    what it is."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _target(url: str, allowance: Allowance) -> _Target:
    """Raises: Invalid PRM-E070; Unavailable PRM-E071 when the name leads nowhere."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or '').rstrip('.'), parts.port or (443 if parts.scheme == 'https' else 80)
        host = host.encode('idna').decode() if not host.isascii() else host
    except (ValueError, UnicodeError) as error:
        raise _refused(url) from error
    odd = any(ord(letter) <= 32 or letter == '\\' for letter in url)
    if parts.scheme not in {'http', 'https'} or not host or '@' in parts.netloc or odd or len(url) > LONGEST_URL:
        raise _refused(url)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise _not_sent(url, 'the name leads nowhere') from error
    addresses = [ipaddress.ip_address(str(each[4][0]).partition('%')[0]) for each in found]
    # One private address among them is enough: the next look-up could give that one alone.
    if not addresses or not all(is_public(each) or allowance.covers(host, each) for each in addresses):
        raise _refused(url)
    path = f'{parts.path or "/"}{"?" + parts.query if parts.query else ""}'
    return _Target(parts.scheme, host, port, path, str(addresses[0]))


def _ask(
    method: str, url: str, target: _Target, content: tuple[bytes | None, Mapping[str, str]], limits: tuple[float, Manner]
) -> Answer:
    """Connects to the checked address; certificates are held against the name. Raises: Unavailable PRM-E071."""
    (body, headers), (until, manner) = content, limits
    left = min(until - time.monotonic(), READ_SECONDS)
    if left <= 0:
        raise _failed(url, 'no answer in time')
    given = {'User-Agent': 'Trellis', **headers, 'Host': urlsplit(url).netloc}
    timeout = Timeout(connect=min(CONNECT_SECONDS, left), read=left)
    options: dict[str, Any] = {'timeout': timeout, 'retries': False, 'maxsize': 1}
    pool: urllib3.HTTPConnectionPool = (
        urllib3.HTTPSConnectionPool(
            target.address, target.port, server_hostname=target.host, assert_hostname=target.host, cert_reqs='CERT_REQUIRED',
            **options,
        )
        if target.scheme == 'https'
        else urllib3.HTTPConnectionPool(target.address, target.port, **options)
    )  # fmt: skip
    try:
        answer = pool.request(method, target.path, body=body, headers=given, redirect=False, preload_content=False)
        try:
            told = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, told, _read(answer, url, until, manner), url)
        finally:
            answer.close()
    except UNHEARD as error:
        raise _not_sent(url, type(error).__name__) from error
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise _failed(url, type(error).__name__) from error
    finally:
        pool.close()


def _read(answer: urllib3.BaseHTTPResponse, url: str, until: float, manner: Manner) -> bytes:
    """The body, unpacked: a small packed one may unpack to anything."""
    parts, size = [], 0
    for chunk in answer.stream(CHUNK_BYTES, decode_content=True):
        parts.append(chunk)
        size += len(chunk)
        if size > manner.largest and manner.cut:
            break
        if size > manner.largest:
            raise _failed(url, 'too large an answer')
        if time.monotonic() > until:
            raise _failed(url, 'no answer in time')
    return b''.join(parts)[: manner.largest]


def _refused(url: str) -> Invalid:
    return Invalid.of('PRM-E070', '/url', value=_shown(url))


def _failed(url: str, reason: str) -> Unavailable:
    return Unavailable.of('PRM-E071', '/url', value=_shown(url), reason=reason)


def _not_sent(url: str, reason: str) -> NotSent:
    raised = NotSent.of('PRM-E071', '/url', value=_shown(url), reason=reason)
    assert isinstance(raised, NotSent)
    return raised


def _shown(url: str) -> str:
    """Without what may be secret: the query, and a name and password before the host."""
    return url.partition('?')[0].rpartition('@')[2][:120]
