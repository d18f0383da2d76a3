"""Where people may sign in besides their password here: an OpenID Connect provider and an LDAP directory, as the operator set
them. Reads settings; calls nobody."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from modules.ops.preflight import Refusal

LOOPBACK = frozenset({'127.0.0.1', 'localhost', '::1'})
LDAP_FIELDS = {
    'uid': 'TRELLIS_LDAP_UID_FIELD',
    'first_name': 'TRELLIS_LDAP_FIRST_NAME_FIELD',
    'last_name': 'TRELLIS_LDAP_LAST_NAME_FIELD',
    'email': 'TRELLIS_LDAP_EMAIL_FIELD',
    'groups': 'TRELLIS_LDAP_GROUPS_FIELD',
}


class SettingError(Refusal):
    """An environment variable holds what cannot be used; the text names it. Passwords in URLs are never repeated."""


@dataclass(frozen=True)
class OidcService:
    """`name` stands on the button; `groups` is the claim that lists a person's groups."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str = ''
    scopes: str = 'openid email profile'
    groups: str = 'groups'


@dataclass(frozen=True)
class LdapService:
    """The directory is searched below `base` with the bind name's rights, then the person's own password is tried. The other
    names are attributes of a person's entry."""

    url: str
    bind_dn: str
    bind_password: str = field(repr=False)
    base: str
    extra_filter: str = ''
    start_tls: bool = False
    ca_file: str = ''
    uid: str = 'uid'
    first_name: str = 'givenName'
    last_name: str = 'sn'
    email: str = 'mail'
    groups: str = 'memberOf'


@dataclass(frozen=True)
class SignInServices:
    """`roles_of_groups`: `{group in lower case: role keys}`; `first_roles` everybody gets who comes for the first time.
    `follow_groups` gives the roles of the groups anew at each sign-in; `closed` lets nobody in who has no account yet."""

    oidc: OidcService | None = None
    ldap: LdapService | None = None
    roles_of_groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    first_roles: tuple[str, ...] = ()
    follow_groups: bool = False
    closed: bool = False

    @property
    def any(self) -> bool:
        return self.oidc is not None or self.ldap is not None

    def roles_for(self, groups: Iterable[str]) -> tuple[str, ...]:
        """Role keys of somebody in these groups, the first roles among them, each once."""
        mapped = (role for group in groups for role in self.roles_of_groups.get(group.strip().lower(), ()))
        return tuple(dict.fromkeys((*self.first_roles, *mapped)))

    @classmethod
    def from_environment(cls, given: Mapping[str, str]) -> SignInServices:
        """Raises: SettingError naming the variable."""
        return cls(
            oidc=_oidc(given),
            ldap=_ldap(given),
            roles_of_groups=_groups(given.get('TRELLIS_SIGN_IN_GROUPS', '')),
            first_roles=tuple(each.strip() for each in given.get('TRELLIS_SIGN_IN_ROLES', '').split(',') if each.strip()),
            follow_groups=_yes(given, 'TRELLIS_SIGN_IN_FOLLOW_GROUPS'),
            closed=_yes(given, 'TRELLIS_SIGN_IN_CLOSED'),
        )


def _oidc(given: Mapping[str, str]) -> OidcService | None:
    issuer = given.get('TRELLIS_OIDC_ISSUER', '').rstrip('/')
    if not issuer:
        return None
    parts = urlsplit(issuer)
    if parts.scheme != 'https' and not (parts.scheme == 'http' and parts.hostname in LOOPBACK):
        raise SettingError('TRELLIS_OIDC_ISSUER: begin it with https://, for who stands between could sign anybody in.')
    names = {'client_id': 'TRELLIS_OIDC_CLIENT_ID', 'client_secret': 'TRELLIS_OIDC_CLIENT_SECRET'}
    required = {key: given.get(name, '') for key, name in names.items()}
    for key, name in names.items():
        if not required[key]:
            raise SettingError(f'{name}: it is needed beside TRELLIS_OIDC_ISSUER.')
    return OidcService(
        issuer,
        **required,
        name=given.get('TRELLIS_OIDC_NAME') or str(parts.hostname),
        scopes=given.get('TRELLIS_OIDC_SCOPES') or OidcService.scopes,
        groups=given.get('TRELLIS_OIDC_GROUPS') or OidcService.groups,
    )


def _ldap(given: Mapping[str, str]) -> LdapService | None:
    url = given.get('TRELLIS_LDAP_URL', '')
    if not url:
        return None
    parts = urlsplit(url)
    start_tls = _yes(given, 'TRELLIS_LDAP_START_TLS')
    if parts.scheme not in {'ldap', 'ldaps'} or not parts.hostname:
        raise SettingError('TRELLIS_LDAP_URL: write ldaps://host[:port] or ldap://host[:port].')
    if parts.scheme == 'ldap' and not start_tls and parts.hostname not in LOOPBACK:
        raise SettingError('TRELLIS_LDAP_URL: passwords would travel in clear: write ldaps:// or set TRELLIS_LDAP_START_TLS=1.')
    if not given.get('TRELLIS_LDAP_SEARCH_BASE'):
        raise SettingError('TRELLIS_LDAP_SEARCH_BASE: name where people are, such as ou=people,dc=example,dc=com.')
    return LdapService(
        url,
        given.get('TRELLIS_LDAP_BIND_DN', ''),
        given.get('TRELLIS_LDAP_BIND_PASSWORD', ''),
        given['TRELLIS_LDAP_SEARCH_BASE'],
        extra_filter=given.get('TRELLIS_LDAP_FILTER', ''),
        start_tls=start_tls,
        ca_file=given.get('TRELLIS_LDAP_CA_FILE', ''),
        **{key: given.get(name) or getattr(LdapService, key) for key, name in LDAP_FIELDS.items()},
    )


def _groups(text: str) -> dict[str, tuple[str, ...]]:
    if not text:
        return {}
    try:
        read = json.loads(text)
        return {str(group).strip().lower(): tuple(map(str, roles)) for group, roles in read.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise SettingError('TRELLIS_SIGN_IN_GROUPS: write JSON such as {"cn=sales,ou=groups,dc=example": ["rep"]}.') from error


def _yes(given: Mapping[str, str], name: str) -> bool:
    return given.get(name, '').lower() in {'1', 'yes', 'true', 'on'}
