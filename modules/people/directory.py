"""Asking an LDAP directory who somebody is: search for their entry, then try their password on it. Knows no account of ours."""

from __future__ import annotations

import logging
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter('ignore', DeprecationWarning)  # ldap3 spells names of pyasn1 as they were
    import ldap3
    from ldap3.core.exceptions import LDAPBindError, LDAPException, LDAPInvalidCredentialsResult
    from ldap3.utils.conv import escape_filter_chars

from modules.ops.sign_in_services import LdapService
from modules.people.arriving import Identity
from schema.base.errors import Unavailable

LOG = logging.getLogger(__name__)
PROVIDER = 'ldap'
WAIT_SECONDS = 5
LASTING = ('entryUUID', 'objectGUID')
"""What a directory calls an entry for good, whatever becomes of its name."""


def find_identity(service: LdapService, username: str, password: str) -> Identity | None:
    """The person whose password this is; None when the directory knows no such person, more than one, or another password.

    Raises: Unavailable PRM-E071 when the directory does not answer or refuses the bind name.
    """
    if not username or not password:
        return None  # a directory takes a blank password for an anonymous visit, and says yes
    try:
        server = _server(service)
        with _connected(server, service, service.bind_dn, service.bind_password) as asking:
            entry = _entry(asking, service, username)
        if entry is None or not _is_password(server, service, entry['dn'], password):
            return None
    except (LDAPException, OSError, ssl.SSLError) as error:
        LOG.warning('the directory %s did not answer: %s', service.url, error)
        raise Unavailable.of('PRM-E071', value='LDAP', reason=type(error).__name__) from error
    return _identity(service, entry, username)


def _server(service: LdapService) -> Any:
    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=service.ca_file or None)
    return ldap3.Server(service.url, tls=tls, get_info=ldap3.NONE, connect_timeout=WAIT_SECONDS)


@contextmanager
def _connected(server: Any, service: LdapService, name: str, password: str) -> Iterator[Any]:
    """A connection bound to a name. Raises: LDAPException."""
    connection = ldap3.Connection(
        server, name or None, password or None, receive_timeout=WAIT_SECONDS, auto_referrals=False, check_names=False,
        raise_exceptions=True, read_only=True, client_strategy=ldap3.SYNC,
    )  # fmt: skip
    try:
        connection.open(read_server_info=False)
        if service.start_tls:
            connection.start_tls(read_server_info=False)
        connection.bind(read_server_info=False)
        yield connection
    finally:
        connection.strategy.close()
        if connection.socket is not None:
            connection.socket.close()  # ldap3 leaves it open when it could not connect


def _entry(asking: Any, service: LdapService, username: str) -> Any:
    """The one entry of that name, or None."""
    name = escape_filter_chars(username)
    wanted = [service.uid, service.first_name, service.last_name, service.email, service.groups, *LASTING]
    asking.search(service.base, f'(&{service.extra_filter}({service.uid}={name}))', attributes=wanted, size_limit=2)
    found = [each for each in asking.response if each.get('type') == 'searchResEntry']
    return found[0] if len(found) == 1 else None


def _is_password(server: Any, service: LdapService, dn: str, password: str) -> bool:
    try:
        with _connected(server, service, dn, password):
            return True
    except (LDAPInvalidCredentialsResult, LDAPBindError):
        return False


def _identity(service: LdapService, entry: Any, username: str) -> Identity:
    given = {name.lower(): [_text(value) for value in values] for name, values in entry['raw_attributes'].items()}

    def first(name: str) -> str:
        return next(iter(given.get(name.lower(), ())), '')

    name = first(service.uid) or username
    subject = next((first(each) for each in LASTING if first(each)), name.lower())
    return Identity(
        provider=PROVIDER,
        subject=subject,
        username=name,
        first_name=first(service.first_name),
        last_name=first(service.last_name),
        email=first(service.email),
        is_email_proved=True,  # people do not write their own address into the company's directory
        groups=tuple(given.get(service.groups.lower(), ())),
    )


def _text(value: bytes) -> str:
    """Names are UTF-8; a GUID is bytes, and told as figures."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()
